"""`prover trace`: everything that Lean knows of a repository, into the database or LeanDojo's format."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import click

from prover.app.environment import database, home
from prover.app.tracing import TraceResult, trace_into_database
from prover.app.workspace import Workspace, read_repository
from prover.cli.main import EXIT_OPEN
from prover.cli.options import jobs_option, repo_option, toolchain_option
from prover.cli.output import consoles, reporter
from prover.errors import UsageError
from prover.lean.protocol import LibraryModule
from prover.lean.toolchain.choose import ToolchainChoice
from prover.lean.traced import TracedModule
from prover.progress import Notify, Progress
from prover.project.checkout import Checkout
from prover.project.library import read_library, roots_of
from retrieval.premise import keyword


@click.command("trace")
@repo_option
@jobs_option
@toolchain_option
@click.option("--format", "form", type=click.Choice(["leandojo"]), help="Write the traces in this format too.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="The directory for it; made anew.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the random splits of that format.")
@click.option(
    "--backend",
    type=click.Choice(["gateway", "leandojo"]),
    default="gateway",
    show_default=True,
    help="What asks Lean: this program's gateway, or the lean-dojo package with a Lean of its own.",
)
def command(
    repo: str, jobs: int, toolchain_choice: ToolchainChoice, form: str | None, out: Path | None, seed: int, backend: str
) -> int:
    """Trace a repository: declarations, tactic steps with their goals, premises, sorries, into the database.

    What was traced before and has not changed costs nothing. Exit status: 0 all modules traced, 1 some
    could not be, 2 wrong usage or input.
    """
    if (form is None) != (out is None):
        raise UsageError("Give --format and --out together.")
    console = consoles()[0]
    reporting = reporter()
    notify = reporting.notify
    began = time.monotonic()
    if backend == "leandojo":
        exported = _by_leandojo(repo, notify)
        console.print(f"{exported.describe()}: traced by LeanDojo; {_took(began)}", markup=False)
        if out is not None:
            console.print(_export(exported, out, seed), markup=False)
        return 0
    with Workspace.open(repo, toolchain_choice, reporting, jobs) as ready:
        traced = trace_into_database(ready, notify)
        console.print(f"{_summary(ready, traced)}; {_took(began)}; {ready.toolchain.describe()}", markup=False)
        for failure in traced.failed:
            console.print(f"  not traced: {failure.module.name}: {failure.error}", markup=False)
        for outcome in traced.own:
            if outcome.errors:
                first = outcome.errors[0].splitlines()[0]
                console.print(f"  with errors: {outcome.module.name} ({len(outcome.errors)}): {first}", markup=False)
        if out is not None:
            console.print(_export(_modules_of(ready, traced, reporting.progress), out, seed), markup=False)
    return EXIT_OPEN if traced.failed else 0


def _took(began: float) -> str:
    return str(timedelta(seconds=round(time.monotonic() - began)))


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


@dataclass(frozen=True)
class TracedModules:
    """Modules of a repository, and their texts by path."""

    checkout: Checkout
    lean_version: str
    modules: tuple[TracedModule, ...]
    texts: Mapping[str, str]
    library: tuple[LibraryModule, ...] = ()
    """of the toolchain, as far as the modules may see it; empty where it is not known"""

    def describe(self) -> str:
        """How many of what, in a line."""
        steps = sum(len(module.steps) for module in self.modules)
        return f"{self.checkout.describe()}: {len(self.modules)} modules, {steps:,} tactic steps"


def _modules_of(ready: Workspace, traced: TraceResult, progress: Progress) -> TracedModules:
    modules = tuple(ready.builder.traced_module(outcome.module) for outcome in traced.own)
    texts = {ready.repository.relative(outcome.module): outcome.module.text() for outcome in traced.own}
    roots = roots_of(name for module in modules for name in module.imports)
    library = tuple(read_library(ready.toolchain, roots, home().caches / "library", progress))
    return TracedModules(ready.checkout, ready.toolchain.lean_version, modules, texts, library)


def _by_leandojo(repo: str, notify: Notify) -> TracedModules:
    """What LeanDojo says of a repository, also put into the database.

    Raises:
        LeanDojoMissing: it is not installed.
        LeanDojoFailed: it cannot trace this repository.
    """
    from curriculum.database.traces import SnapshotSource
    from prover.lean.dojo.backend import dojo_backend

    checkout, repository = read_repository(repo, notify)
    if checkout.commit is None:
        raise UsageError(f"{checkout.root} is in no git repository, and LeanDojo traces commits only.")
    backend = dojo_backend(checkout.root, home().caches / "leandojo", checkout.commit)
    modules = tuple(backend.trace())
    version = repository.toolchain or "unknown"
    texts = {repository.relative(module): module.text() for module in repository.modules.values()}
    keyed = {f"{module.digest}.{module.name}.leandojo": module for module in modules}
    read = SnapshotSource(checkout.location.canonical, checkout.commit, f"leandojo {version}")
    with database() as db:
        db.perform(lambda work: work.traces.record_trace(read, keyed, {}))
    return TracedModules(checkout, version, modules, texts)


def _export(traced: TracedModules, out: Path, seed: int) -> str:
    from prover.project.leandojo.catalogue import ImportedSignatures
    from prover.project.leandojo.export import BenchmarkOrigin, export_benchmark

    origin = BenchmarkOrigin(traced.checkout.location.canonical, traced.checkout.commit or "", traced.lean_version)
    signatures = {
        premise.name: f"{keyword(premise.kind)} {premise.name} {premise.statement}"
        for module in traced.library
        for premise in module.premises
    }
    library = ImportedSignatures(signatures, {module.module: module.imports for module in traced.library})
    export_benchmark(traced.modules, traced.texts, origin, out, seed=seed, library=library)
    return f"wrote {out}"
