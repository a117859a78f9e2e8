"""What a file declares, and what the modules of its repository declare for it: all that its proofs can name beside
the toolchain's library."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from prover.lean.gateway_session import LeanSession
from prover.lean.protocol import Declaration, LibraryModule
from prover.lean.session import SourceText
from prover.lean.toolchain.toolchain import Toolchain
from prover.project.layout import Repository


@dataclass(frozen=True)
class FileContents:
    """A file, before its theorems are proved."""

    toolchain: Toolchain
    module: str
    imports: tuple[str, ...]
    """as its header names them"""
    declarations: tuple[Declaration, ...]
    """in the order of its text, with details"""
    imported: tuple[LibraryModule, ...]
    """modules of the repository, and of the packages that it needs; all that the file imports, and maybe more"""


@dataclass
class ContentsReader:
    """Reads the files of one repository; what a module declares is asked of Lean once."""

    repository: Repository
    toolchain: Toolchain
    _known: dict[str, LibraryModule] = field(default_factory=dict)

    def read(self, session: LeanSession, source: SourceText, declarations: Sequence[Declaration]) -> FileContents:
        """What a file can see; what it imports must have been compiled.

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
