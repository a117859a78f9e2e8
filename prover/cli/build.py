"""`prover build`: compiles modules ahead of time."""

import time
from datetime import timedelta
from pathlib import Path

import click

from prover.app.building import BuildResult, build_modules
from prover.app.workspace import Workspace
from prover.cli.main import EXIT_OPEN
from prover.cli.options import json_option, repo_option, toolchain_option
from prover.cli.output import consoles, print_result, reporter
from prover.lean.toolchain.choose import ToolchainChoice

MAX_LISTED = 20
"""The number of modules with errors that are listed."""


@click.command("build")
@repo_option
@click.option(
    "--module", "modules", multiple=True, metavar="NAME", help="Compile this module, of the repository or a package."
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    help="The number of Lean processes; by default one for each processor, as far as the memory goes.",
)
@toolchain_option
@json_option
def command(
    repo: str, modules: tuple[str, ...], jobs: int | None, toolchain_choice: ToolchainChoice, json_file: Path | None
) -> int:
    """Compile a repository, and of the packages that it requires what it imports.

    The other commands do the same when they need to. Compiled modules are kept for all repositories; a build that is
    killed goes on where it was. Exit status: 0 every module is compiled, 1 some have errors or could not be, 2 wrong
    usage or input.
    """
    console = consoles()[0]
    started = time.monotonic()
    with Workspace.open(repo, toolchain_choice, reporter(), jobs) as workspace:
        result = build_modules(workspace, modules)
        elapsed = time.monotonic() - started

        def print_text() -> None:
            for line in _lines(result):
                console.print(line, markup=False)
            took = timedelta(seconds=round(elapsed))
            console.print(f"{_summary(result)}; {took}; {workspace.toolchain.describe()}", markup=False)

        print_result(_json(result, elapsed, workspace.toolchain.describe()), json_file, print_text)
    return EXIT_OPEN if result.failed or result.with_errors else 0


def _lines(result: BuildResult) -> list[str]:
    lines = [
        f"with errors: {outcome.module.name} ({len(outcome.errors)}): {outcome.errors[0].splitlines()[0]}"
        for outcome in result.with_errors
    ]
    lines += [f"not compiled: {outcome.module.name}: {outcome.error}" for outcome in result.failed]
    return lines if len(lines) <= MAX_LISTED else [*lines[:MAX_LISTED], f"and {len(lines) - MAX_LISTED} more"]


def _summary(result: BuildResult) -> str:
    total = len(result.compiled) + len(result.failed)
    return (
        f"{len(result.compiled)} of {total} modules compiled, {result.new} of them now; "
        f"{len(result.with_errors)} with errors"
    )


def _json(result: BuildResult, seconds: float, toolchain: str) -> dict[str, object]:
    return {
        "toolchain": toolchain,
        "seconds": round(seconds, 1),
        "compiled": len(result.compiled),
        "new": result.new,
        "errors": {outcome.module.name: list(outcome.errors) for outcome in result.with_errors},
        "failed": {outcome.module.name: str(outcome.error) for outcome in result.failed},
    }
