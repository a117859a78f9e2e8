"""The builder that goes with a toolchain: Lake for a native one, the gateway for the embedded one."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from prover.lean.toolchain.toolchain import NativeToolchain, Toolchain
from prover.lean.traced import TracedModule
from prover.progress import Notify
from prover.project.build import Builder, BuildOutcome
from prover.project.layout import Module, Repository
from prover.project.native_build import NativeBuilder


class ModuleBuilder(Protocol):
    """Makes the imports of modules ready, for one repository and toolchain."""

    def search_path(self) -> tuple[Path, ...]:
        """Where Lean looks for the compiled modules."""

    def prepare(self, module: Module) -> None:
        """Compiles everything that a module imports, directly or not."""

    def build(self, names: Iterable[str], traced: bool = False) -> Iterator[BuildOutcome]:
        """Builds modules and what they import; yields each as it is done, with a trace of it if asked for."""

    def traced_module(self, module: Module) -> TracedModule:
        """The trace of a module that was built with `traced`."""

    def key(self, module: Module) -> str:
        """What changes with the module, all that it imports, and the toolchain."""

    def close(self) -> None:
        """Ends the Lean processes used for building, if there are any."""


def builder_for(
    repository: Repository, toolchain: Toolchain, cache: Path, notify: Notify = lambda _: None, jobs: int = 1
) -> ModuleBuilder:
    """A builder of the kind that the toolchain needs; it keeps what it makes below `cache`.

    Args:
        jobs: Lean processes at once; Lake decides that for itself.
    """
    if isinstance(toolchain, NativeToolchain):
        return NativeBuilder(repository, toolchain, cache, notify)
    return Builder(repository, toolchain, cache, notify, jobs)
