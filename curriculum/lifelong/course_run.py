"""The run of a course: rounds over repositories in curriculum order, of learning, proving, and learning again.

Expert iteration (Polu et al., "Formal mathematics statement curriculum learning", 2022; LeanAgent's progressive
training). A course is a sequence of steps that its configuration and its seed determine. The result of a step is stored
with it, in one unit of work; a course that was killed skips the stored steps and continues, to the same result.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from curriculum.database.courses import (
    StoredStep,
    attempts_of_run,
    courses,
    finished_steps,
    last_recheck,
    proved_sorries,
    store_step,
)
from curriculum.database.database import UnitOfWork
from curriculum.database.identity import digest_of
from curriculum.database.lineage import changed_since, fates_in
from curriculum.database.loading import modules_of, snapshot_at
from curriculum.database.records import FoundProof
from curriculum.database.steps import proofs_of_run
from curriculum.database.theorem_queue import QueuedTheorem, proofs_known, queue_of
from curriculum.learn.learner import EvaluationTask, ProofExample, TrainingTask
from curriculum.lifelong.course import Course, CourseConfig
from curriculum.lifelong.executor import AttemptRequest, AttemptResult, LearnedState
from curriculum.lifelong.learners import UNTRAINED, Learners
from curriculum.lifelong.policy import ProvingPolicy
from curriculum.lifelong.statistics import statistics_from, statistics_record
from curriculum.lifelong.steps import LoopSteps
from curriculum.lifelong.training import proof_examples
from curriculum.profiles import profile_of
from curriculum.scheduling import SuccessRecord
from prover.errors import DatabaseError, ProverError

STEPS_VERSION = 2
"""The version of the sequence of steps: a course that was begun with another one starts over."""

T = TypeVar("T")

StepRecord = dict[str, Any]
"""The result of a step, as it is stored."""


def run_course(course: Course, config: CourseConfig) -> int:
    """Runs a course from its beginning or from where it stopped, and returns the id of its run.

    Raises:
        DatabaseError: results cannot be stored; what is stored stays, and the course continues from there later.
    """
    learners = [each.name for each in course.learners]
    steps = LoopSteps(course.database, course.executor, ProvingPolicy(config.tactics), tuple(learners))
    settings = {**steps.settings(), **config.facts()}
    digest = digest_of([STEPS_VERSION, settings])[:16]

    def begin(work: UnitOfWork) -> tuple[int, str]:
        mine = [c for c in courses(work.connection) if c.uid.startswith(f"learn-{digest}-")]
        unfinished = [c for c in mine if c.status == "running"]
        uid = unfinished[0].uid if unfinished else f"learn-{digest}-{len(mine)}"
        return work.results.begin_run("learn", list(config.locations), settings, uid=uid), uid

    run, uid = course.database.perform(begin)
    with course.database.reading() as connection:
        done = finished_steps(connection, run)
    CourseRun(course, config, steps, (run, uid), done).complete()
    return run


class CourseRun:
    """One run of a course."""

    def __init__(
        self,
        course: Course,
        config: CourseConfig,
        steps: LoopSteps,
        run: tuple[int, str],
        done: Sequence[StoredStep],
    ) -> None:
        """
        Args:
            run: the id and the uid of the run.
            done: the steps that were finished before.
        """
        self._config = config
        self._database = course.database
        self._executor = course.executor
        self._orders = course.orders
        self._notify = course.notify
        self._loop = steps
        self._run, self._uid = run
        self._done = {step.position: step for step in done}
        self._steps: list[StoredStep] = []
        self._learners = Learners(course.learners, course.directory / self._uid, course.notify)

    def complete(self) -> None:
        """Performs every step that is not stored yet, and ends the run.

        Raises:
            DatabaseError: results cannot be stored.
        """
        if self._done:
            self._notify(f"continuing after step {len(self._done)}")
        self._all_steps()
        self._database.perform(lambda work: work.results.end_run(self._run, "finished"))
        self._learners.delete_checkpoints()

    def _all_steps(self) -> None:
        config = self._config
        for location in config.locations:
            self._step("trace", 0, location, partial(self._trace, location), partial(self._reconciled, location))
        order: list[str] = self._step("order", 0, "", self._order)["order"]
        for location in order if config.prove else []:
            self._step("recheck", 0, location, partial(self._recheck, location))
        for number in range(1, config.rounds + 1) if config.prove and config.baseline else ():
            for location in order:
                self._step("baseline", number, location, partial(self._baseline, location, number))
        self._step("measure", 0, "", partial(self._measure, order))
        for number in range(1, config.rounds + 1):
            for location in order:
                self._step("learn", number, location, partial(self._learn, location, number))
                if number == 1:
                    self._step("measure", number, location, partial(self._measure, order))
                if not config.prove:
                    continue
                self._step("choose", number, location, partial(self._choose, location))
                self._step("prove", number, location, partial(self._prove, location))
        self._step("learn", config.rounds + 1, "", partial(self._learn, "", config.rounds + 1))

    def _step(
        self,
        kind: str,
        number: int,
        location: str,
        act: Callable[[], StepRecord],
        complete: Callable[[UnitOfWork, StepRecord], StepRecord] = lambda _, record: record,
    ) -> StepRecord:
        """Returns the stored record of a step, or performs the step and stores its record.

        Args:
            complete: adds to the record what must be stored in the same unit of work.
        """
        position = len(self._steps)
        step = self._done.get(position)
        if step is None:
            self._notify(" ".join(filter(None, [kind, location, f"(round {number})" if number else ""])))
            done = act()

            def store(work: UnitOfWork) -> StoredStep:
                at, record = work.now(), complete(work, done)
                store_step(work.connection, self._run, position, (kind, number, location), record, at)
                return StoredStep(position, kind, number, location, record, at)

            step = self._database.perform(store)
            if kind == "learn":
                self._learners.keep_only(position)
        self._steps.append(step)
        return step.record

    # --- the steps ---

    def _trace(self, location: str) -> StepRecord:
        try:
            return {"revision": self._executor.trace(location)}
        except DatabaseError:
            raise
        except ProverError as error:
            self._notify(f"{location} is left out: {error}")
            return {"failed": str(error)}

    def _reconciled(self, location: str, work: UnitOfWork, record: StepRecord) -> StepRecord:
        """Adds to the record of a trace what the revision did to the known proofs."""
        if "failed" in record:
            return record
        repository = work.traces.record_repository(location)
        changes = self._loop.reconcile(work, repository, record["revision"])
        for change in changes:
            if change.event != "kept":
                self._notify(f"{location}: the proof of {change.theorem} is {change.event} by the new revision")
        return {**record, "changes": [[change.event, change.theorem] for change in changes]}

    def _order(self) -> StepRecord:
        config = self._config
        traced = [step.location for step in self._steps if "revision" in step.record]
        with self._database.reading() as connection:
            profiles = [s for place in traced if (s := profile_of(connection, place)) is not None]
        placed = self._orders(config.order, profiles, config.seed).place(profiles)
        order = [each.profile.location for each in placed]
        return {"order": order[::-1] if config.reverse else order}

    def _recheck(self, location: str) -> StepRecord:
        """Tries known proofs again whose statements a new revision has left standing; searches where one fails."""
        revision = self._traced(location).record["revision"]
        with self._database.reading() as connection:
            due = changed_since(connection, location, revision, last_recheck(connection, location))
            proved = proved_sorries(connection, location) if due else {}
        if due:
            config = self._config
            rechecked = self._loop.recheck(location, revision, config.tactics, config.seed, self._run)
            for each in self._while_readable(location, rechecked):
                self._notify(f"{location}: the proof of {each.theorem} is {each.event}")
        with self._database.reading() as connection:
            fates = fates_in(connection, self._run, location)  # those before a kill among them
        became = {event: sorted(n for n, fate in fates.items() if fate == event) for event in ("mended", "broken")}
        return {"kept": sorted(name for _, name in proved if name not in fates), **became}

    def _baseline(self, location: str, number: int) -> StepRecord:
        """Attempts theorems without learning and recall, in one search with the tactics of several rounds.

        Its proofs are not stored. What was proved with fewer tactics is not attempted again.
        """
        before = [step.record["proved"] for step in self._steps if (step.kind, step.location) == ("baseline", location)]
        proved = {name: True for each in before for name, won in each.items() if won}
        tactics = number * self._config.tactics
        requests = [
            AttemptRequest(w.module, w.name, tactics, seed=self._config.seed, recall=False)
            for w in self._queue(location)
            if w.name not in proved
        ]
        results = self._attempts(location, requests, LearnedState())
        return {"proved": proved | {r.request.theorem: isinstance(r.result, FoundProof) for r in results}}

    def _measure(self, order: Sequence[str]) -> StepRecord:
        self._restore_learners()
        tasks = [EvaluationTask(place, self._modules(place)) for place in order]
        return {"performance": {task.location: self._learners.performance(task) for task in tasks}}

    def _learn(self, location: str, number: int) -> StepRecord:
        self._restore_learners()
        task = self._training_task(location, number, len(self._steps))
        self._learners.train(task, len(self._steps))
        return {"modules": len(task.modules), "proofs": len(task.found)}

    def _choose(self, location: str) -> StepRecord:
        """Selects theorems, budgets and temperatures from past results, and fixes what attempts may know.

        The record also holds the number of known proofs and the statistics of the generators, which then depend neither
        on the order in which attempts are finished nor on a kill among them.
        """
        queue = self._queue(location)
        if not queue:
            return {"trials": [], "knew": 0}
        chosen = self._loop.choose(queue, self._by_temperature())
        with self._database.reading() as connection:
            known = proofs_known(connection)
        return {
            "trials": [[each.module, each.theorem, each.tactics, each.temperature] for each in chosen],
            "knew": known,
            "statistics": statistics_record(self._loop.statistics(queue[0].repository)),
        }

    def _prove(self, location: str) -> StepRecord:
        position = len(self._steps)
        chosen = self._steps[-1].record
        seed = self._config.seed + position  # a further try at the same temperature is another one
        requests = {
            f"{self._uid} {position} {module} {name}": AttemptRequest(module, name, tactics, temperature, seed)
            for module, name, tactics, temperature in chosen["trials"]
        }
        with self._database.reading() as connection:
            made = {each.uid for each in attempts_of_run(connection, self._run)}
        open_ = {uid: request for uid, request in requests.items() if uid not in made}
        uids = {(request.module, request.theorem): uid for uid, request in open_.items()}
        if open_:
            self._restore_learners()
            learned = LearnedState(self._learners.generators(), *statistics_from(chosen.get("statistics")))
            for result in self._attempts(location, list(open_.values()), learned):
                self._store(location, uids[result.request.module, result.request.theorem], result, chosen["knew"])
        return self._results_of(requests)

    # --- what the steps share ---

    def _attempts(
        self, location: str, requests: Sequence[AttemptRequest], learned: LearnedState
    ) -> Iterator[AttemptResult]:
        revision = self._traced(location).record["revision"]
        return self._while_readable(location, self._loop.attempt(location, revision, requests, learned))

    def _while_readable(self, location: str, results: Iterator[T]) -> Iterator[T]:
        """Yields results until the repository can no longer be worked on."""
        try:
            yield from results
        except DatabaseError:
            raise
        except ProverError as error:
            self._notify(f"{location} is left: {error}")

    def _store(self, location: str, uid: str, result: AttemptResult, known: int) -> None:
        def act(work: UnitOfWork) -> None:
            self._loop.store(work, work.traces.record_repository(location), result, self._run, uid, known)

        self._database.perform(act)

    def _results_of(self, requests: Mapping[str, AttemptRequest]) -> StepRecord:
        """Returns the record of some attempts, by their uid."""
        with self._database.reading() as connection:
            mine = [made for made in attempts_of_run(connection, self._run) if made.uid in requests]
        temperatures: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for made in mine:
            counted = temperatures[str(requests[made.uid].temperature)]
            counted[0] += 1
            counted[1] += made.outcome == "proved"
        return {
            "tried": len(mine),
            "proved": sorted(requests[made.uid].theorem for made in mine if made.outcome == "proved"),
            "tactics": sum(made.tactics for made in mine),
            "seconds": round(sum(made.seconds for made in mine), 3),
            "temperatures": dict(sorted(temperatures.items())),
        }

    def _queue(self, location: str) -> list[QueuedTheorem]:
        with self._database.reading() as connection:
            return queue_of(connection, location)

    def _by_temperature(self) -> dict[float, SuccessRecord]:
        """Returns the results of this course's attempts, by temperature."""
        counted: dict[float, SuccessRecord] = {}
        for step in self._steps:
            for text, (attempts, proved) in step.record.get("temperatures", {}).items():
                before = counted.get(float(text), SuccessRecord())
                counted[float(text)] = SuccessRecord(before.attempts + attempts, before.proved + proved)
        return counted

    def _traced(self, location: str) -> StoredStep:
        return next(step for step in self._steps if step.kind == "trace" and step.location == location)

    def _modules(self, location: str) -> tuple[Any, ...]:
        with self._database.reading() as connection:
            snapshot = snapshot_at(connection, location, self._traced(location).record["revision"])
            return () if snapshot is None else tuple(modules_of(connection, snapshot))

    # --- what the learners know ---

    def _training_task(self, location: str, number: int, position: int) -> TrainingTask:
        """Returns the task of a step: a repository the first time, and the proofs found since the task before it."""
        learns = [s.position for s in self._steps[:position] if s.kind == "learn"]
        since = self._steps[learns[-1] if learns else 0 : position]
        wanted = {(s.location, name) for s in since if s.kind == "prove" for name in s.record["proved"]}
        return TrainingTask(
            location,
            self._modules(location) if number == 1 else (),
            self._found(wanted),
            seed=self._config.seed + position,
        )

    def _found(self, wanted: set[tuple[str, str]]) -> tuple[ProofExample, ...]:
        with self._database.reading() as connection:
            proofs = [
                proof for location, proof in proofs_of_run(connection, self._run) if (location, proof.theorem) in wanted
            ]
            return proof_examples(connection, proofs)

    def _restore_learners(self) -> None:
        """Restores the learners to what they were after the last training task."""
        learns = [step for step in self._steps if step.kind == "learn"]
        last = learns[-1].position if learns else UNTRAINED
        self._learners.restore(last, lambda: (self._training_task(s.location, s.round, s.position) for s in learns))
