"""Column types for SQLite and PostgreSQL, names of constraints, and constructors of CHECK constraints.

SQLite tables are strict: a column accepts values of its own type only.
"""

import json
from typing import Any

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Dialect, Double, Integer, LargeBinary, MetaData, Text
from sqlalchemy.dialects.sqlite import REAL
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator, TypeEngine

STRICT = {"sqlite_strict": True}
CLUSTERED = {"sqlite_strict": True, "sqlite_with_rowid": False}
"""Options of tables with short rows that are read in the order of their primary key."""


class Flag(TypeDecorator[bool]):
    """A Boolean column, stored as an integer in SQLite, which has no Boolean type."""

    impl = Boolean
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return Integer() if dialect.name == "sqlite" else Boolean()

    def process_result_value(self, value: Any, dialect: Dialect) -> bool | None:
        return None if value is None else bool(value)


class Json(TypeDecorator[Any]):
    """A JSON column, stored as canonical text, so that equal values are equal text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        return canonical(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


def canonical(value: Any) -> str:
    """Returns the canonical text of a JSON value: keys sorted, no spaces."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class Base(DeclarativeBase):
    """The base class of all tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 -- SQLAlchemy's own form
        str: Text(),
        int: BigInteger().with_variant(Integer(), "sqlite"),
        float: Double().with_variant(REAL(), "sqlite"),
        bool: Flag(),
        bytes: LargeBinary(),
    }


def flag(column: str) -> CheckConstraint:
    """Returns a constraint that restricts an SQLite column to 0 and 1."""
    return CheckConstraint(f"{column} IN (0, 1)", name=f"{column}_is_a_flag").ddl_if(dialect="sqlite")


def one_of(column: str, *values: str) -> CheckConstraint:
    """Returns a constraint that restricts a column to some values, or NULL where it is nullable."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_is_known")


def not_empty(*columns: str) -> CheckConstraint:
    """Returns a constraint that forbids the empty text in the columns."""
    return CheckConstraint(" AND ".join(f"{column} <> ''" for column in columns), name="is_named")


def not_negative(*columns: str) -> CheckConstraint:
    """Returns a constraint that forbids negative values in the columns."""
    return CheckConstraint(" AND ".join(f"{column} >= 0" for column in columns), name="is_counted_from_zero")
