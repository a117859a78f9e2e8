"""Courses with a fake executor: what is learned, what is proved, and that a kill at any point changes nothing."""

import dataclasses
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from curriculum.database.courses import finished_steps
from curriculum.database.database import Database
from curriculum.database.history import histories
from curriculum.database.lineage import reconcile
from curriculum.database.records import AttemptCost, FoundProof, GoalStep
from curriculum.database.theorem_queue import queue_of
from curriculum.learn.learner import MemoryLearner, ProofExample, Strategy, TrainingTask
from curriculum.lifelong.course import Course, CourseConfig
from curriculum.lifelong.course_run import run_course
from curriculum.lifelong.executor import AttemptRequest, AttemptResult, LearnedState, SuggestionCounts
from curriculum.lifelong.summary import CourseSummary, summary_of
from curriculum.metrics import backward_transfer
from curriculum.ordering import EasyFirst
from prover.errors import CheckoutFailed, UsageError
from prover.lean.traced import TracedDeclaration
from prover.tactics.generator import Frozen, Generator, TheoremRef
from prover.tactics.memory.goal_features import features_of_text
from tests.traced_modules import LEAN, keyed, module, read, theorem

ONE, TWO, GONE = "https://example.org/one", "https://example.org/two", "https://example.org/gone"
PLACES = (ONE, TWO)


class Killed(BaseException):
    """The process ends here."""


def declared(name: str, incomplete: bool = True) -> TracedDeclaration:
    return theorem(name, key=f"statement of {name}", incomplete=incomplete)


class FakeExecutor:
    """Repositories whose `easy` theorems are always proved, and whose `hard` ones are once a tactic is remembered."""

    def __init__(self, db: Database, die_at: int = -1) -> None:
        self.db = db
        self.attempted: list[str] = []
        self.seeds: list[int] = []
        self.statistics: list[tuple[SuggestionCounts, SuggestionCounts]] = []
        """what the generators of each attempt began with"""
        self.backwards = False
        """attempts are finished in the opposite order"""
        self.revision = "1"
        self.restated = ""
        """a theorem whose statement the next revision changes"""
        self.rotten: set[str] = set()
        """theorems whose known proofs no longer compile"""
        self._left = die_at

    def tick(self) -> None:
        self._left -= 1
        if self._left == 0:
            raise Killed

    def trace(self, location: str) -> str:
        self.tick()
        if location == GONE:
            raise CheckoutFailed("There is no repository any more: check its address.")
        names = {"one": ("easy.a", "hard.b", "done.c"), "two": ("easy.d", "hard.e")}[location[-3:]]
        short = location[-3:]
        declarations = [declared(f"{short}.{n}", incomplete=not n.startswith("done")) for n in names]
        declarations = [
            theorem(d.name, key="restated", incomplete=True) if d.name == self.restated else d for d in declarations
        ]
        made = module(short, *declarations, text=f"{short} {self.revision}")
        self.db.perform(lambda work: work.traces.record_trace(read(self.revision, location), keyed(made), {}))
        return self.revision

    def attempt(
        self, location: str, revision: str, requests: Sequence[AttemptRequest], learned: LearnedState
    ) -> Iterator[AttemptResult]:
        for request in reversed(requests) if self.backwards else requests:
            self.tick()
            self.attempted.append(request.theorem)
            self.seeds.append(request.seed)
            self.statistics.append((learned.here, learned.elsewhere))
            yield self._finished(request, learned.generators)
            self.tick()

    def _finished(self, request: AttemptRequest, learnt: Sequence[Generator]) -> AttemptResult:
        known = request.recall and not self.rotten
        proved = ".easy" in request.theorem or any(self._trick(g) for g in learnt)
        steps = (GoalStep("⊢ Goal", "kGoal", "magic"),)
        proof = FoundProof((f"magic {request.theorem}",), (), 3, "automation", whole=True, steps=steps)
        result: Any = proof if proved else ("open", "the budget is spent")
        if request.theorem in self.rotten:
            result = ("open", "the budget is spent")
        key = f"statement of {request.theorem}"
        counts = {("Eq", "automation"): (4, 2, int(proved))}
        cost = AttemptCost(0.5, 2, request.tactics)
        return AttemptResult(request, key, LEAN, result, cost, recalled=known and proved, counts=counts)

    @staticmethod
    def _trick(generator: Generator) -> bool:
        assert isinstance(generator, Frozen)
        recall: Any = generator.for_theorem(TheoremRef("Z", "Z.z", 0, "sz"))
        return any(s.tactic == "magic" for s in recall.suggest_for(features_of_text("⊢ Goal"), "kGoal"))

    def settings(self) -> dict[str, Any]:
        return {"executor": "fake"}


