"""Consistency checks of a database: the file, its tables, its references, and invariants of the content.

Constraints in the database prevent most inconsistencies. The checks here cover the others, and verify references again.
"""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import groupby

from sqlalchemy import Connection, ForeignKeyConstraint, Select, and_, exists, func, or_, select, true

from curriculum.database.identity import digest_of, state_digest
from curriculum.database.tables import (
    Base,
    DeclarationRow,
    GoalRow,
    MentionRow,
    ModuleRow,
    PremiseUseRow,
    ProofRow,
    RepositoryRow,
    SnapshotModuleRow,
    SorryRow,
    StateRow,
    TacticStepRow,
    TheoremRow,
)
from curriculum.database.theorems import first_proof, latest_snapshot
from prover.lean.traced import TracedSorry, sorry_ids

BATCH = 5_000
Faults = Iterator[str]


def faults(connection: Connection) -> Faults:
    """Yields a sentence for each inconsistency."""
    damaged = list(_file(connection))
    yield from damaged
    if not damaged:  # what is read from damaged pages means nothing
        yield from _tables(connection)
        yield from row_faults(connection)


def row_faults(connection: Connection) -> Faults:
    """Yields a sentence for each inconsistency between rows."""
    for look in LOOKS:
        yield from look(connection)


def _file(connection: Connection) -> Faults:
    """Runs SQLite's integrity check; PostgreSQL checks pages when it reads them."""
    if connection.dialect.name == "sqlite":
        for row in connection.exec_driver_sql("PRAGMA integrity_check(20)"):
            if row[0] != "ok":
                yield f"SQLite reports about the file: {row[0]}"


