"""How many open theorems of each Lean project are proved, by the fixed list of closing tactics and by the prover."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.workload import PROJECTS, Project, built, conditions, theorems
from prover.check.gate import Gate
from prover.lean.pool import Pool
from prover.lean.session import TacticLimits
from prover.lean.toolchain.toolchain import Toolchain
from prover.proving import Prover, Task, TheoremProved
from prover.search.best_first import DEFAULT_LIMITS, Strategy
from prover.search.budget import Budget
from prover.tactics.automation import Automation, FixedList
from prover.tactics.generator import Generator
from prover.tactics.structure import Structure

Arms = Mapping[str, Callable[[], tuple[Generator, ...]]]
"""what is compared, by name; made anew for each project, so that none learns from another's proofs"""
GENERATORS: Arms = {
    "fixed list": lambda: (FixedList(),),
    "automation, structure": lambda: (Automation(), Structure()),
}
COUNTED = TacticLimits(heartbeats=5_000, milliseconds=20_000)
"""where tactics are counted, not seconds: what bounds each is the same on a busy machine as on a quiet one"""


@dataclass(frozen=True)
class Plan:
    """What to run."""

    seconds: float | None
    """for each theorem"""
    limit: int | None
    """of theorems of a project"""
    jobs: int
    tactics: int | None = None
    """run for each theorem; the same on a busy machine as on a quiet one"""
    finished: bool = False
    """theorems that have a proof, from scratch; not the open ones"""
    names: tuple[str, ...] = ()
    """of projects; none for all"""


@dataclass(frozen=True)
class Attempted:
    """What became of one theorem with one set of generators."""

    project: str
    theorem: str
    generators: str
    outcome: str
    reason: str
    seconds: float
    expansions: int
    tactics: int


@dataclass(frozen=True)
class Total:
    """A row of the table."""

    project: str
    open: int
    proved: tuple[int, ...]
    """by each set of generators"""


def measure(
    toolchain: Toolchain, caches: Path, plan: Plan, progress: Callable[[str], None], arms: Arms = GENERATORS
) -> dict[str, Any]:
    """Attempts every open theorem of every project, once with each set of generators."""
    rows: list[Attempted] = []
    for root in sorted(path for path in PROJECTS.iterdir() if path.is_dir()):
        if plan.names and root.name not in plan.names:
            continue
        progress(f"{root.name}: compiling")
        project = built(root, toolchain, caches)
        rows += _project(toolchain, project, plan, progress, arms)
    return {
        "conditions": {**conditions(toolchain), **asdict(plan)},
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


def spread(tasks: Sequence[Task], limit: int | None) -> list[Task]:
    """At most `limit` of the tasks, evenly spread over all of them."""
    if limit is None or limit >= len(tasks):
        return list(tasks)
    return [tasks[index * len(tasks) // limit] for index in range(limit)]


def _project(
    toolchain: Toolchain, project: Project, plan: Plan, progress: Callable[[str], None], arms: Arms
) -> Iterator[Attempted]:
    with Pool(toolchain, project.search_path, plan.jobs) as pool, ThreadPoolExecutor(plan.jobs) as executor:
        with pool.lend() as session:
            found = [task for task in theorems(project, session) if task.declaration.incomplete != plan.finished]
            tasks = spread(found, plan.limit)
        for name, generators in arms.items():
            progress(f"{project.name}: {len(tasks)} theorems, {name}")
            limits = DEFAULT_LIMITS if plan.tactics is None else COUNTED
            budget = Budget(seconds=plan.seconds, tactics=plan.tactics)
            prover = Prover(Strategy((), limits=limits), Gate(pool.fresh), budget, generators=generators())
            work = [executor.submit(_attempt, pool, prover, task) for task in tasks]
            for task, future in zip(tasks, work, strict=True):
                outcome = future.result()
                spent = outcome.spent
                yield Attempted(
                    project.name,
                    task.declaration.name,
                    name,
                    "proved" if isinstance(outcome, TheoremProved) else "open",
                    "" if isinstance(outcome, TheoremProved) else outcome.reason,
                    round(spent.seconds, 2),
                    spent.expansions,
                    spent.tactics,
                )


def _attempt(pool: Pool, prover: Prover, task: Task) -> Any:
    with pool.lend() as session:
        pool.prepare_fresh()
        return prover.prove(session, task)
