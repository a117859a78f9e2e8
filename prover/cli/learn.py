"""`prover learn`: rounds of tracing, learning and proving over a list of repositories."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click
from rich.table import Table

from curriculum.lifelong.registry import LEARNERS, MEMORY, LearnerOptions, learners_named
from prover.app.learning import STRATEGIES, ExecutorOptions, learn
from prover.app.planning import planned_order
from prover.cli.curriculum import order_option, print_plan, repos_option
from prover.cli.options import (
    generators_option,
    invent_option,
    jobs_option,
    search_level_option,
    tactic_timeout_option,
    timeout_option,
    toolchain_option,
    width_option,
)
from prover.cli.output import consoles, reporter
from prover.errors import UsageError
from prover.lean.session import TacticLimits
from prover.lean.toolchain.choose import ToolchainChoice
from prover.search.engine import Strategy as SearchStrategy

if TYPE_CHECKING:
    from curriculum.learn.learner import Strategy
    from curriculum.lifelong.summary import CourseSummary


@click.command("learn")
@repos_option
@click.option(
    "--rounds", type=click.IntRange(1, 100), default=1, show_default=True, help="Rounds over all repositories."
)
@click.option(
    "--strategy",
    type=click.Choice(STRATEGIES),
    default="progressive",
    show_default=True,
    help="What keeps a learner with weights from forgetting.",
)
@order_option
@click.option("--reverse", is_flag=True, help="Reverse the order.")
@click.option(
    "--tactics",
    type=click.IntRange(min=1),
    default=200,
    show_default=True,
    help="Tactics that an attempt may run, on average.",
)
@timeout_option()
@tactic_timeout_option()
@width_option()
@invent_option
@generators_option()
@search_level_option
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of everything random.")
@click.option(
    "--learners",
    default=MEMORY,
    show_default=True,
    help="Learners, with commas: memory, ranker (of premises), generator (a language model).",
)
@click.option("--prove/--no-prove", default=True, help="Attempt theorems, or only train and measure the learners.")
@click.option("--baseline/--no-baseline", default=True, help="Also prove without learning, for comparison.")
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
    tactic_timeout: float,
    width: int,
    invent: tuple[str, ...],
    generators: str,
    level: int,
    seed: int,
    learners: str,
    prove: bool,
    baseline: bool,
    dry_run: bool,
    jobs: int,
    toolchain_choice: ToolchainChoice,
) -> None:
    """Learn from repositories, one after the other: trace, learn, prove what is open, and learn from that.

    A course that was interrupted or killed continues when the same command is given again. A repository that cannot be
    read is left out and named. Nothing is written into a repository.
    """
    from curriculum.lifelong.course import CourseConfig
    from curriculum.lifelong.summary import summary_of
    from curriculum.repository_list import read_list

    listed = read_list(list_file)
    locations = {location.canonical: location for location in listed}
    if len(locations) < len(listed):
        twice = next(each for each in listed if locations[each.canonical] is not each)
        raise UsageError(f"{list_file} lists {twice.canonical} at two revisions: leave one, a course learns each once.")
    if dry_run:
        print_plan(planned_order(list(locations), order, reverse, seed, timeout))
        console, _ = consoles()
        console.print(
            f"{rounds} round(s) of {strategy} learning, {tactics} tactics run for a theorem on average"
            f"{', each round also without learning' if baseline else ''}: nothing was done",
            markup=False,
        )
        return
    chosen = cast("Strategy", strategy)
    names = [name for text in learners.split(",") if (name := text.strip())]
    if not names:
        raise UsageError(f"Name at least one learner: {', '.join(LEARNERS.names())}.")
    pinned = tuple((name, each.revision) for name, each in locations.items() if each.revision is not None)
    config = CourseConfig(tuple(locations), order, reverse, rounds, chosen, seed, tactics, prove, baseline, pinned)
    made = learners_named(names, LearnerOptions(chosen, seed))
    chosen_generators = tuple(name for text in generators.split(",") if (name := text.strip()))
    search = SearchStrategy(limits=TacticLimits(milliseconds=round(tactic_timeout * 1000)), width=width, invent=invent)
    options = ExecutorOptions(toolchain_choice, jobs, timeout, chosen_generators, search, level)
    print_summary(summary_of(learn(locations, config, made, options, reporter())))


def print_summary(summary: "CourseSummary") -> None:
    """Prints the results of a course."""
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
            values = ", ".join(f"{metric.name} {metric.compute(matrix):.3f}" for metric in METRICS)
            console.print(f"{name}: {values}", markup=False)
    for location, why in summary.failed.items():
        errors.print(f"left out: {location}: {why}", markup=False)
    for location, names in summary.broken.items():
        errors.print(f"no longer proved in {location}: {', '.join(names)}", markup=False)
