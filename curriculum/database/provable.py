"""Read queries on the theorems of a repository: which are provable, how long their proofs are, what attempts cost.

A repository is what its last traced snapshot says. Nothing here changes the database.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, or_, select, true

from curriculum.database.tables import (
    AttemptRow,
    DeclarationRow,
    FoundStepRow,
    ProofRow,
    RepositoryRow,
    SnapshotModuleRow,
    TacticStepRow,
    TheoremRow,
)


@dataclass(frozen=True)
class ProvableTheorem:
    """A theorem of a traced snapshot, or another declaration with a `sorry`."""

    name: str
    """The full name."""
    statement: str
    """The statement as Lean prints it."""
    statement_key: str
    """The key that equal statements share."""
    incomplete: bool
    """Whether its text contains a `sorry`."""
    steps: int | None
    """The number of tactic steps of its proof in the repository; None for a term proof."""


@dataclass(frozen=True)
class AttemptTotals:
    """Sums over the attempts at a repository's theorems."""

    attempts: int = 0
    proved: int = 0
    seconds: float = 0.0
    """The time of all attempts together."""

    def __add__(self, other: "AttemptTotals") -> "AttemptTotals":
        return AttemptTotals(self.attempts + other.attempts, self.proved + other.proved, self.seconds + other.seconds)


def provable_theorems(connection: Connection, snapshot: int) -> list[ProvableTheorem]:
    """Returns the provable declarations of a snapshot, ordered by module name and position."""
    steps = (
        select(func.count())
        .where(
            TacticStepRow.module_id == DeclarationRow.module_id, TacticStepRow.declaration == DeclarationRow.position
        )
        .correlate(DeclarationRow)
        .scalar_subquery()
    )
    provable = or_(DeclarationRow.kind == "theorem", DeclarationRow.incomplete == true())
    asked = (
        select(
            DeclarationRow.name,
            DeclarationRow.statement,
            DeclarationRow.statement_key,
            DeclarationRow.incomplete,
            DeclarationRow.proof,
            steps,
        )
        .join(SnapshotModuleRow, SnapshotModuleRow.module_id == DeclarationRow.module_id)
        .where(SnapshotModuleRow.snapshot_id == snapshot, provable, DeclarationRow.statement_key != "")
        .order_by(SnapshotModuleRow.name, DeclarationRow.position)
    )
    return [
        ProvableTheorem(name, statement, key, incomplete, count if proof == "tactic" else None)
        for name, statement, key, incomplete, proof, count in connection.execute(asked)
    ]


def found_proof_lengths(connection: Connection, location: str) -> dict[str, int]:
    """Returns, by statement key, the number of steps of the shortest proof that the prover found itself.

    A proof whose steps are unknown counts the lines of its tactic blocks instead.
    """
    counted = select(func.count()).where(FoundStepRow.proof_id == ProofRow.id).correlate(ProofRow).scalar_subquery()
    asked = (
        select(ProofRow.statement_key, ProofRow.scripts, counted)
        .join(TheoremRow, and_(TheoremRow.statement_key == ProofRow.statement_key, TheoremRow.present == true()))
        .join(RepositoryRow, RepositoryRow.id == TheoremRow.repository_id)
        .where(RepositoryRow.location == location)
    )
    found: dict[str, int] = {}
    for key, scripts, count in connection.execute(asked):
        steps = count or sum(len(script.splitlines()) for script in scripts)
        found[key] = min(steps, found.get(key, steps))
    return found


def attempt_totals(connection: Connection, location: str) -> AttemptTotals:
    """Returns how many attempts were made at a repository's theorems, how many succeeded, and how long they took."""
    proved = func.count(AttemptRow.proof_id)
    asked = (
        select(func.count(), proved, func.coalesce(func.sum(AttemptRow.seconds), 0.0))
        .join(TheoremRow, TheoremRow.id == AttemptRow.theorem_id)
        .join(RepositoryRow, RepositoryRow.id == TheoremRow.repository_id)
        .where(RepositoryRow.location == location)
    )
    attempts, successes, seconds = connection.execute(asked).one()
    return AttemptTotals(int(attempts), int(successes), float(seconds))
