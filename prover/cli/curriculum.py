"""`prover curriculum plan`: in which order repositories would be learnt, how hard they are, what it would cost."""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from prover.app.environment import database
from prover.cli.output import consoles

if TYPE_CHECKING:
    from curriculum.ordering import Order, RepositoryProfile
    from curriculum.plan import CurriculumPlan

ORDERS = ("easy", "closure", "similar", "predicted", "random")

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
    help="Most easy theorems first, small import closures first, alike ones together, easiest as predicted, or random.",
)


@click.group("curriculum")
def command() -> None:
    """Plan what to learn in which order."""


@command.command()
@repos_option
@order_option
@click.option("--reverse", is_flag=True, help="The other way round.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the random order.")
@click.option("--timeout", type=click.FloatRange(min=0.1), default=60.0, show_default=True, help="Seconds an attempt.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def plan(list_file: Path, order: str, reverse: bool, seed: int, timeout: float, as_json: bool) -> None:
    """Print the order, how many theorems are how hard, and the estimated cost.

    Difficulty is LeanAgent's: e^S for a proof of S tactic steps; the 33rd and 67th percentile over all theorems that
    have one divide easy, medium and hard. Repositories must have been traced: `prover trace` does that.
    """
    from curriculum.repository_list import read_list

    locations = [location.canonical for location in read_list(list_file)]
    planned = planned_order(locations, order, reverse, seed, timeout)
    if as_json:
        click.echo(json.dumps(facts(planned), ensure_ascii=False))
    else:
        show(planned)


def planned_order(locations: Sequence[str], order: str, reverse: bool, seed: int, timeout: float) -> "CurriculumPlan":
    """The plan for repositories, by their canonical location, from what the database knows of them."""
    from dataclasses import replace

    from curriculum.database.provable import attempt_totals
    from curriculum.ordering import Reversed
    from curriculum.plan import plan
    from curriculum.subjects import subject_of

    known, untraced = [], []
    with database() as db, db.reading() as connection:
        for location in dict.fromkeys(locations):
            subject = subject_of(connection, location)
            if subject is None:
                untraced.append(location)
            else:
                known.append((subject, attempt_totals(connection, location)))
    chosen = order_named(order, [subject for subject, _ in known], seed)
    return replace(plan(known, Reversed(chosen) if reverse else chosen, timeout), untraced=tuple(untraced))


def order_named(name: str, subjects: "Sequence[RepositoryProfile]", seed: int) -> "Order":
    """The order of that name, one of `ORDERS`, made for these repositories."""
    from curriculum import ordering

    match name:
        case "easy":
            return ordering.EasyFirst()
        case "closure":
            return ordering.SmallClosures()
        case "similar":
            return ordering.Similar(_embedding(subjects))
        case "predicted":
            return ordering.Predicted(_critic(subjects))
        case _:
            return ordering.Shuffled(seed)


def facts(planned: "CurriculumPlan") -> dict[str, Any]:
    """A plan for programs."""
    from curriculum.difficulty import Category

    return {
        "order": planned.order,
        "log_complexity": {"easy_up_to": planned.thresholds.easy, "medium_up_to": planned.thresholds.medium},
        "repositories": [
            {
                "location": entry.location,
                "theorems": entry.histogram.total,
                **{category.value: entry.histogram[category] for category in Category},
                "attempts": entry.experience.attempts,
                "proved_attempts": entry.experience.proved,
                "estimated_seconds": round(entry.seconds, 1),
            }
            for entry in planned.entries
        ],
        "not_traced": list(planned.untraced),
        "estimated_seconds": round(planned.seconds, 1),
    }


def show(planned: "CurriculumPlan") -> None:
    """A plan for people."""
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


def _embedding(subjects: "Sequence[RepositoryProfile]") -> Callable[[Sequence[str]], Sequence[Sequence[float]]]:
    """Vectors of statements: hashed words, weighted by how rare they are in these repositories."""
    from retrieval.encode.encoder import reading
    from retrieval.encode.hashed import HashedEncoder
    from retrieval.premise import Premise

    def readings(statements: Sequence[str]) -> list[Any]:
        return [reading(Premise("", "", "theorem", text.partition(" ")[2])) for text in statements]

    encoder = HashedEncoder.fit(one for subject in subjects for one in readings(subject.statements))

    def embed(statements: Sequence[str]) -> Sequence[Sequence[float]]:
        return [[float(value) for value in row] for row in encoder.readings(readings(statements))]

    return embed


def _critic(subjects: "Sequence[RepositoryProfile]") -> Callable[[Sequence[str]], Sequence[float]]:
    """Predicts the steps of a statement's proof, from the theorems of these repositories whose proofs are known."""
    from curriculum.critic import StepCritic

    known = [
        (statement, complexity)
        for subject in subjects
        for statement, theorem in zip(subject.statements, subject.theorems, strict=True)
        if (complexity := theorem.log_complexity) is not None
    ]
    return StepCritic.fit([statement for statement, _ in known], [complexity for _, complexity in known]).predict
