"""The daemon in a fake environment where everything fails that can: it degrades, logs that, and continues."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from curriculum.daemon.configuration import DaemonConfig, ExclusionRule, WorkConfig
from curriculum.database.checking import faults
from curriculum.database.database import Database
from curriculum.database.history import histories
from curriculum.database.listing import row_counts
from curriculum.database.watches import watched_repositories
from curriculum.lifelong.executor import AttemptResult
from curriculum.lifelong.lease_keeper import LeaseKeeper
from curriculum.lifelong.policy import MIN_SHARE_DIVISOR, ProvingPolicy
from prover.errors import DatabaseFull, DatabaseUnavailable
from prover.project.location import Location
from prover.tactics.generator import Generator
from tests.unit.fake_daemon import BAD, CONFIGURATION, GOOD, NAMES, FakeEnvironment, Killed, daemon, until_idle


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Path:
    """A database's file with the two repositories and nothing else."""
    file = tmp_path_factory.mktemp("empty") / "prover.db"
    with Database(shutil.copy(empty_database, file)) as db:
        for location in (GOOD, BAD):
            db.perform(lambda work, place=location: work.traces.record_repository(place))  # type: ignore[misc]
    return file


@pytest.fixture
def db(fresh_database: Callable[[Path], Database], empty: Path) -> Database:
    return fresh_database(empty)


def test_it_traces_proves_learns_and_rests(db: Database) -> None:
    environment = FakeEnvironment(db)
    one, log = daemon(db, environment)
    until_idle(one, environment)
    assert sorted(environment.attempted) == sorted(NAMES), "each once: nothing was learnt that would change a failure"
    assert (one.counters.proved, one.counters.attempts, one.counters.traced) == (1, 3, 1)
    assert environment.recollections >= 2, "before the first attempt, and from the proof"
    assert one.safe_turn() > 0
    assert "repository_deferred" in log


def test_a_repository_that_never_builds_is_put_off_ever_longer_and_costs_the_other_nothing(db: Database) -> None:
    environment = FakeEnvironment(db)
    one, log = daemon(db, environment)
    for _ in range(60):
        environment.wait(max(60.0, one.safe_turn()))
    assert environment.traces.count(BAD) < 8, "an hour of turns"
    assert one.counters.proved == 1
    pauses = [facts["seconds"] for name, facts in log.events if name == "repository_deferred"]
    assert pauses == sorted(pauses)
    with db.reading() as connection:
        bad = next(w for w in watched_repositories(connection) if w.location == BAD)
    assert bad.fault == "Lake cannot build it."


def test_a_new_commit_is_noticed_and_traced(db: Database) -> None:
    environment = FakeEnvironment(db)
    one, _ = daemon(db, environment)
    until_idle(one, environment)
    environment.revisions[GOOD] = "2"
    environment.wait(31 * 60)
    until_idle(one, environment)
    assert environment.traces.count(GOOD) == 2


@pytest.mark.parametrize("rotten", [set(), {"easy.a"}])
def test_known_proofs_are_tried_again_at_a_new_commit(db: Database, rotten: set[str]) -> None:
    environment = FakeEnvironment(db)
    one, log = daemon(db, environment)
    until_idle(one, environment)
    environment.revisions[GOOD], environment.rotten = "2", rotten
    before = len(environment.attempted)
    environment.wait(31 * 60)
    until_idle(one, environment)
    assert environment.attempted[before] == "easy.a"
    assert environment.published == ["easy.a"] * (1 + len(rotten)), "not again for being tried again"
    assert one.counters.broken == len(rotten)
    assert ("proof_changed" in log) == bool(rotten)
    assert environment.attempted[before + 1 :].count("easy.a") == len(rotten), "a broken proof is searched again"
    with db.reading() as connection:
        events = [event.event for event in histories(connection, GOOD, "easy.a")[0].lineage]
    assert events == ["found", "kept", *(["broken", "found"] if rotten else [])]


def test_a_repository_that_vanishes_is_said_and_left(db: Database) -> None:
    environment = FakeEnvironment(db)
    one, log = daemon(db, environment)
    until_idle(one, environment)
    del environment.revisions[GOOD]
    environment.wait(31 * 60)
    until_idle(one, environment)
    assert any("no repository any more" in str(facts.get("error")) for _, facts in log.events)


def test_targets_on_the_list_are_never_attempted(db: Database) -> None:
    environment = FakeEnvironment(db)
    rules = DaemonConfig(leave=(ExclusionRule("good", ("false.*",), "known to be false"),))
    one, _ = daemon(db, environment, configuration=rules)
    until_idle(one, environment)
    assert sorted(environment.attempted) == ["easy.a", "hard.b"]


