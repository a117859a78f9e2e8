"""Fills the memory generator from the database, with the proofs that were traced and those that were found.

The precedents of a module depend on its content only. They are computed once and cached in a directory, which may be
deleted at any time.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from curriculum.database.database import Database
from curriculum.database.loading import load_module
from curriculum.database.steps import own_proofs, theorem_starts, traced_modules
from prover.lean.traced import TracedModule
from prover.tactics.memory.goal_features import features_of_text
from prover.tactics.memory.memory import Memory, RememberedModule
from prover.tactics.memory.neighbour import Neighbour, neighbours_of_found_proof, neighbours_of_module
from retrieval.files import write_atomically

CACHE_VERSION = 4
"""The version of the cached files: files of other versions are computed again."""


class ModulePrecedents(msgspec.Struct, frozen=True):
    """The precedents of one module, for the memory."""

    source: RememberedModule
    precedents: list[Neighbour]


def recollect(database: Database, cache_dir: Path) -> Memory:
    """Returns a memory of all proofs in the database.

    Args:
        cache_dir: the directory of the cached files; created if it is missing.

    Raises:
        DatabaseError: the database cannot be read.
    """
    memory = Memory()
    for lesson in _traced(database, cache_dir):
        memory.remember(lesson.source, lesson.precedents)
    for source, found in _found(database):
        memory.remember(source, found)
    return memory


def module_precedents(module: TracedModule) -> ModulePrecedents:
    """Returns the precedents of a traced module."""
    starts = {declared.name: float(declared.start) for declared in module.declarations}
    statements = {d.name: d.statement_key for d in module.declarations if d.kind == "theorem"}
    return ModulePrecedents(
        RememberedModule(module.name, module.imports, starts, statements), list(neighbours_of_module(module))
    )


def _traced(database: Database, cache_dir: Path) -> Iterator[ModulePrecedents]:
    with database.reading() as connection:
        for key, path in traced_modules(connection):
            file = cache_dir / f"{key}.{CACHE_VERSION}"
            lesson = _read(file)
            if lesson is None:
                lesson = module_precedents(load_module(connection, key, path))
                _write(file, lesson)
            yield lesson


def _found(database: Database) -> Iterator[tuple[RememberedModule, list[Neighbour]]]:
    """Yields the proofs that the prover found itself.

    Where a theorem was not traced, its position is unknown, so that nothing else of its module may learn from it.
    """
    with database.reading() as connection:
        starts = theorem_starts(connection)
        for proof in own_proofs(connection):
            start = float(starts.get((proof.module, proof.theorem), float("inf")))
            source = RememberedModule(
                proof.module, (), {proof.theorem: start}, {proof.theorem: proof.statement_key}, part=True
            )
            steps = [(step.goal_key, features_of_text(step.goal), step.tactic) for step in proof.steps]
            yield source, neighbours_of_found_proof(proof.theorem, steps)


def _read(file: Path) -> ModulePrecedents | None:
    """Returns a module's cached precedents; None where the file is missing or damaged."""
    try:
        return msgspec.msgpack.decode(file.read_bytes(), type=ModulePrecedents)
    except (OSError, msgspec.MsgspecError):
        return None


def _write(file: Path, lesson: ModulePrecedents) -> None:
    """Keeps it, or does not where the disk is full: it is made again then."""
    with suppress(OSError):
        write_atomically(file, msgspec.msgpack.encode(lesson))
