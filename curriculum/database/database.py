"""The database: created at first use, read in consistent snapshots, and changed only in units of work.

A unit of work is one transaction. It is committed at the end of its block. If the block raises an exception or the
process dies, nothing is stored.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection as Connection  # for those who call queries, and may not import sqlalchemy
from sqlalchemy import Engine, text

from curriculum.database.engine import (
    READ_ONLY,
    display_name,
    enable_write_ahead_log,
    engine_for,
    file_is_missing,
    make_directory,
    parse_url,
    translated_errors,
)
from curriculum.database.leases import LeaseStore
from curriculum.database.results import ResultStore
from curriculum.database.schema import Schema
from curriculum.database.traces import TraceStore
from prover.errors import DatabaseBusy

Result = TypeVar("Result")

TRIES = 8
FIRST_PAUSE_S = 0.05


@dataclass(frozen=True)
class UnitOfWork:
    """A transaction, with the operations that change the database."""

    connection: Connection
    """The connection of the transaction, for queries that see its changes."""
    traces: TraceStore
    results: ResultStore
    leases: LeaseStore
    now: Callable[[], float]
    """Returns the time on the database's clock, in seconds since 1970."""


class Database:
    """A database. It can be used by several threads, and is opened at first use."""

    def __init__(
        self,
        url: str | Path,
        clock: Callable[[], float] = time.time,
        busy_seconds: float = 60.0,
        schema: Schema = Schema(),  # noqa: B008 -- a frozen value
    ) -> None:
        """Prepares access to a database; nothing is opened yet.

        Args:
            url: The URL of a database, or the path of an SQLite file.
            clock: Returns the time, for SQLite. PostgreSQL uses the clock of its server.
            busy_seconds: How long a writer waits for other writers, in seconds.
            schema: The migrations that create and upgrade the tables.

        Raises:
            DatabaseUnavailable: The URL is invalid, or names a kind of database that is not supported.
        """
        self._url = parse_url(url)
        self._engine: Engine = engine_for(self._url, busy_seconds)
        self._clock = clock
        self._schema = schema
        self._ready = False

    @property
    def name(self) -> str:
        """The path of the file, or the URL without its password."""
        return display_name(self._url)

    @property
    def head(self) -> str:
        """The revision of the tables that this program uses."""
        return self._schema.head

    def upgrade(self) -> None:
        """Creates the tables, or upgrades older ones to this program's revision.

        Raises:
            DatabaseError: The database cannot be used, is newer, or belongs to another program. Nothing was changed.
        """
        make_directory(self._url)
        with translated_errors(self._url):
            self.version()  # what is of somebody else is refused before its journal is changed
            enable_write_ahead_log(self._engine)
            with self._engine.begin() as connection:
                self._schema.upgrade(connection, self.name)

    def version(self) -> str | None:
        """Returns the revision of the tables; None if there are none yet.

        Raises:
            DatabaseError: The database cannot be read, or belongs to another program.
        """
        if file_is_missing(self._url):
            return None
        with translated_errors(self._url), self._connected(reading=True) as connection:
            return self._schema.version(connection, self.name)

    @contextmanager
    def unit_of_work(self) -> Iterator[UnitOfWork]:
        """Opens a transaction that is committed at the end of the block.

        Raises:
            DatabaseBusy: Other writers held the lock for too long. `perform` tries again.
            DatabaseError: The database cannot be used, the disk is full, or a row violates a constraint. Nothing was
                stored.
        """
        self._prepare()
        with translated_errors(self._url), self._connected(reading=False) as connection:
            now = self._now_on(connection)
            yield UnitOfWork(
                connection, TraceStore(connection, now), ResultStore(connection, now), LeaseStore(connection, now), now
            )

    def perform(self, action: Callable[[UnitOfWork], Result]) -> Result:
        """Runs an action in a unit of work and returns its result; retries while other writers hold the lock."""
        pause = FIRST_PAUSE_S
        for _ in range(TRIES - 1):
            try:
                with self.unit_of_work() as work:
                    return action(work)
            except DatabaseBusy:
                time.sleep(pause * random.uniform(0.5, 1.5))
                pause *= 2
        with self.unit_of_work() as work:
            return action(work)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Opens a read-only connection that sees a consistent snapshot of the database.

        Raises:
            DatabaseError: The database cannot be used.
        """
        self._prepare()
        with translated_errors(self._url), self._connected(reading=True) as connection:
            yield connection

    def now(self) -> float:
        """Returns the time on the database's clock, in seconds since 1970.

        Raises:
            DatabaseError: The database cannot be used.
        """
        with self.reading() as connection:
            return self._now_on(connection)()

    def close(self) -> None:
        """Closes all connections."""
        self._engine.dispose()

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _prepare(self) -> None:
        """Creates the tables at first use; raises an exception if their revision is not this program's."""
        if self._ready:
            return
        make_directory(self._url)
        version = self.version()
        if version is None:
            self.upgrade()
        else:
            self._schema.demand(version, self.name)
        self._ready = True

    @contextmanager
    def _connected(self, reading: bool) -> Iterator[Connection]:
        options: dict[str, object] = {READ_ONLY: reading}
        if reading and self._engine.dialect.name == "postgresql":
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self._engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    def _now_on(self, connection: Connection) -> Callable[[], float]:
        if connection.dialect.name == "sqlite":
            return self._clock
        asked = text("SELECT extract(epoch FROM clock_timestamp())::double precision")
        return lambda: float(connection.scalar(asked) or 0.0)
