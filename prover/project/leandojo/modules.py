"""Reads traced modules from a benchmark, as far as LeanDojo's format contains them.

The format lacks the position of a tactic in its theorem: each tactic is placed at the theorem's start, and the
positions of its premises are relative to that. It lacks keys of goals, `sorry`s, docstrings and visibility. A statement
is the code as written, from its name on. Without the text of a file, the order of offsets is right but not their size.
"""

import hashlib
from collections.abc import Iterator, Mapping

import msgspec

from prover.lean.file_text import LineColumn, Lines, signature
from prover.lean.traced import PremiseUse, TracedDeclaration, TracedModule, TracedStep
from prover.project.leandojo.code import unmarked
from prover.project.leandojo.positions import NominalLines, Offsets
from prover.project.leandojo.reading import LeanDojoBenchmark
from prover.project.leandojo.records import (
    NO_GOALS,
    PARTS,
    BenchmarkTactic,
    BenchmarkTheorem,
    CorpusFile,
    CorpusPremise,
    module_of,
)
from prover.project.leandojo.spool import Spool, spool


def traced_modules(benchmark: LeanDojoBenchmark, texts: Mapping[str, str] | None = None) -> Iterator[TracedModule]:
    """Yields the modules of a benchmark, each after its imports, with the theorems of all parts.

    Args:
        texts: texts of files, by path; for these, offsets are exact.

    Raises:
        BenchmarkError: A file is truncated or not in the format, or a text differs from the traced one.
    """
    with spool() as spooled:
        theorems = _by_file(benchmark, spooled)
        names: dict[str, str] = {}
        for file in benchmark.files():
            names[file.path] = file.module or module_of(file.path)
            slots = theorems.pop(file.path, [])
            yield _BenchmarkReader(names, texts or {}).module(file, _theorems(spooled, slots))
        for path, slots in theorems.items():  # those of files that are not in the corpus
            yield _BenchmarkReader(names, texts or {}).module(CorpusFile(path), _theorems(spooled, slots))


def _by_file(benchmark: LeanDojoBenchmark, spooled: Spool) -> dict[str, list[int]]:
    """Spools the theorems by file; all strategies split the same theorems, so one is enough."""
    places: dict[str, list[int]] = {}
    for strategy in benchmark.strategies[:1]:
        for part in PARTS:
            for theorem in benchmark.theorems(strategy, part):
                places.setdefault(theorem.file_path, []).append(spooled.put(msgspec.msgpack.encode(theorem)))
    return places


def _theorems(spooled: Spool, slots: list[int]) -> list[BenchmarkTheorem]:
    found = [msgspec.msgpack.decode(spooled.get(slot), type=BenchmarkTheorem) for slot in slots]
    return sorted(found, key=lambda theorem: theorem.start)


class _BenchmarkReader:
    """Converts the records of a file to a module."""

    def __init__(self, names: Mapping[str, str], texts: Mapping[str, str]) -> None:
        self._names = names
        self._texts = texts

    def module(self, file: CorpusFile, theorems: list[BenchmarkTheorem]) -> TracedModule:
        text = self._texts.get(file.path)
        lines: Offsets = Lines(file.path, text) if text is not None else NominalLines(_positions(file, theorems))
        proved = {theorem.full_name: theorem for theorem in theorems}
        declarations = [
            _declaration(premise, lines, proved.pop(premise.full_name, None))
            for premise in file.premises
            if premise.full_name is not None
        ]
        declarations += [_declaration(_as_premise(theorem), lines, theorem) for theorem in proved.values()]
        return TracedModule(
            name=self._names.get(file.path, module_of(file.path)),
            path=file.path,
            digest=hashlib.sha256(text.encode()).hexdigest() if text is not None else "",
            imports=tuple(self._module(path) for path in file.imports),
            declarations=tuple(sorted(declarations, key=lambda declaration: declaration.start)),
            steps=tuple(self._step(t, tactic, lines) for t in theorems for tactic in t.traced_tactics),
            sorries=(),
        )

    def _module(self, path: str) -> str:
        return self._names.get(path) or module_of(path)

    def _step(self, theorem: BenchmarkTheorem, tactic: BenchmarkTactic, lines: Offsets) -> TracedStep:
        start = lines.offset(theorem.start)
        text, places = unmarked(tactic.annotated_tactic[0]) if tactic.annotated_tactic else (tactic.tactic, ())
        provenances = tactic.annotated_tactic[1] if tactic.annotated_tactic else ()
        return TracedStep(
            declaration=theorem.full_name,
            start=start,
            stop=start + len(text.encode()),
            text=text,
            before=tactic.state_before,
            after="" if tactic.state_after == NO_GOALS else tactic.state_after,
            keys_before=(),
            keys_after=(),
            premises=tuple(
                PremiseUse(provenance.full_name, self._module(provenance.def_path), start + first, start + last)
                for (first, last), provenance in zip(places, provenances, strict=False)
            ),
        )


def _positions(file: CorpusFile, theorems: list[BenchmarkTheorem]) -> Iterator[LineColumn]:
    for premise in file.premises:
        yield from (premise.start, premise.end)
    for theorem in theorems:
        yield from (theorem.start, theorem.end)


def _as_premise(theorem: BenchmarkTheorem) -> CorpusPremise:
    return CorpusPremise(theorem.full_name, "", theorem.start, theorem.end, "theorem")


def _declaration(premise: CorpusPremise, lines: Offsets, theorem: BenchmarkTheorem | None) -> TracedDeclaration:
    start = lines.offset(premise.start)
    return TracedDeclaration(
        name=premise.full_name or "",
        kind="theorem" if theorem else premise.kind,
        statement=signature(premise.code, premise.full_name or ""),
        text=premise.code,
        start=start,
        stop=lines.offset(premise.end),
        selection=start,
        visibility="public",
        namespace="",
        proof=None if theorem is None else "tactic" if theorem.traced_tactics else "term",
    )
