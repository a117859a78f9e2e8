"""The queue of theorems to prove, which traces, attempts and proofs keep up to date.

The scheduler reads a few rows for each repository, however many theorems there are: the queue is indexed in the order
of priority, and results of attempts are counted when they are stored.
"""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, and_, case, delete, func, literal, select, true, union_all, update

from curriculum.database.rows import table_of, upsert
from curriculum.database.tables import (
    AttemptRow,
    ConfigurationRow,
    ProofRow,
    ProspectRow,
    RepositoryRow,
    SnapshotRow,
    TheoremRow,
    YieldRow,
)

MAX_COUNTED_TRIES = 4
"""The number of attempts from which theorems are treated alike."""
NOTHING_EXCLUDED: Mapping[int, Sequence[str]] = {}


class QueueHead(msgspec.Struct, frozen=True, gc=False):
    """The next theorem of a repository among those with equally many attempts."""

    theorem: int
    repository: int
    tried: int
    tried_at: float
    known_proofs: int


class AttemptCounts(msgspec.Struct, frozen=True, gc=False):
    """Results of attempts at theorems of a repository with a given number of earlier attempts."""

    repository: int
    tried: int
    attempts: int
    proved: int
    seconds: float


class QueuedTheorem(msgspec.Struct, frozen=True):
    """A theorem in the queue."""

    theorem: int
    repository: int
    location: str
    module: str
    name: str
    statement_key: str
    tried: int
    tried_at: float
    known_proofs: int
    difficulty: float


class LearningMaterial(msgspec.Struct, frozen=True):
    """A version of the training data: it differs as soon as any process finds a proof or traces a repository."""

    proofs: int
    snapshot: int
    traced_at: float


def refill_queue(connection: Connection, repository: int) -> None:
    """Updates the queue of a repository to the present theorems with a `sorry` and without a proof."""
    open_ = and_(
        TheoremRow.repository_id == repository,
        TheoremRow.present == true(),
        TheoremRow.incomplete == true(),
        TheoremRow.proof_id.is_(None),
    )
    waiting = select(TheoremRow.id).where(open_)
    mine = delete(ProspectRow).where(ProspectRow.repository_id == repository)
    connection.execute(mine.where(ProspectRow.theorem_id.not_in(waiting)))
    columns = ["theorem_id", "repository_id", "tried", "tried_at", "knew", "difficulty"]
    zero = literal(0, ProspectRow.tried.type)
    new = select(TheoremRow.id, TheoremRow.repository_id, zero, literal(0.0), zero, TheoremRow.difficulty).where(open_)
    adding = upsert(connection, table_of(ProspectRow)).from_select(columns, new)
    connection.execute(
        adding.on_conflict_do_update(index_elements=["theorem_id"], set_={"difficulty": adding.excluded.difficulty})
    )


def remove_proved(connection: Connection, statement_key: str | None = None) -> None:
    """Removes proved theorems from the queue: those with a statement, or all."""
    proved = select(TheoremRow.id).where(TheoremRow.proof_id.is_not(None))
    if statement_key is not None:
        proved = proved.where(TheoremRow.statement_key == statement_key)
    connection.execute(delete(ProspectRow).where(ProspectRow.theorem_id.in_(proved)))


def count_attempt(
    connection: Connection, theorem: int, proved: bool, seconds: float, at: float, known_proofs: int | None = None
) -> None:
    """Counts an attempt at a queued theorem; to be called before a proof removes the theorem from the queue.

    Args:
        known_proofs: The number of proofs that were known when the attempt was chosen; by default the present one.
    """
    asked = select(TheoremRow.repository_id, ProspectRow.tried).outerjoin(
        ProspectRow, ProspectRow.theorem_id == TheoremRow.id
    )
    repository, tried = connection.execute(asked.where(TheoremRow.id == theorem)).one()
    if tried is None:  # it has a proof, or is no `sorry`: nothing is to be learnt about the queue from it
        return
    row = {"repository_id": repository, "tried": tried, "attempts": 1, "proved": int(proved), "seconds": seconds}
    adding = upsert(connection, table_of(YieldRow)).values(row)
    connection.execute(
        adding.on_conflict_do_update(
            index_elements=["repository_id", "tried"],
            set_={
                "attempts": YieldRow.attempts + 1,
                "proved": YieldRow.proved + int(proved),
                "seconds": YieldRow.seconds + seconds,
            },
        )
    )
    more = case((ProspectRow.tried < MAX_COUNTED_TRIES, ProspectRow.tried + 1), else_=MAX_COUNTED_TRIES)
    mine = update(ProspectRow).where(ProspectRow.theorem_id == theorem)
    known = proofs_known(connection) if known_proofs is None else known_proofs
    connection.execute(mine.values(tried=more, tried_at=max(at, 0.0), knew=known))


def proofs_known(connection: Connection) -> int:
    """Returns the largest id of a proof: a logical clock of progress that never goes back."""
    return connection.scalar(select(func.coalesce(func.max(ProofRow.id), 0))) or 0


def learning_material(connection: Connection) -> LearningMaterial:
    """Returns the present version of the training data."""
    proofs = select(func.coalesce(func.max(ProofRow.id), 0)).scalar_subquery()
    last = func.coalesce(func.max(SnapshotRow.id), 0), func.coalesce(func.max(SnapshotRow.traced_at), 0.0)
    return LearningMaterial(*connection.execute(select(proofs, *last).where(SnapshotRow.traced_at.is_not(None))).one())


