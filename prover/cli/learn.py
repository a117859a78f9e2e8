"""`prover learn`: rounds of tracing, learning and proving over a list of repositories."""

import platform
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

import click
from filelock import FileLock, Timeout
from rich.table import Table

from prover.app.environment import database, home
from prover.cli.curriculum import order_named, order_option, planned_order, repos_option, show
from prover.cli.options import jobs_option, toolchain_option
from prover.cli.output import consoles, reporter
from prover.cli.workshop import LeanWorkshop, Tools
from prover.errors import RunError, UsageError
from prover.lean.toolchain.choose import ToolchainChoice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curriculum.database.database import Database
    from curriculum.learn.learner import Learner, Strategy
    from curriculum.lifelong.summary import CourseSummary

LEASE_S = 180.0
STRATEGIES = ("progressive", "merged", "replay", "ewc", "adapters")
LEARNERS = ("memory", "ranker", "generator")


@click.command("learn")
@repos_option
@click.option("--rounds", type=click.IntRange(1, 100), default=1, show_default=True, help="Over all repositories.")
@click.option(
    "--strategy",
    type=click.Choice(STRATEGIES),
    default="progressive",
    show_default=True,
    help="What keeps a learner with weights from forgetting.",
)
@order_option
@click.option("--reverse", is_flag=True, help="The order the other way round.")
@click.option(
    "--tactics", type=click.IntRange(min=1), default=200, show_default=True, help="Run for a theorem, on average."
)
@click.option("--timeout", type=click.FloatRange(min=0.1), default=60.0, show_default=True, help="Seconds, at most.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option(
    "--learners",
    default="memory",
    show_default=True,
    help="Who learns: memory, ranker (of premises), generator (a language model).",
)
@click.option("--prove/--no-prove", default=True, help="Attempt theorems, or only study and measure.")
@click.option("--baseline/--no-baseline", default=True, help="Also prove with a prover that learns nothing.")
@click.option("--dry-run", is_flag=True, help="Print the plan and do nothing.")
@jobs_option
@toolchain_option
def command(
    list_file: Path,
    rounds: int,
    strategy: str,
    order: str,
    reverse: bool,
    tactics: int,
    timeout: float,
    seed: int,
    learners: str,
    prove: bool,
    baseline: bool,
    dry_run: bool,
    jobs: int,
    toolchain_choice: ToolchainChoice,
) -> None:
    """Learn from repositories, one after the other: trace, learn, prove what is open, and learn from that.

    A course that was interrupted or killed goes on when the same command is given again. A repository that cannot be
    read is left out and named. Nothing is written into a repository.
    """
    from curriculum.lifelong.course import Course, CourseConfig
    from curriculum.lifelong.course_run import run_course
    from curriculum.repository_list import read_list

    listed = read_list(list_file)
    locations = {location.canonical: location for location in listed}
    if len(locations) < len(listed):
        twice = next(each for each in listed if locations[each.canonical] is not each)
        raise UsageError(f"{list_file} lists {twice.canonical} at two revisions: leave one, a course learns each once.")
    if dry_run:
        show(planned_order(list(locations), order, reverse, seed, timeout))
        console, _ = consoles()
        console.print(
            f"{rounds} round(s) of {strategy} learning, {tactics} tactics run for a theorem on average"
            f"{', each round also without learning' if baseline else ''}: nothing was done",
            markup=False,
        )
        return
    chosen = cast("Strategy", strategy)
    pinned = tuple((name, each.revision) for name, each in locations.items() if each.revision is not None)
    syllabus = CourseConfig(tuple(locations), order, reverse, rounds, chosen, seed, tactics, prove, baseline, pinned)
    reporting = reporter()
    say = reporting.notify
    kept = home().caches / "courses"
    with database() as db, _alone(kept, db):
        shop = LeanWorkshop(locations, Tools(toolchain_choice, jobs, timeout), db, reporting)
        pupils = learners_named([n for name in learners.split(",") if (n := name.strip())], chosen, seed)
        course = Course(db, shop, pupils, order_named, kept, say)
        run = run_course(course, syllabus)
        from curriculum.database.courses import finished_steps
        from curriculum.lifelong.summary import summary_of

        with db.reading() as connection:
            print_summary(summary_of(finished_steps(connection, run)))


def learners_named(
    names: Sequence[str],
    strategy: "Strategy",
    seed: int,
    base: str = "tiny",
    learning_rate: float | None = None,
    epochs: int = 1,
) -> "list[Learner]":
    """Returns the learners of these names.

    Args:
        base: the base model of the learner `generator`.
        learning_rate: that learner's; None for the default of its base.
        epochs: that learner's epochs over each repository.

    Raises:
        UsageError: a name is unknown, or what it needs is not installed.
    """
    from curriculum.learn.generator.learner import GeneratorLearner
    from curriculum.learn.learner import MemoryLearner, Strategy
    from curriculum.learn.ranker import Ranker

    assert get_args(Strategy) == STRATEGIES
    made: Mapping[str, Callable[[], Learner]] = {
        "memory": lambda: MemoryLearner(strategy, seed=seed),
        "ranker": lambda: Ranker(strategy, seed=seed),
        "generator": lambda: GeneratorLearner(strategy, seed, base, epochs, learning_rate),
    }
    names = list(dict.fromkeys(names))
    for name in names:
        if name not in made:
            raise UsageError(f"There is no learner {name!r}: choose from {', '.join(LEARNERS)}.")
    if not names:
        raise UsageError(f"Name at least one learner: {', '.join(LEARNERS)}.")
    return [made[name]() for name in names]


def print_summary(summary: "CourseSummary") -> None:
    """What a course came to, for people."""
    from curriculum.metrics import METRICS

    console, errors = consoles()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("repository", "open", *summary.heads()):
        table.add_column(column, justify="left" if column == "repository" else "right", overflow="fold")
    for location in summary.order:
        table.add_row(location, str(summary.tried(location)), *summary.row(location))
    console.print(table)
    for name, outcomes in summary.performance.items():
        if outcomes.rows:
            matrix = outcomes.matrix()
            said = ", ".join(f"{metric.name} {metric.compute(matrix):.3f}" for metric in METRICS)
            console.print(f"{name}: {said}", markup=False)
    for location, why in summary.failed.items():
        errors.print(f"left out: {location}: {why}", markup=False)
    for location, names in summary.broken.items():
        errors.print(f"no longer proved in {location}: {', '.join(names)}", markup=False)


@contextmanager
def _alone(kept: Path, database: "Database") -> "Iterator[None]":
    """One course at a time on one database: two would go on with the same one.

    A lock keeps out others on this computer, and is gone the moment that its holder is; a lease keeps out others.
    """
    from curriculum.lifelong.lease_keeper import LeaseKeeper

    busy = RunError("Another `prover learn` is using this database: wait for it, or end it.")
    kept.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(kept / f"{sha256(database.name.encode()).hexdigest()[:16]}.lock", timeout=0):
            owner = f"{platform.node()} {kept}"
            held = database.perform(lambda work: work.leases.acquire("courses", owner, LEASE_S))
            if held is None:
                raise busy
            with LeaseKeeper(database, held):
                yield
    except Timeout:
        raise busy from None
