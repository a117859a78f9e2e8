"""Queries for learning: traced modules, and the steps of proofs that the prover has found. Changes nothing."""

from collections.abc import Iterator
from itertools import groupby

import msgspec
from sqlalchemy import Connection, func, select

from curriculum.database.records import GoalStep
from curriculum.database.tables import (
    AttemptRow,
    DeclarationRow,
    FoundStepRow,
    ModuleRow,
    ProofRow,
    RepositoryRow,
    SnapshotModuleRow,
    TheoremRow,
)


class OwnProof(msgspec.Struct, frozen=True):
    """A proof that the prover found, and its theorem."""

    module: str
    theorem: str
    """The full name."""
    statement_key: str
    steps: list[GoalStep]


def traced_modules(connection: Connection) -> list[tuple[str, str]]:
    """Returns the key and a path of every module of any snapshot, in the order in which they were stored."""
    asked = select(ModuleRow.key, func.min(SnapshotModuleRow.path)).join(
        SnapshotModuleRow, SnapshotModuleRow.module_id == ModuleRow.id
    )
    return [
        (key, path)
        for key, path in connection.execute(asked.group_by(ModuleRow.id, ModuleRow.key).order_by(ModuleRow.id))
    ]


def own_proofs(connection: Connection, after: int = 0) -> Iterator[OwnProof]:
    """Yields the proofs whose steps are known, in the order in which they were found.

    Args:
        after: the id of a proof; only later ones are yielded.
    """
    first = (
        select(func.min(AttemptRow.id)).where(AttemptRow.proof_id == ProofRow.id).correlate(ProofRow).scalar_subquery()
    )
    asked = (
        select(
            FoundStepRow.proof_id,
            AttemptRow.module,
            AttemptRow.theorem,
            ProofRow.statement_key,
            FoundStepRow.goal,
            FoundStepRow.goal_key,
            FoundStepRow.tactic,
        )
        .join(ProofRow, ProofRow.id == FoundStepRow.proof_id)
        .join(AttemptRow, AttemptRow.id == first)
        .where(FoundStepRow.proof_id > after)
        .order_by(FoundStepRow.proof_id, FoundStepRow.position)
    )
    for (_, module, theorem, key), rows in groupby(connection.execute(asked), key=lambda row: tuple(row[:4])):
        yield OwnProof(module, theorem, key, [GoalStep(*row[4:]) for row in rows])


def proofs_of_run(connection: Connection, run: int) -> list[tuple[str, OwnProof]]:
    """Returns the proofs that the attempts of a run found, each with the location of its repository."""
    asked = (
        select(
            RepositoryRow.location,
            AttemptRow.module,
            AttemptRow.theorem,
            AttemptRow.statement_key,
            FoundStepRow.goal,
            FoundStepRow.goal_key,
            FoundStepRow.tactic,
        )
        .join(TheoremRow, TheoremRow.id == AttemptRow.theorem_id)
        .join(RepositoryRow, RepositoryRow.id == TheoremRow.repository_id)
        .join(FoundStepRow, FoundStepRow.proof_id == AttemptRow.proof_id)
        .where(AttemptRow.run_id == run)
        .order_by(RepositoryRow.location, AttemptRow.module, AttemptRow.theorem, AttemptRow.id, FoundStepRow.position)
    )
    found = []
    for (location, module, theorem, key), rows in groupby(connection.execute(asked), key=lambda row: tuple(row[:4])):
        found.append((location, OwnProof(module, theorem, key, [GoalStep(*row[4:]) for row in rows])))
    return found


def theorem_starts(connection: Connection) -> dict[tuple[str, str], int]:
    """Returns the positions of theorems that the prover has proved, by module and name, as traced last."""
    proved = select(AttemptRow.theorem).where(AttemptRow.proof_id.is_not(None))
    asked = (
        select(ModuleRow.name, DeclarationRow.name, DeclarationRow.start)
        .join(ModuleRow, ModuleRow.id == DeclarationRow.module_id)
        .where(DeclarationRow.kind == "theorem", DeclarationRow.name.in_(proved))
        .order_by(ModuleRow.id)
    )
    return {(module, name): start for module, name, start in connection.execute(asked)}


class Declared(msgspec.Struct, frozen=True):
    """A declaration that is visible to other modules."""

    name: str
    module: str
    kind: str
    statement: str
    docstring: str | None
    start: int


def declared_in(connection: Connection, snapshot: int) -> list[Declared]:
    """Returns the declarations of a snapshot that are not private, ordered by module and position."""
    asked = (
        select(
            DeclarationRow.name,
            ModuleRow.name,
            DeclarationRow.kind,
            DeclarationRow.statement,
            DeclarationRow.docstring,
            DeclarationRow.start,
        )
        .join(ModuleRow, ModuleRow.id == DeclarationRow.module_id)
        .join(SnapshotModuleRow, SnapshotModuleRow.module_id == ModuleRow.id)
        .where(SnapshotModuleRow.snapshot_id == snapshot, DeclarationRow.visibility != "private")
        .order_by(ModuleRow.id, DeclarationRow.position)
    )
    return [Declared(*row) for row in connection.execute(asked)]


def imports_in(connection: Connection, snapshot: int) -> dict[str, tuple[str, ...]]:
    """Returns the imports of each module of a snapshot."""
    asked = select(ModuleRow.name, ModuleRow.imports).join(
        SnapshotModuleRow, SnapshotModuleRow.module_id == ModuleRow.id
    )
    rows = connection.execute(asked.where(SnapshotModuleRow.snapshot_id == snapshot))
    return {name: tuple(imports) for name, imports in rows}
