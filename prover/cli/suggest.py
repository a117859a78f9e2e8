"""`prover suggest`: tactics for the goal of a theorem, each tried, with the goals that it leaves."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console

from prover.app.assembly import generators_named
from prover.app.models import ModelChoice
from prover.app.suggesting import SuggestRequest, TriedSuggestion, suggest
from prover.app.workspace import Workspace
from prover.cli.main import EXIT_OPEN
from prover.cli.modelling import model_options
from prover.cli.options import (
    JsonCommand,
    generators_option,
    json_option,
    repo_option,
    tactic_limits,
    tactic_timeout_option,
    targets_argument,
    timeout_option,
    toolchain_option,
    width_option,
)
from prover.cli.output import consoles, print_result, reporter
from prover.errors import UsageError
from prover.lean.session import State
from prover.lean.toolchain.choose import ToolchainChoice
from prover.tactics.language.formats import state_text


@click.command("suggest", cls=JsonCommand)
@repo_option
@targets_argument
@click.option("--theorem", metavar="NAME|FILE#LINE", help="A theorem: its first `sorry`, else its statement.")
@click.option("--after", multiple=True, metavar="TACTIC", help="A tactic to run first; may be given several times.")
@timeout_option()
@tactic_timeout_option(3.0)
@width_option("-k", default=16, highest=500)
@click.option("--failures", is_flag=True, help="Also show tactics that fail.")
@generators_option("automation,structure,memory")
@model_options
@toolchain_option
@json_option
def command(
    repo: str,
    theorem: str | None,
    after: tuple[str, ...],
    timeout: float,
    tactic_timeout: float,
    width: int,
    failures: bool,
    generators: str,
    model: ModelChoice | None,
    toolchain_choice: ToolchainChoice,
    json_file: Path | None,
) -> int:
    """Suggest tactics for the goal of a theorem; each is tried, and shown with the goals that it leaves.

    Tactics that close the goal come first, the others are in the order of their ranks. Exit status: 0 a tactic helps, 1
    none does, 2 wrong usage or input.
    """
    if theorem is None:
        raise UsageError("Say for which theorem: NAME or FILE#LINE.")
    reporting = reporter()
    tactics = model.tactics(model.open(), reporting) if model is not None else None
    named = generators_named(generators, reporting, tactics)
    wanted = SuggestRequest(theorem, after, named, width, timeout, tactic_limits(tactic_timeout))
    with Workspace.open(repo, toolchain_choice, reporting) as workspace:
        state, tried = suggest(workspace, wanted, reporting.notify)
    shown = [each for each in tried if failures or each.goals is not None]
    value = {"goal": state_text(state.goals[0]), "tactics": [asdict(each) for each in shown]}
    print_result(value, json_file, lambda: _print(consoles()[0], state, shown))
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
        out.print("no suggested tactic helps", markup=False)
