"""The history of a theorem: its proofs, the attempts at it, and the effects of new commits. Changes nothing."""

from typing import Any

import msgspec
from sqlalchemy import Connection, select

from curriculum.database.lineage import LineageEntry, lineage_of
from curriculum.database.tables import AttemptRow, ConfigurationRow, ModelRow, ProofRow, RepositoryRow, RunRow
from curriculum.database.theorems import NamedTheorem, theorems_named


class StoredProof(msgspec.Struct, frozen=True):
    """A proof of a statement."""

    proof: int
    """The id of its row."""
    scripts: list[str]
    """A tactic block for each place that was filled, in order."""
    whole: bool
    """Whether its one block proves the statement from scratch; otherwise the blocks fill the `sorry`s of a text."""
    axioms: list[str]
    toolchain: str
    """The Lean that checked it."""
    verified: int
    """The gate's level up to which it was checked, from 1 to 5."""
    generator: str
    """The generators that suggested it."""
    model: str | None
    """The language model behind the generator."""
    found_at: float
    """Seconds since 1970."""


class PastAttempt(msgspec.Struct, frozen=True):
    """An attempt at a theorem, with everything that is needed to make it again."""

    uid: str
    started_at: float
    """Seconds since 1970."""
    outcome: str
    """`proved`, `open`, `refused` by the gate, or `failed` to be attempted at all."""
    reason: str | None
    """Why the theorem was not proved."""
    seconds: float
    expansions: int
    tactics: int
    seed: int
    toolchain: str
    settings: dict[str, Any]
    """The configuration: generators, search, limits."""
    command: str | None
    """The command that made the attempt."""
    arguments: list[str] | None
    """The arguments of that command."""


class TheoremHistory(msgspec.Struct, frozen=True):
    """Everything that is known about one theorem of a repository."""

    theorem: NamedTheorem
    proofs: list[StoredProof]
    """The proofs of its present statement, the most thoroughly checked first."""
    attempts: list[PastAttempt]
    """The attempts at it, the newest first."""
    lineage: list[LineageEntry]
    """The events of its proof at each commit, the oldest first."""


def histories(connection: Connection, location: str, name: str) -> list[TheoremHistory]:
    """Returns what is known about the theorems of a repository with a full name; usually that is one theorem."""
    repository = connection.scalar(select(RepositoryRow.id).where(RepositoryRow.location == location))
    if repository is None:
        return []
    return [
        TheoremHistory(
            theorem,
            proofs_of(connection, theorem.statement_key),
            attempts_at(connection, theorem.id),
            lineage_of(connection, theorem.id),
        )
        for theorem in theorems_named(connection, repository, name)
    ]


def proofs_of(connection: Connection, statement_key: str) -> list[StoredProof]:
    """Returns the proofs of a statement, the most thoroughly checked first."""
    asked = (
        select(
            ProofRow.id,
            ProofRow.scripts,
            ProofRow.whole,
            ProofRow.axioms,
            ProofRow.toolchain,
            ProofRow.verified,
            ProofRow.generator,
            ModelRow.name,
            ProofRow.found_at,
        )
        .outerjoin(ModelRow, ModelRow.id == ProofRow.model_id)
        .where(ProofRow.statement_key == statement_key)
        .order_by(ProofRow.verified.desc(), ProofRow.id)
    )
    return [StoredProof(*row) for row in connection.execute(asked)]


def attempts_at(connection: Connection, theorem: int, limit: int = 100) -> list[PastAttempt]:
    """Returns the newest attempts at a theorem, given by its id, the newest first."""
    asked = (
        select(
            AttemptRow.uid,
            AttemptRow.started_at,
            AttemptRow.outcome,
            AttemptRow.reason,
            AttemptRow.seconds,
            AttemptRow.expansions,
            AttemptRow.tactics,
            AttemptRow.seed,
            AttemptRow.toolchain,
            ConfigurationRow.settings,
            RunRow.command,
            RunRow.arguments,
        )
        .join(ConfigurationRow, ConfigurationRow.id == AttemptRow.configuration_id)
        .outerjoin(RunRow, RunRow.id == AttemptRow.run_id)
        .where(AttemptRow.theorem_id == theorem)
        .order_by(AttemptRow.started_at.desc())
        .limit(limit)
    )
    return [PastAttempt(*row) for row in connection.execute(asked)]
