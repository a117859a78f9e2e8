"""The daemon in a world made up, where everything goes wrong that can: it degrades, says so, and goes on."""

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from curriculum.daemon.configuration import DaemonConfig, ExclusionRule, WorkConfig
from curriculum.daemon.daemon import Daemon
from curriculum.daemon.environment import Resources
from curriculum.database.checking import faults
from curriculum.database.database import Database
from curriculum.database.lineage import lineage_of
from curriculum.database.queries import expired_leases, row_counts
from curriculum.database.results import Cost, FoundProof
from curriculum.database.watches import watched
from curriculum.lifelong.executor import AttemptRequest, AttemptResult
from curriculum.lifelong.lease_keeper import LeaseKeeper
from prover.errors import CheckoutFailed, DatabaseFull, DatabaseUnavailable, LakeFailed
from prover.project.location import Location
from prover.tactics.generator import Generator
from tests.traced_modules import LEAN, keyed, module, read, theorem

GOOD, BAD = "https://example.org/good", "https://example.org/bad"
NAMES = ("easy.a", "hard.b", "false.c")


class Killed(BaseException):
    """The process ends here."""


class World:
    """Two repositories: one is well; the other never builds. The database's clock is this world's."""

    def __init__(self, db: Database, die_at: int = -1) -> None:
        self.db = db
        self.executor = self
        self.revisions = {GOOD: "1", BAD: "1"}
        self.disk = 100.0
        self.time = 1_000_000.0
        self.uptime = 0.0
        db._clock = lambda: self.time
        self.attempted: list[str] = []
        self.seeds: dict[str, list[int]] = {name: [] for name in NAMES}
        self.traces: list[str] = []
        self.learnt = 0
        self.published: list[str] = []
        self.rotten: set[str] = set()
        """theorems whose known proofs no longer compile"""
        self._left = die_at

    def tick(self) -> None:
        self._left -= 1
        if self._left == 0:
            raise Killed

    def newest(self, location: str) -> str:
        self.tick()
        if location not in self.revisions:
            raise CheckoutFailed("There is no repository any more: check its address.")
        return self.revisions[location]

    def trace(self, location: str) -> str:
        self.tick()
        self.traces.append(location)
        if location == BAD:
            raise LakeFailed("Lake cannot build it.")
        revision = self.revisions[location]
        made = module("A", *(theorem(name, incomplete=True) for name in NAMES), text=revision)
        self.db.perform(lambda work: work.traces.record_trace(read(revision, location), keyed(made), {}))
        return revision

    def attempt(
        self, location: str, revision: str, trials: Sequence[AttemptRequest], learnt: Sequence[Generator]
    ) -> Iterator[AttemptResult]:
        for trial in trials:
            self.tick()
            self.attempted.append(trial.theorem)
            self.seeds[trial.theorem].append(trial.seed)
            proof = FoundProof((f"simp [{trial.theorem}]",), (), 3, "automation", whole=True)
            known = trial.tactics == 1 and trial.theorem not in self.rotten
            found = known or (trial.tactics > 1 and trial.theorem.startswith("easy"))
            result: Any = proof if found else ("open", "the budget is spent")
            patch = trial.theorem if found else ""
            yield AttemptResult(
                trial, f"key of {trial.theorem}", LEAN, result, Cost(1.0, 2, 3), recalled=known, patch=patch
            )
            self.tick()

    def learn(self) -> Sequence[Generator]:
        self.learnt += 1
        return ()

    def settings(self) -> dict[str, Any]:
        return {}

    def write_patch(self, location: str, finished: AttemptResult) -> Path | None:
        return Path(finished.patch) if finished.patch else None

    def publish(self, location: str, patch: Path) -> None:
        with self.db.reading() as connection:
            assert row_counts(connection)["proofs"], "it is stored before it is published"
        self.published.append(patch.name)

    def resources(self) -> Resources:
        return Resources(self.disk, 100.0)

    def steady(self) -> float:
        return self.uptime

    def wait(self, seconds: float) -> None:
        self.time += seconds
        self.uptime += seconds


