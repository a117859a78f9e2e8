"""Many processes at one database, processes that are killed, and disks that fill: nothing lost, nothing twice."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event
from traced_modules import LEAN, keyed, module, read, theorem

from curriculum.database.checking import faults
from curriculum.database.database import Database
from curriculum.database.engine import SQLITE_WAIT_S
from curriculum.database.history import proofs_of
from curriculum.database.listing import row_counts
from curriculum.database.records import FoundProof
from prover.errors import DatabaseBusy, DatabaseFull

pytestmark = pytest.mark.slow  # several processes are started and killed

TESTS = Path(__file__).parents[1]
WRITERS, ROUNDS = 3, 5
PROOF = FoundProof(("simp",), (), 3, "automation", whole=True)

PROLOGUE = """
import sys, time
sys.path.insert(0, sys.argv[1])
from traced_modules import LEAN, keyed, module, read, theorem
from curriculum.database.database import Database
from curriculum.database.records import AttemptRecord, FoundProof
db, name = Database(sys.argv[2]), sys.argv[3]
PROOF = FoundProof(("simp",), (), 3, "automation", whole=True)
"""

WRITER = """
for number in range(int(sys.argv[4])):
    shared = [module(f"S{number}", theorem(f"s{number}"))]
    own = [module(f"{name}{number}", theorem(f"{name}{number}"), imports=(f"S{number}",))]
    db.perform(lambda work: work.traces.record_trace(read(str(number)), keyed(*shared, *own), {}))
    key, uid = f"key of s{number}", f"{name}{number}"
    tried = AttemptRecord(f"s{number}", f"S{number}", key, LEAN, {"n": number}, PROOF, uid=uid)
    def attempt(work):
        run = work.results.begin_run("prove", [name], uid=name)
        work.results.record_attempt(tried, run=run)
    db.perform(attempt)
"""

COUNTER = """
for _ in range(int(sys.argv[4])):
    while (held := db.perform(lambda work: work.leases.acquire("figure", name, 60))) is None:
        time.sleep(0.01)
    def count(work):
        work.leases.hold(held)
        run = work.results.begin_run("count", [], uid="shared")
        done = work.connection.exec_driver_sql("SELECT count(*) FROM lessons").scalar()
        time.sleep(0.002)
        work.connection.exec_driver_sql(f"INSERT INTO lessons VALUES ({run}, {done}, 'count', 0, '', '{{}}', 0)")
    db.perform(count)
    db.perform(lambda work: work.leases.release(held))
"""

HALF_DONE = """
db.perform(lambda work: work.results.record_proof("before", PROOF, LEAN))
with db.unit_of_work() as work:
    work.traces.record_trace(read("1"), keyed(module("A", theorem("a"))), {})
    print("half done", flush=True)
    time.sleep(600)
"""


def started(program: str, url: str, *arguments: object) -> "subprocess.Popen[str]":
    """A Python process at the database."""
    words = [sys.executable, "-c", PROLOGUE + program, str(TESTS), url, *map(str, arguments)]
    pipes = subprocess.PIPE
    return subprocess.Popen(words, stdout=pipes, stderr=pipes, text=True, cwd=TESTS.parent)


def ended(processes: list["subprocess.Popen[str]"]) -> None:
    for process in processes:
        _, said = process.communicate(timeout=240)
        assert process.returncode == 0, said


@pytest.fixture
def db(url: str) -> Iterator[Database]:
    """The database that the processes of a test open too."""
    with Database(url) as database:
        yield database


def counts(db: Database) -> dict[str, int]:
    with db.reading() as connection:
        assert list(faults(connection)) == []
        return row_counts(connection)


def test_writers_at_once_lose_nothing_and_store_nothing_twice(url: str, db: Database) -> None:
    """They begin with no tables, store the same modules and proofs, and each its own attempts."""
    ended([started(WRITER, url, f"W{number}", ROUNDS) for number in range(WRITERS)])
    after = counts(db)
    assert after["modules"] == ROUNDS * (1 + WRITERS)
    assert after["snapshots"] == after["proofs"] == after["configurations"] == ROUNDS
    assert after["attempts"] == ROUNDS * WRITERS
    assert after["runs"] == WRITERS
    assert after["states"] == 2


def test_a_lease_lets_one_process_at_a_time(url: str, db: Database) -> None:
    ended([started(COUNTER, url, f"C{number}", ROUNDS) for number in range(3)])
    with db.reading() as connection:
        done = connection.exec_driver_sql("SELECT count(*) FROM lessons").scalar()
    assert done == 3 * ROUNDS


def test_a_unit_of_work_that_is_killed_leaves_nothing(url: str, db: Database) -> None:
    process = started(HALF_DONE, url, "killed")
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "half done\n"
        process.kill()
    finally:
        process.kill()
        process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    after = counts(db)
    assert after["modules"] == after["repositories"] == 0
    with db.unit_of_work() as work:  # its locks are gone with it
        assert len(proofs_of(work.connection, "before")) == 1
        work.traces.record_trace(read("1"), keyed(module("A", theorem("a"))), {})
    assert counts(db)["modules"] == 1


def test_a_writer_that_does_not_let_go_is_named(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/prover.db"
    Database(url).upgrade()
    process = started(HALF_DONE, url, "holder")
    try:
        assert process.stdout is not None
        process.stdout.readline()
        with Database(url, busy_seconds=0.1) as db:
            with pytest.raises(DatabaseBusy, match="busy with other writers"), db.unit_of_work():
                pass
            with db.reading() as connection:  # who only reads does not wait
                assert len(proofs_of(connection, "before")) == 1
        with Database(url) as db, db.reading() as connection:
            assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 1000, "then signals are handled"
    finally:
        process.kill()
        process.communicate(timeout=60)


def test_a_writer_that_lets_go_late_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "prover.db"
    Database(file).upgrade()
    writer = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN IMMEDIATE")
    letting_go = threading.Timer(SQLITE_WAIT_S + 0.5, writer.rollback)
    letting_go.start()
    with Database(file) as db, db.unit_of_work() as work:
        assert proofs_of(work.connection, "s") == []
    letting_go.join()
    writer.close()


def fill(db: Database) -> int:
    """Stores modules, one in each unit of work, until there is no more room; how many were stored."""
    stored = 0

    def store() -> None:
        nonlocal stored
        while stored < 10_000:
            declared = [theorem(f"t{stored}_{number}" + "x" * 500) for number in range(20)]
            ((key, traced),) = keyed(module(f"M{stored}", *declared)).items()
            with db.unit_of_work() as work:
                work.traces.store_module(key, LEAN, traced)
            stored += 1

    with pytest.raises(DatabaseFull, match="disk is full"):
        store()
    return stored


def test_a_full_database_keeps_what_it_has(tmp_path: Path) -> None:
    with Database(tmp_path / "prover.db") as db:
        event.listen(db._engine, "connect", lambda raw, _: raw.execute("PRAGMA max_page_count = 300"))
        stored = fill(db)
        assert stored > 0
        assert counts(db)["modules"] == stored
    with Database(tmp_path / "prover.db") as db:
        with db.unit_of_work() as work:
            work.results.record_proof("s", PROOF, LEAN)
        assert counts(db)["modules"] == stored


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own of 3 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", place], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounts a small disk, as root")
def test_a_full_disk_loses_nothing(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(500_000))
    with Database(small_disk / "prover.db") as db:
        stored = fill(db)
        assert counts(db)["modules"] == stored > 0
        ballast.unlink()
        with db.unit_of_work() as work:
            work.results.record_proof("s", PROOF, LEAN)
        assert counts(db)["proofs"] == 1
