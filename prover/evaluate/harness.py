"""The harness: runs systems on problems. Each trial has its own search, its own gate and its own line in the run log.

Problems run in parallel, one in each Lean process. The systems attempt a problem one after another in the same process,
which has elaborated the statement and warmed up before the clock of any of them starts.
"""

import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event, Lock

import msgspec
import psutil

from prover.attempt import (
    AttemptOutcome,
    Prover,
    Task,
    TheoremFailed,
    TheoremOpen,
    TheoremProved,
    TheoremProvedGiven,
    TheoremRefuted,
    have_read,
)
from prover.check.gate import Judge
from prover.errors import LeanError
from prover.evaluate.header import Fitted
from prover.evaluate.journal import MAX_STUCK_GOALS, Outcome, RunLog, RunSegment, StuckGoal, SurveyLine, Trial
from prover.evaluate.observe import Observation, ObservedGenerator, ObservedSession, TimedGate
from prover.evaluate.problem import Problem
from prover.evaluate.survey import Crashed, Found, NotRunnable, ProblemEnvironment, Runnable
from prover.evaluate.systems import System
from prover.lean.gateway_session import LeanSession
from prover.lean.pool import Pool
from prover.lean.session import SourceText, TacticLimits
from prover.project.contents import ContentsReader
from prover.project.patch import replace as replace_in
from prover.search.stuck import StuckAt
from prover.tactics.automation import FIXED_LIST
from prover.tactics.generator import BoundGenerator, Generator, TheoremRef
from prover.tactics.perturbed import Perturbed

WARM_UP = SourceText("theorem warm (a b : Nat) (h : a < b) : a + 1 ≤ b * 1 := by\n  sorry\n", "Warm.lean", "Warm")
"""A theorem that each process proves before the first clock starts, so that no trial pays for initialisation."""


@dataclass(frozen=True)
class EvaluationPlan:
    """The plan of a run."""

    systems: tuple[System, ...]
    passes: int = 1
    temperature: float = 0.0
    """The temperature of the noise that makes passes differ; 0 for no noise."""
    seed: int = 0
    jobs: int = 1
    survey_only: bool = False
    """Whether the run ends when it is known which problems run here."""
    axioms: tuple[str, ...] = ()
    """The axioms of the problems' own files and imports that proofs may use, besides Lean's three."""


@dataclass(frozen=True)
class RunCallbacks:
    """Callbacks of the harness."""

    surveyed: Callable[[SurveyLine], None] = lambda _: None
    tried: Callable[[Trial], None] = lambda _: None
    begun: Callable[[int], None] = lambda _: None
    """Receives the number of problems that need nothing more, before the others are begun."""
    attended: Callable[[], None] = lambda: None
    """Is called when a further problem needs nothing more."""


@dataclass
class WorkerTimes:
    """The time of all workers, by use."""

    trials: int = 0
    attending: float = 0.0
    working: float = 0.0
    preparing: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def add(self, trials: int = 0, attending: float = 0.0, working: float = 0.0, preparing: float = 0.0) -> None:
        """Adds the times of a worker."""
        with self._lock:
            self.trials += trials
            self.attending += attending
            self.working += working
            self.preparing += preparing


class _ForTrial(Generator):
    """The generator of one trial. It does not learn, so that results do not depend on the order of trials."""

    def __init__(self, bound: BoundGenerator) -> None:
        self.name = bound.name
        self._bound = bound

    def for_theorem(self, theorem: TheoremRef) -> BoundGenerator:
        """Returns the generator that was bound to the trial's theorem."""
        return self._bound


Assemble = Callable[[Generator, Judge, System], Prover]
"""makes the prover of a trial, as every prover is made, from its generator, the gate and the system"""


