"""`prover suggest`: tactics for the goal of a theorem, each tried, with the goals that it leaves."""

import json
from collections.abc import Sequence
from dataclasses import asdict

import click
from rich.console import Console

from prover.app.assembly import generators_named
from prover.app.models import ModelChoice
from prover.app.suggesting import SuggestRequest, TriedSuggestion, suggest
from prover.app.workspace import Workspace
from prover.cli.main import EXIT_OPEN
from prover.cli.modelling import model_options
from prover.cli.options import repo_option, toolchain_option
from prover.cli.output import consoles, reporter
from prover.lean.session import State
from prover.lean.toolchain.choose import ToolchainChoice
from prover.tactics.language.formats import state_text


@click.command("suggest")
@repo_option
@click.option("--theorem", required=True, help="Full name of a theorem: its first `sorry`, else its statement.")
@click.option("--after", multiple=True, metavar="TACTIC", help="Run first; may be given several times.")
@click.option("-k", "count", type=click.IntRange(1, 500), default=16, show_default=True, help="Tactics tried.")
@click.option("--failures", is_flag=True, help="Show those that fail too.")
@click.option("--generators", default="automation,structure,memory", show_default=True, help="What proposes tactics.")
@model_options
@toolchain_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    repo: str,
    theorem: str,
    after: tuple[str, ...],
    count: int,
    failures: bool,
    generators: str,
    model: ModelChoice | None,
    toolchain_choice: ToolchainChoice,
    as_json: bool,
) -> int:
    """Suggest tactics for the goal of a theorem: each is tried, and shown with the goals that it leaves.

    Those that close the goal come first, then the others as they were ranked. Exit status: 0 one of them helps, 1
    none does, 2 wrong usage or input.
    """
    out = consoles()[0]
    reporting = reporter()
    tactics = model.tactics(model.open(), reporting) if model is not None else None
    wanted = SuggestRequest(theorem, after, generators_named(generators, reporting, tactics), count)
    with Workspace.open(repo, toolchain_choice, reporting) as workspace:
        state, tried = suggest(workspace, wanted, reporting.notify)
    shown = [each for each in tried if failures or each.goals is not None]
    if as_json:
        goal = state_text(state.goals[0])
        click.echo(json.dumps({"goal": goal, "tactics": [asdict(each) for each in shown]}, ensure_ascii=False))
    else:
        _print(out, state, shown)
    return 0 if any(each.goals is not None for each in tried) else EXIT_OPEN


def _print(out: Console, state: State, tried: Sequence[TriedSuggestion]) -> None:
    for line in state_text(state.goals[0]).splitlines():
        out.print(line, style="dim", markup=False)
    for each in tried:
        mark, style = ("✗", "red") if each.goals is None else ("·", "yellow") if each.goals else ("✓", "green")
        out.print(f"[{style}]{mark}[/] ", end="")
        out.print(f"{each.tactic}  ({', '.join(each.generators)} {each.log_probability:g})", markup=False)
        if each.failure is not None:
            out.print(f"    {' '.join(each.failure.split())[:160]}", style="dim", markup=False)
        for goal in each.goals or ():
            for line in goal.splitlines():
                out.print(f"    {line}", style="dim", markup=False)
    if not tried:
        out.print("nothing that was suggested helps", markup=False)