def test_rules_take_effect_at_once_and_are_taken_back_at_once(db: Database) -> None:
    environment = FakeEnvironment(db)
    until_idle(
        daemon(db, FakeEnvironment(db), configuration=DaemonConfig(leave=(ExclusionRule("good"),)))[0], environment
    )
    rules = DaemonConfig(daemon=WorkConfig(batch=2), leave=(ExclusionRule(f"{GOOD}.git", ("false.*", "hard.*")),))
    one, log = daemon(db, environment, configuration=rules)
    until_idle(one, environment)
    assert environment.attempted == ["easy.a"], "it was traced under other rules"
    environment.revisions[GOOD] = "2"
    environment.trace(GOOD)  # by somebody else
    until_idle(one, environment)
    assert environment.attempted == ["easy.a"]
    until_idle(daemon(db, environment)[0], environment)
    assert sorted(environment.attempted) == sorted(NAMES)
    assert "rule_without_repository" not in log


def test_a_rule_about_no_repository_is_said_once(db: Database) -> None:
    environment = FakeEnvironment(db)
    one, log = daemon(db, environment, configuration=DaemonConfig(leave=(ExclusionRule("godo"), ExclusionRule("good"))))
    until_idle(one, environment)
    one.safe_turn()
    assert [facts for event, facts in log.events if event == "rule_without_repository"] == [{"repository": "godo"}]


def test_each_further_try_is_another_search(db: Database) -> None:
    environment = FakeEnvironment(db)
    one, _ = daemon(db, environment)
    for _ in range(8):
        until_idle(one, environment)
        environment.wait(15 * 24 * 3600.0)
    seeds = environment.seeds["hard.b"]
    assert len(seeds) > 6
    assert len(set(seeds)) == len(seeds)


def test_budgets_and_temperatures_are_those_of_a_course(db: Database) -> None:
    environment = FakeEnvironment(db)
    one, _ = daemon(db, environment)
    for _ in range(4):
        until_idle(one, environment)
        environment.wait(15 * 24 * 3600.0)
    policy = ProvingPolicy()
    tried = [each.temperature for each in environment.requests]
    assert tried[:3] == [0.0, 0.0, 0.0]
    assert tried[3:7] == list(policy.temperatures.grid), "further tries are spread over the temperatures"
    first = environment.requests[: CONFIGURATION.daemon.batch]
    assert sum(each.tactics for each in first) == policy.tactics * len(first)
    assert min(each.tactics for each in environment.requests) >= policy.tactics // MIN_SHARE_DIVISOR


def test_a_full_disk_is_waited_for(db: Database) -> None:
    environment = FakeEnvironment(db)
    one, log = daemon(db, environment)
    pauses = []
    for environment.disk in (0.9, 0.7, 0.5, 0.3):
        pauses.append(one.safe_turn())
    assert pauses == [1.0, 2.0, 4.0, 8.0]
    assert (one.counters.state, environment.traces) == ("degraded", [])
    assert log.count("degraded") == 1, "logged once, not at each turn"
    environment.disk = 50.0
    until_idle(one, environment)
    assert "recovered" in log
    assert one.counters.proved == 1


