"""Measures the number of theorems proved in each Lean project, by a fixed list of closing tactics and by the prover."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.workload import PROJECTS, Project, built, conditions, spread, theorems
from prover.app.assembly import ProverOptions, assemble, mixture
from prover.attempt import Prover, Task, TheoremProved, have_read
from prover.check.gate import Gate, Judge, Judgement, Submission
from prover.check.levels import DEFAULT_LEVEL
from prover.evaluate.statistics import mcnemar, wilson
from prover.lean.pool import Pool
from prover.lean.session import TacticLimits
from prover.lean.toolchain.toolchain import Toolchain
from prover.project.contents import ContentsReader
from prover.search.budget import Budget
from prover.search.engine import DEFAULT_LIMITS, Strategy
from prover.tactics.automation import Automation, FixedList
from prover.tactics.generator import Generator
from prover.tactics.structure import Structure
from retrieval.statistics import Interval, bootstrap_mean

Arms = Mapping[str, Callable[[], tuple[Generator, ...]]]
"""The compared sets of generators, by name; created for each project, so that none learns from another's proofs."""
GENERATORS: Arms = {
    "fixed list": lambda: (FixedList(),),
    "automation, structure": lambda: (Automation(), Structure()),
}
COUNTED = TacticLimits(heartbeats=5_000, milliseconds=20_000)
"""The limits if tactics are counted, not seconds: they are the same on a busy machine as on a quiet one."""


@dataclass(frozen=True)
class ProjectsPlan:
    """The plan of a measurement."""

    seconds: float | None
    """The budget of a theorem, in seconds."""
    limit: int | None
    """The maximum number of theorems of a project."""
    jobs: int
    tactics: int | None = None
    """The budget of tactics for a theorem, which is the same on a busy machine as on a quiet one."""
    finished: bool = False
    """Whether theorems with a proof are proved again from scratch, instead of the open ones."""
    names: tuple[str, ...] = ()
    """The names of the projects; empty for all."""
    roots: tuple[Path, ...] = ()
    """The roots of other repositories that replace the projects."""
    modules: int | None = None
    """The maximum number of modules of each, evenly spread."""

    def chosen(self) -> list[Path]:
        """The directories of the projects."""
        roots = self.roots or sorted(path for path in PROJECTS.iterdir() if path.is_dir())
        return [root for root in roots if not self.names or root.name in self.names]


@dataclass(frozen=True)
class Attempted:
    """The result of one theorem with one set of generators."""

    project: str
    theorem: str
    generators: str
    outcome: str
    reason: str
    """The reason why it is open, or its proof."""
    seconds: float
    expansions: int
    tactics: int


@dataclass(frozen=True)
class Total:
    """A row of the table."""

    project: str
    open: int
    proved: tuple[int, ...]
    """The results by set of generators."""


def measure(
    toolchain: Toolchain,
    caches: Path,
    plan: ProjectsPlan,
    progress: Callable[[str], None],
    arms: Arms = GENERATORS,
    wanted: Callable[[Task], bool] = lambda _: True,
) -> dict[str, Any]:
    """Attempts every theorem of every project that is `wanted` and open, once with each set of generators."""
    rows: list[Attempted] = []
    for root in plan.chosen():
        progress(f"{root.name}: compiling")
        project = built(root, toolchain, caches, plan.modules)
        rows += _project(toolchain, project, plan, progress, arms, wanted)
    return {
        "conditions": {**conditions(toolchain), **asdict(plan), "roots": [root.name for root in plan.roots]},
        "generators": list(arms),
        "theorems": [asdict(row) for row in rows],
    }


def totals(results: dict[str, Any]) -> Iterator[Total]:
    """The counts of each project, and of all."""
    rows = results["theorems"]
    for project in [*dict.fromkeys(row["project"] for row in rows), "all"]:
        own = [row for row in rows if project in (row["project"], "all")]
        by = [[row for row in own if row["generators"] == name] for name in results["generators"]]
        yield Total(project, len(by[0]), tuple(sum(row["outcome"] == "proved" for row in rows) for rows in by))


