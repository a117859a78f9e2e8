"""Export and import: everything comes back, nothing twice, and a file that is not whole changes nothing."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, select, true
from traced_modules import LEAN, keyed, module, modules, open_theorems, read, theorem

from curriculum.database.checking import row_faults
from curriculum.database.courses import store_step
from curriculum.database.database import Database, UnitOfWork
from curriculum.database.exchanges import ExchangeRecord, record_exchange
from curriculum.database.listing import row_counts
from curriculum.database.loading import modules_of, snapshot_of
from curriculum.database.records import AttemptCost, AttemptRecord, FoundProof, GoalStep, RunProof, new_uid
from curriculum.database.schema import HEAD
from curriculum.database.search_logs import SearchLogRecord, record_search_log
from curriculum.database.tables import TheoremRow
from curriculum.database.transfer import export_to, import_from
from curriculum.database.watches import record_visit
from prover.errors import ImportRefused
from prover.lean.traced import TracedModule
from tests.properties import with_examples

STEPS = (GoalStep("n : Nat\n⊢ n = n", "g1", "simp"), GoalStep("⊢ True", "g2", "omega\n  rfl"))
PROOF = FoundProof(("simp", "omega\n  rfl"), ("propext",), 3, "automation", whole=False, model="tiny@2", steps=STEPS)
Line = dict[str, Any]


def everything(work: UnitOfWork, snapshots: Sequence[Sequence[TracedModule]]) -> None:
    """Rows in every table."""
    results = work.results
    for number, traced in enumerate(snapshots):
        work.traces.record_trace(read(str(number)), keyed(*traced), {})
    results.record_model("tiny@1", "here", {"sets": ["a"]}, {"loss": 0.25})
    results.record_model("tiny@2", "here", {}, {}, parent="tiny@1")
    results.record_model_files("tiny@2", "/models/tiny", "seq2seq", "reprover")
    results.count_suggestions(1, {("Eq", "memory"): (5, 3, 1)})
    run = results.begin_run("prove", ["--all"], {"n": 1}, uid="run")
    for name, statement, result in (("a", "s1", PROOF), ("b", "s2", ("open", "out of time")), ("c", "t", PROOF)):
        cost = AttemptCost(1.5, 2, 3)
        tried = AttemptRecord(
            *(name, "M", statement, LEAN, {"generators": [name]}, result),  # type: ignore[arg-type]
            cost=cost,
            models=("tiny@2",),
            uid=name,  # type: ignore[arg-type]
        )
        results.record_attempt(tried, repository=1, run=run)
    results.record_run_proofs(run, 1, [RunProof("a", "M.lean", "s1", ("simp", "omega\n  rfl"), False, ("b",))])
    log = SearchLogRecord("here", "M", "a", "s1", True, 2, 3, b"\x00log", run, uid="log")
    record_search_log(work.connection, log, 5.0)
    record_exchange(work.connection, ExchangeRecord("e", "a", "M", "s1", "m", 0, "plan", "", "?", ("x", "y")), run, 4.0)
    results.end_run(run, "finished")
    work.leases.acquire("everything", "me", 60)
    store_step(work.connection, run, 0, ("prove", 1, "here"), {"proved": ["a"]}, 5.0)
    record_visit(work.connection, 1, "1", 7.0, again_in=60.0)


def exported(db: Database, file: Path) -> list[Line]:
    with db.reading() as connection:
        export_to(connection, HEAD, file)
    return [json.loads(line) for line in file.read_bytes().splitlines()]


def imported(db: Database, file: Path) -> int:
    return db.perform(lambda work: import_from(work.connection, HEAD, file))


def counts(db: Database) -> dict[str, int]:
    with db.reading() as connection:
        assert list(row_faults(connection)) == []
        return row_counts(connection)


MODULES = st.tuples(modules("M"), modules("N.O"))


def open_rows(connection: Connection) -> list[tuple[object, ...]]:
    row = TheoremRow
    asked = select(row.module, row.name, row.statement_key, row.incomplete, row.difficulty)
    asked = asked.where(row.repository_id == 1, row.present == true(), row.proof_id.is_(None))
    return sorted(tuple(found) for found in connection.execute(asked))


@pytest.mark.slow
@given(traced=st.lists(MODULES, min_size=1, max_size=2))
@with_examples(12, shared_fixtures=True)
def test_everything_comes_back(
    tmp_path: Path, empty_database: Path, traced: list[tuple[TracedModule, TracedModule]]
) -> None:
    place = tmp_path / new_uid()
    place.mkdir()
    for name in ("one", "two", "three"):
        shutil.copy(empty_database, place / f"{name}.db")
    with Database(place / "one.db") as one, Database(place / "two.db") as two, Database(place / "three.db") as three:
        one.perform(lambda work: everything(work, traced))
        lines = exported(one, place / "one.jsonl")
        assert imported(two, place / "one.jsonl") == len(lines) - 2 == sum(counts(one).values())
        again = exported(two, place / "two.jsonl")
        imported(three, place / "two.jsonl")
        assert exported(three, place / "three.jsonl") == again
        assert counts(one) == counts(two) == counts(three)
        with one.reading() as first, two.reading() as second:
            wanted, found = (snapshot_of(c, "https://example.org/r") for c in (first, second))
            assert wanted is not None
            assert found is not None
            assert list(modules_of(first, wanted)) == list(modules_of(second, found))
            assert open_rows(first) == open_rows(second)


@pytest.fixture
def full(tmp_path: Path, empty_database: Path) -> Database:
    db = Database(shutil.copy(empty_database, tmp_path / "full.db"))
    traced = (
        module("M", theorem("a", key="s1", incomplete=True), theorem("b")),
        module("N", theorem("c"), theorem("d", incomplete=True)),
    )
    db.perform(lambda work: everything(work, [traced]))
    return db


def test_every_table_takes_part(full: Database) -> None:
    assert [name for name, rows in counts(full).items() if rows == 0] == []


def test_importing_twice_adds_nothing(full: Database, db: Database, tmp_path: Path) -> None:
    exported(full, tmp_path / "x.jsonl")
    imported(db, tmp_path / "x.jsonl")
    once = counts(db)
    imported(db, tmp_path / "x.jsonl")
    imported(full, tmp_path / "x.jsonl")
    assert counts(db) == counts(full) == once


def test_it_goes_from_one_kind_of_database_to_the_other_and_back(full: Database, db: Database, tmp_path: Path) -> None:
    exported(full, tmp_path / "there.jsonl")
    imported(db, tmp_path / "there.jsonl")
    lines = exported(db, tmp_path / "back.jsonl")
    with Database(tmp_path / "back.db") as back:
        imported(back, tmp_path / "back.jsonl")
        assert exported(back, tmp_path / "again.jsonl") == lines


def test_rows_are_added_to_those_that_are_there(full: Database, db: Database, tmp_path: Path) -> None:
    """Ids differ, shared modules and proofs are found again, and what is there stays."""
    other = module("Z", theorem("z")), module("M", theorem("a", key="s1", incomplete=True), theorem("b"))
    db.perform(lambda work: work.traces.record_trace(read("9", "elsewhere"), keyed(*other), {}))
    db.perform(lambda work: work.leases.acquire("everything", "somebody else", 60))
    exported(full, tmp_path / "x.jsonl")
    imported(db, tmp_path / "x.jsonl")
    after = counts(db)
    assert (after["modules"], after["repositories"], after["leases"]) == (3, 2, 1)
    with db.reading() as connection:
        owner = connection.exec_driver_sql("SELECT owner FROM leases").scalar()
        assert owner == "somebody else"
        assert {name for name, _ in open_theorems(connection)} == {"b", "z"}  # `a` is proved, elsewhere


def test_a_database_goes_on_after_an_import(full: Database, db: Database, tmp_path: Path) -> None:
    exported(full, tmp_path / "x.jsonl")
    imported(db, tmp_path / "x.jsonl")
    new = module("New", theorem("new"))
    db.perform(lambda work: work.traces.record_trace(read("7"), keyed(new), {}))
    db.perform(lambda work: work.results.record_proof("new", FoundProof(("rfl",), (), 3, "memory", True), LEAN))
    assert counts(db)["proofs"] == counts(full)["proofs"] + 1


@pytest.mark.slow
@pytest.mark.parametrize("version", [f"{number:04}" for number in range(1, int(HEAD) + 1)])
def test_exports_of_older_versions_are_imported(full: Database, db: Database, tmp_path: Path, version: str) -> None:
    """Tables and columns that there are no more are left out; everything else comes back."""
    lines = exported(full, tmp_path / "x.jsonl")
    lines[0]["version"] = version
    if version < "0006":
        for line in lines:
            if line.get("table") == "attempts":
                line["row"] |= {"budget_seconds": 60.0, "budget_expansions": None, "budget_tactics": 5}
        last = next(n for n, line in reversed(list(enumerate(lines))) if line.get("table") == "attempts")
        lines[last + 1 : last + 1] = [
            {"table": "attempted_sorries", "row": {"key": "s", "attempt_id": 1}},
            {"table": "measurements", "row": {"run_id": 1, "name": "loss", "step": 3, "value": 0.5}},
        ]
        lines[-1]["rows"] += 2
    (tmp_path / "old.jsonl").write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    text = (tmp_path / "old.jsonl").read_text().replace('{"rows": ', '{"rows":')
    (tmp_path / "old.jsonl").write_text(text)
    assert imported(db, tmp_path / "old.jsonl") == lines[-1]["rows"]
    assert counts(db) == counts(full)


def test_what_was_removed_is_refused_in_an_export_of_this_version(full: Database, db: Database, tmp_path: Path) -> None:
    exported(full, tmp_path / "x.jsonl")
    lines = (tmp_path / "x.jsonl").read_bytes().splitlines(keepends=True)
    lines.insert(1, b'{"table":"measurements","row":{"run_id":1,"name":"loss","step":3,"value":0.5}}\n')
    (tmp_path / "x.jsonl").write_bytes(b"".join(lines))
    with pytest.raises(ImportRefused, match="line 2: it is not a row"):
        imported(db, tmp_path / "x.jsonl")


def edited(line: int, change: Callable[[Line], object]) -> Callable[[list[bytes]], list[bytes]]:
    def edit(lines: list[bytes]) -> list[bytes]:
        row = json.loads(lines[line])
        change(row)
        return [*lines[:line], json.dumps(row).encode() + b"\n", *lines[line + 1 :]]

    return edit


def first_of(table: str) -> Callable[[list[bytes]], int]:
    return lambda lines: next(n for n, line in enumerate(lines) if json.loads(line).get("table") == table)


def row_edited(table: str, **change: object) -> Callable[[list[bytes]], list[bytes]]:
    return lambda lines: edited(first_of(table)(lines), lambda line: line["row"].update(change))(lines)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda lines: [], "is not an export of a database"),
        (lambda lines: [b"theorem t : True\n"], "is not an export of a database"),
        (lambda lines: [b"\xff\xfe\n"], "is not an export of a database"),
        (edited(0, lambda line: line.update(version="0999")), f"has tables of version 0999, not {HEAD}"),
        (lambda lines: [*lines[:-3], lines[-3][:20]], r"line \d+: it is not a row"),
        (lambda lines: lines[:-1], r"line \d+: the file ends there, before its end"),
        (lambda lines: [*lines[:-2], lines[-1]], "lines are missing before it"),
        (lambda lines: [*lines, lines[-2]], "there is more after its end"),
        (edited(3, lambda line: line.update(table="nonsense")), "line 4: it is not a row"),
        (edited(3, lambda line: line["row"].update(more=1)), "line 4: it is not a row"),
        (row_edited("attempts", seconds="long"), "it is not a row"),
        (row_edited("attempts", seconds=-1.0), "a row of attempts breaks a rule"),
        (row_edited("attempts", outcome="won"), "a row of attempts breaks a rule"),
        (row_edited("theorems", repository_id=77), "refers to row 77 of repositories, which is missing above"),
        (row_edited("tactic_steps", declaration=77), "breaks a rule"),
    ],
)
def test_a_file_that_is_not_whole_changes_nothing(
    full: Database, db: Database, tmp_path: Path, spoil: Callable[[list[bytes]], list[bytes]], said: str
) -> None:
    exported(full, tmp_path / "x.jsonl")
    lines = (tmp_path / "x.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "x.jsonl").write_bytes(b"".join(spoil(lines)))
    with pytest.raises(ImportRefused, match=said):
        imported(db, tmp_path / "x.jsonl")
    assert set(counts(db).values()) == {0}


def test_an_export_that_fails_leaves_the_old_file(full: Database, tmp_path: Path) -> None:
    place = tmp_path / "exports"
    place.mkdir()
    (place / "x.jsonl").write_text("the old one")
    with pytest.raises(ZeroDivisionError), full.reading() as connection:
        export_to(Failing(connection), HEAD, place / "x.jsonl")  # type: ignore[arg-type]
    assert (place / "x.jsonl").read_text() == "the old one"
    assert [path.name for path in place.iterdir()] == ["x.jsonl"]


class Failing:
    """A connection that fails after some tables."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._left = 4

    def execute(self, asked: Any) -> Any:
        self._left -= 1
        if self._left == 0:
            raise ZeroDivisionError
        return self._connection.execute(asked)