def config(rounds: int = 2, strategy: Strategy = "progressive", places: tuple[str, ...] = PLACES) -> CourseConfig:
    return CourseConfig(places, rounds=rounds, strategy=strategy, tactics=8)


def complete(
    db: Database, executor: FakeExecutor, kept: Path, chosen: CourseConfig, notes: list[str] | None = None
) -> int:
    lines = notes if notes is not None else []
    learners = [MemoryLearner(chosen.strategy)]
    return run_course(Course(db, executor, learners, lambda *_: EasyFirst(), kept, lines.append), chosen)


def steps(db: Database, run: int) -> list[tuple[Any, ...]]:
    with db.reading() as connection:
        found = finished_steps(connection, run)
    return [(s.position, s.kind, s.round, s.location, s.record) for s in found]


def summary_after(db: Database, run: int) -> CourseSummary:
    with db.reading() as connection:
        return summary_of(finished_steps(connection, run))


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    return sqlite_database


def test_what_is_learnt_in_one_repository_helps_in_the_next_and_in_the_next_round(
    database: Database, tmp_path: Path
) -> None:
    summary = summary_after(database, complete(database, FakeExecutor(database), tmp_path / "kept", config()))
    assert summary.order == (ONE, TWO), "the one with an easy theorem comes first"
    assert [(v.location[-3:], v.round, v.proved) for v in summary.visits] == [
        ("one", 1, ("one.easy.a",)),
        ("two", 1, ("two.easy.d", "two.hard.e")),
        ("one", 2, ("one.hard.b",)),
        ("two", 2, ()),
    ]
    assert summary.baseline[TWO] == 2 * [{"two.easy.d": True, "two.hard.e": False}]
    for up_to in (1, 2):
        made = summary.gains(TWO, up_to)
        assert made is not None
        assert (made.gained, made.lost) == ({"two.hard.e"}, frozenset())
    assert summary.proved(ONE, 1) < summary.proved(ONE, 2)


def test_the_matrix_has_a_row_for_each_repository_learnt(database: Database, tmp_path: Path) -> None:
    summary = summary_after(database, complete(database, FakeExecutor(database), tmp_path / "kept", config()))
    matrix = summary.performance["memory"].matrix()
    assert (len(matrix.rows), len(matrix.before)) == (2, 2)
    assert matrix.before == (0.0, 0.0), "nothing is known before anything was learnt"
    assert matrix.rows == ((0.0, 1.0), (1.0, 1.0))
    assert backward_transfer(matrix) == 1.0, "the second repository taught what the first needed"


@pytest.mark.slow
def test_a_kill_at_any_point_changes_nothing_of_the_result(tmp_path: Path, empty_database: Path) -> None:
    def course(name: str, kills: Sequence[int], lose: bool = False) -> tuple[list[tuple[Any, ...]], int]:
        shutil.copy(empty_database, tmp_path / f"{name}.db")
        with Database(tmp_path / f"{name}.db") as db:
            for point in kills:
                with pytest.raises(Killed):
                    complete(db, FakeExecutor(db, die_at=point), tmp_path / name, config())
                if lose:
                    shutil.rmtree(tmp_path / name, ignore_errors=True)
            run = complete(db, FakeExecutor(db), tmp_path / name, config())
            with db.reading() as connection:
                from curriculum.database.listing import row_counts

                attempts = row_counts(connection)["attempts"]
            return steps(db, run), attempts

    whole = course("whole", ())
    assert whole[1] == 5, "two theorems of each repository in the first round, and the one left in the second"
    for point in (2, 6, 9, 14):
        assert course(f"killed at {point}", (point,)) == whole
    assert course("killed often", (3, 5, 4), lose=True) == whole, "even where what was learnt is lost"


def test_attempts_of_a_step_begin_with_the_statistics_of_the_steps_before(database: Database, tmp_path: Path) -> None:
    executor = FakeExecutor(database)
    complete(database, executor, tmp_path / "kept", CourseConfig((ONE,), rounds=2, tactics=8, baseline=False))
    counts = {("Eq", "automation"): (8, 4, 1)}
    assert executor.statistics == [({}, {}), ({}, {}), (counts, {})]


@pytest.mark.parametrize("backwards", [False, True])
def test_the_order_in_which_attempts_are_finished_changes_nothing(
    database: Database, tmp_path: Path, backwards: bool
) -> None:
    executor = FakeExecutor(database)
    executor.backwards = backwards
    complete(database, executor, tmp_path / "kept", config(rounds=1, places=(ONE,)))
    with database.reading() as connection:
        (waiting,) = queue_of(connection, ONE)
    assert (waiting.name, waiting.known_proofs) == ("one.hard.b", 0), "no proof was known when both were begun"


