"""Logs of searches: what they hold of a search, their bounds, and damaged ones."""

import zlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from curriculum.database.database import Database
from curriculum.database.search_logs import (
    LogSelection,
    SearchLogRecord,
    logged_statements,
    prune,
    record_search_log,
    search_logs,
    stored_bytes,
)
from prover.app.store import Ledger
from prover.attempt import Spent, Task, TheoremOpen
from prover.cli.main import run
from prover.lean.protocol import Declaration, Goal
from prover.lean.scripted import Fails, ScriptedSession, Table, leaves, opened
from prover.lean.session import Failed, SourceText, TacticLimits
from prover.search.best_first import BestFirstSearch
from prover.search.budget import Budget
from prover.search.engine import Proved, Strategy
from prover.tactics.generator import ProofStep, StatelessGenerator, Suggestion, TheoremRef
from prover.tactics.policy.log import (
    LOG_VERSION,
    LoggedGenerator,
    LogWriter,
    MalformedLog,
    SearchLog,
    SearchLogs,
    unpacked,
)

THEOREM = TheoremRef("M", "M.t", 0, "key")
TACTICS = {"root": ["bad", "split", "other"], "left": ["close"], "right": ["close"]}
COUNTED = Strategy(invent=(), refute=False)


class Known(StatelessGenerator):
    """Suggests the tactics of `TACTICS`."""

    name = "known"

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        return [Suggestion(tactic, -float(rank), ("known",)) for rank, tactic in enumerate(TACTICS[goal.key])]


def searched() -> tuple[Proved, SearchLog]:
    """A search that proves its goal by a case split, and its log."""
    table: Table = {
        "root": {"bad": Fails(), "split": leaves("left", "right"), "other": Fails()},
        "left": {"close": leaves()},
        "right": {"close": leaves()},
    }
    logs = SearchLogs()
    generator = LoggedGenerator(Known(), logs).for_theorem(THEOREM)
    search = BestFirstSearch(ScriptedSession(table), opened("root"), generator, COUNTED, Budget(None, tactics=50))
    result = search.run()
    assert isinstance(result, Proved)
    log = logs.take(THEOREM, result.steps, proved=True)
    assert log is not None
    assert logs.take(THEOREM) is None
    return result, log


def test_a_log_has_every_goal_and_tactic_and_marks_the_proof() -> None:
    result, log = searched()
    keys = [goal.key for goal in log.goals]
    assert sorted(keys) == ["left", "right", "root"]
    assert len(log.trials) == result.meter.tactics
    by_tactic = {(keys[trial.goal], trial.tactic): trial for trial in log.trials}
    assert by_tactic["root", "bad"].outcome == "elaboration"
    assert [keys[goal] for (goal,) in by_tactic["root", "split"].children] == ["left", "right"]
    assert by_tactic["root", "other"].rank == 2
    used = {(keys[trial.goal], trial.tactic) for trial in log.trials if trial.used}
    assert used == {(step.goal.key, step.tactic) for step in result.steps}
    assert log.proved_goals() == set(range(3))


def test_a_goal_that_only_part_of_is_proved_is_not_proved() -> None:
    writer = LogWriter()
    session = ScriptedSession({"g": {"split": leaves("a", "b")}, "a": {"rfl": leaves()}})
    for key, tactic in (("g", "split"), ("a", "rfl")):
        (outcome,) = session.run(opened(key), [tactic], TacticLimits())
        writer.ran(Goal(key), Suggestion(tactic, -1.0), outcome)
    log = writer.finished()
    assert [log.goals[number].key for number in log.proved_goals()] == ["a"]


def test_a_packed_log_is_the_same_again() -> None:
    _, log = searched()
    assert unpacked(log.packed()) == log


