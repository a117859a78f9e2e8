"""The queue of theorems that wait to be proved, kept in step with what is traced, tried and proved.

What the scheduler reads costs a few rows for each repository, however many theorems there are: the queue is indexed
in the order of trying, and what attempts came to is counted as they are stored.
"""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, and_, case, delete, func, literal, select, true, union_all, update

from curriculum.database.rows import table_of, upsert
from curriculum.database.tables import Attempt, Proof, Prospect, Repository, Snapshot, Theorem, Yield

OFTEN = 4
"""tries that are no longer told apart"""
NOTHING_LEFT: Mapping[int, Sequence[str]] = {}


class Candidate(msgspec.Struct, frozen=True, gc=False):
    """The theorem that a repository would try next, among those tried equally often."""

    theorem: int
    repository: int
    tried: int
    tried_at: float
    knew: int


class Counted(msgspec.Struct, frozen=True, gc=False):
    """What trying theorems of a repository came to, that had been tried so often before."""

    repository: int
    tried: int
    attempts: int
    proved: int
    seconds: float


class Waiting(msgspec.Struct, frozen=True):
    """A theorem that waits to be proved."""

    theorem: int
    repository: int
    location: str
    module: str
    name: str
    statement_key: str
    tried: int
    tried_at: float
    knew: int
    difficulty: float


class Material(msgspec.Struct, frozen=True):
    """What there is to learn from: another as soon as a proof is found or a repository traced, by whomever."""

    proofs: int
    snapshot: int
    traced_at: float


def refill(connection: Connection, repository: int) -> None:
    """Makes the queue of a repository what its theorems say: open ones wait, others do not."""
    open_ = and_(
        Theorem.repository_id == repository,
        Theorem.present == true(),
        Theorem.incomplete == true(),
        Theorem.proof_id.is_(None),
    )
    waiting = select(Theorem.id).where(open_)
    mine = delete(Prospect).where(Prospect.repository_id == repository)
    connection.execute(mine.where(Prospect.theorem_id.not_in(waiting)))
    columns = ["theorem_id", "repository_id", "tried", "tried_at", "knew", "difficulty"]
    zero = literal(0, Prospect.tried.type)
    new = select(Theorem.id, Theorem.repository_id, zero, literal(0.0), zero, Theorem.difficulty).where(open_)
    adding = upsert(connection, table_of(Prospect)).from_select(columns, new)
    connection.execute(
        adding.on_conflict_do_update(index_elements=["theorem_id"], set_={"difficulty": adding.excluded.difficulty})
    )


def close(connection: Connection, statement_key: str | None = None) -> None:
    """Takes off the queue what has a proof now: of one statement, or of any."""
    proved = select(Theorem.id).where(Theorem.proof_id.is_not(None))
    if statement_key is not None:
        proved = proved.where(Theorem.statement_key == statement_key)
    connection.execute(delete(Prospect).where(Prospect.theorem_id.in_(proved)))


def count_try(
    connection: Connection, theorem: int, proved: bool, seconds: float, at: float, knew: int | None = None
) -> None:
    """Counts an attempt at a theorem, before it is taken off the queue if it is proved.

    Args:
        knew: how many proofs were known when it was begun; as many as there are now, if not given.
    """
    asked = select(Theorem.repository_id, Prospect.tried).outerjoin(Prospect, Prospect.theorem_id == Theorem.id)
    repository, tried = connection.execute(asked.where(Theorem.id == theorem)).one()
    if tried is None:  # it has a proof, or is no `sorry`: nothing is to be learnt about the queue from it
        return
    row = {"repository_id": repository, "tried": tried, "attempts": 1, "proved": int(proved), "seconds": seconds}
    adding = upsert(connection, table_of(Yield)).values(row)
    connection.execute(
        adding.on_conflict_do_update(
            index_elements=["repository_id", "tried"],
            set_={
                "attempts": Yield.attempts + 1,
                "proved": Yield.proved + int(proved),
                "seconds": Yield.seconds + seconds,
            },
        )
    )
    more = case((Prospect.tried < OFTEN, Prospect.tried + 1), else_=OFTEN)
    mine = update(Prospect).where(Prospect.theorem_id == theorem)
    known = proofs_known(connection) if knew is None else knew
    connection.execute(mine.values(tried=more, tried_at=max(at, 0.0), knew=known))


def proofs_known(connection: Connection) -> int:
    """How many proofs of ours there are: a clock of what has been learnt, that no one can set back."""
    return connection.scalar(select(func.coalesce(func.max(Proof.id), 0))) or 0