def test_a_further_try_is_another_one(database: Database, tmp_path: Path) -> None:
    executor = FakeExecutor(database)
    complete(database, executor, tmp_path / "kept", CourseConfig((ONE,), rounds=2, tactics=8, baseline=False))
    assert executor.attempted == ["one.easy.a", "one.hard.b", "one.hard.b"]
    assert executor.seeds[1] != executor.seeds[2]


def test_the_same_course_again_is_another_one(database: Database, tmp_path: Path) -> None:
    first = complete(database, FakeExecutor(database), tmp_path / "kept", config(rounds=1))
    again = complete(database, FakeExecutor(database), tmp_path / "kept", config(rounds=1))
    assert first != again
    assert summary_after(database, again).proved(ONE, 1) == set(), "what was proved waits no longer"


def test_a_repository_that_is_gone_is_left_out_and_said(database: Database, tmp_path: Path) -> None:
    notes: list[str] = []
    chosen = config(rounds=1, places=(ONE, GONE))
    summary = summary_after(database, complete(database, FakeExecutor(database), tmp_path / "kept", chosen, notes))
    assert summary.order == (ONE,)
    assert list(summary.failed) == [GONE]
    assert any(GONE in line and "no repository any more" in line for line in notes)


def test_what_goes_wrong_in_one_repository_costs_only_that(database: Database, tmp_path: Path) -> None:
    class Broken(FakeExecutor):
        def attempt(self, location: str, *rest: Any) -> Iterator[AttemptResult]:
            if location == ONE:
                raise UsageError("it does not build")
            yield from super().attempt(location, *rest)

    summary = summary_after(database, complete(database, Broken(database), tmp_path / "kept", config(rounds=1)))
    assert summary.proved(ONE, 1) == set()
    assert summary.proved(TWO, 1) == {"two.easy.d"}


def test_proofs_that_a_commit_broke_are_noticed_tried_again_and_reported(database: Database, tmp_path: Path) -> None:
    complete(database, FakeExecutor(database), tmp_path / "kept", config())
    later = FakeExecutor(database)
    later.revision, later.restated = "2", "one.easy.a"
    notes: list[str] = []
    summary = summary_after(database, complete(database, later, tmp_path / "kept", config(), notes))
    assert any("one.easy.a is broken by the new revision" in line for line in notes)
    assert "one.easy.a" in summary.proved(ONE, 1), "restated, and proved again"


def test_known_proofs_are_tried_again_after_a_commit(database: Database, tmp_path: Path) -> None:
    """For one that no longer compiles, another is searched; without one, the theorem returns to the queue."""
    complete(database, FakeExecutor(database), tmp_path / "kept", config())
    later = FakeExecutor(database)
    later.revision, later.rotten = "2", {"two.easy.d"}
    run = complete(database, later, tmp_path / "kept", config(rounds=1))
    with database.reading() as connection:
        rechecked = {s.location: s.record for s in finished_steps(connection, run) if s.kind == "recheck"}
        events = [e.event for e in histories(connection, ONE, "one.easy.a")[0].lineage]
    assert rechecked[ONE] == {"kept": [], "mended": ["one.easy.a"], "broken": ["one.hard.b"]}
    assert rechecked[TWO] == {"kept": [], "mended": [], "broken": ["two.easy.d", "two.hard.e"]}
    assert events == ["found", "kept", "broken", "mended"]


@pytest.mark.slow
def test_a_kill_while_known_proofs_are_tried_again_changes_nothing(tmp_path: Path, empty_database: Path) -> None:
    def rechecked(name: str, die_at: int) -> list[Any]:
        shutil.copy(empty_database, tmp_path / f"{name}.db")
        with Database(tmp_path / f"{name}.db") as db:
            complete(db, FakeExecutor(db), tmp_path / name, config())
            for point in [die_at] if die_at else []:
                with pytest.raises(Killed):
                    complete(db, changed(db, die_at=point), tmp_path / name, config(rounds=1))
            run = complete(db, changed(db), tmp_path / name, config(rounds=1))
            return [(location, record) for _, kind, _, location, record in steps(db, run) if kind == "recheck"]

    def changed(db: Database, die_at: int = -1) -> FakeExecutor:
        executor = FakeExecutor(db, die_at)
        executor.revision, executor.rotten = "2", {"two.easy.d"}
        return executor

    whole = rechecked("whole", 0)
    assert [len(record["broken"]) for _, record in whole] == [1, 2]
    for point in range(2, 11):
        assert rechecked(f"killed at {point}", point) == whole


