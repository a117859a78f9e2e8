"""Benchmarks as Lean repositories: miniF2F, ProofNet and PutnamBench in the layouts of their Lean 4 repositories.

Each theorem becomes a problem of its own: what stands before it in its file, other theorems aside, is its
header. A definition that is a `sorry` with the answer in a comment below it, as PutnamBench has them, gets
that answer.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from prover.errors import DatasetError
from prover.evaluate.commands import (
    commands,
    docstring,
    proof_start,
    theorem_name,
    tokens,
    without_comments,
    without_ending,
)
from prover.evaluate.json_lines import read_text, statement_of
from prover.evaluate.problem import WrittenProblem, unique

_UNANSWERED = re.compile(r":=\s*sorry\s*$")
SKIPPED = {".lake", ".git", "lake-packages", "build"}


def read_minif2f(root: Path, split: str) -> list[WrittenProblem]:
    """The problems of a split, from `MiniF2F/Valid/*.lean` or, in older commits, `MiniF2F/Valid.lean`.

    Raises:
        DatasetError: the directory has no such split, or a proof is left in.
    """
    part = split.capitalize()
    for base in (root / "MiniF2F", root):
        files = sorted((base / part).glob("*.lean")) or [file for file in [base / f"{part}.lean"] if file.is_file()]
        if files:
            return list(unique(_placed(files, root, split)))
    raise DatasetError(f"{root} has no split {split}: it has neither MiniF2F/{part}.lean nor MiniF2F/{part}/.")


def read_directory(root: Path, within: tuple[str, ...], by_file: bool, proofs: bool = False) -> list[WrittenProblem]:
    """The problems of all Lean files of a directory.

    Args:
        within: directories to look into, the first that is there; `root` itself when none is.
        by_file: names are made unique by their file's, as ProofNet's must be.
        proofs: theorems may have proofs, which are cut off; for comparing statements, not for proving them.

    Raises:
        DatasetError: there are no problems, or a proof is left in.
    """
    base = next((root / name for name in within if (root / name).is_dir()), root)
    files = sorted(f for f in base.rglob("*.lean") if not SKIPPED & set(f.relative_to(root).parts))
    placed = _placed(files, root, "", by_file, proofs)
    found = [problem for _, problem in placed] if proofs else list(unique(placed))
    if not found:
        raise DatasetError(f"{base} has no theorem in any Lean file: give the benchmark's directory.")
    return found


def _placed(
    files: list[Path], root: Path, split: str, by_file: bool = False, proofs: bool = False
) -> Iterator[tuple[str, WrittenProblem]]:
    for file in files:
        prefix = f"{file.stem}." if by_file else ""
        text = read_text(file)
        yield from read_lean_file(text, file.relative_to(root).as_posix(), split, prefix, proofs)


def read_lean_file(
    text: str, place: str, split: str = "", prefix: str = "", proofs: bool = False
) -> Iterator[tuple[str, WrittenProblem]]:
    """The theorems of a file, each with the place to name in messages; see `read_directory`.

    Raises:
        DatasetError: a proof is left in.
    """
    header: list[str] = []
    for command in commands(text):
        name = theorem_name(command)
        if name is None:
            if answered := _answered(command):
                header.append(answered)
            continue
        statement = _without_proof(command) if proofs else statement_of(command, place)
        yield place, WrittenProblem(prefix + name, statement, "\n\n".join(header), split, docstring(command))


def _without_proof(command: str) -> str:
    bare = without_ending(command).strip()
    return bare[: proof_start(bare)].strip()


def _answered(command: str) -> str | None:
    """A command without comments; a `sorry` in it answered from the comment after it, or None where that is missing."""
    bare = without_comments(command).strip()
    if not _UNANSWERED.search(bare):
        return bare
    comments = [token.text[2:].strip() for token in tokens(command) if token.text.startswith("--")]
    answer = "\n  ".join(filter(None, comments))
    return _UNANSWERED.sub(lambda _: f":= {answer}", bare) if answer else None
