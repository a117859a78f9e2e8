"""Measures the Lean gateway beside the public REPL in the same run: start, tactics, batches, memory.

Each figure is a median of repetitions in which the two sides take turns. The REPL is given the project's
modules pasted into one text, since it cannot import project modules on the embedded toolchain; its start
is timed with a one-line theorem instead, which spares it that text.
"""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.repl import HOW_TO_FETCH, Repl, ReplProgram, prepared
from benchmarks.workload import IMPORT_LINE, PROJECTS, Project, built, conditions, opened
from prover.attempt import Task, sorry_goals
from prover.errors import LeanError
from prover.lean.gateway_session import LeanSession
from prover.lean.session import Failed, SorryGoal, State, TacticLimits, TacticOutcome
from prover.lean.team import TACTICS_PER_SHARE, Team
from prover.lean.toolchain.toolchain import Toolchain
from prover.tactics.automation import Automation
from prover.tactics.generator import merge
from prover.tactics.structure import Structure

TREE = "Basics.Tree"
PASTED = {"Basics.Tree": ("Basics.Nat", "Basics.List", "Basics.Tree"), "Basics.List": ("Basics.Nat", "Basics.List")}
GOALS = (
    ("Basics.Tree", "Basics.Tree.mirror_mirror"),
    ("Basics.Tree", "Basics.Tree.mirror_complete"),
    ("Basics.Tree", "Basics.Tree.depth_le_size"),
    ("Basics.Tree", "Basics.Tree.flatten_map"),
)
ONE_LINE = "theorem bench_first (a b : Nat) : a + b = b + a := by sorry"
BATCH = 400
CANDIDATES = 64
STATES = 10_000
STATES_AT_ONCE = 500
LIMITS = TacticLimits(heartbeats=200_000, milliseconds=3_000)
REPL_SECONDS = 30.0
"""The time limit of a request before the REPL is killed; its only own limit is heartbeats."""
AT_ONCE_MS = 10.0
"""The time below which a tactic that both sides refuse counts as failing at once."""
GIGABYTE = 1e9

Timed = tuple[float, ...]


@dataclass(frozen=True)
class SpeedTarget:
    """The target of a figure."""

    at_most: float | None = None
    """The target of the figure itself."""
    times: float | None = None
    """The target of the baseline divided by the figure."""

    def met(self, figure: float, baseline: float | None) -> bool | None:
        """Whether it is; nothing when the baseline that it needs was not measured."""
        if self.at_most is not None:
            return figure <= self.at_most
        if self.times is not None and baseline is not None:
            return baseline / figure >= self.times
        return None


@dataclass(frozen=True)
class LeanTiming:
    """One measurement."""

    what: str
    unit: str
    figure: float
    """The median of the gateway."""
    repetitions: Timed
    baseline: float | None = None
    """The median of the REPL."""
    baseline_repetitions: Timed = ()
    target: SpeedTarget = SpeedTarget()
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """The baseline divided by the figure."""
        return self.baseline / self.figure if self.baseline is not None and self.figure else None

    @property
    def met(self) -> bool | None:
        """Whether the target is reached, if there is one that can be judged."""
        return self.target.met(self.figure, self.baseline)


@dataclass
class Results:
    """Everything that a run measured."""

    conditions: dict[str, object]
    rows: list[LeanTiming] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def json(self) -> dict[str, object]:
        """For a file."""
        rows = [{**asdict(row), "ratio": row.ratio, "met": row.met} for row in self.rows]
        return {"conditions": self.conditions, "rows": rows, "notes": self.notes}


@dataclass(frozen=True)
class Bench:
    """The environment of the measurements."""

    toolchain: Toolchain
    project: Project
    repl: ReplProgram | None
    repetitions: int

    def session(self) -> AbstractContextManager[LeanSession]:
        """A session that ends with the block."""
        return _ending(LeanSession(self.toolchain, self.project.search_path))

    @contextmanager
    def baseline(self) -> Iterator[Repl | None]:
        """The REPL, if there is one, for as long as the block lasts."""
        if self.repl is None:
            yield None
            return
        repl = Repl(self.repl, self.toolchain)
        try:
            yield repl
        finally:
            repl.close()


@contextmanager
def _ending(session: LeanSession) -> Iterator[LeanSession]:
    try:
        yield session
    finally:
        session.end()


