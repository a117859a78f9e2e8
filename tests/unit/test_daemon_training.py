"""The daemon trains learners with weights on what it traces and proves, and resumes from a checkpoint after a kill."""

import sqlite3
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from curriculum.daemon.configuration import DaemonConfig, LearningConfig, WorkConfig
from curriculum.database.database import Database
from curriculum.learn.learner import EvaluationTask, Learner, TrainingTask
from curriculum.lifelong.learners import Learners
from prover.errors import RepositoryError
from prover.tactics.generator import Generator
from tests.tiny_models import tiny_seq2seq
from tests.traced_modules import keyed, module, read, theorem
from tests.unit.fake_daemon import GOOD, FakeEnvironment, Killed, RecordedLog, daemon, until_idle

SECOND, THIRD = "https://example.org/second", "https://example.org/third"


class Counting:
    """A learner whose knowledge is the list of what it was trained on; it can be killed in the middle of a training."""

    name = "counting"

    def __init__(self, die_at: int = -1) -> None:
        self.known: list[str] = []
        self.trainings = 0
        self._die_at = die_at

    def train(self, task: TrainingTask) -> None:
        self.trainings += 1
        if self.trainings == self._die_at:
            raise Killed
        self.known += [*(each.name for each in task.modules), *(each.theorem for each in task.found)]

    def performance(self, task: EvaluationTask) -> tuple[float, ...]:
        return (float(len(self.known)),)

    def generators(self) -> tuple[Generator, ...]:
        return ()

    def save(self, directory: Path) -> None:
        (directory / "known").write_text("\n".join(self.known))

    def load(self, directory: Path) -> None:
        self.known = (directory / "known").read_text().splitlines()

    def reset(self) -> None:
        self.known = []


@pytest.fixture
def db(sqlite_database: Database) -> Database:
    sqlite_database.perform(lambda work: work.traces.record_repository(GOOD))
    return sqlite_database


def config(**learning: Any) -> DaemonConfig:
    return DaemonConfig(daemon=WorkConfig(batch=2), learning=LearningConfig(learners=("counting",), **learning))


def environment(db: Database, tmp_path: Path, learner: Learner) -> FakeEnvironment:
    return FakeEnvironment(db, learners=Learners([learner], tmp_path / "learners", lambda _: None))


def trained(log: RecordedLog) -> list[dict[str, Any]]:
    return [facts for event, facts in log.events if event == "trained"]


def test_it_trains_on_what_is_traced_and_on_proofs_when_there_are_enough(db: Database, tmp_path: Path) -> None:
    learner = Counting()
    one = environment(db, tmp_path, learner)
    work, log = daemon(db, one, configuration=config(every_proofs=1))
    until_idle(work, one)
    assert learner.known == ["A"], "the proof that was found has no steps to learn from"
    assert [facts["repository"] for facts in trained(log)] == [GOOD, None]
    assert trained(log)[0]["performance"] == {"counting": 1.0}
    patient, _ = daemon(db, environment(db, tmp_path / "other", Counting()), configuration=config(every_proofs=2))
    until_idle(patient, one)


def test_a_new_commit_is_learned_but_not_what_was_learned_before(db: Database, tmp_path: Path) -> None:
    learner = Counting()
    one = environment(db, tmp_path, learner)
    work, log = daemon(db, one, configuration=config())
    until_idle(work, one)
    same = module("A", *(theorem(name, incomplete=True) for name in ("easy.a", "hard.b", "false.c")), text="1")
    more = module("B", theorem("B.b"))
    db.perform(lambda unit: unit.traces.record_trace(read("2", GOOD), keyed(same, more), {}))
    until_idle(work, one)
    assert learner.known == ["A", "B"]
    assert [facts["modules"] for facts in trained(log)] == [1, 1]


def test_a_kill_in_a_training_costs_that_training(db: Database, tmp_path: Path) -> None:
    for location in (SECOND, THIRD):
        db.perform(lambda unit, at=location: unit.traces.record_repository(at))  # type: ignore[misc]
    killed = Counting(die_at=2)
    one = environment(db, tmp_path, killed)
    one.revisions |= {SECOND: "1", THIRD: "1"}
    with pytest.raises(Killed):
        until_idle(daemon(db, one, configuration=config())[0], one)
    assert len(killed.known) == 1
    after = Counting()
    two = environment(db, tmp_path, after)
    two.revisions, two.time = one.revisions, one.time + 400
    work, log = daemon(db, two, owner="two", configuration=config())
    until_idle(work, two)
    assert after.known == ["A", "A", "A"], "one for each repository"
    assert after.trainings == 2, "what was trained before the kill is loaded"
    assert ("learners_restored", {"learners": ["counting"], "tasks": 1}) in log.events


