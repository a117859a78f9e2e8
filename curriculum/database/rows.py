"""Bulk operations on rows: insertion of those that do not exist, and look-up by natural key."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import (
    Connection,
    Insert,
    Select,
    Table,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    column,
    select,
    values,
)
from sqlalchemy.dialects import postgresql, sqlite

from curriculum.database.tables import Base

Row = Mapping[str, Any]
Identity = tuple[Any, ...]
"""The values of a table's natural key."""
Item = TypeVar("Item")

CHUNK = 500


def table_of(model: type[Base]) -> Table:
    """Returns the table of a mapped class."""
    table = model.__table__
    assert isinstance(table, Table)
    return table


def upsert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Returns an INSERT statement that supports ON CONFLICT, in the connection's dialect."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def insert_new(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Inserts the rows that do not exist, and leaves existing rows unchanged."""
    if rows:
        connection.execute(_or_nothing(connection, table), rows)


def insert_all(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Inserts rows, none of which may exist."""
    if rows:
        connection.execute(table.insert(), rows)


def natural_key(table: Table) -> tuple[str, ...]:
    """Returns the columns that identify a row in any database; ids do so in one database only."""
    for constraint in sorted(table.constraints, key=lambda c: str(c.name)):
        if isinstance(constraint, UniqueConstraint) and "id" not in constraint.columns:
            return tuple(constraint.columns.keys())
    raise AssertionError(f"{table.name} has no natural key")


def identities(table: Table, rows: Sequence[Row]) -> list[Identity]:
    """Returns the natural key of each row."""
    names = natural_key(table)
    return [tuple(row[name] for name in names) for row in rows]


def intern(connection: Connection, table: Table, rows: Sequence[Row]) -> dict[Identity, int]:
    """Returns the id of each row, by natural key; rows that do not exist are inserted."""
    wanted = dict(zip(identities(table, rows), rows, strict=True))
    found = ids(connection, table, list(wanted))
    # In one order, so that two writers with the same rows do not wait for each other in a circle.
    missing = [wanted[identity] for identity in sorted(set(wanted) - found.keys())]
    if missing:
        names = natural_key(table)
        adding: Insert = _or_nothing(connection, table).returning(table.c.id, *(table.c[name] for name in names))
        found.update({tuple(row[1:]): row[0] for row in connection.execute(adding, missing)})
        # Rows that another writer has just added are not returned.
        found.update(ids(connection, table, sorted(set(wanted) - found.keys())))
    return found


def ids(connection: Connection, table: Table, wanted: Sequence[Identity]) -> dict[Identity, int]:
    """Returns the ids of the existing rows with these natural keys."""
    found: dict[Identity, int] = {}
    asked = set(wanted)
    for chunk in chunks(list(asked), CHUNK):
        for row in connection.execute(_looking_up(table, chunk)):
            identity = tuple(row[1:])
            if identity in asked:
                found[identity] = row[0]
    return found


def chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Yields the items in chunks of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _or_nothing(connection: Connection, table: Table) -> Insert:
    statement: Insert = upsert(connection, table).on_conflict_do_nothing()
    return statement


def _looking_up(table: Table, wanted: Sequence[Identity]) -> Select[Any]:
    """Returns a look-up by the first column if that is selective enough, otherwise by a table of all values."""
    names = natural_key(table)
    columns = [table.c[name] for name in names]
    if len(names) == 1 or isinstance(columns[0].type, Text):
        some = list({identity[0] for identity in wanted})
        return select(table.c.id, *columns).where(columns[0].in_(bindparam("some", some, expanding=True)))
    listed = values(*(column(c.name, c.type) for c in columns), name="wanted").data(list(wanted)).cte("wanted")
    same = and_(*(table.c[name] == listed.c[name] for name in names))
    return select(table.c.id, *columns).join_from(listed, table, same)
