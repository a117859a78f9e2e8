"""The database: made at first use, read in snapshots, changed in units of work and in no other way.

A unit of work is one transaction. It is stored whole at the end of its block, or, if anything goes wrong
or the process dies, not at all.
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
    """What can be changed, until the block ends."""

    connection: Connection
    """for queries that see what was changed"""
    traces: TraceStore
    results: ResultStore
    leases: LeaseStore
    now: Callable[[], float]
    """the time, on the database's clock"""


class Database:
    """One database. Can be used by several threads; opens nothing before it must."""

    def __init__(
        self,
        url: str | Path,
        clock: Callable[[], float] = time.time,
        busy_seconds: float = 60.0,
        schema: Schema = Schema(),  # noqa: B008 -- a frozen value
    ) -> None:
        """At a URL, or in an SQLite file.

        `clock` tells the time on SQLite, whose users are on one machine; PostgreSQL has its own.

        Raises:
            DatabaseUnavailable: this is no URL of a database that is supported.
        """
        self._url = parse_url(url)
        self._engine: Engine = engine_for(self._url, busy_seconds)
        self._clock = clock
        self._schema = schema
        self._ready = False

    @property
    def name(self) -> str:
        """The file, or the URL without its password."""
        return display_name(self._url)

    @property
    def head(self) -> str:
        """The revision of the tables that this program works with."""
        return self._schema.head

    def upgrade(self) -> None:
        """Makes the tables, or brings older ones to this program's version.

        Raises:
            DatabaseError: it cannot be used, or is newer, or of another program; nothing was changed.
        """
        make_directory(self._url)
        with translated_errors(self._url):
            self.version()  # what is of somebody else is refused before its journal is changed
            enable_write_ahead_log(self._engine)
            with self._engine.begin() as connection:
                self._schema.upgrade(connection, self.name)

    def version(self) -> str | None:
        """The revision of its tables; None when it has none yet.

        Raises:
            DatabaseError: it cannot be read, or is of another program.
        """
        if file_is_missing(self._url):
            return None
        with translated_errors(self._url), self._connected(reading=True) as connection:
            return self._schema.version(connection, self.name)

    @contextmanager
    def unit_of_work(self) -> Iterator[UnitOfWork]:
        """What is changed in the block is stored at its end, whole.

        Raises:
            DatabaseBusy: other writers were in the way; the same may succeed later, see `perform`.
            DatabaseError: it cannot be used, the disk is full, or a row breaks a rule; nothing was stored.
        """
        self._prepare()
        with translated_errors(self._url), self._connected(reading=False) as connection:
            now = self._now_on(connection)
            yield UnitOfWork(
                connection, TraceStore(connection, now), ResultStore(connection, now), LeaseStore(connection, now), now
            )

    def perform(self, action: Callable[[UnitOfWork], Result]) -> Result:
        """What the action returns, done in a unit of work; again, a few times, while other writers are in the way."""
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
        """A connection that sees one moment of the database, and changes nothing.

        Raises:
            DatabaseError: it cannot be used.
        """
        self._prepare()
        with translated_errors(self._url), self._connected(reading=True) as connection:
            yield connection

    def now(self) -> float:
        """The time, on the database's clock.

        Raises:
            DatabaseError: it cannot be used.
        """
        with self.reading() as connection:
            return self._now_on(connection)()

    def close(self) -> None:
        """Closes its connections."""
        self._engine.dispose()

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _prepare(self) -> None:
        """Makes the tables at first use; refuses any other version."""
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