def measure(
    toolchain: Toolchain, caches: Path, repl: Path | None, quick: bool, progress: Callable[[str], None]
) -> Results:
    """Runs every measurement; `progress` receives the name of the next one."""
    results = Results(conditions(toolchain))
    with ExitStack() as stack:
        progress("building the project and the REPL")
        project = built(PROJECTS / "basics", toolchain, caches)
        program = stack.enter_context(prepared(repl.resolve(), toolchain, caches)) if repl else None
        if program is None:
            results.notes.append(HOW_TO_FETCH)
        elif program.interpreted:
            modules = ", ".join(program.interpreted)
            results.notes.append(f"The REPL's start includes elaborating {modules}: they could not be compiled ahead.")
        bench = Bench(toolchain, project, program, 2 if quick else 5)
        for part in (start, overhead, throughput, memory):
            progress(part.__doc__ or part.__name__)
            part(bench, results)
    return results


def start(bench: Bench, results: Results) -> None:
    """Process start to the first goal, and the next goal of the same process"""
    ours, greeted, again, theirs, theirs_again = [], [], [], [], []
    idle, idle_repl = 0.0, None
    for _ in range(bench.repetitions):
        with bench.session() as session:
            began = time.perf_counter()
            session.start().greet()
            greeted.append(time.perf_counter() - began)
            opened(bench.project, session, *GOALS[0])
            ours.append(time.perf_counter() - began)
            again.append(_timed(lambda lean=session: opened(bench.project, lean, *GOALS[1]))[0])  # type: ignore[misc]
            idle = session.start().memory() / GIGABYTE
        began = time.perf_counter()
        with bench.baseline() as repl:
            if repl is not None:
                env = repl.ask({"cmd": ONE_LINE})["env"]
                theirs.append(time.perf_counter() - began)
                second = {"cmd": ONE_LINE.replace("first", "second"), "env": env}
                theirs_again.append(_timed(lambda lean=repl, ask=second: lean.ask(ask))[0])  # type: ignore[misc]
                idle_repl = repl.memory() / GIGABYTE
    greeting = f"of which {statistics.median(greeted):.2f} s to the gateway's greeting"
    results.rows += [
        _row("process start to first goal of a project file", "s", ours, theirs, SpeedTarget(at_most=6), greeting),
        _row("the next goal of the same file", "s", again, theirs_again, SpeedTarget(at_most=1)),
        LeanTiming(
            "memory of an idle process, a goal open", "GB", idle, (idle,), idle_repl, target=SpeedTarget(at_most=1.0)
        ),
    ]


def overhead(bench: Bench, results: Results) -> None:
    """What a tactic costs that does nothing, in a batch"""
    with bench.session() as session, bench.baseline() as repl:
        sorry_goal = opened(bench.project, session, *GOALS[0])
        state = sorry_goal.state
        proof = _open_there(bench, repl, TREE, sorry_goal) if repl else 0
        for tactic in ("skip", "exact foo_unknown"):
            ours, theirs, inside = [], [], []
            for _ in range(bench.repetitions + 1):
                seconds, outcomes = _timed(lambda t=tactic: list(session.run(state, [t] * BATCH, LIMITS)))  # type: ignore[misc]
                ours.append(1e3 * seconds / BATCH)
                inside.append(statistics.fmean(outcome.microseconds for outcome in outcomes) / 1e3)
                if repl is not None:
                    count = BATCH // 4
                    asked = {"tactic": tactic, "proofState": proof}
                    seconds, _ = _timed(lambda ask=asked, n=count: [repl.ask(ask) for _ in range(n)])  # type: ignore[misc]
                    theirs.append(1e3 * seconds / count)
            note = f"of which {statistics.median(inside):.3f} ms in Lean, by its own clock"
            # the first round warms both sides up
            results.rows.append(
                _row(
                    f"overhead a tactic in a batch of {BATCH}: {tactic}",
                    "ms",
                    ours[1:],
                    theirs[1:],
                    SpeedTarget(0.3),
                    note,
                )
            )


