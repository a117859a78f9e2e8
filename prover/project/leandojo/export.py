"""Writes traced modules as a benchmark in LeanDojo's format.

What LeanDojo does is done here too: the corpus holds what is declared by a command of its own, not what stands in
another declaration; tactics that do nothing, that contain a `·`, or that repeat one with the same states are left
out. Different are these. A theorem whose own proof is incomplete is a premise, but in no split, having no proof to
learn from. `kind` is Lean's kind of declaration. A corpus line also names its `module`. Modules that were not traced,
those of Lean's library for one, have no text here: their premises are those that some tactic uses, one a line,
with the code that `ImportedSignatures` has for them, or none. Readers in ReProver's manner accept that, and pass over
premises without code.
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
from prover.project.leandojo.code import annotated, is_told, moved_left, premise_code, without_comments
from prover.project.leandojo.records import (
    CORPUS,
    METADATA,
    NO_GOALS,
    VERSION,
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

PARTS_OF_ANOTHER = {"constructor", "recursor", "quotient"}
encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class BenchmarkOrigin:
    """Where the modules come from."""

    url: str
    commit: str
    lean_version: str


@dataclass(frozen=True)
class Exported:
    """What was written."""

    files: int
    premises: int
    """with code or without"""
    theorems: int
    tactics: int
    splits: Mapping[str, Mapping[str, int]]
    """strategy, then part: how many theorems it has"""


@dataclass
class TheoremsByPart:
    """The theorems of all splits, put aside until it is known where each goes."""

    spool: Spool
    slots: list[int]
    premises: list[frozenset[str]]
    """those that each proof names"""
    tactics: int = 0

    def add(self, theorem: BenchmarkTheorem, premises: frozenset[str]) -> None:
        """Puts one aside."""
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
    """Writes a benchmark to the directory `out`, which appears when it is whole.

    Args:
        modules: read once, in any order; kept on disk, not in memory.
        texts: the text of each module's file, by its path in the repository.
        seed: decides the splits; the same modules and seed give the same files, but for the time of creation.
        sizes: how many theorems are held out; by default a tenth for val and for test, at most 2000 each.

    Raises:
        BenchmarkError: `out` is there already, a text does not fit its module, or the sizes do not fit.
    """
    with _made_whole(out) as place, spool() as put_aside:
        catalogue = Catalogue(modules, texts, library or ImportedSignatures(), put_aside)
        theorems = TheoremsByPart(put_aside, [], [])
        with (place / CORPUS).open("wb") as corpus:
            files, premises = _write_corpus(catalogue, origin, corpus, theorems)
        count = len(theorems.slots)
        sizes = sizes or split.usual_sizes(count)
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
        leandojo_version=VERSION,
        lean_version=origin.lean_version,
        prover_version=version("prover"),
        seed=seed,
        splits=splits,
        library_positions="ordinal",
    )


def _write_corpus(
    catalogue: Catalogue, origin: BenchmarkOrigin, corpus: IO[bytes], theorems: TheoremsByPart
) -> tuple[int, int]:
    """Writes a line for each file and puts its theorems aside; returns how many files and premises there are."""
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
        for declaration in written(module.declarations)
    )


def written(declarations: Iterable[TracedDeclaration]) -> list[TracedDeclaration]:
    """Those with a command of their own, in the order of the text; not what is part of another or made for it."""
    kept: list[TracedDeclaration] = []
    end = -1
    for declaration in sorted(declarations, key=lambda d: (d.start, -d.stop, d.selection)):
        if declaration.kind in PARTS_OF_ANOTHER:
            continue
        beside = kept and (declaration.start, declaration.stop) == (kept[-1].start, kept[-1].stop)
        if declaration.start >= end or (beside and declaration.selection != kept[-1].selection):
            kept.append(declaration)
            end = declaration.stop
    return kept


def _theorems(
    module: TracedModule, catalogue: Catalogue, origin: BenchmarkOrigin
) -> Iterator[tuple[BenchmarkTheorem, frozenset[str]]]:
    """Each proved theorem of a module, and the premises that its proof names."""
    steps: dict[str, list[TracedStep]] = {}
    for step in sorted(module.steps, key=lambda s: (s.start, s.depth)):
        steps.setdefault(step.declaration, []).append(step)
    lines = catalogue.lines(module)
    for declaration in written(module.declarations):
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
        if is_told(step) and key not in found:
            uses = tuple(_marked(step, catalogue))
            provenances = tuple(provenance for _, provenance in uses)
            marked = annotated(step, [use for use, _ in uses])
            found[key] = BenchmarkTactic(tactic, step.before, step.after or NO_GOALS, (marked, provenances))
    return tuple(found.values())


def _marked(step: TracedStep, catalogue: Catalogue) -> Iterator[tuple[PremiseUse, MarkProvenance]]:
    """The premises to mark in a tactic: those whose place is known, the first of those that overlap."""
    end = step.start
    for use in sorted(step.premises, key=lambda u: (u.start, u.stop)):
        place = catalogue.place(use.module, use.name)
        if place and end <= use.start < use.stop <= step.stop:
            yield use, MarkProvenance(use.name, place.path, place.start, place.end)
            end = use.stop


@contextmanager
def _made_whole(out: Path) -> Iterator[Path]:
    """A directory that becomes `out` when the block ends well, and is gone when it does not."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BenchmarkError(f"{out} is there already: name a directory that is not.")
    try:
        with atomic_directory(out) as scratch:
            yield scratch
    except OSError as error:
        raise BenchmarkError(f"{out} cannot be written ({error.strerror}): name another directory.") from None