@dataclass
class Harness:
    """A run, or the rest of an interrupted one."""

    ground: ProblemEnvironment
    pool: Pool
    plan: EvaluationPlan
    journal: RunLog
    gate: Judge
    """compiles each original file once for all trials"""
    assemble: Assemble
    contents: ContentsReader
    """Reads the files of problems for the generators that require it."""
    telling: RunCallbacks = field(default_factory=RunCallbacks)
    clock: WorkerTimes = field(default_factory=WorkerTimes)
    deadline: float = math.inf
    """The time, by `time.monotonic`, after which no trial begins."""
    _warm: set[int] = field(default_factory=set)
    _files_read: set[SourceText] = field(default_factory=set)
    _stopping: Event = field(default_factory=Event)
    """Set when the run ends; later results of workers are dropped, because their processes are being stopped."""

    def run(self, problems: Sequence[Problem]) -> None:
        """Runs all trials of the plan that are not in the run log yet."""
        began, wall, load = datetime.now(UTC).isoformat(timespec="seconds"), time.monotonic(), _load()
        waiting = [problem for problem in problems if self._left(problem)]
        self.telling.begun(len(problems) - len(waiting))
        with ThreadPoolExecutor(self.plan.jobs, thread_name_prefix="eval") as executor:
            running: set[Future[None]] = {executor.submit(self._attend, problem) for problem in waiting}
            try:
                while running:
                    done, running = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
                    for future in done:
                        future.result()
            except BaseException:
                self._stopping.set()
                executor.shutdown(wait=False, cancel_futures=True)
                self.pool.close()
                self._pass(began, wall, load)
                raise
        self._pass(began, wall, load)

    def _pass(self, began: str, wall: float, load: float) -> None:
        """Stores the times of this segment of the run, which began at `wall`, by `time.monotonic`."""
        clock, seconds = self.clock, time.monotonic() - wall
        segment = RunSegment(
            began,
            round(seconds, 3),
            self.plan.jobs,
            clock.trials,
            attending=round(clock.attending, 3),
            working=round(clock.working, 3),
            preparing=round(clock.preparing, 3),
            load=(load, _load()),
        )
        self.journal.passed(segment)

    def _over(self) -> bool:
        """Returns whether no further trial may begin."""
        return self._stopping.is_set() or time.monotonic() >= self.deadline

    def _left(self, problem: Problem) -> bool:
        known = self.journal.survey.get(problem.name)
        wanted = known is not None and known.status == "runnable" and not self.plan.survey_only
        return known is None or (wanted and bool(self._trials(problem)))

    def _trials(self, problem: Problem) -> list[tuple[System, int]]:
        """Returns the problems with trials that are not in the run log."""
        return [
            (system, number)
            for number in range(1, self.plan.passes + 1)
            for system in self.plan.systems
            if not (system.once and number > 1) and (problem.name, system.name, number) not in self.journal.done
        ]

    def _attend(self, problem: Problem) -> None:
        """Runs the remaining trials of one problem."""
        with self.pool.lend() as session:
            if self._over():
                return
            began = time.monotonic()
            self._warm_up(session)
            found = self.ground.survey(session, problem)
            self.clock.add(preparing=time.monotonic() - began)
            line = _surveyed(problem, found)
            if self._stopping.is_set():
                return
            if problem.name not in self.journal.survey:
                self.journal.surveyed(line)
                self.telling.surveyed(line)
            if isinstance(found, Runnable) and not self.plan.survey_only:
                self._have_read(session, found.task.source)
                for system, number in self._trials(problem):
                    if not self._over():
                        self._try(session, problem, found.task, system, number)
            if self._stopping.is_set():
                return
            with suppress(LeanError):
                session.forget_files()
            self.clock.add(attending=time.monotonic() - began)
            if not self._left(problem):
                self.telling.attended()

    def _try(self, session: LeanSession, problem: Problem, task: Task, system: System, number: int) -> None:
        began = time.monotonic()
        self._warm_up(session)
        with suppress(LeanError):
            session.elaborate(task.source)
        seen = Observation()
        generator = _ForTrial(self._bound(problem, task, system, number, seen))
        self.pool.prepare_fresh()
        prepared, restarts = time.monotonic(), session.restarts
        prover = self.assemble(generator, TimedGate(self.gate, seen), system)
        outcome = prover.prove(ObservedSession(session, seen), task)
        if self._stopping.is_set():
            return
        trial = _trial(problem, system, number, outcome, seen, session.restarts - restarts)
        goals = () if trial.outcome == "proved" else ((key, goal.printed()) for key, goal in seen.goals.items())
        self.journal.tried(trial, seen.log, _file(task, outcome), goals)
        self.clock.add(1, working=trial.seconds + trial.gate_seconds, preparing=prepared - began)
        self.telling.tried(trial)

    def _have_read(self, session: LeanSession, source: SourceText) -> None:
        """Passes a file to the generators that read files, once for all its trials."""
        if source in self._files_read:
            return
        began = time.monotonic()
        with suppress(LeanError):
            have_read(session, self.contents, [source], [system.generator for system in self.plan.systems])
            self._files_read.add(source)
        self.clock.add(preparing=time.monotonic() - began)

    def _bound(self, problem: Problem, task: Task, system: System, number: int, seen: Observation) -> BoundGenerator:
        """Returns the observed generator of one trial, with noise if passes are to differ."""
        plan, bound = self.plan, system.generator.for_theorem(task.ref())
        if plan.temperature > 0 and not system.once:
            bound = Perturbed(bound, plan.temperature, f"{plan.seed} {problem.name} {number}")
        return ObservedGenerator(bound, seen)

    def _warm_up(self, session: LeanSession) -> None:
        """Runs the closing tactics once in a new process."""
        with suppress(LeanError):
            pid = session.start().pid
            if pid in self._warm:
                return
            self._warm.add(pid)
            (sorry_goal,) = session.sorries(WARM_UP, 0, len(WARM_UP.text))
            for _ in session.run(sorry_goal.state, FIXED_LIST, TacticLimits(milliseconds=20_000)):
                pass