def _tables(connection: Connection) -> Faults:
    """Checks that the tables are those of this program."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    for difference in compare_metadata(MigrationContext.configure(connection), Base.metadata):
        yield f"the tables differ from this program's: {difference}"


def _references(connection: Connection) -> Faults:
    """Checks that every referenced row exists."""
    for what, query in _reference_queries():
        yield from _counted(connection, what, query)


@cache
def _reference_queries() -> list[tuple[str, Select[int]]]:
    """Returns, for each foreign key, what is wrong with the rows that a query counts, and the query."""
    return list(_each_reference())


def _each_reference() -> Iterator[tuple[str, Select[int]]]:
    for table in Base.metadata.sorted_tables:
        for constraint in table.constraints:
            if isinstance(constraint, ForeignKeyConstraint):
                target = constraint.referred_table.alias("target")
                pairs = [(element.parent, target.c[element.column.name]) for element in constraint.elements]
                there = exists(select(1).select_from(target).where(*(mine == theirs for mine, theirs in pairs)))
                named = (mine.is_not(None) for mine, _ in pairs)
                yield (
                    f"rows of {table.name} refer to missing rows of {constraint.referred_table.name}",
                    select(func.count()).select_from(table).where(*named, ~there),
                )


def _positions(connection: Connection) -> Faults:
    """Checks that positions are consecutive and begin at 0."""
    numbered = (
        (DeclarationRow, (DeclarationRow.module_id,)),
        (TacticStepRow, (TacticStepRow.module_id,)),
        (SorryRow, (SorryRow.module_id,)),
        (MentionRow, (MentionRow.module_id, MentionRow.declaration)),
        (PremiseUseRow, (PremiseUseRow.module_id, PremiseUseRow.step)),
        (GoalRow, (GoalRow.state_id,)),
    )
    for table, within in numbered:
        last = func.max(table.position)
        gaps = select(last).group_by(*within).having(last + 1 != func.count()).subquery()
        what = f"groups of {table.__tablename__} are not numbered from 0 without gaps"
        yield from _counted(connection, what, select(func.count()).select_from(gaps))


def _proofs(connection: Connection) -> Faults:
    """Checks that theorems refer to known proofs of their statements, and that the digests of scripts are correct."""
    known = first_proof(TheoremRow.statement_key, TheoremRow.id)
    unlinked = select(func.count()).select_from(TheoremRow).where(TheoremRow.proof_id.is_(None), known.is_not(None))
    yield from _counted(connection, "theorems are called open although a proof of their statement is stored", unlinked)
    for row in connection.execute(select(ProofRow.id, ProofRow.digest, ProofRow.scripts)):
        if digest_of(row.scripts) != row.digest:
            yield f"the scripts of proof {row.id} do not match their digest"


def _theorems(connection: Connection) -> Faults:
    """Checks that the present theorems of a repository are those of its last trace."""
    for repository, location in connection.execute(select(RepositoryRow.id, RepositoryRow.location)).all():
        latest = latest_snapshot(connection, repository)
        traced = (
            select(SnapshotModuleRow.name, DeclarationRow.name, DeclarationRow.statement_key)
            .join(DeclarationRow, DeclarationRow.module_id == SnapshotModuleRow.module_id)
            .where(SnapshotModuleRow.snapshot_id == latest, DeclarationRow.statement_key != "")
            .where(or_(DeclarationRow.kind == "theorem", DeclarationRow.incomplete == true()))
        )
        mine = TheoremRow.repository_id == repository, TheoremRow.present == true()
        listed = select(TheoremRow.module, TheoremRow.name, TheoremRow.statement_key).where(*mine)
        for what, some, others in (
            ("are not listed", traced, listed),
            ("are listed but not in it", listed, traced),
        ):
            left = some.except_(others).subquery()
            sentence = f"theorems of the last trace of {location} {what}"
            yield from _counted(connection, sentence, select(func.count()).select_from(left))


def _states(connection: Connection) -> Faults:
    """Checks the digests of states."""
    asked = (
        select(StateRow.id, StateRow.digest, StateRow.text, GoalRow.key)
        .outerjoin(GoalRow, GoalRow.state_id == StateRow.id)
        .order_by(StateRow.id, GoalRow.position)
        .execution_options(yield_per=BATCH)
    )
    rows = connection.execute(asked)
    wrong = 0
    for _, goals in groupby(rows, key=lambda row: row.id):
        state = list(goals)
        keys = [row.key for row in state if row.key is not None]
        wrong += state_digest(state[0].text, keys) != state[0].digest
    if wrong:
        yield f"{wrong} states do not match their digests"


def _sorries(connection: Connection) -> Faults:
    """Checks that the ids of `sorry`s are those computed from their module."""
    declared = and_(DeclarationRow.module_id == SorryRow.module_id, DeclarationRow.position == SorryRow.declaration)
    asked = (
        select(
            SorryRow.module_id,
            ModuleRow.name,
            func.coalesce(DeclarationRow.name, SorryRow.outside).label("declaration"),
            *(SorryRow.key, SorryRow.start, SorryRow.stop, SorryRow.term, SorryRow.goal, SorryRow.goal_key),
        )
        .join(ModuleRow, ModuleRow.id == SorryRow.module_id)
        .outerjoin(DeclarationRow, declared)
        .order_by(SorryRow.module_id, SorryRow.position)
    )
    for _, rows in groupby(connection.execute(asked).all(), key=lambda row: row.module_id):
        stored = list(rows)
        name = stored[0].name
        traced = [TracedSorry(r.declaration, r.start, r.stop, r.term, r.goal, r.goal_key) for r in stored]
        if sorry_ids(name, traced) != tuple(row.key for row in stored):
            yield f"the ids of the `sorry`s of {name} do not match their goals"


def _counted(connection: Connection, what: str, counting: Select[int]) -> Faults:
    if found := connection.scalar(counting):
        yield f"{found} {what}"


LOOKS: tuple[Callable[[Connection], Faults], ...] = (
    _references,
    _positions,
    _proofs,
    _theorems,
    _states,
    _sorries,
)
