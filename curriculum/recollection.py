"""What the memory generator remembers, from the database: proofs that were traced and proofs that were found.

What a module teaches depends on its content only; it is worked out once and kept in a directory of files that
may be deleted at any time.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from curriculum.database.database import Database
from curriculum.database.loading import load_module
from curriculum.database.steps import own_proofs, theorem_starts, traced_modules
from prover.lean.traced import TracedModule
from prover.tactics.memory.memory import Memory, Source
from prover.tactics.memory.precedent import Precedent, found_precedents, precedents
from prover.tactics.memory.sketch import sketch_of_text
from retrieval.files import write_atomically

VERSION = 4
"""of what is kept in files: another one has them made again"""


class ModulePrecedents(msgspec.Struct, frozen=True):
    """What a module teaches."""

    source: Source
    precedents: list[Precedent]


def recollect(database: Database, kept: Path) -> Memory:
    """All that the database can teach. `kept` is the directory of the files; made when it is not there.

    Raises:
        DatabaseError: it cannot be read.
    """
    memory = Memory()
    for lesson in _traced(database, kept):
        memory.remember(lesson.source, lesson.precedents)
    for source, found in _found(database):
        memory.remember(source, found)
    return memory


def module_precedents(module: TracedModule) -> ModulePrecedents:
    """What a module teaches."""
    starts = {declared.name: float(declared.start) for declared in module.declarations}
    statements = {d.name: d.statement_key for d in module.declarations if d.kind == "theorem"}
    return ModulePrecedents(Source(module.name, module.imports, starts, statements), list(precedents(module)))


def _traced(database: Database, kept: Path) -> Iterator[ModulePrecedents]:
    with database.reading() as connection:
        for key, path in traced_modules(connection):
            file = kept / f"{key}.{VERSION}"
            lesson = _read(file)
            if lesson is None:
                lesson = module_precedents(load_module(connection, key, path))
                _write(file, lesson)
            yield lesson


def _found(database: Database) -> Iterator[tuple[Source, list[Precedent]]]:
    """The proofs that the prover has found itself. Where a theorem was not traced, it is not known what came before
    it; so nothing else of its module may learn from it."""
    with database.reading() as connection:
        starts = theorem_starts(connection)
        for proof in own_proofs(connection):
            start = float(starts.get((proof.module, proof.theorem), float("inf")))
            source = Source(proof.module, (), {proof.theorem: start}, {proof.theorem: proof.statement_key}, part=True)
            steps = [(step.goal_key, sketch_of_text(step.goal), step.tactic) for step in proof.steps]
            yield source, found_precedents(proof.theorem, steps)


def _read(file: Path) -> ModulePrecedents | None:
    """What is kept of a module; nothing where the file is not there, or not whole."""
    try:
        return msgspec.msgpack.decode(file.read_bytes(), type=ModulePrecedents)
    except (OSError, msgspec.MsgspecError):
        return None


def _write(file: Path, lesson: ModulePrecedents) -> None:
    """Keeps it, or does not where the disk is full: it is made again then."""
    with suppress(OSError):
        write_atomically(file, msgspec.msgpack.encode(lesson))