@dataclass(frozen=True)
class Gain:
    """The theorems that one arm proves and another does not, and vice versa."""

    arm: str
    against: str
    theorems: int
    gained: int
    lost: int
    difference: Interval
    """The difference of the shares proved."""
    p: float
    """The p-value of McNemar's exact test."""


def shares(results: dict[str, Any]) -> Iterator[tuple[str, int, Interval]]:
    """Yields the number of theorems that each arm proved, and the share with its interval."""
    for arm in results["generators"]:
        own = _proved(results, arm)
        yield arm, sum(own.values()), wilson(sum(own.values()), len(own))


def gain(results: dict[str, Any], arm: str, against: str) -> Gain:
    """Compares an arm with another."""
    own, other = _proved(results, arm), _proved(results, against)
    differences = [int(own[theorem]) - int(other[theorem]) for theorem in own]
    gained, lost = differences.count(1), differences.count(-1)
    values = [float(difference) for difference in differences]
    return Gain(arm, against, len(own), gained, lost, bootstrap_mean(values), mcnemar(gained, lost))


def _proved(results: dict[str, Any], arm: str) -> dict[tuple[str, str], bool]:
    rows = [row for row in results["theorems"] if row["generators"] == arm]
    return {(row["project"], row["theorem"]): row["outcome"] == "proved" for row in rows}


class SameJudgement:
    """The gate, asked once about each proof: several provers find the same ones."""

    def __init__(self, inner: Judge) -> None:
        self._inner = inner
        self._known: dict[Submission, Judgement] = {}

    def judge(self, submission: Submission, level: int = DEFAULT_LEVEL) -> Judgement:
        """See `Gate`."""
        if submission not in self._known:
            self._known[submission] = self._inner.judge(submission, level)
        return self._known[submission]


def _project(
    toolchain: Toolchain,
    project: Project,
    plan: ProjectsPlan,
    progress: Callable[[str], None],
    arms: Arms,
    wanted: Callable[[Task], bool],
) -> Iterator[Attempted]:
    """Each theorem with each set of generators in turn, so that a busy hour of the machine costs all of them."""
    with Pool(toolchain, project.search_path, plan.jobs) as pool, ThreadPoolExecutor(plan.jobs) as executor:
        generators = {name: make() for name, make in arms.items()}
        with pool.lend() as session:
            found = [task for task in theorems(project, session) if task.declaration.incomplete != plan.finished]
            tasks = spread([task for task in found if wanted(task)], plan.limit)
            reading = [each for own in generators.values() for each in own]
            contents = ContentsReader(project.repository, toolchain)
            have_read(session, contents, (task.source for task in tasks), reading)
        limits = DEFAULT_LIMITS if plan.tactics is None else COUNTED
        budget = Budget(seconds=plan.seconds, tactics=plan.tactics)
        gate, options = SameJudgement(Gate(pool.fresh)), ProverOptions(budget, Strategy(limits=limits))
        provers = {
            name: assemble(own[0] if len(own) == 1 else mixture(own), gate, options) for name, own in generators.items()
        }
        progress(f"{project.name}: {len(tasks)} theorems")
        work = [
            executor.submit(_attempts, pool, project.name, task, _rotated(provers, number))
            for number, task in enumerate(tasks)
        ]
        for future in work:
            yield from future.result()


def _rotated(provers: Mapping[str, Prover], by: int) -> dict[str, Prover]:
    """The same in another order: nobody is always the first, who pays for what a process does once."""
    names = list(provers)
    names = names[by % len(names) :] + names[: by % len(names)]
    return {name: provers[name] for name in names}


def _attempts(pool: Pool, project: str, task: Task, provers: Mapping[str, Prover]) -> list[Attempted]:
    rows = []
    for name, prover in provers.items():
        with pool.lend() as session:
            pool.prepare_fresh()
            outcome = prover.prove(session, task)
        spent, proved = outcome.spent, isinstance(outcome, TheoremProved)
        reason = outcome.proof if isinstance(outcome, TheoremProved) else outcome.reason
        row = Attempted(project, task.declaration.name, name, "proved" if proved else "open", reason, 0.0, 0, 0)
        rows.append(replace(row, seconds=round(spent.seconds, 2), expansions=spent.expansions, tactics=spent.tactics))
    return rows
