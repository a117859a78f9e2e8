"""`prover trace`: everything that Lean knows of a repository, into the database or LeanDojo's format."""

import time
from datetime import timedelta
from pathlib import Path

import click

from prover.cli.main import EXIT_OPEN
from prover.cli.opening import Opened, jobs_option, opened, repo_option
from prover.cli.tracing import Traced, trace_into_database
from prover.cli.wiring import consoles, toolchain_option
from prover.errors import UsageError
from prover.lean.toolchain.choose import Wish


@click.command("trace")
@repo_option
@jobs_option
@toolchain_option
@click.option("--format", "form", type=click.Choice(["leandojo"]), help="Write the traces in this format too.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="The directory for it; made anew.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the random splits of that format.")
def command(repo: str, jobs: int, wish: Wish, form: str | None, out: Path | None, seed: int) -> int:
    """Trace a repository: declarations, tactic steps with their goals, premises, sorries, into the database.

    What was traced before and has not changed costs nothing. Exit status: 0 all modules traced, 1 some
    could not be, 2 wrong usage or input.
    """
    if (form is None) != (out is None):
        raise UsageError("Give --format and --out together.")
    console, errors = consoles()

    def note(text: str) -> None:
        errors.print(text, style="dim", markup=False)

    began = time.monotonic()
    with opened(repo, wish, note, jobs) as ready:
        traced = trace_into_database(ready, note)
        console.print(_summary(ready, traced, time.monotonic() - began), markup=False)
        for failure in traced.failed:
            console.print(f"  not traced: {failure.module.name}: {failure.error}", markup=False)
        for outcome in traced.own:
            if outcome.errors:
                first = outcome.errors[0].splitlines()[0]
                console.print(f"  with errors: {outcome.module.name} ({len(outcome.errors)}): {first}", markup=False)
        if out is not None:
            console.print(_export(ready, traced, out, seed), markup=False)
    return EXIT_OPEN if traced.failed else 0


def _summary(ready: Opened, traced: Traced, seconds: float) -> str:
    own = traced.own
    total = len(ready.repository.modules)
    new = sum(not outcome.cached for outcome in own)
    declarations, steps, sorries = (
        sum(getattr(outcome, kind) for outcome in own) for kind in ("declarations", "steps", "sorries")
    )
    took = timedelta(seconds=round(seconds))
    return (
        f"{ready.checkout.describe()}: {len(own)} of {total} modules traced, {new} of them now; {declarations:,} "
        f"declarations, {steps:,} tactic steps, {sorries:,} sorries; {took}; {ready.toolchain.describe()}"
    )


def _export(ready: Opened, traced: Traced, out: Path, seed: int) -> str:
    from prover.project.leandojo.export import Origin, export_benchmark

    location = ready.checkout.location
    modules = [ready.builder.traced_module(outcome.module) for outcome in traced.own]
    texts = {ready.repository.relative(outcome.module): outcome.module.text() for outcome in traced.own}
    origin = Origin(location.canonical, ready.checkout.commit or "", ready.toolchain.lean_version)
    export_benchmark(modules, texts, origin, out, seed=seed)
    return f"wrote {out}"