@pytest.mark.parametrize("error", [DatabaseUnavailable("it is gone"), DatabaseFull("the disk is full")])
def test_a_database_that_is_lost_is_waited_for_and_nothing_is_lost(
    db: Database, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    environment = FakeEnvironment(db)
    one, log = daemon(db, environment)
    one.safe_turn()
    with monkeypatch.context() as patch:
        patch.setattr(db, "perform", _raising(error))
        patch.setattr(db, "reading", _raising(error))
        for _ in range(3):
            environment.wait(one.safe_turn())
    assert one.counters.state == "degraded"
    until_idle(one, environment)
    assert "recovered" in log
    assert one.counters.proved == 1


def _raising(error: Exception) -> Any:
    def act(*_: Any, **__: Any) -> Any:
        raise error

    return act


def test_a_clock_that_jumps_ahead_or_back_stops_nothing(db: Database) -> None:
    environment = FakeEnvironment(db)
    one, log = daemon(db, environment)
    until_idle(one, environment)
    environment.time -= 10_000_000
    environment.revisions[GOOD] = "2"
    until_idle(one, environment)
    assert "clock_jumped" in log
    assert environment.traces.count(GOOD) == 2, "it does not wait for the old time to come again"
    environment.time += 50_000_000
    until_idle(one, environment)
    assert log.count("clock_jumped") == 2


def test_a_clock_that_was_years_ahead_before_the_start_stops_nothing(db: Database) -> None:
    ahead = FakeEnvironment(db)
    ahead.time = 2e9
    until_idle(daemon(db, ahead)[0], ahead)
    environment = FakeEnvironment(db)
    environment.revisions[GOOD] = "2"
    until_idle(daemon(db, environment, owner="two")[0], environment)
    assert GOOD in environment.traces


def test_a_database_that_is_down_at_the_start_is_waited_for(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = FakeEnvironment(db)
    other = "https://example.org/other"
    environment.revisions[other] = "1"
    one, log = daemon(db, environment)
    one.listed = (Location(other),)
    with monkeypatch.context() as patch:
        patch.setattr(db, "_prepare", _raising(DatabaseUnavailable("it is gone")))
        environment.wait(one.safe_turn())
    assert one.counters.state == "degraded"
    until_idle(one, environment)
    assert "recovered" in log
    assert environment.traces == [other]


@pytest.mark.slow
def test_a_kill_at_any_point_loses_no_more_than_the_work_in_hand(tmp_path: Path, empty: Path) -> None:
    for point in (3, 6):
        file = tmp_path / f"{point}.db"
        shutil.copy(empty, file)
        with Database(file) as db:
            environment = FakeEnvironment(db, die_at=point)
            one, _ = daemon(db, environment, owner="first")
            with pytest.raises(Killed):
                until_idle(one, environment)
        with Database(file) as db:
            after = FakeEnvironment(db)
            after.time += 400
            other, _ = daemon(db, after, owner="second")
            until_idle(other, after)
            with db.reading() as connection:
                assert list(faults(connection)) == []
                assert row_counts(connection)["proofs"] == 1
                assert 3 <= row_counts(connection)["attempts"] <= 4


def test_two_daemons_on_one_file_share_the_work_and_do_none_twice(db: Database) -> None:
    environment = FakeEnvironment(db)
    one, _ = daemon(db, environment, owner="one")
    other, _ = daemon(db, environment, owner="other")
    held = one._lease(GOOD)
    assert held is not None
    for _ in range(4):
        other.safe_turn()
    assert environment.attempted == []
    assert GOOD not in environment.traces, "somebody else has it"
    db.perform(lambda work: work.leases.release(held))
    for _ in range(8):
        one.safe_turn()
        other.safe_turn()
    assert sorted(environment.attempted) == sorted(NAMES)


def test_who_learns_for_long_has_no_lease_that_runs_out(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = FakeEnvironment(db)
    one, log = daemon(db, environment, owner="slow")
    other, _ = daemon(db, environment, owner="quick")
    one.safe_turn()
    one.safe_turn()

    def learn_for_long() -> Sequence[Generator]:
        monkeypatch.setattr(environment, "recollect", tuple)
        environment.wait(200)
        for _ in range(3):
            other.safe_turn()
        return ()

    monkeypatch.setattr(environment, "recollect", learn_for_long)
    until_idle(one, environment)
    assert "lease_lost" not in log
    assert sorted(environment.attempted) == sorted(NAMES)


def test_what_one_daemon_traced_the_other_learns(db: Database) -> None:
    environment = FakeEnvironment(db)
    one, _ = daemon(db, environment, owner="one")
    other, _ = daemon(db, environment, owner="other")
    until_idle(one, environment)
    until_idle(other, environment)
    before = other.counters.learnt
    environment.revisions[GOOD] = "2"
    environment.wait(31 * 60)
    until_idle(one, environment)
    until_idle(other, environment)
    assert other.counters.traced == 0
    assert other.counters.learnt == before + 1


def test_who_is_told_to_stop_does_not_wait_for_a_database_in_use(db: Database) -> None:
    one, _ = daemon(db, FakeEnvironment(db))
    held = one._lease(GOOD)
    assert held is not None
    holding = LeaseKeeper(db, held)
    writer = sqlite3.connect(db.name, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    with pytest.raises(Killed), holding:
        raise Killed
    assert holding._thread.is_alive(), "it still tries to give the lease back"
    writer.close()
    holding._thread.join()
    assert daemon(db, FakeEnvironment(db), owner="next")[0]._lease(GOOD) is not None


def test_a_daemon_whose_lease_was_taken_stores_nothing_more(db: Database) -> None:
    environment = FakeEnvironment(db)
    one, log = daemon(db, environment, owner="slow")
    one.safe_turn()
    one.safe_turn()
    real = environment.attempt

    def overtaken(*arguments: Any) -> Iterator[AttemptResult]:
        def take(work: Any) -> None:
            work.leases._now = lambda: work.now() + 1e6
            work.leases.acquire(f"work {GOOD}", "quick", 60)

        db.perform(take)
        yield from real(*arguments)

    environment.attempt = overtaken  # type: ignore[method-assign]
    for _ in range(3):
        one.safe_turn()
    assert "lease_lost" in log
    with db.reading() as connection:
        assert row_counts(connection)["attempts"] == 0