class Said:
    """A log that is kept."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, event: str, **facts: Any) -> None:
        self.events.append((event, facts))

    def __contains__(self, event: object) -> bool:
        return any(name == event for name, _ in self.events)

    def count(self, event: str) -> int:
        return sum(name == event for name, _ in self.events)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database's file with the two repositories and nothing else."""
    file = tmp_path_factory.mktemp("empty") / "prover.db"
    with Database(file) as db:
        for location in (GOOD, BAD):
            db.perform(lambda work, place=location: work.traces.record_repository(place))  # type: ignore[misc]
    return file


@pytest.fixture
def db(tmp_path: Path, empty: Path) -> Iterator[Database]:
    shutil.copy(empty, tmp_path / "prover.db")
    with Database(tmp_path / "prover.db", busy_seconds=2) as database:
        yield database


CONFIGURATION = DaemonConfig(daemon=WorkConfig(batch=2))


def daemon(
    db: Database, world: World, owner: str = "one", configuration: DaemonConfig = CONFIGURATION
) -> tuple[Daemon, Said]:
    said = Said()
    return Daemon(db, world, configuration, owner, said), said


def until_idle(one: Daemon, world: World, most: int = 30) -> None:
    for _ in range(most):
        pause = one.safe_turn()
        if one.counters.state == "idle":
            return
        world.wait(pause)
    raise AssertionError(f"not idle after {most} turns: {one.counters}")


def test_it_traces_proves_learns_and_rests(db: Database) -> None:
    world = World(db)
    one, said = daemon(db, world)
    until_idle(one, world)
    assert sorted(world.attempted) == sorted(NAMES), "each once: nothing was learnt that would change a failure"
    assert (one.counters.proved, one.counters.attempts, one.counters.traced) == (1, 3, 1)
    assert world.learnt >= 2, "before the first attempt, and from the proof"
    assert one.safe_turn() > 0
    assert "put off" in said


def test_a_repository_that_never_builds_is_put_off_ever_longer_and_costs_the_other_nothing(db: Database) -> None:
    world = World(db)
    one, said = daemon(db, world)
    for _ in range(60):
        world.wait(max(60.0, one.safe_turn()))
    assert world.traces.count(BAD) < 8, "an hour of turns"
    assert one.counters.proved == 1
    pauses = [facts["seconds"] for name, facts in said.events if name == "put off"]
    assert pauses == sorted(pauses)
    with db.reading() as connection:
        bad = next(w for w in watched(connection) if w.location == BAD)
    assert bad.fault == "Lake cannot build it."


def test_a_new_commit_is_noticed_and_traced(db: Database) -> None:
    world = World(db)
    one, _ = daemon(db, world)
    until_idle(one, world)
    world.revisions[GOOD] = "2"
    world.wait(31 * 60)
    until_idle(one, world)
    assert world.traces.count(GOOD) == 2


@pytest.mark.parametrize("rotten", [set(), {"easy.a"}])
def test_known_proofs_are_tried_again_at_a_new_commit(db: Database, rotten: set[str]) -> None:
    world = World(db)
    one, said = daemon(db, world)
    until_idle(one, world)
    world.revisions[GOOD], world.rotten = "2", rotten
    before = len(world.attempted)
    world.wait(31 * 60)
    until_idle(one, world)
    assert world.attempted[before] == "easy.a"
    assert world.published == ["easy.a"] * (1 + len(rotten)), "not again for being tried again"
    assert one.counters.broken == len(rotten)
    assert ("proof changed" in said) == bool(rotten)
    assert world.attempted[before + 1 :].count("easy.a") == len(rotten), "what is broken is searched for anew"
    with db.reading() as connection:
        events = [event.event for event in lineage_of(connection, GOOD, "easy.a")]
    assert events == ["found", "kept", *(["broken", "found"] if rotten else [])]


def test_a_repository_that_vanishes_is_said_and_left(db: Database) -> None:
    world = World(db)
    one, said = daemon(db, world)
    until_idle(one, world)
    del world.revisions[GOOD]
    world.wait(31 * 60)
    until_idle(one, world)
    assert any("no repository any more" in str(facts.get("error")) for _, facts in said.events)