def is_excluded(name: str, left: Sequence[str]) -> bool:
    """Returns whether a theorem is excluded, by names with `*` for any part."""
    return any(fnmatchcase(name, each) for each in left)


def candidates(connection: Connection, left: Mapping[int, Sequence[str]] = NOTHING_EXCLUDED) -> list[QueueHead]:
    """Returns the next theorem for each repository and number of attempts, by time of the last attempt and difficulty.

    This takes one index look-up each, except in repositories with excluded theorems.

    Args:
        left: The names of excluded theorems, with `*` for any part, by repository.
    """
    tries = union_all(
        *(select(literal(n, ProspectRow.tried.type).label("tried")) for n in range(MAX_COUNTED_TRIES + 1))
    ).subquery()
    first = (
        select(ProspectRow.theorem_id)
        .where(ProspectRow.repository_id == RepositoryRow.id, ProspectRow.tried == tries.c.tried)
        .order_by(ProspectRow.tried_at, ProspectRow.difficulty)
        .limit(1)
        .correlate(RepositoryRow, tries)
        .scalar_subquery()
    )
    heads = select(first.label("theorem_id")).select_from(RepositoryRow).join(tries, true()).subquery()
    asked = select(
        ProspectRow.theorem_id, ProspectRow.repository_id, ProspectRow.tried, ProspectRow.tried_at, ProspectRow.knew
    ).join(heads, heads.c.theorem_id == ProspectRow.theorem_id)
    every = [QueueHead(*row) for row in connection.execute(asked.order_by(ProspectRow.theorem_id)).all()]
    found = (_first(connection, each, left[each.repository]) if each.repository in left else each for each in every)
    return [each for each in found if each is not None]


def _first(connection: Connection, head: QueueHead, left: Sequence[str]) -> QueueHead | None:
    """Returns the first theorem with the repository and number of attempts of `head` that is not excluded."""
    asked = (
        select(
            ProspectRow.theorem_id, ProspectRow.repository_id, ProspectRow.tried, ProspectRow.tried_at, ProspectRow.knew
        )
        .add_columns(TheoremRow.name)
        .join(TheoremRow, TheoremRow.id == ProspectRow.theorem_id)
        .where(ProspectRow.repository_id == head.repository, ProspectRow.tried == head.tried)
        .order_by(ProspectRow.tried_at, ProspectRow.difficulty)
    )
    rows = (row for row in connection.execute(asked) if not is_excluded(row.name, left))
    return next((QueueHead(*row[:-1]) for row in rows), None)


def attempt_counts(connection: Connection) -> list[AttemptCounts]:
    """Returns the results of attempts, by repository and number of earlier attempts."""
    asked = select(YieldRow.repository_id, YieldRow.tried, YieldRow.attempts, YieldRow.proved, YieldRow.seconds)
    return [
        AttemptCounts(*row) for row in connection.execute(asked.order_by(YieldRow.repository_id, YieldRow.tried)).all()
    ]


def results_by_temperature(connection: Connection) -> dict[float, tuple[int, int]]:
    """Returns, by temperature, how many attempts there were and how many of these found a proof.

    Attempts whose configuration names no temperature do not count.
    """
    counted = func.count(), func.count(AttemptRow.proof_id)
    asked = select(ConfigurationRow.settings, *counted).join(
        AttemptRow, AttemptRow.configuration_id == ConfigurationRow.id
    )
    found: dict[float, tuple[int, int]] = {}
    for settings, attempts, proved in connection.execute(asked.group_by(ConfigurationRow.id)):
        temperature = settings.get("temperature")
        if isinstance(temperature, int | float):
            before = found.get(float(temperature), (0, 0))
            found[float(temperature)] = (before[0] + attempts, before[1] + proved)
    return found


def queue_of(connection: Connection, location: str) -> list[QueuedTheorem]:
    """Returns the queue of a repository, ordered by number of attempts, time of the last attempt, and difficulty."""
    return [QueuedTheorem(*row) for row in connection.execute(_waiting().where(RepositoryRow.location == location))]


def attempts_made(connection: Connection, theorems: Sequence[int]) -> dict[int, int]:
    """Returns the number of attempts at each of the theorems that were attempted."""
    asked = select(TheoremRow.id, func.count()).join(AttemptRow, AttemptRow.theorem_id == TheoremRow.id)
    rows = connection.execute(asked.where(TheoremRow.id.in_(theorems)).group_by(TheoremRow.id))
    return {row[0]: row[1] for row in rows}


def queued_theorem(connection: Connection, theorem: int) -> QueuedTheorem | None:
    """Returns a theorem of the queue; None if it is not queued."""
    row = connection.execute(_waiting().where(TheoremRow.id == theorem)).one_or_none()
    return None if row is None else QueuedTheorem(*row)


def _waiting() -> Select[*tuple[Any, ...]]:
    return (
        select(
            TheoremRow.id,
            TheoremRow.repository_id,
            RepositoryRow.location,
            TheoremRow.module,
            TheoremRow.name,
            TheoremRow.statement_key,
            ProspectRow.tried,
            ProspectRow.tried_at,
            ProspectRow.knew,
            ProspectRow.difficulty,
        )
        .join(ProspectRow, ProspectRow.theorem_id == TheoremRow.id)
        .join(RepositoryRow, RepositoryRow.id == TheoremRow.repository_id)
        .order_by(ProspectRow.tried, ProspectRow.tried_at, ProspectRow.difficulty, TheoremRow.module, TheoremRow.name)
    )
