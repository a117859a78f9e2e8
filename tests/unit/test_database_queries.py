"""The queries that are asked often are answered by indices: SQLite's plan for none of them reads a whole table."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, event
from traced_modules import keyed, module, read, theorem

from curriculum.database.courses import attempts_of_run, finished_steps
from curriculum.database.database import Database
from curriculum.database.history import attempts_at, histories, proofs_of
from curriculum.database.lineage import lineage_of
from curriculum.database.loading import modules_of, paths_of, snapshot_at, snapshot_of
from curriculum.database.provable import attempt_totals, provable_theorems
from curriculum.database.steps import declared_in, proofs_of_run
from curriculum.database.theorem_queue import queue_of, queued_theorem
from curriculum.database.theorems import theorems_named

ASKED: dict[str, Callable[[Connection], object]] = {
    "proofs of a statement": lambda c: proofs_of(c, "s"),
    "attempts at a theorem": lambda c: attempts_at(c, 1),
    "history of a theorem": lambda c: histories(c, "https://example.org/r", "a"),
    "lineage of a theorem": lambda c: lineage_of(c, 1),
    "theorems of a name": lambda c: theorems_named(c, 1, "a"),
    "last snapshot of a repository": lambda c: snapshot_of(c, "https://example.org/r"),
    "snapshot at a revision": lambda c: snapshot_at(c, "https://example.org/r", "1"),
    "paths of a snapshot": lambda c: paths_of(c, 1),
    "modules of a snapshot": lambda c: list(modules_of(c, 1)),
    "declarations of a snapshot": lambda c: declared_in(c, 1),
    "provable theorems of a snapshot": lambda c: provable_theorems(c, 1),
    "a queued theorem": lambda c: queued_theorem(c, 1),
    "queue of a repository": lambda c: queue_of(c, "https://example.org/r"),
    "totals of a repository's attempts": lambda c: attempt_totals(c, "https://example.org/r"),
    "attempts of a run": lambda c: attempts_of_run(c, 1),
    "steps of a course": lambda c: finished_steps(c, 1),
    "proofs of a run": lambda c: proofs_of_run(c, 1),
}
SCAN = re.compile(r"^SCAN (?!\(subquery|CONSTANT|\d)\S+")
SORT = "USE TEMP B-TREE FOR ORDER BY"
UNSORTED = ("attempts at a theorem", "attempts of a run", "steps of a course")
"""read in the order of an index"""


@pytest.fixture(scope="module")
def db(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database in which one module was traced; the queries change nothing."""
    with Database(shutil.copy(empty_database, tmp_path_factory.mktemp("queries") / "prover.db")) as made:
        made.perform(lambda work: work.traces.record_trace(read("1"), keyed(module("A", theorem("a"))), {}))
        yield made


@pytest.mark.parametrize("name", ASKED)
def test_no_table_is_read_whole(db: Database, name: str) -> None:
    plans: list[str] = []
    with db.reading() as connection:

        @event.listens_for(connection, "before_cursor_execute")
        def explain(_c: object, cursor: object, statement: str, parameters: tuple[object, ...], *_: object) -> None:
            found = connection.connection.driver_connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[union-attr]
            plans.extend(row[3] for row in found)

        ASKED[name](connection)
    assert plans
    assert [plan for plan in plans if SCAN.match(plan)] == []
    assert SORT not in plans or name not in UNSORTED


def test_a_whole_table_that_is_read_would_be_seen() -> None:
    assert SCAN.match("SCAN states")
    assert not SCAN.match("SEARCH states USING INDEX")
