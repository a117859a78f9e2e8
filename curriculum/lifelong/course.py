"""A course of learning: rounds over repositories in curriculum order, of learning, proving, and learning again.

Expert iteration (Polu et al., "Formal mathematics statement curriculum learning", 2022; LeanAgent's progressive
training). A course is a sequence of steps that its syllabus and its seed determine. What comes of a step is stored
with it, in one unit of work; a course that was killed skips what is stored and goes on, to the same result.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from curriculum.database.courses import (
    FinishedStep,
    attempts_of_run,
    courses,
    finish_step,
    finished_steps,
    last_recheck,
    proved_sorries,
)
from curriculum.database.database import Database, UnitOfWork
from curriculum.database.identity import digest_of
from curriculum.database.lineage import break_proof, changed_since, fates_in, note, reconcile
from curriculum.database.loading import modules_of, snapshot_at
from curriculum.database.prospects import Waiting, proofs_known, waiting_in, yields
from curriculum.database.results import FoundProof, Tried
from curriculum.database.steps import proofs_of_run, theorem_starts
from curriculum.learn.learner import EvaluationTask, Learner, ProofExample, Strategy, TrainingTask
from curriculum.lifelong.executor import AttemptRequest, AttemptResult, Executor
from curriculum.lifelong.learners import UNTRAINED, Learners
from curriculum.ordering import Order, RepositoryProfile
from curriculum.scheduling import Candidate, SuccessRecord, Temperatures, prioritise, shares
from curriculum.subjects import subject_of
from prover.errors import DatabaseError, ProverError

STEPS = 2
"""the number of the sequence of steps: a course that was begun with another one begins anew"""

Note = Callable[[str], None]
StepRecord = dict[str, Any]
"""what came of a step, as it is stored"""
OrderFactory = Callable[[str, Sequence[RepositoryProfile], int], Order]
"""from the name of an order, the repositories and a seed to the order"""


@dataclass(frozen=True)
class CourseConfig:
    """What a course is to be. Two courses of the same syllabus in like databases come to the same result."""

    locations: tuple[str, ...]
    """canonical"""
    order: str = "easy"
    reverse: bool = False
    rounds: int = 1
    strategy: Strategy = "progressive"
    seed: int = 0
    tactics: int = 200
    """run in a search, on average; what is promising gets more, and nothing gets less than a quarter"""
    prove: bool = True
    """whether theorems are attempted at all; if not, the learners only study, and are measured"""
    baseline: bool = True
    """whether a prover that learns nothing attempts all, with as many tactics as all rounds up to each together"""
    pinned: tuple[tuple[str, str], ...] = ()
    """locations that are learnt at a revision of the user's choice, each with that revision"""

    def facts(self) -> dict[str, Any]:
        """It as a JSON object."""
        return {
            "locations": list(self.locations),
            "order": self.order,
            "reverse": self.reverse,
            "rounds": self.rounds,
            "strategy": self.strategy,
            "seed": self.seed,
            "tactics": self.tactics,
            "prove": self.prove,
            "baseline": self.baseline,
            "pinned": dict(self.pinned),
        }


