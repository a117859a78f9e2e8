"""Builds what one file imports. Its search path names the content of these modules only, so that Lean processes which
have it serve the file as long as nothing changes that it imports, whatever else changes in its repository."""

import hashlib
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from prover.errors import ProverError
from prover.lean.traced import TracedModule
from prover.project.build import FORMAT, Builder, BuildOutcome
from prover.project.layout import Module


class FileBuilder:
    """A `ModuleBuilder` for sessions that elaborate one module of a repository, and no other."""

    def __init__(self, inner: Builder, module: Module) -> None:
        self.inner = inner
        self._module = module

    def search_path(self) -> tuple[Path, ...]:
        """Returns the directory of the modules that the file imports, directly or indirectly.

        If they cannot be determined, it is that of all modules; then `prepare` says why.
        """
        return self._path

    def prepare(self, module: Module) -> None:
        """Compiles all modules that the file imports, directly or indirectly; see `Builder`."""
        assert module == self._module, f"{module.name} is not {self._module.name}"
        imported = self.inner.compile_imports(module)
        (directory,) = self._path
        for each in imported:
            self.inner.install(each, directory)
        self.inner.save_process(module, imported, self._path)

    def build(self, names: Iterable[str], traced: bool = False) -> Iterator[BuildOutcome]:
        """See `Builder`; what it builds is not put into the search path."""
        return self.inner.build(names, traced)

    def traced_module(self, module: Module) -> TracedModule:
        """See `Builder`."""
        return self.inner.traced_module(module)

    def imports(self, module: Module) -> tuple[str, ...]:
        """See `Builder`."""
        return self.inner.imports(module)

    def key(self, module: Module) -> str:
        """See `Builder`."""
        return self.inner.key(module)

    def close(self) -> None:
        """See `Builder`."""
        self.inner.close()

    @cached_property
    def _path(self) -> tuple[Path, ...]:
        digest = hashlib.sha256(f"{FORMAT}\n{self.inner.toolchain.name}".encode())
        try:
            for module in self.inner.closure(self._module):
                digest.update(f"{module.name}\n{self.inner.key(module)}\n".encode())
        except ProverError:
            return self.inner.search_path()
        directory = self.inner.cache / "closures" / digest.hexdigest()[:24]
        directory.mkdir(parents=True, exist_ok=True)
        return (directory,)
