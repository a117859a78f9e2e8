"""What the unit tests share: an empty database of each kind, and a PostgreSQL server for as long as they run."""

import os
import pwd
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from curriculum.database.database import Database

if TYPE_CHECKING:
    from prover.app.service import Service
    from tests.unit.served import Stage


@pytest.fixture(scope="session", autouse=True)
def nothing_waits_for_the_disk() -> Iterator[None]:
    """Nothing is flushed to the disk: no test cuts the power, and what a killed process wrote is not lost."""

    def opened(connection: object, *_: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA synchronous = OFF")

    event.listen(Pool, "checkout", opened)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield
    event.remove(Pool, "checkout", opened)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one file."""
    from tests.unit.served import made_repository

    return made_repository(tmp_path)


@pytest.fixture
def stage() -> "Stage":
    """Tools that start no Lean."""
    from tests.unit.served import Stage

    return Stage()


@pytest.fixture
def service(repository: Path, stage: "Stage") -> "Iterator[Service]":
    """A service that offers them for the repository."""
    from tests.unit.served import made_service

    with made_service(repository, stage) as made:
        yield made
        stage.go_on.set()


ACCOUNT = "postgres"
"""what the server runs as when the tests are run by root, which it refuses"""
READY_S = 60


def server_programs() -> Path | None:
    """Where PostgreSQL's programs are; Debian keeps them off the PATH."""
    found = shutil.which("postgres")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return Path(found).resolve().parent if found else debian[-1].parent if debian else None


class Server:
    """A PostgreSQL server on a directory of its own, reached by a socket there and in no other way."""

    def __init__(self, programs: Path) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="prover-postgresql-"))
        # It ends with the tests, however these end; and it does not run as root.
        self._as = ["setpriv", "--pdeathsig", "INT"]
        if os.geteuid() == 0:
            owner = pwd.getpwnam(ACCOUNT)
            os.chown(self.directory, owner.pw_uid, owner.pw_gid)
            self._as += [f"--reuid={ACCOUNT}", f"--regid={owner.pw_gid}", "--clear-groups"]
        files = self.directory / "files"
        initdb = [programs / "initdb", "-D", files, "-U", "prover", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run([*self._as, *initdb], check=True, capture_output=True, timeout=120, cwd="/")
        options = ["-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=50"]
        self._process = subprocess.Popen(
            [*self._as, programs / "postgres", "-D", files, "-k", self.directory, *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )
        self._databases = 0

    def connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        """A connection to the database that each server has."""
        return psycopg.connect(host=str(self.directory), user="prover", dbname="postgres", autocommit=True)

    def wait(self) -> None:
        """Until it answers."""
        end = time.monotonic() + READY_S
        while True:
            try:
                self.connect().close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > end or self._process.poll() is not None:
                    raise
                time.sleep(0.1)

    def new_database(self) -> str:
        """The URL of an empty database."""
        self._databases += 1
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE d{self._databases}")
        return f"postgresql://prover@/d{self._databases}?host={self.directory}"

    def end(self) -> None:
        """Ends it, and removes its directory."""
        self._process.send_signal(signal.SIGQUIT)  # at once: nothing of it is needed any more
        self._process.wait(READY_S)
        shutil.rmtree(self.directory, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A server of the tests' own."""
    programs = server_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server here, and .ci/run could not install Debian's package `postgresql`")
    server = Server(programs)
    try:
        server.wait()
        yield server
    finally:
        server.end()


KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/some where/prover.db"
    server = request.getfixturevalue("postgresql")
    assert isinstance(server, Server)
    return server.new_database()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and no rows: copying it is a hundred times faster than creating the tables."""
    file = tmp_path_factory.mktemp("empty") / "prover.db"
    with Database(file) as database, database.unit_of_work():
        pass
    return file


@pytest.fixture
def created_database(own_database: Path, empty_database: Path) -> Path:
    """The file of the test's own database, in which the tables are created already."""
    own_database.parent.mkdir()
    return Path(shutil.copy(empty_database, own_database))


@pytest.fixture(scope="session")
def fresh_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], Database]]:
    """Opens a copy of an SQLite file, in place of the copy before.

    All have one engine: SQLAlchemy compiles each query once for an engine, which takes longer than most tests.
    """
    file = tmp_path_factory.mktemp("fresh") / "prover.db"
    with Database(file) as first:

        def fresh(copied: Path) -> Database:
            first.close()
            for old in file.parent.glob("prover.db*"):
                old.unlink()
            shutil.copy(copied, file)
            opened = Database(file)
            opened._engine = first._engine
            return opened

        yield fresh


@pytest.fixture
def sqlite_database(fresh_database: Callable[[Path], Database], empty_database: Path) -> Database:
    """An empty SQLite database."""
    return fresh_database(empty_database)


@pytest.fixture(params=KINDS)
def db(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database, of each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_database")
    else:
        with Database(request.getfixturevalue("postgresql").new_database()) as database:
            yield database