def _surveyed(problem: Problem, found: Found) -> SurveyLine:
    match found:
        case Runnable(task, fitted):
            declaration = task.declaration
            known = _adapted(SurveyLine(problem.name, "runnable"), fitted)
            return msgspec.structs.replace(known, key=declaration.key, printed=declaration.statement)
        case NotRunnable(reason, fitted):
            return _adapted(SurveyLine(problem.name, "not runnable", reason), fitted)
        case Crashed(reason):
            return SurveyLine(problem.name, "crashed", reason)


def _adapted(line: SurveyLine, fitted: Fitted | None) -> SurveyLine:
    """Returns the line with what was done to the problem's header."""
    if fitted is None:
        return line
    return msgspec.structs.replace(
        line, notations=fitted.notations, left_out=fitted.left_out, options=fitted.described_options()
    )


def _trial(
    problem: Problem, system: System, number: int, outcome: AttemptOutcome, seen: Observation, restarts: int
) -> Trial:
    spent = outcome.spent
    known = Trial(
        problem.name,
        system.name,
        number,
        "open",
        seconds=round(spent.seconds - seen.gate_seconds, 3),
        gate_seconds=round(seen.gate_seconds, 3),
        expansions=spent.expansions,
        tactics=spent.tactics,
        did=dict(sorted(seen.tactics.items())),
        restarts=restarts,
        tokens=(spent.asked.tokens_in, spent.asked.tokens_out),
        cost=round(spent.asked.cost, 6),
    )
    scripts = outcome.scripts if isinstance(outcome, TheoremProved) else ()
    known = msgspec.structs.replace(known, by=seen.credited(scripts), promises=seen.promises(scripts))
    match outcome:
        case TheoremProved() as proved:
            axioms = proved.judgement.axioms
            return msgspec.structs.replace(known, outcome="proved", proof=proved.proof, axioms=axioms)
        case TheoremOpen(reason, _, refused, stuck):
            kind: Outcome = "refused" if refused else "open"
            return msgspec.structs.replace(known, outcome=kind, reason=refused or reason, stuck=_stuck(stuck))
        case TheoremProvedGiven() | TheoremRefuted():
            return msgspec.structs.replace(known, outcome="open", reason=outcome.reason)
        case TheoremFailed(reason):
            return msgspec.structs.replace(known, outcome="crashed", reason=reason)


def _stuck(goals: Sequence[StuckAt]) -> tuple[StuckGoal, ...]:
    return tuple(StuckGoal(each.goal.printed(), each.after) for each in goals[:MAX_STUCK_GOALS])


def _load() -> float:
    return round(psutil.getloadavg()[0], 2)


def _file(task: Task, outcome: AttemptOutcome) -> str:
    """Returns the text of the file with the proof."""
    if isinstance(outcome, TheoremProved):
        return replace_in(task.source.text, outcome.replacements)
    return ""
