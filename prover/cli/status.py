"""`prover status`: what is open in a repository, what depends on what, and what each proof would unlock."""

from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console

from prover.app.status import DeclarationStatus, RepositoryStatus, status_of_repository
from prover.app.workspace import Workspace
from prover.cli.main import EXIT_OPEN
from prover.cli.options import JsonCommand, jobs_option, json_option, repo_option, toolchain_option
from prover.cli.output import consoles, print_result, reporter
from prover.lean.toolchain.choose import ToolchainChoice
from prover.wording import counted


@click.command("status", cls=JsonCommand)
@repo_option
@jobs_option
@toolchain_option
@json_option
def command(repo: str, jobs: int, toolchain_choice: ToolchainChoice, json_file: Path | None) -> int:
    """Show what is open in a repository, what depends on what, and what each proof would unlock.

    Exit status: 0 nothing is open, 1 something is, or a file has errors or could not be read, 2 wrong usage or input.
    """
    reporting = reporter()
    with Workspace.open(repo, toolchain_choice, reporting, jobs) as workspace:
        found = status_of_repository(workspace)
    print_result(asdict(found), json_file, lambda: _print(found, consoles()[0]))
    return EXIT_OPEN if found.theorems or found.unreadable or found.errors else 0


def _print(found: RepositoryStatus, out: Console) -> None:
    marks = {"error": "✗", "open": "·", "proved_given": "(✓)"}
    for status, mark in marks.items():
        rows = [each for each in found.theorems if each.status == status]
        for row in sorted(rows, key=lambda row: -len(row.needed_by)):
            out.print(f"{mark} {row.theorem}  {row.file}:{row.line}{_remarks(row)}", markup=False)
    for file, error in found.unreadable.items():
        out.print(f"✗ {file}  {error}", markup=False)
    for file, errors in found.errors.items():
        out.print(f"✗ {file}  {counted(len(errors), 'error')}, the first: {errors[0].splitlines()[0]}", markup=False)
    still, broken, given = (len(found.with_status(status)) for status in ("open", "error", "proved_given"))
    wrong = f"{broken} with errors, " if broken else ""
    out.print(f"{still} open, {wrong}{counted(given, 'theorem')} proved given open ones, {found.proved} proved")


def _remarks(row: DeclarationStatus) -> str:
    said = [row.kind] if row.kind not in ("theorem", row.theorem) else []
    if row.error:
        said.append(row.error)
    if row.rests_on:
        said.append(f"rests on {', '.join(row.rests_on)}")
    if row.needed_by:
        said.append(f"needed by {', '.join(row.needed_by)}")
    if row.unlocks:
        said.append(f"would unlock {', '.join(row.unlocks)}")
    return f"  {'; '.join(said)}" if said else ""
