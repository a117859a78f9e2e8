"""Commits changed files on a new branch, in a scratch work tree: the user's own work tree stays as it is."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from prover.errors import CheckoutFailed, UsageError
from prover.project.git import FETCH_TIMEOUT_S, GitResult, git


@dataclass(frozen=True)
class Commit:
    """One commit: files with their new contents, and a message."""

    contents: Mapping[str, str]
    """The contents by path, relative to the directory that the branch is made for."""
    message: str


def refuse_commits(directory: Path, branch: str, paths: Sequence[str]) -> None:
    """Finds out whether commits of some files can be made on a new branch.

    Raises:
        UsageError: the branch exists, the directory is in no git repository, or a file differs from the present commit.
    """
    if not git("rev-parse", "--verify", "--quiet", "HEAD", directory=directory).ok:
        raise UsageError(f"{directory} is in no git repository with a commit: leave out --commit.")
    if git("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}", directory=directory).ok:
        raise UsageError(f"There is a branch {branch} already: choose another name with --branch.")
    for path in paths:
        if git("status", "--porcelain", "--", path, directory=directory).out.strip():
            raise _differs(path)


def commit_on_branch(directory: Path, branch: str, before: Mapping[str, str], commits: Sequence[Commit]) -> str:
    """Makes a branch at the present commit, with further commits on it; returns the last commit.

    Args:
        directory: a directory in a git repository.
        before: the present contents of the files that change, by path.

    Raises:
        UsageError: the branch exists, the directory is in no git repository, or a file differs from the present commit.
        CheckoutFailed: git cannot make the commits; then there is no new branch.
    """
    refuse_commits(directory, branch, ())
    top = _done(git("rev-parse", "--show-toplevel", directory=directory), "find the repository")
    below = directory.resolve().relative_to(Path(top.out.strip()).resolve())
    with _work_tree(directory) as tree:
        here = tree / below
        for path, content in before.items():
            file = here / path
            if not file.is_file() or file.read_bytes() != content.encode():
                raise _differs(path)
        for commit in commits:
            for path, content in commit.contents.items():
                (here / path).write_bytes(content.encode())
                _done(git("add", "--", path, directory=here), "stage the proofs")
            _done(git("commit", "--quiet", "-m", commit.message, directory=here), "commit the proofs")
        made = _done(git("rev-parse", "HEAD", directory=here), "name the commit").out.strip()
    _done(git("branch", branch, made, directory=directory), f"make the branch {branch}")
    return made


@contextmanager
def _work_tree(directory: Path) -> Iterator[Path]:
    """Yields a scratch work tree of the present commit."""
    scratch = Path(mkdtemp(prefix="prover-commit-"))
    tree = scratch / "tree"
    try:
        added = git("worktree", "add", "--detach", tree, "HEAD", directory=directory, seconds=FETCH_TIMEOUT_S)
        _done(added, "make a work tree")
        yield tree
    finally:
        git("worktree", "remove", "--force", tree, directory=directory)
        shutil.rmtree(scratch, ignore_errors=True)
        git("worktree", "prune", directory=directory)


def _differs(path: str) -> UsageError:
    return UsageError(f"{path} differs from the last commit: commit or stash its changes, then apply again.")


def _done(result: GitResult, purpose: str) -> GitResult:
    if not result.ok:
        raise CheckoutFailed(f"git cannot {purpose} ({result.last_words}): nothing was committed.")
    return result
