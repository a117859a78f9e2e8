"""Proves while Lean's processes are killed at random: nothing may be wrong, lost or left over.

Wrong: a proof that was claimed and that Lean, in a process of its own, does not take in its file.
Lost: an attempt that ended in anything but an outcome. Left over: a Lean process after the end.
"""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

from benchmarks.workload import PROJECTS, Project, built, conditions, theorems
from prover.app.assembly import ProverOptions, assemble, mixture
from prover.attempt import (
    Prover,
    Task,
    TheoremFailed,
    TheoremOpen,
    TheoremProved,
    TheoremProvedGiven,
    TheoremRefuted,
    forget,
    sorry_goals,
)
from prover.check.gate import Gate
from prover.errors import ProverError
from prover.lean.gateway_session import LeanSession
from prover.lean.pool import Pool
from prover.lean.session import Failed, TacticLimits
from prover.lean.toolchain.toolchain import Toolchain
from prover.project.build import errors_of
from prover.project.patch import replace as replace_in
from prover.search.budget import Budget
from prover.tactics.automation import Automation
from prover.tactics.generator import merge
from prover.tactics.structure import Structure

GENERATORS = (Automation(), Structure())
BATCH = 12
RECHECKED = 20
SECONDS_BETWEEN_KILLS = 15.0
SETTLE_SECONDS = 3.0


@dataclass(frozen=True)
class SoakPlan:
    """The plan of a measurement."""

    attempts: int
    seed: int
    seconds: float
    """The budget of a proof attempt."""
    jobs: int


