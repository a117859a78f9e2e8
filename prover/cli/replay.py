"""`prover replay`: the search tree of an attempt, as JSON or as a page."""

from pathlib import Path

import click

from prover.app.replay.drawing import page_of
from prover.app.replay.replaying import replay
from prover.cli.options import JsonCommand, json_option
from prover.cli.output import print_result
from prover.errors import NotWritable
from retrieval.files import write_atomically


def _run(_: click.Context, __: click.Parameter, text: str) -> int | None:
    """Returns the number of a run; None for the last one."""
    if text == "last":
        return None
    if not text.isdecimal():
        raise click.BadParameter(f"{text!r} is neither the number of a run nor `last`.")
    return int(text)


@click.command("replay", cls=JsonCommand)
@click.argument("run", callback=_run)
@click.argument("theorem", required=False)
@click.option(
    "--html", "html_file", type=click.Path(path_type=Path), metavar="FILE", help="Write a page that draws it."
)
@json_option
def command(run: int | None, theorem: str | None, html_file: Path | None, json_file: Path | None) -> None:
    """Show the search tree of a finished or failed attempt of a RUN of `prover prove`; RUN is its number, or `last`.

    The page is one file that works offline: goals are coloured by their state, the proof is drawn in green, nodes
    unfold when they are clicked, and goals and tactics can be searched. Without a file, a summary is printed.
    """
    found = replay(run, theorem)
    if html_file is not None:
        try:
            write_atomically(html_file, page_of(found).encode())
        except OSError as error:
            raise NotWritable(f"{html_file} cannot be written ({error.strerror}): choose another place.") from None
        if json_file is None:
            click.echo(f"{html_file}: {found['theorem']}, {len(found['goals'])} goals")
            return
    print_result(found, json_file, lambda: _print(found))


def _print(found: dict[str, object]) -> None:
    goals, tactics = found["goals"], found["tactics"]
    assert isinstance(goals, list)
    assert isinstance(tactics, list)
    state = "proved" if found["proved"] else "not proved"
    click.echo(f"{found['theorem']} ({found['module']}): {state}, {len(goals)} goals, {len(tactics)} tactics")
    for number, goal in enumerate(goals):
        ran = [tactic for tactic in tactics if tactic["goal"] == number]
        target = goal["printed"].splitlines()[-1]
        used = next((tactic["tactic"] for tactic in ran if tactic["used"]), None)
        click.echo(f"  {goal['status']:8} {len(ran):4} tried  {target[:80]}" + (f"   by {used}" if used else ""))
