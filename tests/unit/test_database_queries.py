"""The queries that are asked often are answered by indices: SQLite's plan for none of them reads a whole table."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, event
from traced_modules import keyed, module, read, theorem

from curriculum.database import queries
from curriculum.database.database import Database

ASKED: dict[str, Callable[[Connection], object]] = {
    "next theorems": lambda c: queries.next_theorems(c, 1),
    "next theorems with a sorry": lambda c: queries.next_theorems(c, 1, incomplete_only=True),
    "sorries": lambda c: queries.sorries_of(c, 1),
    "sorries not attempted": lambda c: queries.sorries_not_attempted(c, 1, ["m"]),
    "history of a sorry": lambda c: queries.sorry_history(c, 1, "k"),
    "proof of a statement": lambda c: queries.proof_of(c, "s"),
    "attempts": lambda c: queries.attempts_of(c, 1),
    "premises": lambda c: queries.premises_of(c, "k", "n"),
    "steps at a goal": lambda c: queries.steps_at(c, "k"),
    "changed modules": lambda c: queries.changed_modules(c, 1, 2),
    "expired leases": lambda c: queries.expired_leases(c, 1.0),
}
SCAN = re.compile(r"^SCAN (?!\(subquery|CONSTANT|\d)\S+")
SORT = "USE TEMP B-TREE FOR ORDER BY"


@pytest.mark.parametrize("name", ASKED)
def test_no_table_is_read_whole(tmp_path: Path, name: str) -> None:
    plans: list[str] = []
    with Database(tmp_path / "prover.db") as db:
        db.perform(lambda work: work.traces.record_trace(read("1"), keyed(module("A", theorem("a"))), {}))
        with db.reading() as connection:

            @event.listens_for(connection, "before_cursor_execute")
            def explain(_c: object, cursor: object, statement: str, parameters: tuple[object, ...], *_: object) -> None:
                found = connection.connection.driver_connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[union-attr]
                plans.extend(row[3] for row in found)

            ASKED[name](connection)
    assert plans
    assert [plan for plan in plans if SCAN.match(plan)] == []
    if name.startswith("next theorems"):
        assert SORT not in plans


def test_a_whole_table_that_is_read_would_be_seen() -> None:
    assert SCAN.match("SCAN states")
    assert not SCAN.match("SEARCH states USING INDEX")
