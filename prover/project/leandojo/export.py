"""Writes traced modules as a benchmark in LeanDojo's format.

As in LeanDojo, the corpus contains the declarations that have a command of their own, not those inside another
declaration; and tactics are omitted if they change nothing, contain a `·`, or repeat a tactic between the same states.
There are four differences. A theorem with an incomplete proof is a premise but in no split, since it has no proof to
learn from. `kind` is Lean's kind of declaration. A corpus line also has its `module`. Modules that were not traced,
such as those of Lean's library, have no text: their premises are those that some tactic uses, one per line, with their
code from `ImportedSignatures` or without code. Readers like ReProver's accept that and skip premises without code.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO

import msgspec

from prover.errors import BenchmarkError
from prover.lean.file_text import Lines
from prover.lean.traced import PremiseUse, TracedDeclaration, TracedModule, TracedStep
from prover.project.leandojo import split
from prover.project.leandojo.catalogue import Catalogue, ImportedSignatures
from prover.project.leandojo.code import annotated, is_exported, moved_left, premise_code, without_comments
from prover.project.leandojo.records import (
    CORPUS,
    LEANDOJO_VERSION,
    METADATA,
    NO_GOALS,
    BenchmarkMetadata,
    BenchmarkTactic,
    BenchmarkTheorem,
    CorpusFile,
    CorpusPremise,
    FromRepo,
    MarkProvenance,
)
from prover.project.leandojo.spool import Spool, spool
from retrieval.files import atomic_directory

DERIVED_KINDS = {"constructor", "recursor", "quotient"}
encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class BenchmarkOrigin:
    """The repository and the Lean version of the modules."""

    url: str
    commit: str
    lean_version: str


@dataclass(frozen=True)
class Exported:
    """The size of an exported benchmark."""

    files: int
    premises: int
    """The number of premises, with or without code."""
    theorems: int
    tactics: int
    splits: Mapping[str, Mapping[str, int]]
    """The number of theorems by strategy and part."""


@dataclass
class TheoremsByPart:
    """The theorems of a benchmark, spooled until the splits are known."""

    spool: Spool
    slots: list[int]
    premises: list[frozenset[str]]
    """The premises that each proof uses."""
    tactics: int = 0

    def add(self, theorem: BenchmarkTheorem, premises: frozenset[str]) -> None:
        """Spools a theorem."""
        self.slots.append(self.spool.put(encode(theorem)))
        self.premises.append(premises)
        self.tactics += len(theorem.traced_tactics)


def export_benchmark(
    modules: Iterable[TracedModule],
    texts: Mapping[str, str],
    origin: BenchmarkOrigin,
    out: Path,
    *,
    seed: int = 0,
    sizes: split.Sizes | None = None,
    library: ImportedSignatures | None = None,
) -> Exported:
    """Writes a benchmark to the directory `out`, which appears when it is complete.

    Args:
        modules: iterated once, in any order, and spooled to disk.
        texts: the text of each module's file, by its path in the repository.
        seed: determines the splits; equal modules and seeds give equal files, except for the time of creation.
        sizes: the numbers of held-out theorems; by default a tenth each for val and test, at most 2000.

    Raises:
        BenchmarkError: `out` exists already, a text is not that of its module, or the sizes are too large.
    """
    with _new_directory(out) as place, spool() as spooled:
        catalogue = Catalogue(modules, texts, library or ImportedSignatures(), spooled)
        theorems = TheoremsByPart(spooled, [], [])
        with (place / CORPUS).open("wb") as corpus:
            files, premises = _write_corpus(catalogue, origin, corpus, theorems)
        count = len(theorems.slots)
        sizes = sizes or split.default_sizes(count)
        split.check_sizes(count, sizes)
        splits = {
            "random": split.at_random(count, sizes, seed),
            "novel_premises": split.by_novel_premise(theorems.premises, sizes, seed),
        }
        for strategy, parts in splits.items():
            (place / strategy).mkdir()
            for part, numbers in parts.items():
                _write_part(place / strategy / f"{part}.json", numbers, theorems)
        held = {strategy: {part: len(n) for part, n in parts.items()} for strategy, parts in splits.items()}
        (place / METADATA).write_bytes(encode(_metadata(origin, seed, held)) + b"\n")
        return Exported(files, premises, count, theorems.tactics, held)


def _metadata(origin: BenchmarkOrigin, seed: int, splits: dict[str, dict[str, int]]) -> BenchmarkMetadata:
    return BenchmarkMetadata(
        creation_time=datetime.now(UTC).isoformat(sep=" "),
        from_repo=FromRepo(origin.url, origin.commit),
        leandojo_version=LEANDOJO_VERSION,
        lean_version=origin.lean_version,
        prover_version=version("prover"),
        seed=seed,
        splits=splits,
        library_positions="ordinal",
    )


def _write_corpus(
    catalogue: Catalogue, origin: BenchmarkOrigin, corpus: IO[bytes], theorems: TheoremsByPart
) -> tuple[int, int]:
    """Writes a line for each file and spools its theorems; returns the numbers of files and premises."""
    files = premises = 0
    for name, imports in catalogue.in_order():
        if name in catalogue.traced:
            module = catalogue.module(name)
            found = _own_premises(module, catalogue.lines(module))
            for theorem, used in _theorems(module, catalogue, origin):
                theorems.add(theorem, used)
        else:
            found = tuple(_outside_premise(*p, line) for line, p in enumerate(catalogue.outside(name), 1))
        line = CorpusFile(catalogue.path(name), tuple(catalogue.path(i) for i in imports), found, name)
        corpus.write(encode(line) + b"\n")
        files, premises = files + 1, premises + len(found)
    return files, premises


def _write_part(file: Path, numbers: Sequence[int], theorems: TheoremsByPart) -> None:
    with file.open("wb") as out:
        for place, number in enumerate(numbers):
            out.write(b"[\n" if place == 0 else b",\n")
            out.write(theorems.spool.get(theorems.slots[number]))
        out.write(b"\n]\n" if numbers else b"[]\n")


def _outside_premise(name: str, code: str, line: int) -> CorpusPremise:
    return CorpusPremise(name, code, (line, 1), (line, len(name) + 1))


def _own_premises(module: TracedModule, lines: Lines) -> tuple[CorpusPremise, ...]:
    first_steps: dict[str, int] = {}
    for step in module.steps:
        first_steps[step.declaration] = min(step.start, first_steps.get(step.declaration, step.start))
    return tuple(
        CorpusPremise(
            declaration.name,
            premise_code(declaration, first_steps.get(declaration.name)),
            lines.position(declaration.start),
            lines.position(declaration.stop),
            declaration.kind,
        )
        for declaration in with_own_command(module.declarations)
    )


def with_own_command(declarations: Iterable[TracedDeclaration]) -> list[TracedDeclaration]:
    """Returns the declarations with a command of their own, in the order of the text."""
    selected: list[TracedDeclaration] = []
    end = -1
    for declaration in sorted(declarations, key=lambda d: (d.start, -d.stop, d.selection)):
        if declaration.kind in DERIVED_KINDS:
            continue
        same_command = selected and (declaration.start, declaration.stop) == (selected[-1].start, selected[-1].stop)
        if declaration.start >= end or (same_command and declaration.selection != selected[-1].selection):
            selected.append(declaration)
            end = declaration.stop
    return selected


def _theorems(
    module: TracedModule, catalogue: Catalogue, origin: BenchmarkOrigin
) -> Iterator[tuple[BenchmarkTheorem, frozenset[str]]]:
    """Yields each proved theorem of a module, with the premises that its proof uses."""
    steps: dict[str, list[TracedStep]] = {}
    for step in sorted(module.steps, key=lambda s: (s.start, s.depth)):
        steps.setdefault(step.declaration, []).append(step)
    lines = catalogue.lines(module)
    for declaration in with_own_command(module.declarations):
        if declaration.kind != "theorem" or declaration.incomplete:
            continue
        own = steps.get(declaration.name, [])
        premises = {use.name for step in own for use in step.premises}
        theorem = BenchmarkTheorem(
            file_path=module.path,
            full_name=declaration.name,
            start=lines.position(declaration.start),
            end=lines.position(declaration.stop),
            traced_tactics=_tactics(own, catalogue, lines),
            url=origin.url,
            commit=origin.commit,
        )
        yield theorem, frozenset(premises if declaration.proof == "tactic" else declaration.premises)


def _tactics(steps: Iterable[TracedStep], catalogue: Catalogue, lines: Lines) -> tuple[BenchmarkTactic, ...]:
    found: dict[tuple[str, str, str], BenchmarkTactic] = {}
    for step in steps:
        column = lines.position(step.start)[1]
        tactic = moved_left(without_comments(step.text), column - 1)
        key = (step.before, tactic, step.after)
        if is_exported(step) and key not in found:
            uses = tuple(_marked(step, catalogue))
            provenances = tuple(provenance for _, provenance in uses)
            marked = annotated(step, [use for use, _ in uses])
            found[key] = BenchmarkTactic(tactic, step.before, step.after or NO_GOALS, (marked, provenances))
    return tuple(found.values())


def _marked(step: TracedStep, catalogue: Catalogue) -> Iterator[tuple[PremiseUse, MarkProvenance]]:
    """Yields the premises to mark in a tactic: those with a known place, the first of those that overlap."""
    end = step.start
    for use in sorted(step.premises, key=lambda u: (u.start, u.stop)):
        place = catalogue.place(use.module, use.name)
        if place and end <= use.start < use.stop <= step.stop:
            yield use, MarkProvenance(use.name, place.path, place.start, place.end)
            end = use.stop


@contextmanager
def _new_directory(out: Path) -> Iterator[Path]:
    """Yields a directory that becomes `out` if the block succeeds, and is deleted otherwise."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BenchmarkError(f"{out} exists already: name a new directory.")
    try:
        with atomic_directory(out) as scratch:
            yield scratch
    except OSError as error:
        raise BenchmarkError(f"{out} cannot be written ({error.strerror}): name another directory.") from None
