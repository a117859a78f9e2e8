"""Asked of the database by whatever learns from proofs: which modules were traced, and what the prover has found.

Changes nothing.
"""

from collections.abc import Iterator
from itertools import groupby

import msgspec
from sqlalchemy import Connection, func, select

from curriculum.database.results import GoalStep
from curriculum.database.tables import (
    Attempt,
    Declaration,
    FoundStep,
    Module,
    Proof,
    Repository,
    SnapshotModule,
    Theorem,
)


class OwnProof(msgspec.Struct, frozen=True):
    """A proof that the prover found itself, and the theorem that it was found for."""

    module: str
    theorem: str
    """its full name"""
    statement_key: str
    steps: list[GoalStep]


def traced_modules(connection: Connection) -> list[tuple[str, str]]:
    """The key and a path of every module of a snapshot, the same content once, the first stored first."""
    asked = select(Module.key, func.min(SnapshotModule.path)).join(
        SnapshotModule, SnapshotModule.module_id == Module.id
    )
    return [(key, path) for key, path in connection.execute(asked.group_by(Module.id, Module.key).order_by(Module.id))]


def own_proofs(connection: Connection) -> Iterator[OwnProof]:
    """The proofs whose steps are known, in the order in which they were found."""
    first = select(func.min(Attempt.id)).where(Attempt.proof_id == Proof.id).correlate(Proof).scalar_subquery()
    asked = (
        select(
            FoundStep.proof_id,
            Attempt.module,
            Attempt.theorem,
            Proof.statement_key,
            FoundStep.goal,
            FoundStep.goal_key,
            FoundStep.tactic,
        )
        .join(Proof, Proof.id == FoundStep.proof_id)
        .join(Attempt, Attempt.id == first)
        .order_by(FoundStep.proof_id, FoundStep.position)
    )
    for (_, module, theorem, key), rows in groupby(connection.execute(asked), key=lambda row: tuple(row[:4])):
        yield OwnProof(module, theorem, key, [GoalStep(*row[4:]) for row in rows])


def proofs_of_run(connection: Connection, run: int) -> list[tuple[str, OwnProof]]:
    """The proofs that the attempts of a run found, each with the location of its repository."""
    asked = (
        select(
            Repository.location,
            Attempt.module,
            Attempt.theorem,
            Attempt.statement_key,
            FoundStep.goal,
            FoundStep.goal_key,
            FoundStep.tactic,
        )
        .join(Theorem, Theorem.id == Attempt.theorem_id)
        .join(Repository, Repository.id == Theorem.repository_id)
        .join(FoundStep, FoundStep.proof_id == Attempt.proof_id)
        .where(Attempt.run_id == run)
        .order_by(Repository.location, Attempt.module, Attempt.theorem, Attempt.id, FoundStep.position)
    )
    found = []
    for (location, module, theorem, key), rows in groupby(connection.execute(asked), key=lambda row: tuple(row[:4])):
        found.append((location, OwnProof(module, theorem, key, [GoalStep(*row[4:]) for row in rows])))
    return found


def theorem_starts(connection: Connection) -> dict[tuple[str, str], int]:
    """Where theorems start that have a proof of ours, by module and name, as traced last."""
    proved = select(Attempt.theorem).where(Attempt.proof_id.is_not(None))
    asked = (
        select(Module.name, Declaration.name, Declaration.start)
        .join(Module, Module.id == Declaration.module_id)
        .where(Declaration.kind == "theorem", Declaration.name.in_(proved))
        .order_by(Module.id)
    )
    return {(module, name): start for module, name, start in connection.execute(asked)}


class Declared(msgspec.Struct, frozen=True):
    """A declaration that others can name."""

    name: str
    module: str
    kind: str
    statement: str
    docstring: str | None
    start: int


def declared_in(connection: Connection, snapshot: int) -> list[Declared]:
    """What the modules of a snapshot declare for others, in the order of the text."""
    asked = (
        select(
            Declaration.name,
            Module.name,
            Declaration.kind,
            Declaration.statement,
            Declaration.docstring,
            Declaration.start,
        )
        .join(Module, Module.id == Declaration.module_id)
        .join(SnapshotModule, SnapshotModule.module_id == Module.id)
        .where(SnapshotModule.snapshot_id == snapshot, Declaration.visibility != "private")
        .order_by(Module.id, Declaration.position)
    )
    return [Declared(*row) for row in connection.execute(asked)]


def imports_in(connection: Connection, snapshot: int) -> dict[str, tuple[str, ...]]:
    """What each module of a snapshot imports."""
    asked = select(Module.name, Module.imports).join(SnapshotModule, SnapshotModule.module_id == Module.id)
    rows = connection.execute(asked.where(SnapshotModule.snapshot_id == snapshot))
    return {name: tuple(imports) for name, imports in rows}