def test_what_could_not_be_tried_again_is_not_broken(database: Database, tmp_path: Path) -> None:
    class Dying(FakeExecutor):
        def attempt(self, *rest: Any) -> Iterator[AttemptResult]:
            for finished in super().attempt(*rest):
                yield dataclasses.replace(finished, result=("failed", "Lean died"), recalled=False)

    complete(database, FakeExecutor(database), tmp_path / "kept", config())
    later = Dying(database)
    later.revision = "2"
    summary = summary_after(database, complete(database, later, tmp_path / "kept", config(rounds=1)))
    assert summary.broken == {}


def test_known_proofs_are_tried_again_though_somebody_else_has_traced_the_commit(
    database: Database, tmp_path: Path
) -> None:
    complete(database, FakeExecutor(database), tmp_path / "kept", config())
    later = FakeExecutor(database)
    later.revision, later.rotten = "2", {"two.easy.d"}
    later.trace(TWO)
    database.perform(lambda work: reconcile(work.connection, work.traces.record_repository(TWO), "2", work.now()))
    summary = summary_after(database, complete(database, later, tmp_path / "kept", config(rounds=1)))
    assert summary.broken[TWO] == ["two.easy.d", "two.hard.e"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), RuntimeError("file write failed")])
def test_a_full_disk_ends_no_course(database: Database, tmp_path: Path, error: Exception) -> None:
    class Heavy(MemoryLearner):
        def save(self, directory: Path) -> None:
            raise error

    notes: list[str] = []
    course = Course(
        database, FakeExecutor(database), [Heavy()], lambda *_: EasyFirst(), tmp_path / "kept", notes.append
    )
    assert summary_after(database, run_course(course, config())).proved(TWO, 1) == {"two.easy.d", "two.hard.e"}
    assert any("checkpoint of the learners is not written" in line and "free some space" in line for line in notes)


def test_a_course_of_other_learners_is_another_one(database: Database, tmp_path: Path) -> None:
    class Other(MemoryLearner):
        name = "other"

    with pytest.raises(Killed):
        complete(database, FakeExecutor(database, die_at=9), tmp_path / "kept", config())
    course = Course(
        database, FakeExecutor(database), [Other()], lambda *_: EasyFirst(), tmp_path / "kept", lambda _: None
    )
    assert list(summary_after(database, run_course(course, config())).performance) == ["other"]


def test_a_course_studies_what_it_has_traced(database: Database, tmp_path: Path) -> None:
    class Hurried(FakeExecutor):
        def attempt(self, *rest: Any) -> Iterator[AttemptResult]:
            yield from super().attempt(*rest)
            small = module("one", declared("one.done.c", incomplete=False), text="one, cut down")
            self.db.perform(lambda work: work.traces.record_trace(read("9", ONE), keyed(small), {}))

    summary = summary_after(database, complete(database, Hurried(database), tmp_path / "kept", config()))
    assert [len(row) for row in summary.performance["memory"].rows] == [2, 2]
    assert summary.performance["memory"].matrix().rows == ((0.0, 1.0), (1.0, 1.0))


def test_a_bounded_memory_keeps_all_that_there_is_room_for() -> None:
    learner = MemoryLearner("replay", capacity=100)
    for name in "ABC":
        learner.train(
            TrainingTask(f"https://example.org/{name}", (module(name, declared(f"{name}.x", incomplete=False)),))
        )
    found = [ProofExample("A", f"A.y{n}", f"s{n}", float(n), (("⊢ Goal", f"k{n}", f"exact {n}"),)) for n in range(5)]
    learner.train(TrainingTask(ONE, (), tuple(found)))
    for _ in range(3):
        learner.train(TrainingTask(ONE))
    assert len(learner.memory()) == 11


def test_a_bounded_memory_forgets_and_an_unbounded_one_does_not() -> None:
    def size(learner: MemoryLearner) -> int:
        for name in "ABCDEF":
            made = module(name, declared(f"{name}.x", incomplete=False))
            learner.train(TrainingTask(f"https://example.org/{name}", (made,)))
        return len(learner.memory())

    assert size(MemoryLearner("progressive")) == 12
    assert size(MemoryLearner("replay", capacity=4)) == 6, "four of the earlier ones, and the latest two"


def test_a_memory_that_is_saved_is_the_same_when_it_is_loaded(tmp_path: Path) -> None:
    learner = MemoryLearner()
    learner.train(TrainingTask(ONE, (module("A", declared("A.x", incomplete=False)),)))
    learner.save(tmp_path)
    other = MemoryLearner()
    other.load(tmp_path)
    assert len(other.memory()) == len(learner.memory()) == 2
    (tmp_path / "memory").write_bytes(b"\x00nonsense")
    with pytest.raises(ValueError, match="damaged"):
        other.load(tmp_path)