def test_of_too_many_tactics_failed_ones_are_left_out() -> None:
    writer = LogWriter(limit=10)
    for number in range(100):
        writer.ran(Goal("g"), Suggestion(f"t{number}", -1.0), Failed("elaboration", "", 5))
        if number % 25 == 0:
            (outcome,) = ScriptedSession({"g": {"rfl": leaves()}}).run(opened("g"), ["rfl"], TacticLimits())
            writer.ran(Goal("g"), Suggestion("rfl", -1.0), outcome)
    log = writer.finished([ProofStep(Goal("g"), "rfl")], proved=True)
    assert len(log.trials) == 10
    assert log.left_out == 94
    assert sum(trial.used for trial in log.trials) == 4


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda data: data[: len(data) // 2], "cut off"),
        (lambda _: b"nothing", "cannot be read"),
        (lambda _: zlib.compress(msgspec.msgpack.encode({"goals": 3})), "cannot be read"),
        (lambda data: _with(data, version=LOG_VERSION + 1), "version"),
        (lambda data: _with(data, goals=[]), "does not have"),
        (lambda _: zlib.compress(bytes(100 << 20)), "too large"),
    ],
)
def test_damaged_logs_are_refused(damage, says: str) -> None:  # type: ignore[no-untyped-def]  # a table of lambdas
    _, log = searched()
    with pytest.raises(MalformedLog, match=says):
        unpacked(damage(log.packed()))


def _with(data: bytes, **changes: object) -> bytes:
    fields = msgspec.msgpack.decode(zlib.decompress(data), strict=False)
    return zlib.compress(msgspec.msgpack.encode({**fields, **changes}))


def record(theorem: str, data: bytes, uid: str) -> SearchLogRecord:
    return SearchLogRecord("repo", "M", theorem, f"{theorem} key", True, 3, 5, data, uid=uid)


def test_logs_are_stored_once_and_found_again(db: Database) -> None:
    _, log = searched()
    for _ in range(2):
        db.perform(lambda work: record_search_log(work.connection, record("M.t", log.packed(), "u"), work.now()))
    with db.reading() as connection:
        (found,) = search_logs(connection, LogSelection(repositories=("repo",)))
        assert unpacked(found.log) == log
        assert list(search_logs(connection, LogSelection(theorem="M.other"))) == []
        assert logged_statements(connection, "repo") == {("M.t", "M.t key")}


def test_pruning_keeps_the_newest(db: Database) -> None:
    for number in range(5):
        log = record(f"t{number}", bytes(100), f"u{number}")
        db.perform(lambda work, log=log, at=number: record_search_log(work.connection, log, float(at)))  # type: ignore[misc]
    done = db.perform(lambda work: prune(work.connection, keep_bytes=350))
    assert (done.removed, done.left, done.left_bytes) == (2, 3, 300)
    done = db.perform(lambda work: prune(work.connection, before=4.0))
    assert (done.removed, done.left) == (2, 1)
    with db.reading() as connection:
        assert stored_bytes(connection) == 100
        assert [found.theorem for found in search_logs(connection, LogSelection())] == ["t4"]


def test_db_prune_wants_to_know_what_and_says_what_it_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PROVER_DATABASE", f"sqlite:///{tmp_path}/prover.db")
    assert run(["db", "prune"]) == 2
    assert "--keep" in capsys.readouterr().err
    with Database(tmp_path / "prover.db") as db:
        db.perform(lambda work: record_search_log(work.connection, record("t", bytes(2000), "u"), 1.0))
    assert run(["db", "prune", "--keep", "0.001"]) == 0
    assert "1 logs removed, 0 left" in capsys.readouterr().out


def declared(name: str) -> Declaration:
    return Declaration(name, "theorem", ": True", False, 0, 10, 8, True, key=f"{name} key")


def test_the_ledger_of_a_run_stores_the_logs_of_its_attempts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVER_DATABASE", f"sqlite:///{tmp_path}/prover.db")
    said: list[str] = []
    ledger = Ledger("lean", {"generators": ["known"]}, said.append)
    ledger.begin("/r", ())
    logs = SearchLogs()
    for name in ("M.failed", "M.untried"):
        task = Task(SourceText("", "M.lean", "M"), declared(name))
        bound = LoggedGenerator(Known(), logs).for_theorem(task.ref())
        if name == "M.failed":
            bound.suggest(Goal("left"))
            bound.on_result(Goal("left"), Suggestion("close", -1.0), Failed("elaboration", "", 5))
        ledger.record(task, TheoremOpen("the budget is spent", Spent()), logs)
    ledger.end(interrupted=False)
    assert said == []
    with Database(tmp_path / "prover.db") as db, db.reading() as connection:
        (found,) = search_logs(connection, LogSelection(runs=(1,)))
    assert (found.repository, found.module, found.theorem, found.proved, found.tried) == (
        "/r",
        "M",
        "M.failed",
        False,
        1,
    )
