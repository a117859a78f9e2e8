"""Chooses the builder for a toolchain: Lake for a native one, the gateway for the embedded one."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

import psutil

from prover.lean.toolchain.toolchain import NativeToolchain, Toolchain
from prover.lean.traced import TracedModule
from prover.lean.warm import WarmSessions
from prover.progress import Reporter
from prover.project.build import Builder, BuildOutcome
from prover.project.layout import Module, Repository
from prover.project.native_build import NativeBuilder

BUILD_PROCESS_BYTES = 2_300_000_000
"""The memory that a building process of the embedded Lean may come to use, in bytes."""


class ModuleBuilder(Protocol):
    """Builds the imports of modules, for one repository and toolchain."""

    def search_path(self) -> tuple[Path, ...]:
        """Returns the directories of the compiled modules."""

    def prepare(self, module: Module) -> None:
        """Compiles all modules that a module imports, directly or indirectly."""

    def build(self, names: Iterable[str], traced: bool = False) -> Iterator[BuildOutcome]:
        """Builds modules and their imports; yields each when it is done, traced if requested."""

    def traced_module(self, module: Module) -> TracedModule:
        """Returns the trace of a module that was built with `traced`."""

    def imports(self, module: Module) -> tuple[str, ...]:
        """Returns the modules that the header of a module imports."""

    def key(self, module: Module) -> str:
        """Returns a digest of the module, all its imports, and the toolchain."""

    def close(self) -> None:
        """Ends the Lean processes for building, if there are any."""


def builder_for(
    repository: Repository,
    toolchain: Toolchain,
    cache: Path,
    reporter: Reporter | None = None,
    jobs: int | None = None,
    warm: WarmSessions | None = None,
) -> ModuleBuilder:
    """Returns a builder for a toolchain, whose results are cached below `cache`.

    Args:
        jobs: the number of Lean processes, by default one for each processor, and never more than fit into the free
            memory; Lake chooses its own.
        warm: has sessions that parse headers.
    """
    reporter = reporter or Reporter()
    if isinstance(toolchain, NativeToolchain):
        return NativeBuilder(repository, toolchain, cache, reporter.notify)
    fitting = max(1, psutil.virtual_memory().available // BUILD_PROCESS_BYTES)
    jobs = min(jobs or os.cpu_count() or 1, fitting)
    return Builder(repository, toolchain, cache, reporter.notify, jobs, reporter.progress, warm)
