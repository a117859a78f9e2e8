"""LeanDojo: traces by its package, and traces exported in the format of its benchmark."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from prover.app.environment import database, home
from prover.app.tracing import TraceResult
from prover.app.workspace import Workspace, read_repository
from prover.errors import UsageError
from prover.lean.protocol import LibraryModule
from prover.lean.traced import TracedModule
from prover.progress import Notify, Progress
from prover.project.checkout import Checkout
from prover.project.library import read_library, roots_of
from retrieval.premise import keyword


@dataclass(frozen=True)
class TracedModules:
    """Traced modules of a repository, ready to be exported."""

    checkout: Checkout
    lean_version: str
    modules: tuple[TracedModule, ...]
    texts: Mapping[str, str]
    """The text of each file, by path."""
    library: tuple[LibraryModule, ...] = ()
    """The modules of the toolchain's library that they may see; empty if they are not known."""

    def describe(self) -> str:
        """Returns a description in one line."""
        steps = sum(len(module.steps) for module in self.modules)
        return f"{self.checkout.describe()}: {len(self.modules)} modules, {steps:,} tactic steps"


def traced_modules(ready: Workspace, traced: TraceResult, progress: Progress) -> TracedModules:
    """Returns the modules of a traced repository, with the library that they may see."""
    modules = tuple(ready.builder.traced_module(outcome.module) for outcome in traced.own)
    texts = {ready.repository.relative(outcome.module): outcome.module.text() for outcome in traced.own}
    roots = roots_of(name for module in modules for name in module.imports)
    library = tuple(read_library(ready.toolchain, roots, home().caches / "library", progress))
    return TracedModules(ready.checkout, ready.toolchain.lean_version, modules, texts, library)


def trace_with_leandojo(repo: str, notify: Notify) -> TracedModules:
    """Traces a repository with the lean-dojo package, and stores the result in the database.

    Raises:
        LeanDojoMissing: it is not installed.
        LeanDojoFailed: it cannot trace this repository.
        UsageError: the repository is not in git.
    """
    from curriculum.database.traces import SnapshotSource
    from prover.lean.dojo.backend import dojo_backend

    checkout, repository = read_repository(repo, notify)
    if checkout.commit is None:
        raise UsageError(f"{checkout.root} is not in a git repository, and LeanDojo traces commits only.")
    backend = dojo_backend(checkout.root, home().caches / "leandojo", checkout.commit)
    modules = tuple(backend.trace())
    version = repository.toolchain or "unknown"
    texts = {repository.relative(module): module.text() for module in repository.modules.values()}
    keyed = {f"{module.digest}.{module.name}.leandojo": module for module in modules}
    read = SnapshotSource(checkout.location.canonical, checkout.commit, f"leandojo {version}")
    with database() as db:
        db.perform(lambda work: work.traces.record_trace(read, keyed, {}))
    return TracedModules(checkout, version, modules, texts)


def export_leandojo(traced: TracedModules, out: Path, seed: int) -> None:
    """Writes modules into a directory in the format of LeanDojo's benchmark.

    Args:
        seed: the seed of the random splits.
    """
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
