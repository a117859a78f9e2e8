"""The builder that goes with a toolchain: Lake for a native one, the gateway for the embedded one."""

from pathlib import Path
from typing import Protocol

from prover.lean.toolchain.toolchain import NativeToolchain, Toolchain
from prover.project.build import Builder, Progress
from prover.project.layout import Module, Repository
from prover.project.native_build import NativeBuilder


class ModuleBuilder(Protocol):
    """Makes the imports of modules ready, for one repository and toolchain."""

    def search_path(self) -> tuple[Path, ...]:
        """Where Lean looks for the compiled modules."""

    def prepare(self, module: Module) -> None:
        """Compiles everything that a module imports, directly or not."""

    def close(self) -> None:
        """Ends the Lean process used for building, if there is one."""


def builder_for(
    repository: Repository, toolchain: Toolchain, cache: Path, progress: Progress = lambda _: None
) -> ModuleBuilder:
    """A builder of the kind that the toolchain needs; it keeps what it makes below `cache`."""
    if isinstance(toolchain, NativeToolchain):
        return NativeBuilder(repository, toolchain, cache, progress)
    return Builder(repository, toolchain, cache, progress)
