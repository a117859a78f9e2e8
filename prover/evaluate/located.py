"""Benchmarks whose problems are places in repositories: SorryDB's records and LeanDojo's splits."""

from pathlib import Path
from typing import Any

import msgspec

from prover.errors import DatasetError
from prover.evaluate.json_lines import records
from prover.evaluate.problem import LocatedProblem, unique
from prover.project.leandojo.reading import read_benchmark
from prover.project.leandojo.records import PARTS


class _Repository(msgspec.Struct, frozen=True):
    remote: str
    commit: str


class _Location(msgspec.Struct, frozen=True):
    path: str
    start_line: int


class _Goal(msgspec.Struct, frozen=True):
    goal: str = ""


class _Record(msgspec.Struct, frozen=True):
    """A `sorry` as SorryDB writes it; fields that are not known here are passed over."""

    repo: _Repository
    location: _Location
    id: str
    debug_info: _Goal = _Goal()


def read_sorrydb(file: Path) -> list[LocatedProblem]:
    """The `sorry`s of a SorryDB file. A problem is the declaration around one, which has to be filled whole.

    Raises:
        DatasetError: a record is not in SorryDB's format.
    """
    return list(unique((place, _sorry(record, place)) for place, record in records(file)))


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


def _sorry(record: Any, place: str) -> LocatedProblem:
    try:
        known = msgspec.convert(record, _Record)
    except msgspec.ValidationError as error:
        raise DatasetError(f"{place}, is not in SorryDB's format ({error}).") from None
    repo, location = known.repo, known.location
    goal = known.debug_info.goal
    return LocatedProblem(known.id, repo.remote, repo.commit, location.path, location.start_line, statement=goal)
