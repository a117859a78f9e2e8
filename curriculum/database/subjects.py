"""What the curriculum asks of the database: how hard each repository's theorems are, and what proving there has cost.

Changes nothing. A repository is what the snapshot that was traced last says of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, or_, select, true

from curriculum.database.loading import snapshot_of
from curriculum.database.steps import imports_in
from curriculum.database.tables import (
    Attempt,
    Declaration,
    FoundStep,
    Proof,
    Repository,
    SnapshotModule,
    TacticStep,
    Theorem,
)
from curriculum.difficulty import Rated
from curriculum.ordering import Subject


@dataclass(frozen=True)
class Experience:
    """What attempts at a repository's theorems have come to so far."""

    attempts: int = 0
    proved: int = 0
    seconds: float = 0.0
    """of all attempts together"""

    def __add__(self, other: "Experience") -> "Experience":
        return Experience(self.attempts + other.attempts, self.proved + other.proved, self.seconds + other.seconds)


def subject_of(connection: Connection, location: str) -> Subject | None:
    """A repository as the curriculum sees it; None where it has not been traced."""
    snapshot = snapshot_of(connection, location)
    if snapshot is None:
        return None
    steps = (
        select(func.count())
        .where(TacticStep.module_id == Declaration.module_id, TacticStep.declaration == Declaration.position)
        .correlate(Declaration)
        .scalar_subquery()
    )
    provable = or_(Declaration.kind == "theorem", Declaration.incomplete == true())
    asked = (
        select(
            Declaration.name,
            Declaration.statement,
            Declaration.statement_key,
            Declaration.incomplete,
            Declaration.proof,
            steps,
        )
        .join(SnapshotModule, SnapshotModule.module_id == Declaration.module_id)
        .where(SnapshotModule.snapshot_id == snapshot, provable, Declaration.statement_key != "")
        .order_by(SnapshotModule.name, Declaration.position)
    )
    rows = connection.execute(asked).all()
    found = _found_steps(connection, location)
    rated = tuple(
        Rated(name, incomplete, count if proof == "tactic" else None, found.get(key))
        for name, _, key, incomplete, proof, count in rows
    )
    closures = closure_sizes(imports_in(connection, snapshot))
    return Subject(location, rated, tuple(row[1] for row in rows), tuple(closures.values()))


def experience_of(connection: Connection, location: str) -> Experience:
    """What attempts at the theorems of a repository came to."""
    proved = func.count(Attempt.proof_id)
    asked = (
        select(func.count(), proved, func.coalesce(func.sum(Attempt.seconds), 0.0))
        .join(Theorem, Theorem.id == Attempt.theorem_id)
        .join(Repository, Repository.id == Theorem.repository_id)
        .where(Repository.location == location)
    )
    attempts, successes, seconds = connection.execute(asked).one()
    return Experience(int(attempts), int(successes), float(seconds))


def closure_sizes(imports: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """For each module, how many of these modules it needs, itself included; imports from elsewhere do not count."""
    sizes: dict[str, int] = {}
    for name in sorted(imports):
        seen = {name}
        waiting = [name]
        while waiting:
            for needed in imports[waiting.pop()]:
                if needed in imports and needed not in seen:
                    seen.add(needed)
                    waiting.append(needed)
        sizes[name] = len(seen)
    return sizes


def _found_steps(connection: Connection, location: str) -> dict[str, int]:
    """By statement key, the steps of the shortest proof of ours; the lines of its blocks where no steps are known."""
    counted = select(func.count()).where(FoundStep.proof_id == Proof.id).correlate(Proof).scalar_subquery()
    asked = (
        select(Proof.statement_key, Proof.scripts, counted)
        .join(Theorem, and_(Theorem.statement_key == Proof.statement_key, Theorem.present == true()))
        .join(Repository, Repository.id == Theorem.repository_id)
        .where(Repository.location == location)
    )
    found: dict[str, int] = {}
    for key, scripts, count in connection.execute(asked):
        steps = count or sum(len(script.splitlines()) for script in scripts)
        found[key] = min(steps, found.get(key, steps))
    return found