@dataclass
class TacticTiming:
    """A tactic of a goal and how long each side took, in milliseconds."""

    tactic: str
    failed: bool
    ours: list[float] = field(default_factory=list)
    """The time of a tactic that fails at once: an even share of a batch of such tactics."""
    theirs: list[float] = field(default_factory=list)
    failed_there: bool = False

    def fails_at_once(self) -> bool:
        """Whether both sides refuse it, the REPL without delay."""
        return self.failed and self.failed_there and bool(self.theirs) and min(self.theirs) < AT_ONCE_MS


def throughput(bench: Bench, results: Results) -> None:
    """Candidates as the search makes them, batches on both cores against single requests"""
    dropped = ["exact?"]
    ours_all, theirs_all, wall_ours, wall_theirs = [], [], [], []
    at_once: list[TacticTiming] = []
    count = 0
    with bench.session() as session, bench.session() as other, Team((session, other)) as team, bench.baseline() as repl:
        for module, theorem in GOALS:
            task = bench.project.task(session, module, theorem)
            sorry_goal = sorry_goals(session, task)[0]
            proof = _open_there(bench, repl, module, sorry_goal) if repl else 0
            candidates = _candidates(session, sorry_goal, dropped)
            _candidates(other, sorry_goals(other, task)[0], [])
            if repl is not None:
                candidates = _known_there(repl, proof, candidates, dropped)
            count += len(candidates)
            mine, there = _race(bench, team, task, candidates, repl, proof)
            wall_ours.append(mine)
            wall_theirs.append(there)
            at_once += [candidate for candidate in candidates if candidate.fails_at_once()]
    ours_all = [1e3 * sum(one) / count for one in zip(*wall_ours, strict=True)]
    theirs_all = [1e3 * sum(one) / count for one in zip(*wall_theirs, strict=True)]
    note = f"{count} tactics of {len(GOALS)} goals; left out on both sides: {', '.join(dropped)}"
    results.rows.append(_row("candidate tactics, a tactic", "ms", ours_all, theirs_all, SpeedTarget(times=3), note))
    if at_once:
        ours_all = [statistics.fmean(c.ours[i] for c in at_once) for i in range(bench.repetitions)]
        theirs_all = [statistics.fmean(c.theirs[i] for c in at_once) for i in range(bench.repetitions)]
        note = f"the {len(at_once)} of them that both refuse, the REPL within {AT_ONCE_MS:.0f} ms"
        results.rows.append(
            _row("those that fail at once, a tactic", "ms", ours_all, theirs_all, SpeedTarget(times=5), note)
        )


def _candidates(session: LeanSession, sorry_goal: SorryGoal, dropped: list[str]) -> list[TacticTiming]:
    """What the search would try, without what runs out of time. Warms the gateway up."""
    suggested = merge([Automation(), Structure()], sorry_goal.state.goals[0])[:CANDIDATES]
    tactics = [suggestion.tactic for suggestion in suggested if suggestion.tactic not in dropped]
    kept = []
    for tactic, outcome in zip(tactics, session.run(sorry_goal.state, tactics, LIMITS), strict=True):
        if isinstance(outcome, Failed) and outcome.kind in ("timeout", "died"):
            dropped.append(f"{tactic} ({outcome.kind} here)")
        else:
            kept.append(TacticTiming(tactic, isinstance(outcome, Failed)))
    return kept


def _known_there(repl: Repl, proof: int, candidates: list[TacticTiming], dropped: list[str]) -> list[TacticTiming]:
    """Those that the REPL answers within the same limit. Warms it up."""
    kept = []
    for candidate in candidates:
        seconds, answer = _timed(lambda t=candidate.tactic: repl.ask({"tactic": t, "proofState": proof}, REPL_SECONDS))  # type: ignore[misc]
        if seconds * 1e3 > LIMITS.milliseconds:
            dropped.append(f"{candidate.tactic} (over {LIMITS.milliseconds} ms in the REPL)")
        else:
            candidate.failed_there = "proofState" not in answer or any(
                message["severity"] == "error" for message in answer.get("messages", ())
            )
            if candidate.failed == candidate.failed_there:
                kept.append(candidate)
            else:
                dropped.append(
                    f"{candidate.tactic} (only {'the REPL' if candidate.failed else 'the gateway'} takes it)"
                )
    return kept