class Course:
    """One course, from its beginning or from where it stopped."""

    def __init__(
        self,
        database: Database,
        executor: Executor,
        learners: Sequence[Learner],
        orders: OrderFactory,
        kept: Path,
        say: Note,
    ) -> None:
        """
        Args:
            kept: the directory for what the learners are after each step; may be deleted between two runs.
            say: told in a line what is going on.
        """
        self._database = database
        self._executor = executor
        self._learners = learners
        self._orders = orders
        self._kept = kept
        self._say = say

    def run(self, syllabus: CourseConfig) -> int:
        """Makes the course, or goes on with it; the id of its run.

        Raises:
            DatabaseError: it cannot be stored; what is stored stays, and the course goes on from there later.
        """
        self._syllabus = syllabus
        self._run, self._uid = self._begin()
        with self._database.reading() as connection:
            self._done = {step.position: step for step in finished_steps(connection, self._run)}
        self._steps: list[FinishedStep] = []
        self._pupils = Learners(self._learners, self._kept / self._uid, self._say)
        if self._done:
            self._say(f"going on behind step {len(self._done)}")
        self._all_steps()
        self._database.perform(lambda work: work.results.end_run(self._run, "finished"))
        self._pupils.forget()
        return self._run

    def _begin(self) -> tuple[int, str]:
        """The unfinished course of this syllabus, or a new one."""
        settings = {**self._settings(), **self._syllabus.facts()}
        digest = digest_of([STEPS, settings])[:16]

        def act(work: UnitOfWork) -> tuple[int, str]:
            mine = [c for c in courses(work.connection) if c.uid.startswith(f"learn-{digest}-")]
            open_ = [c for c in mine if c.status == "running"]
            uid = open_[0].uid if open_ else f"learn-{digest}-{len(mine)}"
            return work.results.begin_run("learn", list(self._syllabus.locations), settings, uid=uid), uid

        return self._database.perform(act)

    def _settings(self) -> dict[str, Any]:
        """What the outcome of a trial depends on, besides the trial and what was learnt."""
        return {**self._executor.settings(), "learners": [each.name for each in self._learners]}

    def _all_steps(self) -> None:
        syllabus = self._syllabus
        for location in syllabus.locations:
            self._step("trace", 0, location, partial(self._trace, location), partial(self._reconciled, location))
        order: list[str] = self._step("order", 0, "", self._order)["order"]
        for location in order if syllabus.prove else []:
            self._step("recheck", 0, location, partial(self._recheck, location))
        for number in range(1, syllabus.rounds + 1) if syllabus.prove and syllabus.baseline else ():
            for location in order:
                self._step("baseline", number, location, partial(self._baseline, location, number))
        self._step("measure", 0, "", partial(self._measure, order))
        for number in range(1, syllabus.rounds + 1):
            for location in order:
                self._step("learn", number, location, partial(self._learn, location, number))
                if number == 1:
                    self._step("measure", number, location, partial(self._measure, order))
                if not syllabus.prove:
                    continue
                self._step("choose", number, location, partial(self._choose, location))
                self._step("prove", number, location, partial(self._prove, location))
        self._step("learn", syllabus.rounds + 1, "", partial(self._learn, "", syllabus.rounds + 1))

    def _step(
        self,
        kind: str,
        number: int,
        location: str,
        act: Callable[[], StepRecord],
        complete: Callable[[UnitOfWork, StepRecord], StepRecord] = lambda _, record: record,
    ) -> StepRecord:
        """What comes of a step: what is stored of it, or else what is done now and then stored.

        Args:
            complete: adds to the record what must be stored with it, or not at all.
        """
        position = len(self._steps)
        step = self._done.get(position)
        if step is None:
            self._say(" ".join(filter(None, [kind, location, f"(round {number})" if number else ""])))
            done = act()

            def store(work: UnitOfWork) -> FinishedStep:
                at, record = work.now(), complete(work, done)
                finish_step(work.connection, self._run, position, (kind, number, location), record, at)
                return FinishedStep(position, kind, number, location, record, at)

            step = self._database.perform(store)
            if kind == "learn":
                self._pupils.keep_only(position)
        self._steps.append(step)
        return step.record

    # --- the steps ---

    def _trace(self, location: str) -> StepRecord:
        try:
            return {"revision": self._executor.trace(location)}
        except DatabaseError:
            raise
        except ProverError as error:
            self._say(f"{location} is left out: {error}")
            return {"failed": str(error)}

    def _reconciled(self, location: str, work: UnitOfWork, record: StepRecord) -> StepRecord:
        """The record of a trace, with what it did to the proofs that were known."""
        if "failed" in record:
            return record
        repository = work.traces.record_repository(location)
        changes = reconcile(work.connection, repository, record["revision"], work.now())
        for change in changes:
            if change.event != "kept":
                self._say(f"{location}: the proof of {change.theorem} is {change.event} by the new revision")
        return {**record, "changes": [[change.event, change.theorem] for change in changes]}

    def _order(self) -> StepRecord:
        syllabus = self._syllabus
        traced = [step.location for step in self._steps if "revision" in step.record]
        with self._database.reading() as connection:
            subjects = [s for place in traced if (s := subject_of(connection, place)) is not None]
        placed = self._orders(syllabus.order, subjects, syllabus.seed).place(subjects)
        order = [each.subject.location for each in placed]
        return {"order": order[::-1] if syllabus.reverse else order}

    def _recheck(self, location: str) -> StepRecord:
        """Tries known proofs again, of theorems that a new revision has left standing; what fails is searched anew."""
        revision = self._traced(location).record["revision"]
        with self._database.reading() as connection:
            due = changed_since(connection, location, revision, last_recheck(connection, location))
            proved = proved_sorries(connection, location) if due else {}
        trials = [
            AttemptRequest(module, name, self._syllabus.tactics, seed=self._syllabus.seed) for module, name in proved
        ]
        for finished in self._attempts(location, trials, learnt=False):
            theorem = proved[finished.trial.module, finished.trial.theorem]
            if (event := self._recheck_one(theorem, finished)) is not None:
                self._say(f"{location}: the proof of {finished.trial.theorem} is {event}")
        with self._database.reading() as connection:
            fates = fates_in(connection, self._run, location)  # those before a kill among them
        became = {event: sorted(n for n, fate in fates.items() if fate == event) for event in ("mended", "broken")}
        return {"kept": sorted(name for _, name in proved if name not in fates), **became}

    def _recheck_one(self, theorem: int, finished: AttemptResult) -> str | None:
        """What became of a known proof; None where it holds, or could not be tried."""
        result = finished.result
        if not finished.refutes:
            return None

        def act(work: UnitOfWork) -> None:
            break_proof(work.connection, theorem, self._run, work.now())
            if isinstance(result, FoundProof):
                proof = work.results.record_proof(finished.statement_key, result, finished.toolchain)
                note(work.connection, theorem, "mended", proof, self._run, work.now())

        self._database.perform(act)
        return "mended" if isinstance(result, FoundProof) else "broken"

    def _baseline(self, location: str, number: int) -> StepRecord:
        """What a prover proves that learns nothing and recalls nothing, with the tactics of so many rounds in one
        search; not stored as proofs. What it proved with fewer it proves."""
        before = [step.record["proved"] for step in self._steps if (step.kind, step.location) == ("baseline", location)]
        proved = {name: True for each in before for name, won in each.items() if won}
        tactics = number * self._syllabus.tactics
        trials = [
            AttemptRequest(w.module, w.name, tactics, seed=self._syllabus.seed, recall=False)
            for w in self._waiting(location)
            if w.name not in proved
        ]
        finished = self._attempts(location, trials, learnt=False)
        return {"proved": proved | {f.trial.theorem: isinstance(f.result, FoundProof) for f in finished}}

    def _measure(self, order: Sequence[str]) -> StepRecord:
        self._ready()
        return {
            "performance": {
                place: self._pupils.performance(EvaluationTask(place, self._modules(place))) for place in order
            }
        }

    def _learn(self, location: str, number: int) -> StepRecord:
        self._ready()
        study = self._study(location, number, len(self._steps))
        self._pupils.train(study, len(self._steps))
        return {"modules": len(study.modules), "proofs": len(study.found)}

    def _choose(self, location: str) -> StepRecord:
        """Whom to try, with how many tactics, at which temperature: from what came of it before. And how many proofs
        are known, which then depends neither on the order in which attempts are finished nor on a kill among them."""
        waiting = self._waiting(location)
        if not waiting:
            return {"trials": [], "knew": 0}
        chances = self._chances(waiting)
        average = self._syllabus.tactics
        given = shares(chances, average * len(waiting), max(1, average // 4))
        temperatures = Temperatures().choose([w.tried for w in waiting], self._by_temperature())
        trials = [[w.module, w.name, given[f"{w.theorem}"], t] for w, t in zip(waiting, temperatures, strict=True)]
        with self._database.reading() as connection:
            return {"trials": trials, "knew": proofs_known(connection)}

    def _prove(self, location: str) -> StepRecord:
        position = len(self._steps)
        chosen = self._steps[-1].record
        seed = self._syllabus.seed + position  # a further try at the same temperature is another one
        trials = {
            f"{self._uid} {position} {module} {name}": AttemptRequest(module, name, tactics, temperature, seed)
            for module, name, tactics, temperature in chosen["trials"]
        }
        with self._database.reading() as connection:
            made = {each.uid for each in attempts_of_run(connection, self._run)}
        left = {uid: trial for uid, trial in trials.items() if uid not in made}
        uids = {(trial.module, trial.theorem): uid for uid, trial in left.items()}
        for finished in self._attempts(location, list(left.values()), learnt=True):
            self._store(location, uids[finished.trial.module, finished.trial.theorem], finished, chosen["knew"])
        return self._came_to(trials)

    # --- what the steps share ---

    def _attempts(self, location: str, trials: Sequence[AttemptRequest], learnt: bool) -> Iterator[AttemptResult]:
        """The trials as they are finished; those of a repository that can no longer be worked on are left."""
        if not trials:
            return
        if learnt:
            self._ready()
        generators = self._pupils.generators() if learnt else []
        revision = self._traced(location).record["revision"]
        try:
            yield from self._executor.attempt(location, revision, trials, generators)
        except DatabaseError:
            raise
        except ProverError as error:
            self._say(f"{location} is left: {error}")

    def _store(self, location: str, uid: str, finished: AttemptResult, knew: int) -> None:
        trial = finished.trial
        tried = Tried(
            trial.theorem,
            trial.module,
            finished.statement_key,
            finished.toolchain,
            {**self._settings(), "tactics": trial.tactics, "temperature": trial.temperature},
            finished.result,
            cost=finished.cost,
            seed=trial.seed,
            uid=uid,
        )

        def act(work: UnitOfWork) -> None:
            work.results.record_attempt(tried, work.traces.record_repository(location), self._run, knew)

        self._database.perform(act)

    def _came_to(self, trials: Mapping[str, AttemptRequest]) -> StepRecord:
        """What is stored of some attempts."""
        with self._database.reading() as connection:
            mine = [made for made in attempts_of_run(connection, self._run) if made.uid in trials]
        temperatures: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for made in mine:
            counted = temperatures[str(trials[made.uid].temperature)]
            counted[0] += 1
            counted[1] += made.outcome == "proved"
        return {
            "tried": len(mine),
            "proved": sorted(trials[made.uid].theorem for made in mine if made.outcome == "proved"),
            "tactics": sum(made.tactics for made in mine),
            "seconds": round(sum(made.seconds for made in mine), 3),
            "temperatures": dict(sorted(temperatures.items())),
        }

    def _waiting(self, location: str) -> list[Waiting]:
        with self._database.reading() as connection:
            return waiting_in(connection, location)

    def _chances(self, waiting: Sequence[Waiting]) -> dict[str, float]:
        """The chance of each theorem, by its id as a text. Knows no clock, so that a course can be repeated."""
        with self._database.reading() as connection:
            known = proofs_known(connection)
            counted = yields(connection)
        here = waiting[0].repository
        own = {y.tried: SuccessRecord(y.attempts, y.proved, y.seconds) for y in counted if y.repository == here}
        return {
            f"{w.theorem}": prioritise(
                Candidate(w.theorem, w.tried, 0.0, known - w.knew, own.get(w.tried, SuccessRecord())), budget=60.0
            ).chance
            for w in waiting
        }

    def _by_temperature(self) -> dict[float, SuccessRecord]:
        counted: dict[float, SuccessRecord] = {}
        for step in self._steps:
            for text, (attempts, proved) in step.record.get("temperatures", {}).items():
                before = counted.get(float(text), SuccessRecord())
                counted[float(text)] = SuccessRecord(before.attempts + attempts, before.proved + proved)
        return counted

    def _traced(self, location: str) -> FinishedStep:
        return next(step for step in self._steps if step.kind == "trace" and step.location == location)

    def _modules(self, location: str) -> tuple[Any, ...]:
        with self._database.reading() as connection:
            snapshot = snapshot_at(connection, location, self._traced(location).record["revision"])
            return () if snapshot is None else tuple(modules_of(connection, snapshot))

    # --- what the learners know ---

    def _study(self, location: str, number: int, position: int) -> TrainingTask:
        """The study of a step: a repository the first time, and the proofs found since the study before it."""
        learns = [s.position for s in self._steps[:position] if s.kind == "learn"]
        since = self._steps[learns[-1] if learns else 0 : position]
        wanted = {(s.location, name) for s in since if s.kind == "prove" for name in s.record["proved"]}
        return TrainingTask(
            location,
            self._modules(location) if number == 1 else (),
            self._found(wanted),
            seed=self._syllabus.seed + position,
        )

    def _found(self, wanted: set[tuple[str, str]]) -> tuple[ProofExample, ...]:
        with self._database.reading() as connection:
            starts = theorem_starts(connection)
            found = [
                ProofExample(
                    proof.module,
                    proof.theorem,
                    proof.statement_key,
                    float(starts.get((proof.module, proof.theorem), float("inf"))),
                    tuple((step.goal, step.goal_key, step.tactic) for step in proof.steps),
                )
                for location, proof in proofs_of_run(connection, self._run)
                if (location, proof.theorem) in wanted
            ]
        return tuple(sorted(found, key=lambda f: (f.module, f.theorem)))

    def _ready(self) -> None:
        """Makes the learners what they were after the last study."""
        learns = [step for step in self._steps if step.kind == "learn"]
        last = learns[-1].position if learns else UNTRAINED
        self._pupils.be_at(last, lambda: (self._study(s.location, s.round, s.position) for s in learns))
