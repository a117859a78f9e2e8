"""`prover refute`: says whether theorems are false, with a counterexample."""

from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console

from prover.app.refuting import Decision, RefutationPlan, decide
from prover.app.workspace import Workspace
from prover.check.refutation import REFUTATION_SECONDS
from prover.cli.main import EXIT_OPEN
from prover.cli.options import (
    JsonCommand,
    every_theorem_option,
    json_option,
    repo_option,
    targets_argument,
    theorems_option,
    timeout_option,
    toolchain_option,
)
from prover.cli.output import STANDARD_OUTPUT, consoles, reporter, write_json
from prover.errors import UsageError
from prover.lean.toolchain.choose import ToolchainChoice


@click.command("refute", cls=JsonCommand)
@repo_option
@targets_argument
@theorems_option
@every_theorem_option
@timeout_option(20.0)
@click.option(
    "--instances",
    "instance_seconds",
    type=click.FloatRange(min=0.1),
    default=REFUTATION_SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="Time for evaluating small instances of each theorem.",
)
@toolchain_option
@json_option
def command(
    repo: str,
    theorems: tuple[str, ...],
    everything: bool,
    timeout: float,
    instance_seconds: float,
    toolchain_choice: ToolchainChoice,
    json_file: Path | None,
) -> int:
    """Refute theorems of a Lean repository by counterexamples, or prove them.

    Small instances are evaluated, then the negation and the theorem are searched for. A fresh Lean checks every
    refutation: a proof of the negation. Exit status: 0 each is refuted or proved, 1 some are open, 2 wrong usage or
    input.
    """
    if bool(theorems) == everything:
        raise UsageError("Say what to refute: NAME, FILE#LINE, or --all.")
    out, err = consoles()
    shown = err if json_file == STANDARD_OUTPUT else out
    plan = RefutationPlan(theorems or None, timeout, instance_seconds=instance_seconds)
    decisions: list[Decision] = []
    with Workspace.open(repo, toolchain_choice, reporter()) as workspace:
        for decision in decide(workspace, plan):
            decisions.append(decision)
            print_decision(shown, decision)
    if json_file is not None:
        write_json({"theorems": [asdict(each) for each in decisions]}, json_file)
    return EXIT_OPEN if any(each.status == "open" for each in decisions) else 0


MARKS = {"refuted": ("✗", "magenta"), "proved": ("✓", "green"), "open": ("·", "yellow")}


def print_decision(out: Console, decision: Decision) -> None:
    """Prints what is known of a theorem as text."""
    mark, style = MARKS[decision.status]
    reason = f": {decision.reason}" if decision.reason else ""
    out.print(f"[{style}]{mark}[/] ", end="")
    place = f"{decision.theorem}  {decision.file}:{decision.line}"
    out.print(f"{place}  {decision.status}{reason}  ({decision.seconds:.1f} s)", markup=False)
    for line in (decision.refutation or decision.proof or "").splitlines():
        out.print(f"    {line}", style="dim", markup=False)
    if decision.vacuous:
        out.print("    vacuous: its hypotheses contradict each other:", style="yellow", markup=False)
        for line in decision.vacuous.splitlines():
            out.print(f"    {line}", style="dim", markup=False)
    if decision.uncovered:
        out.print(f"    no value is known of the types {', '.join(decision.uncovered)}", style="yellow", markup=False)
