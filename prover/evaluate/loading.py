"""Finds the loader for a benchmark by its name, and its files by a path."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from prover.errors import DatasetError
from prover.evaluate.json_lines import FieldNames, read_json_lines
from prover.evaluate.lean_files import read_directory, read_minif2f
from prover.evaluate.located import read_leandojo, read_sorrydb
from prover.evaluate.problem import Benchmark, Problem, Provenance
from prover.extensions import BENCHMARKS_GROUP, Registry

JSON_ENDINGS = (".jsonl", ".json", ".ndjson")
ALL_SPLITS = "all"
"""The value of `--split` that stands for the problems of all splits."""


@dataclass(frozen=True)
class BenchmarkLoader:
    """Reads the problems of one benchmark."""

    read: Callable[[Path, str], list[Problem]]
    """Reads the problems of a split, or of all splits if it is empty, from the benchmark's directory."""
    splits: tuple[str, ...] = ()
    """The splits, one of which must be chosen; empty if there are none."""
    source: str = ""
    """The git URL from which the benchmark is fetched if no path is given."""
    reads_files: bool = False
    """Whether `read` also reads a file; otherwise files are read as JSON Lines."""


BENCHMARKS: Registry[BenchmarkLoader] = Registry(
    "benchmark",
    BENCHMARKS_GROUP,
    {
        "minif2f": BenchmarkLoader(
            lambda root, split: [*read_minif2f(root, split)],
            splits=("valid", "test"),
            source="https://github.com/yangky11/miniF2F-lean4@5746b7d6c47855ce1294bed87329618ff7f1bc31",
        ),
        "putnambench": BenchmarkLoader(
            lambda root, _: [*read_directory(root, ("lean4/src", "src"), False)],
            source="https://github.com/trishullab/PutnamBench",
        ),
        "proofnet": BenchmarkLoader(
            lambda root, _: [*read_directory(root, ("formal",), True)],
            source="https://github.com/rahul3613/ProofNet-lean4",
        ),
        "leandojo": BenchmarkLoader(lambda root, split: [*read_leandojo(root, split)]),
        "sorrydb": BenchmarkLoader(lambda file, _: [*read_sorrydb(file)], reads_files=True),
    },
    BenchmarkLoader,
)


def load(name: str, data: Path, split: str, commit: str = "", fields: FieldNames = {}) -> Benchmark:  # noqa: B006
    """Reads the problems of a benchmark.

    Args:
        name: The name of a known benchmark, or any other name for a JSON Lines file.
        split: The split; `all` for the problems of all splits; empty if there is one only.
        commit: The commit of the dataset; empty if it is unknown.
        fields: The names of fields of a JSON Lines file; see `read_json_lines`.

    Raises:
        DatasetError: There is no such file or split, or its content is invalid.
        BenchmarkError: A benchmark in LeanDojo's format is incomplete.
    """
    if not data.exists():
        raise DatasetError(f"There is no {data}: check the path.")
    loader = BENCHMARKS.find(name)
    if loader is not None and (loader.reads_files or not data.is_file()):
        if fields:
            raise DatasetError(f"{data} is no JSON Lines file of statements: leave out --field.")
        problems = _of_loader(name, loader, data, split)
    elif data.is_file():
        problems = _of_file(name, data, split, fields)
    else:
        names = ", ".join(BENCHMARKS.names())
        raise DatasetError(f"{data} is a directory: give a JSON Lines file, or one of {names} before it.")
    if not problems:
        raise DatasetError(f"{data} has no problems{f' in the split {split}' if split else ''}.")
    return _recognised(Benchmark(name, split, tuple(problems), Provenance(str(data), commit)))


def statements(data: Path) -> Iterator[tuple[str, str]]:
    """Returns the names and statements in a JSON Lines file or a directory of Lean files, of all splits.

    Raises:
        DatasetError: There is no statement, or the content is invalid.
    """
    if not data.exists():
        raise DatasetError(f"There is no {data}: check the path.")
    found = (
        read_json_lines(data, numbered=True) if data.is_file() else read_directory(data, (), by_file=True, proofs=True)
    )
    yield from ((problem.name, problem.text) for problem in found)


def _recognised(benchmark: Benchmark) -> Benchmark:
    """Returns the benchmark, with its commit if none was given and its statements are those of a known one."""
    known = json.loads((files("prover.evaluate") / "datasets.json").read_text(encoding="utf-8"))["splits"]
    match = next((entry for entry in known if entry["digest"] == benchmark.digest), None)
    if match is None or benchmark.provenance.commit:
        return benchmark
    return replace(benchmark, provenance=replace(benchmark.provenance, commit=match["commit"]))


def _of_loader(name: str, loader: BenchmarkLoader, data: Path, split: str) -> list[Problem]:
    if split != ALL_SPLITS or not loader.splits:
        return loader.read(data, _checked(name, loader, split))
    problems = {problem.name: problem for each in loader.splits for problem in loader.read(data, each)}
    return list(problems.values())


def _checked(name: str, loader: BenchmarkLoader, split: str) -> str:
    if loader.splits and split not in loader.splits:
        wanted = f"no split {split}" if split else "several splits"
        raise DatasetError(f"{name} has {wanted}: say --split {' or --split '.join((*loader.splits, ALL_SPLITS))}.")
    return split


def _of_file(name: str, file: Path, split: str, fields: FieldNames) -> list[Problem]:
    """Returns the problems of a JSON Lines file that belong to a split."""
    if file.suffix not in JSON_ENDINGS:
        raise DatasetError(f"{file} is no JSON Lines file: its name should end in {JSON_ENDINGS[0]}.")
    problems = read_json_lines(file, numbered=name == "proofnet", names=fields)
    splits = list(dict.fromkeys(problem.split for problem in problems if problem.split))
    if not split and len(splits) > 1:
        known = " or --split ".join((*splits, ALL_SPLITS))
        raise DatasetError(f"{file} has several splits: say --split {known}.")
    if not split or (split == ALL_SPLITS and ALL_SPLITS not in splits):
        return [*problems]
    if splits and split not in splits:
        raise DatasetError(f"{file} has no split {split}: choose from {', '.join(splits)}.")
    if not splits:
        raise DatasetError(f"{file} does not say to which split its problems belong: leave out --split.")
    return [problem for problem in problems if problem.split == split]
