"""Whether a database is as it should be: the file, its tables, its references, and what the tables promise.

What constraints can say they say themselves; here is what they cannot, and a second look at what they do.
"""

from collections.abc import Callable, Iterator
from itertools import groupby

from sqlalchemy import Connection, ForeignKeyConstraint, Select, and_, exists, func, or_, select, true

from curriculum.database.identity import digest_of, state_digest
from curriculum.database.tables import (
    Base,
    Declaration,
    Goal,
    Mention,
    Module,
    PremiseUse,
    Proof,
    Repository,
    SnapshotModule,
    Sorry,
    State,
    TacticStep,
    Theorem,
)
from curriculum.database.theorems import first_proof, latest_snapshot
from prover.project.traced import TracedSorry, sorry_ids

BATCH = 5_000
Faults = Iterator[str]


def faults(connection: Connection) -> Faults:
    """What is wrong, a sentence each; nothing when all is well."""
    damaged = list(_file(connection))
    yield from damaged
    if not damaged:  # what is read from damaged pages means nothing
        for look in LOOKS:
            yield from look(connection)


def _file(connection: Connection) -> Faults:
    """SQLite's own examination; PostgreSQL examines pages as it reads them."""
    if connection.dialect.name == "sqlite":
        for row in connection.exec_driver_sql("PRAGMA integrity_check(20)"):
            if row[0] != "ok":
                yield f"SQLite says of the file: {row[0]}"


def _tables(connection: Connection) -> Faults:
    """The tables are those of this program."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    for difference in compare_metadata(MigrationContext.configure(connection), Base.metadata):
        yield f"the tables differ from this program's: {difference}"


def _references(connection: Connection) -> Faults:
    """What a row refers to is there."""
    for table in Base.metadata.sorted_tables:
        for constraint in table.constraints:
            if isinstance(constraint, ForeignKeyConstraint):
                target = constraint.referred_table.alias("target")
                pairs = [(element.parent, target.c[element.column.name]) for element in constraint.elements]
                there = exists(select(1).select_from(target).where(*(mine == theirs for mine, theirs in pairs)))
                named = (mine.is_not(None) for mine, _ in pairs)
                yield from _counted(
                    connection,
                    f"rows of {table.name} refer to rows of {constraint.referred_table.name} that are not there",
                    select(func.count()).select_from(table).where(*named, ~there),
                )


def _positions(connection: Connection) -> Faults:
    """What is numbered is numbered from 0 without gaps."""
    numbered = (
        (Declaration, (Declaration.module_id,)),
        (TacticStep, (TacticStep.module_id,)),
        (Sorry, (Sorry.module_id,)),
        (Mention, (Mention.module_id, Mention.declaration)),
        (PremiseUse, (PremiseUse.module_id, PremiseUse.step)),
        (Goal, (Goal.state_id,)),
    )
    for table, within in numbered:
        last = func.max(table.position)
        gaps = select(last).group_by(*within).having(last + 1 != func.count()).subquery()
        what = f"groups of {table.__tablename__} are not numbered from 0 without gaps"
        yield from _counted(connection, what, select(func.count()).select_from(gaps))


def _proofs(connection: Connection) -> Faults:
    """Theorems have the proofs that are known, and scripts their digests."""
    known = first_proof(Theorem.statement_key, Theorem.id)
    unlinked = select(func.count()).select_from(Theorem).where(Theorem.proof_id.is_(None), known.is_not(None))
    yield from _counted(connection, "theorems are called open although a proof of their statement is stored", unlinked)
    for row in connection.execute(select(Proof.id, Proof.digest, Proof.scripts)):
        if digest_of(row.scripts) != row.digest:
            yield f"proof {row.id} has other scripts than were stored"


def _theorems(connection: Connection) -> Faults:
    """The present theorems of a repository are those of its last trace."""
    for repository, location in connection.execute(select(Repository.id, Repository.location)).all():
        latest = latest_snapshot(connection, repository)
        traced = (
            select(SnapshotModule.name, Declaration.name, Declaration.statement_key)
            .join(Declaration, Declaration.module_id == SnapshotModule.module_id)
            .where(SnapshotModule.snapshot_id == latest, Declaration.statement_key != "")
            .where(or_(Declaration.kind == "theorem", Declaration.incomplete == true()))
        )
        mine = Theorem.repository_id == repository, Theorem.present == true()
        listed = select(Theorem.module, Theorem.name, Theorem.statement_key).where(*mine)
        for what, some, others in (
            ("are not listed", traced, listed),
            ("are listed but not in it", listed, traced),
        ):
            left = some.except_(others).subquery()
            sentence = f"theorems of the last trace of {location} {what}"
            yield from _counted(connection, sentence, select(func.count()).select_from(left))


def _states(connection: Connection) -> Faults:
    """States are what their digests say."""
    asked = (
        select(State.id, State.digest, State.text, Goal.key)
        .outerjoin(Goal, Goal.state_id == State.id)
        .order_by(State.id, Goal.position)
        .execution_options(yield_per=BATCH)
    )
    rows = connection.execute(asked)
    wrong = 0
    for _, goals in groupby(rows, key=lambda row: row.id):
        state = list(goals)
        keys = [row.key for row in state if row.key is not None]
        wrong += state_digest(state[0].text, keys) != state[0].digest
    if wrong:
        yield f"{wrong} states have other goals than were stored"


def _sorries(connection: Connection) -> Faults:
    """The ids of `sorry`s are those that their module gives them."""
    declared = and_(Declaration.module_id == Sorry.module_id, Declaration.position == Sorry.declaration)
    asked = (
        select(
            Sorry.module_id,
            Module.name,
            func.coalesce(Declaration.name, Sorry.outside).label("declaration"),
            *(Sorry.key, Sorry.start, Sorry.stop, Sorry.term, Sorry.goal, Sorry.goal_key),
        )
        .join(Module, Module.id == Sorry.module_id)
        .outerjoin(Declaration, declared)
        .order_by(Sorry.module_id, Sorry.position)
    )
    for _, rows in groupby(connection.execute(asked).all(), key=lambda row: row.module_id):
        stored = list(rows)
        name = stored[0].name
        traced = [TracedSorry(r.declaration, r.start, r.stop, r.term, r.goal, r.goal_key) for r in stored]
        if sorry_ids(name, traced) != tuple(row.key for row in stored):
            yield f"the `sorry`s of {name} have other ids than their goals give them"


def _counted(connection: Connection, what: str, counting: Select[int]) -> Faults:
    if found := connection.scalar(counting):
        yield f"{found} {what}"


LOOKS: tuple[Callable[[Connection], Faults], ...] = (
    _tables,
    _references,
    _positions,
    _proofs,
    _theorems,
    _states,
    _sorries,
)
