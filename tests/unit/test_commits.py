"""Commits on a new branch, made beside the user's work tree."""

from pathlib import Path

import pytest

from prover.errors import UsageError
from prover.project.commits import Commit, commit_on_branch
from tests.git_repository import GitRepository

COMMITS = [
    Commit({"d/A.lean": "two\r\n"}, "First\n\nbody"),
    Commit({"d/A.lean": "three\n", "d/B.lean": "b\n"}, "Second"),
]


@pytest.fixture
def made(tmp_path: Path) -> GitRepository:
    made = GitRepository.make(tmp_path / "r", {"d/A.lean": "one\r\n", "d/B.lean": ""})
    made.git("config", "user.name", "Somebody")
    made.git("config", "user.email", "somebody@example.invalid")
    return made


def before(made: GitRepository, *paths: str) -> dict[str, str]:
    return {path: (made.root / path).read_bytes().decode() for path in paths}


def test_each_commit_has_its_contents_and_the_work_tree_stays(made: GitRepository) -> None:
    (made.root / "d/other").write_text("not committed")
    commit = commit_on_branch(made.root, "proofs/1", before(made, "d/A.lean", "d/B.lean"), COMMITS)
    assert made.git("rev-parse", "proofs/1") == commit
    assert made.git("log", "--format=%s", "main..proofs/1").splitlines() == ["Second", "First"]
    assert made.git("show", "proofs/1~1:d/A.lean") == "two"
    assert made.git("show", "proofs/1:d/B.lean") == "b"
    assert made.git("status", "--porcelain") == "?? d/other"
    assert made.git("branch", "--show-current") == "main"
    assert len(made.git("worktree", "list").splitlines()) == 1


def test_paths_count_from_a_directory_of_the_repository(made: GitRepository) -> None:
    here = made.root / "d"
    commit_on_branch(here, "b", {"A.lean": "one\r\n"}, [Commit({"A.lean": "new\n"}, "Prove it")])
    assert made.git("show", "b:d/A.lean") == "new"


def test_a_file_with_changes_is_refused_and_nothing_is_left(made: GitRepository) -> None:
    (made.root / "d/A.lean").write_text("changed")
    with pytest.raises(UsageError, match=r"d/A\.lean differs from the last commit: commit or stash its changes"):
        commit_on_branch(made.root, "b", before(made, "d/A.lean"), COMMITS)
    assert made.git("branch", "--list", "b") == ""
    assert len(made.git("worktree", "list").splitlines()) == 1


def test_a_branch_that_exists_is_named(made: GitRepository) -> None:
    with pytest.raises(UsageError, match="There is a branch main already: choose another name with --branch"):
        commit_on_branch(made.root, "main", {}, COMMITS)


def test_without_a_commit_there_is_nothing_to_add_to(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is in no git repository with a commit: leave out --commit"):
        commit_on_branch(GitRepository.make(tmp_path / "r").root, "b", {}, COMMITS)
