"""Connections to a database, and the translation of its errors into one sentence each. Knows no table."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, make_url

from prover.errors import (
    DatabaseBusy,
    DatabaseCorrupt,
    DatabaseError,
    DatabaseFull,
    DatabaseUnavailable,
    RowRefused,
)

OLDEST_SQLITE = (3, 37, 0)
"""The first version with strict tables."""
READ_ONLY = "reading"
"""The execution option that marks read-only connections."""
CHOOSE_ANOTHER = "choose another database with PROVER_DATABASE"

WAL_TRIES, WAL_PAUSE_S = 100, 0.1
SQLITE_WAIT_S = 1.0
"""The time that SQLite waits for other writers at once, in seconds; no signal is handled meanwhile."""

DISK_FULL_CODES = {"SQLITE_FULL", "53100"}
BUSY_CODES = {"SQLITE_BUSY", "SQLITE_LOCKED", "40001", "40P01", "55P03", "53300"}
CORRUPT_CODES = {"SQLITE_CORRUPT", "SQLITE_NOTADB", "XX001", "XX002"}
ACCESS_CODES = {"42501", "3D000"}
"""PostgreSQL's codes for insufficient privilege and for a missing database."""
CONSTRAINT_CODES = {"SQLITE_CONSTRAINT", "SQLITE_MISMATCH", "SQLITE_TOOBIG"}


def parse_url(url: str | Path) -> URL:
    """Returns the URL of a database, or of an SQLite file given by its path, with the driver to use.

    Raises:
        DatabaseUnavailable: The URL is invalid, or names a kind of database that is not supported.
    """
    if isinstance(url, Path):
        return URL.create("sqlite+pysqlite", database=str(url))
    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError):
        start = url.partition(":")[0][:20]  # what follows may be a password
        raise DatabaseUnavailable(f"{start}… is not a database URL: write sqlite:///FILE or postgresql://…") from None
    match parsed.get_backend_name():
        case "sqlite":
            if not parsed.database or parsed.database == ":memory:":
                raise DatabaseUnavailable(f"{url} names no file: write sqlite:///FILE.")
            return parsed.set(drivername="sqlite+pysqlite")
        case "postgresql" | "postgres":
            return parsed.set(drivername="postgresql+psycopg")
        case other:
            raise DatabaseUnavailable(f"Databases of kind {other} are not supported: use sqlite or postgresql.")


def display_name(url: URL) -> str:
    """Returns the name of a database for messages: a file's path, or a URL without its password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return url.set(drivername=url.get_backend_name()).render_as_string(hide_password=True)


def engine_for(url: URL, busy_seconds: float) -> Engine:
    """Returns an engine; no connection is opened yet.

    Raises:
        DatabaseUnavailable: The driver is not installed, or SQLite is too old.
    """
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, busy_seconds)
    try:
        return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    except ModuleNotFoundError:
        raise DatabaseUnavailable(f"{display_name(url)} needs psycopg: pip install 'prover[postgresql]'.") from None


def _sqlite(url: URL, busy_seconds: float) -> Engine:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise DatabaseUnavailable(f"SQLite {sqlite3.sqlite_version} is too old: use a Python with 3.37 or newer.")
    engine = create_engine(url, connect_args={"timeout": min(busy_seconds, SQLITE_WAIT_S)})

    @event.listens_for(engine, "connect")
    def opened(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions: see `begun`
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA cache_size = -64000")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        # A writer takes the lock at once: one that first reads could not wait for it later.
        if connection.get_execution_options().get(READ_ONLY):
            connection.exec_driver_sql("BEGIN")
        else:
            _begin_to_write(connection, time.monotonic() + busy_seconds)

    return engine


def _begin_to_write(connection: Connection, until: float) -> None:
    while True:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            return
        except exc.OperationalError as error:
            if _code(error.orig) not in BUSY_CODES or time.monotonic() >= until:
                raise


def enable_write_ahead_log(engine: Engine) -> None:
    """Switches an SQLite file to write-ahead logging, so that readers and a writer do not block each other.

    The setting is stored in the file. It cannot be changed within a transaction, or while another process changes it.
    """
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        for _ in range(WAL_TRIES):
            try:
                if driver.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",):
                    return
            except sqlite3.OperationalError as error:
                if _code(error) not in BUSY_CODES:
                    raise _explanation(engine.url, error) from error
            time.sleep(WAL_PAUSE_S)
    raise DatabaseBusy(f"The database {display_name(engine.url)} is being created by another process: try again later.")


def make_directory(url: URL) -> None:
    """Creates the directory of an SQLite file."""
    if url.get_backend_name() == "sqlite":
        directory = Path(str(url.database)).parent
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unavailable(url, error.strerror or str(error)) from None


def file_is_missing(url: URL) -> bool:
    """Returns whether the URL names an SQLite file that does not exist; connecting would create it."""
    return url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists()


def unavailable(url: URL, reason: str) -> DatabaseUnavailable:
    """Returns the exception for a database that cannot be opened, reached or written."""
    return DatabaseUnavailable(
        f"The database {display_name(url)} cannot be used ({reason}): fix that, or {CHOOSE_ANOTHER}."
    )


@contextmanager
def translated_errors(url: URL) -> Iterator[None]:
    """Translates database errors in the block into exceptions of one sentence."""
    try:
        yield
    except exc.DBAPIError as error:
        if isinstance(error, exc.ProgrammingError) and _code(error.orig) not in ACCESS_CODES:
            raise  # the statement is wrong: a defect of this program
        refused = isinstance(error, exc.IntegrityError | exc.DataError)
        raise _explanation(url, error.orig, refused) from error
    except exc.TimeoutError as error:
        raise DatabaseBusy(f"The database {display_name(url)} has no free connection: try again later.") from error


def _explanation(url: URL, error: BaseException | None, refused: bool = False) -> DatabaseError:
    code, message, name = _code(error), _first_line(error), display_name(url)
    if code in DISK_FULL_CODES:
        return DatabaseFull(f"The disk is full at {name}: free some space and start again; what was stored is kept.")
    if code in BUSY_CODES:
        return DatabaseBusy(f"The database {name} is busy with other writers ({message}): try again later.")
    if code in CORRUPT_CODES:
        return DatabaseCorrupt(
            f"{name} is damaged, or not a database ({message}): restore a copy of it, or {CHOOSE_ANOTHER}."
        )
    if refused or code in CONSTRAINT_CODES:
        return RowRefused(f"The database {name} refuses a row ({message}): fix the data to store.")
    return unavailable(url, message)


def _code(error: BaseException | None) -> str | None:
    """Returns SQLite's name of the error without its details, or PostgreSQL's five-character code."""
    name: Any = getattr(error, "sqlite_errorname", None)
    if isinstance(name, str):
        return "_".join(name.split("_")[:2])
    state: Any = getattr(error, "sqlstate", None)
    return state if isinstance(state, str) else None


def _first_line(error: BaseException | None) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__).strip()
