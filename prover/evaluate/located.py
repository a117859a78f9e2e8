"""Benchmarks whose problems are places in repositories: SorryDB's records and LeanDojo's splits."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from prover.errors import DatasetError
from prover.evaluate.json_lines import records
from prover.evaluate.problem import LocatedProblem, unique
from prover.project.leandojo.reading import read_benchmark
from prover.project.leandojo.records import PARTS

SORRIES = "sorries"
"""The field of SorryDB's files that has the records."""


class _Repository(msgspec.Struct, frozen=True):
    remote: str
    commit: str


class _Location(msgspec.Struct, frozen=True):
    path: str
    start_line: int
    """Counted from 1."""
    start_column: int = 0
    """Counted from 0, in characters."""


class _Goal(msgspec.Struct, frozen=True):
    goal: str = ""


class _Record(msgspec.Struct, frozen=True):
    """A `sorry` as SorryDB writes it; fields that are not known here are passed over."""

    repo: _Repository
    location: _Location
    id: str
    debug_info: _Goal = _Goal()


@dataclass(frozen=True)
class SorryRecord:
    """One `sorry` of SorryDB, by its place."""

    record: Mapping[str, Any]
    """The record as it was read, with all its fields."""
    id: str
    repository: str
    """The address or directory of the repository."""
    commit: str
    file: str
    line: int
    """Counted from 1."""
    column: int
    """Counted from 0, in characters."""
    goal: str = ""

    @property
    def location(self) -> str:
        """The repository at its commit, as the command line accepts it."""
        return f"{self.repository}@{self.commit}"


def sorry_records(file: Path) -> list[SorryRecord]:
    """Returns the records of a file of SorryDB: its database with `repos` and `sorries`, or a list of `sorries`.

    Raises:
        DatasetError: A record is not in SorryDB's format.
    """
    return [sorry_record(record, place) for place, record in records(file, SORRIES)]


def sorry_record(record: Mapping[str, Any], place: str = "The record") -> SorryRecord:
    """Returns a record of SorryDB, given as a JSON object.

    Args:
        place: what messages name it by.

    Raises:
        DatasetError: It is not in SorryDB's format.
    """
    try:
        known = msgspec.convert(record, _Record)
    except msgspec.ValidationError as error:
        raise DatasetError(f"{place}, is not in SorryDB's format ({error}).") from None
    repo, at = known.repo, known.location
    goal = known.debug_info.goal
    return SorryRecord(record, known.id, repo.remote, repo.commit, at.path, at.start_line, at.start_column, goal)


def read_sorrydb(file: Path) -> list[LocatedProblem]:
    """The `sorry`s of a SorryDB file. A problem is the declaration around one, which has to be filled whole.

    Raises:
        DatasetError: a record is not in SorryDB's format.
    """
    found = sorry_records(file)
    return list(unique((f"{file}, {each.id}", _problem_of(each)) for each in found))


def _problem_of(sorry: SorryRecord) -> LocatedProblem:
    return LocatedProblem(sorry.id, sorry.repository, sorry.commit, sorry.file, sorry.line, statement=sorry.goal)


def read_leandojo(root: Path, split: str) -> list[LocatedProblem]:
    """The theorems of `STRATEGY/PART`, such as `random/val`; of `random` when only the part is named.

    Raises:
        DatasetError: there is no such split.
        BenchmarkError: the benchmark is not whole.
    """
    benchmark = read_benchmark(root)
    strategy, _, part = split.rpartition("/")
    strategy = strategy or "random"
    if part not in PARTS or strategy not in benchmark.strategies:
        splits = ", ".join(f"{each}/{name}" for each in benchmark.strategies for name in PARTS)
        raise DatasetError(f"{root} has no split {split}: choose from {splits}.")
    origin = benchmark.metadata.from_repo
    found = []
    for number, theorem in enumerate(benchmark.theorems(strategy, part), 1):
        goal = theorem.traced_tactics[0].state_before if theorem.traced_tactics else ""
        url, commit = theorem.url or origin.url, theorem.commit or origin.commit
        if not url:
            raise DatasetError(f"{root / strategy / part}.json, theorem {number}, does not say its repository.")
        line = theorem.start[0]
        name = theorem.full_name
        found.append(
            (f"theorem {number}", LocatedProblem(name, url, commit, theorem.file_path, line, name, goal, split))
        )
    return list(unique(found))