def material(connection: Connection) -> Material:
    """What there is to learn from now."""
    proofs = select(func.coalesce(func.max(Proof.id), 0)).scalar_subquery()
    last = func.coalesce(func.max(Snapshot.id), 0), func.coalesce(func.max(Snapshot.traced_at), 0.0)
    return Material(*connection.execute(select(proofs, *last).where(Snapshot.traced_at.is_not(None))).one())


def is_left(name: str, left: Sequence[str]) -> bool:
    """Whether a theorem is among those that are to be left alone, by names with `*` for any part."""
    return any(fnmatchcase(name, each) for each in left)


def candidates(connection: Connection, left: Mapping[int, Sequence[str]] = NOTHING_LEFT) -> list[Candidate]:
    """For each repository and number of tries the theorem that is next: the longest untried, then the easiest.

    One look into the index for each of them, but where theorems are to be left alone.

    Args:
        left: by repository, the names of those that are, with `*` for any part.
    """
    tries = union_all(*(select(literal(n, Prospect.tried.type).label("tried")) for n in range(OFTEN + 1))).subquery()
    first = (
        select(Prospect.theorem_id)
        .where(Prospect.repository_id == Repository.id, Prospect.tried == tries.c.tried)
        .order_by(Prospect.tried_at, Prospect.difficulty)
        .limit(1)
        .correlate(Repository, tries)
        .scalar_subquery()
    )
    heads = select(first.label("theorem_id")).select_from(Repository).join(tries, true()).subquery()
    asked = select(Prospect.theorem_id, Prospect.repository_id, Prospect.tried, Prospect.tried_at, Prospect.knew).join(
        heads, heads.c.theorem_id == Prospect.theorem_id
    )
    every = [Candidate(*row) for row in connection.execute(asked.order_by(Prospect.theorem_id)).all()]
    found = (_first(connection, each, left[each.repository]) if each.repository in left else each for each in every)
    return [each for each in found if each is not None]


def _first(connection: Connection, head: Candidate, left: Sequence[str]) -> Candidate | None:
    """The first theorem of a candidate's kind that is not to be left alone."""
    asked = (
        select(Prospect.theorem_id, Prospect.repository_id, Prospect.tried, Prospect.tried_at, Prospect.knew)
        .add_columns(Theorem.name)
        .join(Theorem, Theorem.id == Prospect.theorem_id)
        .where(Prospect.repository_id == head.repository, Prospect.tried == head.tried)
        .order_by(Prospect.tried_at, Prospect.difficulty)
    )
    rows = (row for row in connection.execute(asked) if not is_left(row.name, left))
    return next((Candidate(*row[:-1]) for row in rows), None)


def yields(connection: Connection) -> list[Counted]:
    """What trying has come to, by repository and number of tries."""
    asked = select(Yield.repository_id, Yield.tried, Yield.attempts, Yield.proved, Yield.seconds)
    return [Counted(*row) for row in connection.execute(asked.order_by(Yield.repository_id, Yield.tried)).all()]


def waiting_in(connection: Connection, location: str) -> list[Waiting]:
    """The queue of a repository, the least tried first, then the longest untried, then the easiest."""
    return [Waiting(*row) for row in connection.execute(_waiting().where(Repository.location == location))]


def attempts_made(connection: Connection, theorems: Sequence[int]) -> dict[int, int]:
    """How often theorems were attempted, of those that were."""
    asked = select(Theorem.id, func.count()).join(Attempt, Attempt.theorem_id == Theorem.id)
    rows = connection.execute(asked.where(Theorem.id.in_(theorems)).group_by(Theorem.id))
    return {row[0]: row[1] for row in rows}


def waiting(connection: Connection, theorem: int) -> Waiting | None:
    """A theorem of the queue; None where it no longer waits."""
    row = connection.execute(_waiting().where(Theorem.id == theorem)).one_or_none()
    return None if row is None else Waiting(*row)


def _waiting() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Theorem.id,
            Theorem.repository_id,
            Repository.location,
            Theorem.module,
            Theorem.name,
            Theorem.statement_key,
            Prospect.tried,
            Prospect.tried_at,
            Prospect.knew,
            Prospect.difficulty,
        )
        .join(Prospect, Prospect.theorem_id == Theorem.id)
        .join(Repository, Repository.id == Theorem.repository_id)
        .order_by(Prospect.tried, Prospect.tried_at, Prospect.difficulty, Theorem.module, Theorem.name)
    )
