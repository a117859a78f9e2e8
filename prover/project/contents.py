"""Reads what is visible to a file besides the toolchain's library: its own declarations and those of the repository's
modules."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from prover.lean.gateway_session import LeanSession
from prover.lean.protocol import Declaration, LibraryModule
from prover.lean.session import SourceText
from prover.lean.toolchain.toolchain import Toolchain
from prover.project.layout import Repository


@dataclass(frozen=True)
class FileContents:
    """The declarations that are visible to a file."""

    toolchain: Toolchain
    module: str
    imports: tuple[str, ...]
    """The modules that its header imports."""
    declarations: tuple[Declaration, ...]
    """Its own declarations, in the order of its text, with details."""
    imported: tuple[LibraryModule, ...]
    """Modules of the repository and its packages: at least those that the file imports."""


@dataclass
class ContentsReader:
    """Reads the files of one repository; queries Lean once for each imported module."""

    repository: Repository
    toolchain: Toolchain
    _known: dict[str, LibraryModule] = field(default_factory=dict)

    def read(self, session: LeanSession, source: SourceText, declarations: Sequence[Declaration]) -> FileContents:
        """Returns what is visible to a file, whose imports must have been compiled.

        Raises:
            LeanError: Lean does not answer.
        """
        imports = session.imports(source)
        roots = sorted({name.partition(".")[0] for name in self._names()})
        if not self._known.keys() >= {name for name in imports if name.partition(".")[0] in roots}:
            for module in session.library(imports, roots, list(self._known)):
                self._known[module.module] = module
        known = tuple(module for module in self._known.values() if module.module != source.module)
        return FileContents(self.toolchain, source.module, imports, tuple(declarations), known)

    def _names(self) -> Iterator[str]:
        yield from self.repository.modules
        for package in self.repository.dependencies:
            yield from package.modules