def _race(
    bench: Bench, team: Team, task: Task, candidates: Sequence[TacticTiming], repl: Repl | None, proof: int
) -> tuple[list[float], list[float]]:
    """Seconds for all candidates, each repetition, on either side.

    The goal is opened anew each time: a search runs a tactic once, and what the gateway keeps of the
    beginnings of tactics must not help the next repetition.
    """
    ours, theirs = [], []
    tactics = [candidate.tactic for candidate in candidates]
    for _ in range(bench.repetitions):
        state = _ready(team, task)
        seconds, _ = _timed(lambda s=state: list(team.run(s, tactics, LIMITS)))  # type: ignore[misc]
        ours.append(seconds)
        if repl is not None:
            for candidate in candidates:
                seconds, _ = _timed(lambda t=candidate.tactic: repl.ask({"tactic": t, "proofState": proof}))  # type: ignore[misc]
                candidate.theirs.append(1e3 * seconds)
            theirs.append(sum(candidate.theirs[-1] for candidate in candidates) / 1e3)
    at_once = [candidate for candidate in candidates if candidate.fails_at_once()]
    for _ in range(bench.repetitions if at_once else 0):
        state = _ready(team, task)
        seconds, _ = _timed(lambda s=state: list(team.run(s, [c.tactic for c in at_once], LIMITS)))  # type: ignore[misc]
        for candidate in at_once:
            candidate.ours.append(1e3 * seconds / len(at_once))
    return ours, theirs


def _ready(team: Team, task: Task) -> State:
    """The goal of a theorem, opened again in every session."""
    team.forget()
    state = sorry_goals(team, task)[0].state
    list(team.run(state, ["skip"] * TACTICS_PER_SHARE * 4, LIMITS))
    return state


def memory(bench: Bench, results: Results) -> None:
    """Ten thousand kept states of a small goal"""
    with bench.session() as session:
        state = opened(bench.project, session, *GOALS[0]).state
        process = session.start()
        before = process.memory() / GIGABYTE
        kept: list[TacticOutcome] = []
        began = time.perf_counter()
        for first in range(0, STATES, STATES_AT_ONCE):
            tactics = [f"have h{i} : 0 = 0 := rfl" for i in range(first, first + STATES_AT_ONCE)]
            kept += [o for o in session.run(state, tactics, LIMITS) if not isinstance(o, Failed)]
        seconds = time.perf_counter() - began
        after = process.memory() / GIGABYTE
        same = process is session.start() and process.alive()
        lives = same and not isinstance(next(session.run(state, ["intro x"], LIMITS)), type(None))
    note = f"{len(kept)} states kept from {before:.2f} GB on, {1e3 * seconds / STATES:.2f} ms each, " + (
        "the process lives" if lives and not session.restarts else "THE PROCESS DIED"
    )
    results.rows.append(
        LeanTiming(f"memory with {STATES} kept states", "GB", after, (after,), target=SpeedTarget(2.0), note=note)
    )


def _open_there(bench: Bench, repl: Repl, module: str, sorry_goal: SorryGoal) -> int:
    """The REPL's number for the goal that the gateway opened.

    What stands above the theorem is one request and the theorem the next: the REPL opens a goal in the
    environment that its request began with.

    Raises:
        LeanError: the REPL does not take the text, so that its goal would not be the gateway's.
    """
    text = bench.project.source(module).text.encode()
    first, stop = sorry_goal.command
    above = bench.project.pasted(PASTED[module][:-1]) + IMPORT_LINE.sub("", text[:first].decode())
    # the embedded toolchain elaborates the REPL's text as a `module`, where what is not public does not unfold
    env = _taken(repl.ask({"cmd": "@[expose] public section\n" + above}))["env"]
    return int(_taken(repl.ask({"cmd": text[first:stop].decode(), "env": env}))["sorries"][0]["proofState"])


def _taken(answer: dict[str, Any]) -> dict[str, Any]:
    for message in answer.get("messages", ()):
        if message["severity"] == "error":
            raise LeanError(f"the REPL does not take the pasted text at {message['pos']}: {message['data']}")
    return answer


def _row(
    what: str, unit: str, ours: Sequence[float], theirs: Sequence[float], target: SpeedTarget, note: str = ""
) -> LeanTiming:
    baseline = statistics.median(theirs) if theirs else None
    return LeanTiming(what, unit, statistics.median(ours), tuple(ours), baseline, tuple(theirs), target, note)


def _timed(act: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    result = act()
    return time.perf_counter() - began, result
