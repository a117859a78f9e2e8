"""`prover session list | show | rate | export`: what language models were asked and answered, with ratings."""

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from prover.app.exchanges import list_exchanges, rate, stored_exchange, training_examples
from prover.cli.options import JsonCommand, json_option
from prover.cli.output import print_result
from retrieval.files import write_atomically

if TYPE_CHECKING:
    from curriculum.database.exchanges import StoredExchange

RATING = click.IntRange(0, 6)


@click.group("session")
def command() -> None:
    """List, show, rate and export what language models were asked, and what they answered."""


@command.command("list", cls=JsonCommand)
@click.option("--theorem", metavar="NAME", help="Only exchanges about this theorem, by its full name.")
@click.option("--run", "run_number", type=click.IntRange(min=1), help="Only exchanges of this run.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Maximum number of exchanges.")
@json_option
def list_(theorem: str | None, run_number: int | None, limit: int, json_file: Path | None) -> None:
    """List exchanges, the newest first: number, time, model, theorem, round, tokens, what became of the answers."""
    found = list_exchanges(theorem, run_number, limit)
    print_result(msgspec.to_builtins(found), json_file, lambda: _print_list(found))


def _print_list(found: "list[StoredExchange]") -> None:
    for each in found:
        tokens = f"{each.tokens_in} + {each.tokens_out} tokens"
        outcome = each.outcome.split("\n")[0] or "outcome not known"
        place = f"{each.purpose} of round {each.round + 1}"
        click.echo(f"{each.id}  {_when(each)}  {each.theorem}  {place}  {tokens}{_rating(each)}  {outcome}")
    if not found:
        click.echo("no exchanges: `prover prove --mode agent --model …` stores them", err=True)


@command.command(cls=JsonCommand)
@click.argument("number", type=click.IntRange(min=1))
@json_option
def show(number: int, json_file: Path | None) -> None:
    """Show an exchange: the question, the answers, and what became of them."""
    found = stored_exchange(number)
    print_result(msgspec.to_builtins(found), json_file, lambda: _print_exchange(found))


def _print_exchange(each: "StoredExchange") -> None:
    click.echo(
        f"{each.theorem} in {each.module}, {each.purpose} of round {each.round + 1}, {_when(each)}, {each.model}"
    )
    cost = f", cost {each.cost:.4f}" if each.cost else ""
    click.echo(f"{each.tokens_in} + {each.tokens_out} tokens{cost}, {each.seconds:.1f} s{_rating(each)}")
    for title, text in (("system", each.system), ("question", each.prompt)):
        if text:
            click.echo(f"\n--- {title} ---\n{text}")
    for place, answer in enumerate(each.answers, start=1):
        click.echo(f"\n--- answer {place} ---\n{answer}")
    if each.outcome:
        click.echo(f"\n--- outcome ---\n{each.outcome}")


@command.command("rate")
@click.argument("number", type=click.IntRange(min=1))
@click.option("--correct", type=RATING, help="How correct the answers are, from 0 to 6.")
@click.option("--helpful", type=RATING, help="How helpful the answers are, from 0 to 6.")
@click.option("--remark", help="What you have to say about them.")
def rate_(number: int, correct: int | None, helpful: int | None, remark: str | None) -> None:
    """Rate an exchange (as in CheckMate, Collins et al. 2023); another rating replaces the one before."""
    if correct is None and helpful is None and remark is None:
        raise click.UsageError("Say how: --correct, --helpful or --remark.")
    rate(number, correct, helpful, remark)


@command.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The file, in JSON Lines.")
@click.option("--rated", type=RATING, default=0, show_default=True, help="Only exchanges with at least this rating.")
def export(out: Path, rated: int) -> None:
    """Write exchanges as examples for training: messages, outcome and ratings, one answer on each line."""
    lines = [json.dumps(example, ensure_ascii=False) for example in training_examples(rated)]
    write_atomically(out, "".join(f"{line}\n" for line in lines), durable=True)
    click.echo(f"{len(lines)} examples in {out}")


def _rating(each: "StoredExchange") -> str:
    rated = (("correct", each.correct), ("helpful", each.helpful))
    return "".join(f"  {name} {value}" for name, value in rated if value is not None)


def _when(each: "StoredExchange") -> str:
    return datetime.fromtimestamp(each.asked_at).astimezone().isoformat(" ", "minutes")
