"""`prover sorries`: every missing proof of a repository, as the compiler sees them."""

import json
from dataclasses import asdict

import click

from prover.app.tracing import sorries_in, trace_into_database
from prover.app.workspace import Workspace
from prover.cli.main import EXIT_OPEN
from prover.cli.options import jobs_option, repo_option, toolchain_option
from prover.cli.output import consoles, reporter
from prover.lean.toolchain.choose import ToolchainChoice


@click.command("sorries")
@repo_option
@jobs_option
@toolchain_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def command(repo: str, jobs: int, toolchain_choice: ToolchainChoice, as_json: bool) -> int:
    """List every `sorry` of a repository with its goal, position and a stable id.

    Exit status: 0 all modules were read, 1 some could not be, 2 wrong usage or input.
    """
    console = consoles()[0]
    reporting = reporter()
    notify = reporting.notify
    with Workspace.open(repo, toolchain_choice, reporting, jobs) as ready:
        traced = trace_into_database(ready, notify)
        found = list(sorries_in(ready, traced))
    for failure in traced.failed:
        notify(f"{failure.module.name} could not be read: {failure.error}")
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], ensure_ascii=False, indent=1))
    else:
        for each in found:
            console.print(f"{each.file}:{each.line}:{each.column}  {each.declaration}  {each.id}", markup=False)
            for line in each.goal.splitlines():
                console.print(f"    {line}", markup=False)
        console.print(f"{len(found)} sorries")
    return EXIT_OPEN if traced.failed else 0
