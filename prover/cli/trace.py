"""`prover trace`: stores what Lean knows about a repository in the database, and exports it in LeanDojo's format."""

import time
from datetime import timedelta
from pathlib import Path

import click

from prover.app.leandojo import export_leandojo, trace_with_leandojo, traced_modules
from prover.app.tracing import TraceResult, trace_into_database
from prover.app.workspace import Workspace
from prover.cli.main import EXIT_OPEN
from prover.cli.options import jobs_option, repo_option, toolchain_option
from prover.cli.output import consoles, reporter
from prover.errors import UsageError
from prover.lean.toolchain.choose import ToolchainChoice


@click.command("trace")
@repo_option
@jobs_option
@toolchain_option
@click.option("--format", "form", type=click.Choice(["leandojo"]), help="Also export the traces in this format.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="The directory of the export; replaced if it exists.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the random splits of the export.")
@click.option(
    "--backend",
    type=click.Choice(["gateway", "leandojo"]),
    default="gateway",
    show_default=True,
    help="What traces: this program's gateway, or the lean-dojo package with its own Lean.",
)
def command(
    repo: str, jobs: int, toolchain_choice: ToolchainChoice, form: str | None, out: Path | None, seed: int, backend: str
) -> int:
    """Trace a repository: declarations, tactic steps with their goals, premises, sorries, into the database.

    Modules that were traced before and have not changed are skipped. Exit status: 0 all modules traced, 1 some
    could not be, 2 wrong usage or input.
    """
    if (form is None) != (out is None):
        raise UsageError("Give --format and --out together.")
    console = consoles()[0]
    reporting = reporter()
    started = time.monotonic()
    if backend == "leandojo":
        exported = trace_with_leandojo(repo, reporting.notify)
        console.print(f"{exported.describe()}: traced by LeanDojo; {_elapsed(started)}", markup=False)
        if out is not None:
            export_leandojo(exported, out, seed)
            console.print(f"wrote {out}", markup=False)
        return 0
    with Workspace.open(repo, toolchain_choice, reporting, jobs) as ready:
        traced = trace_into_database(ready, reporting.notify)
        console.print(f"{_summary(ready, traced)}; {_elapsed(started)}; {ready.toolchain.describe()}", markup=False)
        for failure in traced.failed:
            console.print(f"  not traced: {failure.module.name}: {failure.error}", markup=False)
        for outcome in traced.own:
            if outcome.errors:
                first = outcome.errors[0].splitlines()[0]
                console.print(f"  with errors: {outcome.module.name} ({len(outcome.errors)}): {first}", markup=False)
        if out is not None:
            export_leandojo(traced_modules(ready, traced, reporting.progress), out, seed)
            console.print(f"wrote {out}", markup=False)
    return EXIT_OPEN if traced.failed else 0


def _elapsed(started: float) -> str:
    return str(timedelta(seconds=round(time.monotonic() - started)))


def _summary(ready: Workspace, traced: TraceResult) -> str:
    own = traced.own
    total = len(ready.repository.modules)
    new = sum(not outcome.cached for outcome in own)
    declarations, steps, sorries = (
        sum(getattr(outcome, kind) for outcome in own) for kind in ("declarations", "steps", "sorries")
    )
    return (
        f"{ready.checkout.describe()}: {len(own)} of {total} modules traced, {new} of them now; {declarations:,} "
        f"declarations, {steps:,} tactic steps, {sorries:,} sorries"
    )