def test_targets_on_the_list_are_never_attempted(db: Database) -> None:
    world = World(db)
    rules = DaemonConfig(leave=(ExclusionRule("good", ("false.*",), "known to be false"),))
    one, _ = daemon(db, world, configuration=rules)
    until_idle(one, world)
    assert sorted(world.attempted) == ["easy.a", "hard.b"]


def test_rules_take_effect_at_once_and_are_taken_back_at_once(db: Database) -> None:
    world = World(db)
    until_idle(daemon(db, World(db), configuration=DaemonConfig(leave=(ExclusionRule("good"),)))[0], world)
    rules = DaemonConfig(daemon=WorkConfig(batch=2), leave=(ExclusionRule(f"{GOOD}.git", ("false.*", "hard.*")),))
    one, said = daemon(db, world, configuration=rules)
    until_idle(one, world)
    assert world.attempted == ["easy.a"], "it was traced under other rules"
    world.revisions[GOOD] = "2"
    world.trace(GOOD)  # by somebody else
    until_idle(one, world)
    assert world.attempted == ["easy.a"]
    until_idle(daemon(db, world)[0], world)
    assert sorted(world.attempted) == sorted(NAMES)
    assert "rule without a repository" not in said


def test_a_rule_about_no_repository_is_said_once(db: Database) -> None:
    world = World(db)
    one, said = daemon(db, world, configuration=DaemonConfig(leave=(ExclusionRule("godo"), ExclusionRule("good"))))
    until_idle(one, world)
    one.safe_turn()
    assert [facts for event, facts in said.events if event == "rule without a repository"] == [{"repository": "godo"}]


def test_each_further_try_is_another_search(db: Database) -> None:
    world = World(db)
    one, _ = daemon(db, world)
    for _ in range(8):
        until_idle(one, world)
        world.wait(15 * 24 * 3600.0)
    seeds = world.seeds["hard.b"]
    assert len(seeds) > 6
    assert len(set(seeds)) == len(seeds)


def test_a_full_disk_is_waited_for(db: Database) -> None:
    world = World(db)
    one, said = daemon(db, world)
    pauses = []
    for world.disk in (0.9, 0.7, 0.5, 0.3):
        pauses.append(one.safe_turn())
    assert pauses == [1.0, 2.0, 4.0, 8.0]
    assert (one.counters.state, world.traces) == ("degraded", [])
    assert said.count("degraded") == 1, "said once, not at each turn"
    world.disk = 50.0
    until_idle(one, world)
    assert "well again" in said
    assert one.counters.proved == 1


