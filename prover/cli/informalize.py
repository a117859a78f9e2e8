"""`prover informalize`: says in words what theorems state."""

from dataclasses import asdict
from pathlib import Path

import click

from prover.app.informalizing import Described, descriptions
from prover.app.workspace import Workspace
from prover.cli.options import JsonCommand, jobs_option, json_option, repo_option, toolchain_option
from prover.cli.output import print_result, reporter
from prover.lean.toolchain.choose import ToolchainChoice


@click.command("informalize", cls=JsonCommand)
@repo_option
@click.option("--theorem", "theorems", multiple=True, metavar="NAME", help="A theorem; may be given several times.")
@click.option("--all", "everything", is_flag=True, help="Every theorem.")
@jobs_option
@toolchain_option
@json_option
def command(
    repo: str,
    theorems: tuple[str, ...],
    everything: bool,
    jobs: int,
    toolchain_choice: ToolchainChoice,
    json_file: Path | None,
) -> int:
    """Say in words what theorems state, by rules, without a model.

    Quantifiers, hypotheses, connectives and relations become words; what the rules do not know stays Lean's text, as
    code. The module is traced first if it is not yet.
    """
    if bool(theorems) == everything:
        raise click.UsageError("Say what to describe: --theorem NAME, or --all.")
    with Workspace.open(repo, toolchain_choice, reporter(), jobs) as workspace:
        found = list(descriptions(workspace, theorems))
    print_result([asdict(each) for each in found], json_file, lambda: _print(found))
    return 0


def _print(found: list[Described]) -> None:
    for each in found:
        click.echo(f"{each.theorem}: {each.words}")
