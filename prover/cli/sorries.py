"""`prover sorries`: every missing proof of a repository, as the compiler sees them."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from prover.app.tracing import ListedSorry, sorries_in, trace_into_database
from prover.app.workspace import Workspace
from prover.cli.main import EXIT_OPEN
from prover.cli.options import JsonCommand, jobs_option, json_option, repo_option, toolchain_option
from prover.cli.output import consoles, print_result, reporter
from prover.lean.toolchain.choose import ToolchainChoice
from prover.wording import counted


@click.command("sorries", cls=JsonCommand)
@repo_option
@jobs_option
@toolchain_option
@json_option
def command(repo: str, jobs: int, toolchain_choice: ToolchainChoice, json_file: Path | None) -> int:
    """List every `sorry` of a repository with its goal, position and a stable id.

    Exit status: 0 all modules were read, 1 some could not be, 2 wrong usage or input.
    """
    reporting = reporter()
    notify = reporting.notify
    with Workspace.open(repo, toolchain_choice, reporting, jobs) as ready:
        traced = trace_into_database(ready, notify)
        found = list(sorries_in(ready, traced))
    for failure in traced.failed:
        notify(f"{failure.module.name} could not be read: {failure.error}")
    print_result([asdict(each) for each in found], json_file, lambda: _print_sorries(found))
    return EXIT_OPEN if traced.failed else 0


def _print_sorries(found: Sequence[ListedSorry]) -> None:
    console = consoles()[0]
    for each in found:
        note = "  needs a value" if each.value else ""
        console.print(f"{each.file}:{each.line}:{each.column}  {each.declaration}  {each.id}{note}", markup=False)
        for line in each.goal.splitlines():
            console.print(f"    {line}", markup=False)
    console.print(counted(len(found), "sorry"))