@dataclass
class SoakCounts:
    """The numbers of attempts by result."""

    outcomes: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    claimed: list[tuple[Task, TheoremProved]] = field(default_factory=list)
    kills: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def soak(toolchain: Toolchain, caches: Path, plan: SoakPlan, progress: Callable[[str], None]) -> dict[str, object]:
    """Runs the plan, project by project, and says what went wrong."""
    began = time.monotonic()
    tally, wrong, rechecked, restarts = SoakCounts(), list[str](), 0, 0
    roots = sorted(path for path in PROJECTS.iterdir() if path.is_dir())
    for index, root in enumerate(roots):
        progress(f"{root.name}: compiling")
        project = built(root, toolchain, caches)
        share = replace(
            plan,
            attempts=plan.attempts // len(roots) + (index < plan.attempts % len(roots)),
            seed=plan.seed + index,
        )
        tally.claimed.clear()
        restarts += _attempts(toolchain, project, share, tally, progress)
        sample = tally.claimed[:: max(1, len(tally.claimed) * len(roots) // RECHECKED)]
        rechecked += len(sample)
        wrong += _wrong(toolchain, project, sample)
    time.sleep(SETTLE_SECONDS)
    left = [process.pid for process in psutil.Process().children(recursive=True)]
    return {
        "conditions": {**conditions(toolchain), "seed": plan.seed, "budget": plan.seconds, "jobs": plan.jobs},
        "attempts": plan.attempts,
        "outcomes": dict(tally.outcomes.most_common()),
        "kills": tally.kills,
        "restarts": restarts,
        "rechecked": rechecked,
        "wrong": wrong,
        "lost": tally.lost,
        "left_over": left,
        "minutes": round((time.monotonic() - began) / 60, 1),
    }


def _attempts(
    toolchain: Toolchain, project: Project, plan: SoakPlan, tally: SoakCounts, progress: Callable[[str], None]
) -> int:
    """Runs a project's attempts while processes are killed; returns the number of restarts of sessions."""
    chooser = random.Random(plan.seed)
    session = LeanSession(toolchain, project.search_path)
    try:
        tasks = list(theorems(project, session))
    finally:
        session.end()
    with Pool(toolchain, project.search_path, plan.jobs) as pool:
        over = threading.Event()
        killer = threading.Thread(target=_kill, args=(pool, random.Random(plan.seed), tally, over))
        killer.start()
        prover = assemble(
            mixture(GENERATORS, frozen=True), Gate(pool.fresh), ProverOptions(Budget(seconds=plan.seconds))
        )
        try:
            with ThreadPoolExecutor(plan.jobs) as executor:
                chosen = [chooser.choice(tasks) for _ in range(plan.attempts)]
                for done, _ in enumerate(executor.map(lambda task: _attempt(pool, prover, task, tally), chosen), 1):
                    if done % 5 == 0:
                        progress(f"{project.name}: {done} attempts, {tally.kills} kills in all")
        finally:
            over.set()
            killer.join()
        return sum(session.restarts for session in _idle(pool, plan.jobs))


def _idle(pool: Pool, jobs: int) -> Iterator[LeanSession]:
    """The pool's sessions, each once."""
    if jobs:
        with pool.lend() as session:
            yield session
            yield from _idle(pool, jobs - 1)


def _attempt(pool: Pool, prover: Prover, task: Task, tally: SoakCounts) -> None:
    name = task.declaration.name
    try:
        with pool.lend() as session:
            kind = _proved(prover, session, task, tally) if task.declaration.incomplete else _batch(session, task)
    except Exception as error:  # noqa: BLE001, RUF100 -- whatever it is, the attempt is lost, and that is what is counted
        with tally.lock:
            tally.lost.append(f"{name}: {type(error).__name__}: {error}")
        return
    with tally.lock:
        tally.outcomes[kind] += 1


def _proved(prover: Prover, session: LeanSession, task: Task, tally: SoakCounts) -> str:
    match prover.prove(session, task):
        case TheoremProved() as outcome:
            with tally.lock:
                tally.claimed.append((task, outcome))
            return "proved"
        case TheoremOpen(_, _, None):
            return "open"
        case TheoremOpen(_, _, reason):
            return f"refused: {reason.split(':')[0]}" if reason else "open"
        case TheoremProvedGiven():
            return "proved given"
        case TheoremRefuted():
            return "refuted"
        case TheoremFailed(reason):
            return f"failed: {reason.split(':')[0]}"


def _batch(session: LeanSession, task: Task) -> str:
    """A batch of tactics on a theorem that is proved: as many outcomes as tactics."""
    try:
        state = sorry_goals(session, task)[0].state
        tactics = [suggestion.tactic for suggestion in merge(GENERATORS, state.goals[0])[:BATCH]]
        outcomes = list(session.run(state, tactics, TacticLimits(milliseconds=1_500)))
    except ProverError as error:
        return f"batch failed: {str(error).split(':')[0]}"
    finally:
        forget(session)
    if len(outcomes) != len(tactics):
        raise AssertionError(f"{len(tactics)} tactics, {len(outcomes)} outcomes")
    died = any(isinstance(outcome, Failed) and outcome.kind == "died" for outcome in outcomes)
    return "batch, a tactic lost to a kill" if died else "batch"


def _kill(pool: Pool, chooser: random.Random, tally: SoakCounts, over: threading.Event) -> None:
    while not over.wait(chooser.expovariate(1 / SECONDS_BETWEEN_KILLS)):
        pids = pool.pids()
        if pids:
            try:
                os.kill(chooser.choice(pids), signal.SIGKILL)
                tally.kills += 1
            except ProcessLookupError:
                pass


def _wrong(toolchain: Toolchain, project: Project, claims: list[tuple[Task, TheoremProved]]) -> list[str]:
    """The claims that Lean does not take: the file has an error, or the theorem still a `sorry`."""
    found = []
    session = LeanSession(toolchain, project.search_path)
    try:
        for task, outcome in claims:
            source = replace(task.source, text=replace_in(task.source.text, outcome.replacements))
            name = task.declaration.name
            after = [d for d in session.declarations(source) if d.name == name]
            if errors := errors_of(session.elaborate(source)):
                found.append(f"{name}: {errors[0]}")
            elif [(d.statement, d.incomplete) for d in after] != [(task.declaration.statement, False)]:
                found.append(f"{name}: another statement, or a sorry in it")
            session.close()
    finally:
        session.end()
    return found