@pytest.mark.parametrize("error", [DatabaseUnavailable("it is gone"), DatabaseFull("the disk is full")])
def test_a_database_that_is_lost_is_waited_for_and_nothing_is_lost(
    db: Database, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    world = World(db)
    one, said = daemon(db, world)
    one.safe_turn()
    with monkeypatch.context() as patch:
        patch.setattr(db, "perform", _raising(error))
        patch.setattr(db, "reading", _raising(error))
        for _ in range(3):
            world.wait(one.safe_turn())
    assert one.counters.state == "degraded"
    until_idle(one, world)
    assert "well again" in said
    assert one.counters.proved == 1


def _raising(error: Exception) -> Any:
    def act(*_: Any, **__: Any) -> Any:
        raise error

    return act


def test_a_clock_that_jumps_ahead_or_back_stops_nothing(db: Database) -> None:
    world = World(db)
    one, said = daemon(db, world)
    until_idle(one, world)
    world.time -= 10_000_000
    world.revisions[GOOD] = "2"
    until_idle(one, world)
    assert "clock jumped" in said
    assert world.traces.count(GOOD) == 2, "it does not wait for the old time to come again"
    world.time += 50_000_000
    until_idle(one, world)
    assert said.count("clock jumped") == 2


def test_a_clock_that_was_years_ahead_before_the_start_stops_nothing(db: Database) -> None:
    ahead = World(db)
    ahead.time = 2e9
    until_idle(daemon(db, ahead)[0], ahead)
    world = World(db)
    world.revisions[GOOD] = "2"
    until_idle(daemon(db, world, owner="two")[0], world)
    assert GOOD in world.traces


def test_a_database_that_is_down_at_the_start_is_waited_for(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(db)
    other = "https://example.org/other"
    world.revisions[other] = "1"
    one, said = daemon(db, world)
    one.listed = (Location(other),)
    with monkeypatch.context() as patch:
        patch.setattr(db, "_prepare", _raising(DatabaseUnavailable("it is gone")))
        world.wait(one.safe_turn())
    assert one.counters.state == "degraded"
    until_idle(one, world)
    assert "well again" in said
    assert world.traces == [other]


def test_a_kill_at_any_point_loses_no_more_than_the_work_in_hand(tmp_path: Path, empty: Path) -> None:
    for point in (3, 6):
        file = tmp_path / f"{point}.db"
        shutil.copy(empty, file)
        with Database(file) as db:
            world = World(db, die_at=point)
            one, _ = daemon(db, world, owner="first")
            with pytest.raises(Killed):
                until_idle(one, world)
        with Database(file) as db:
            after = World(db)
            after.time += 400
            other, _ = daemon(db, after, owner="second")
            until_idle(other, after)
            with db.reading() as connection:
                assert list(faults(connection)) == []
                assert row_counts(connection)["proofs"] == 1
                assert 3 <= row_counts(connection)["attempts"] <= 4
                assert expired_leases(connection, after.time) is not None


def test_two_daemons_on_one_file_share_the_work_and_do_none_twice(db: Database) -> None:
    world = World(db)
    one, _ = daemon(db, world, owner="one")
    other, _ = daemon(db, world, owner="other")
    held = one._lease(GOOD)
    assert held is not None
    for _ in range(4):
        other.safe_turn()
    assert world.attempted == []
    assert GOOD not in world.traces, "somebody else has it"
    db.perform(lambda work: work.leases.release(held))
    for _ in range(8):
        one.safe_turn()
        other.safe_turn()
    assert sorted(world.attempted) == sorted(NAMES)


def test_who_learns_for_long_has_no_lease_that_runs_out(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(db)
    one, said = daemon(db, world, owner="slow")
    other, _ = daemon(db, world, owner="quick")
    one.safe_turn()
    one.safe_turn()

    def learn_for_long() -> Sequence[Generator]:
        monkeypatch.setattr(world, "learn", tuple)
        world.wait(200)
        for _ in range(3):
            other.safe_turn()
        return ()

    monkeypatch.setattr(world, "learn", learn_for_long)
    until_idle(one, world)
    assert "lease lost" not in said
    assert sorted(world.attempted) == sorted(NAMES)


def test_what_one_daemon_traced_the_other_learns(db: Database) -> None:
    world = World(db)
    one, _ = daemon(db, world, owner="one")
    other, _ = daemon(db, world, owner="other")
    until_idle(one, world)
    until_idle(other, world)
    before = other.counters.learnt
    world.revisions[GOOD] = "2"
    world.wait(31 * 60)
    until_idle(one, world)
    until_idle(other, world)
    assert other.counters.traced == 0
    assert other.counters.learnt == before + 1


def test_who_is_told_to_stop_does_not_wait_for_a_database_in_use(db: Database, tmp_path: Path) -> None:
    one, _ = daemon(db, World(db))
    held = one._lease(GOOD)
    assert held is not None
    holding = LeaseKeeper(db, held)
    writer = sqlite3.connect(tmp_path / "prover.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    with pytest.raises(Killed), holding:
        raise Killed
    assert holding._thread.is_alive(), "it still tries to give the lease back"
    writer.close()
    holding._thread.join()
    assert daemon(db, World(db), owner="next")[0]._lease(GOOD) is not None


def test_a_daemon_whose_lease_was_taken_stores_nothing_more(db: Database) -> None:
    world = World(db)
    one, said = daemon(db, world, owner="slow")
    one.safe_turn()
    one.safe_turn()
    real = world.attempt

    def overtaken(*arguments: Any) -> Iterator[AttemptResult]:
        def take(work: Any) -> None:
            work.leases._now = lambda: work.now() + 1e6
            work.leases.acquire(f"work {GOOD}", "quick", 60)

        db.perform(take)
        yield from real(*arguments)

    world.attempt = overtaken  # type: ignore[method-assign]
    for _ in range(3):
        one.safe_turn()
    assert "lease lost" in said
    with db.reading() as connection:
        assert row_counts(connection)["attempts"] == 0