@pytest.mark.parametrize("lost", ["checkpoint", "settings", "database"])
def test_without_a_checkpoint_that_fits_everything_is_learned_again(db: Database, tmp_path: Path, lost: str) -> None:
    one = environment(db, tmp_path, Counting())
    until_idle(daemon(db, one, configuration=config())[0], one)
    settings = config(seed=1) if lost == "settings" else config()
    if lost == "checkpoint":
        (tmp_path / "learners" / "1" / "counting" / "known").unlink()
    if lost == "database":
        sqlite3.connect(db.name).execute("VACUUM INTO ?", (str(tmp_path / "copy.db"),))
    again = Counting()
    with Database(tmp_path / "copy.db" if lost == "database" else Path(db.name)) as used:
        two = environment(used, tmp_path, again)
        until_idle(daemon(used, two, owner="two", configuration=settings)[0], two)
    assert again.known == ["A"]


@pytest.mark.parametrize("error", [RepositoryError("it took too long"), RuntimeError("out of memory"), MemoryError()])
def test_a_training_that_fails_is_tried_again_later_and_stops_no_proof(
    db: Database, tmp_path: Path, error: BaseException
) -> None:
    learner = Counting()
    one = environment(db, tmp_path, learner)
    train = learner.train

    def fail(task: TrainingTask) -> None:
        train(task)
        raise error

    learner.train = fail  # type: ignore[method-assign]
    work, log = daemon(db, one, configuration=config())
    until_idle(work, one)
    assert log.count("training_failed") == 1
    assert (work.counters.proved, work.counters.faults > 0, learner.known) == (1, True, [])
    learner.train = train  # type: ignore[method-assign]
    one.wait(61)
    until_idle(work, one)
    assert learner.known == ["A"]


def test_trainings_are_limited_in_time_and_kept_apart(db: Database, tmp_path: Path) -> None:
    learner = Counting()
    one = environment(db, tmp_path, learner)
    asked: list[tuple[float, str]] = []
    limit = one.time_limit

    def time_limit(hours: float, activity: str) -> AbstractContextManager[None]:
        asked.append((hours, activity))
        return limit(hours, activity)

    one.time_limit = time_limit  # type: ignore[method-assign]
    db.perform(lambda unit: unit.traces.record_repository(SECOND))
    one.revisions[SECOND] = "1"
    settings = config(every_minutes=30)
    settings = replace(settings, limits=replace(settings.limits, training_hours=3))
    work, _ = daemon(db, one, configuration=settings)
    until_idle(work, one)
    assert len(learner.known) == 1
    one.wait(29 * 60)
    work.safe_turn()
    assert len(learner.known) == 1
    one.wait(2 * 60)
    until_idle(work, one)
    assert learner.known == ["A", "A"]
    assert asked == 2 * [(3, "a training")]


@pytest.mark.slow
def test_a_language_model_is_trained_used_and_restored(db: Database, tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    from curriculum.learn.generator.learner import GeneratorLearner

    base = str(tiny_seq2seq(tmp_path / "base"))
    settings = DaemonConfig(
        daemon=WorkConfig(batch=2), learning=LearningConfig(learners=("generator",), base=base, learning_rate=1e-3)
    )
    one = environment(db, tmp_path, GeneratorLearner(base=base, learning_rate=1e-3))
    until_idle(daemon(db, one, configuration=settings)[0], one)
    assert one.generators[0] == ["model"], "trained before the first attempt"
    two = environment(db, tmp_path, GeneratorLearner(base=base, learning_rate=1e-3))
    two.time = one.time + 15 * 24 * 3600
    work, log = daemon(db, two, owner="two", configuration=settings)
    until_idle(work, two)
    assert ("learners_restored", {"learners": ["generator"], "tasks": 1}) in log.events
    assert {tuple(names) for names in two.generators if names} == {("model",)}
