"""`prover curriculum plan`: in which order repositories would be learned, how hard they are, what it would cost."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table

from prover.app.planning import ORDERS, plan_facts, planned_order
from prover.cli.options import JsonCommand, json_option
from prover.cli.output import consoles, print_result

if TYPE_CHECKING:
    from curriculum.plan import CurriculumPlan

repos_option = click.option(
    "--repos",
    "list_file",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file with one URL_OR_PATH[@REV] a line.",
)
order_option = click.option(
    "--order",
    type=click.Choice(ORDERS),
    default="easy",
    show_default=True,
    help="Most easy theorems first, small import closures first, similar together, easiest as predicted, or random.",
)


@click.group("curriculum")
def command() -> None:
    """Plan what to learn in which order."""


@command.command(cls=JsonCommand)
@repos_option
@order_option
@click.option("--reverse", is_flag=True, help="Reverse the order.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the random order.")
@click.option("--timeout", type=click.FloatRange(min=0.1), default=60.0, show_default=True, help="Seconds an attempt.")
@json_option
def plan(list_file: Path, order: str, reverse: bool, seed: int, timeout: float, json_file: Path | None) -> None:
    """Print the order, how many theorems are how hard, and the estimated cost.

    Difficulty is LeanAgent's: e^S for a proof of S tactic steps; the 33rd and 67th percentile over all theorems that
    have one divide easy, medium and hard. Repositories must have been traced: `prover trace` does that.
    """
    from curriculum.repository_list import read_list

    locations = [location.canonical for location in read_list(list_file)]
    planned = planned_order(locations, order, reverse, seed, timeout)
    print_result(plan_facts(planned), json_file, lambda: print_plan(planned))


def print_plan(planned: "CurriculumPlan") -> None:
    """Prints a plan as a table."""
    from curriculum.difficulty import Category

    console, errors = consoles()
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    table.add_column("repository", overflow="fold")
    for category in Category:
        table.add_column(category.value, justify="right")
    table.add_column("estimated", justify="right")
    for number, entry in enumerate(planned.entries, 1):
        counts = [str(entry.histogram[category]) for category in Category]
        cost = str(timedelta(seconds=round(entry.seconds)))
        table.add_row(str(number), entry.location, *counts, cost)
    console.print(table)
    borders = planned.thresholds
    console.print(
        f"order: {planned.order}; easy up to {borders.easy:g} steps, medium up to {borders.medium:g}; "
        f"one attempt at each unproved theorem: {timedelta(seconds=round(planned.seconds))}",
        markup=False,
    )
    for location in planned.untraced:
        errors.print(f"not traced yet, so not in the order: prover trace --repo {location}", markup=False)
