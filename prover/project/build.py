"""Compiles the modules that a file needs, each once: `.olean` files are cached by content."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from prover.errors import BrokenFile, LeanError, NeedsToolchain, RepositoryError
from prover.lean.protocol import Message
from prover.lean.session import LeanSession, SourceText
from prover.lean.toolchain.toolchain import Toolchain
from prover.project.layout import Module, Repository

Progress = Callable[[str], None]


@dataclass
class Builder:
    """Builds modules of one repository, as it is on disk now, with one toolchain."""

    repository: Repository
    toolchain: Toolchain
    cache: Path
    progress: Progress = lambda _: None
    _imports: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _keys: dict[str, str] = field(default_factory=dict)
    _broken: dict[str, BrokenFile] = field(default_factory=dict)
    _session: LeanSession | None = None
    _snapshot: Path | None = None

    def search_path(self) -> tuple[Path, ...]:
        """The directory of the compiled modules, for exactly these versions of all of them."""
        if self._snapshot is None:
            self._snapshot = self._snapshot_of_all()
        return (self._snapshot,)

    def _snapshot_of_all(self) -> Path:
        names = sorted(self.repository.modules)
        digest = hashlib.sha256(self.toolchain.name.encode())
        for name in names:
            module = self.repository.modules[name]
            digest.update(f"{name}\n{hashlib.sha256(module.path.read_bytes()).hexdigest()}\n".encode())
        directory = self.cache / "snapshots" / digest.hexdigest()[:24]
        directory.mkdir(parents=True, exist_ok=True)
        return directory

    def prepare(self, module: Module) -> None:
        """Compiles everything of the repository that a module imports, directly or not.

        Raises:
            BrokenFile: a module on the way does not compile.
            NeedsToolchain: an import is neither here nor in the toolchain.
            RepositoryError: modules import each other in a circle.
        """
        for needed in self._order(module):
            self._compile(needed)

    def close(self) -> None:
        """Ends the Lean process used for building."""
        if self._session is not None:
            self._session.end()
            self._session = None

    def _lean(self) -> LeanSession:
        if self._session is None:
            self._session = LeanSession(self.toolchain, self.search_path())
        return self._session

    def _order(self, module: Module) -> list[Module]:
        """The project modules that `module` needs, imports first."""
        graph: dict[str, set[str]] = {}
        wanted = [module.name]
        while wanted:
            name = wanted.pop()
            if name not in graph:
                needed = self._project_imports(self.repository.modules[name])
                graph[name] = set(needed)
                wanted.extend(needed)
        try:
            order = tuple(TopologicalSorter(graph).static_order())
        except CycleError as error:
            circle = " → ".join(error.args[1])
            raise RepositoryError(f"Modules import each other in a circle: {circle}. Break it first.") from None
        return [self.repository.modules[name] for name in order if name != module.name]

    def _project_imports(self, module: Module) -> tuple[str, ...]:
        found = self._all_imports(module)
        for name in found:
            if name not in self.repository.modules and not self._in_library(name):
                raise NeedsToolchain(_missing(module, name, self.toolchain))
        return tuple(name for name in found if name in self.repository.modules)

    def _all_imports(self, module: Module) -> tuple[str, ...]:
        """What the header names; asked of Lean once for each content of the file."""
        if module.name not in self._imports:
            source = source_of(self.repository, module)
            known = self.cache / "imports" / hashlib.sha256(source.text.encode()).hexdigest()[:32]
            if not known.is_file():
                write_whole(known, "\n".join(self._lean().imports(source)).encode())
            self._imports[module.name] = tuple(known.read_text().split())
        return self._imports[module.name]

    def _in_library(self, name: str) -> bool:
        return (self.toolchain.library / Path(*name.split("."))).with_suffix(".olean").is_file()

    def _key(self, module: Module) -> str:
        """A digest of the module, everything that it imports, and the toolchain."""
        if module.name not in self._keys:
            digest = hashlib.sha256(f"{self.toolchain.name}\n{module.name}\n{module.text()}".encode())
            for name in self._project_imports(module):
                digest.update(self._key(self.repository.modules[name]).encode())
            self._keys[module.name] = digest.hexdigest()[:32]
        return self._keys[module.name]

    def _compile(self, module: Module) -> None:
        (snapshot,) = self.search_path()
        place = (snapshot / Path(*module.name.split("."))).with_suffix(".olean")
        if place.is_file():
            return
        if module.name in self._broken:
            raise self._broken[module.name]
        place.parent.mkdir(parents=True, exist_ok=True)
        compiled = self.cache / "modules" / f"{self._key(module)}.olean"
        if not compiled.is_file():
            self.progress(f"building {module.name}")
            self._elaborate(module, compiled)
        _link(compiled, place)

    def _elaborate(self, module: Module, compiled: Path) -> None:
        session = self._lean()
        source = source_of(self.repository, module)
        try:
            if errors := errors_of(session.elaborate(source)):
                raise BrokenFile(f"{source.file} does not compile: mend it first.", errors)
            compiled.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=compiled.parent) as scratch:
                session.write(source, Path(scratch) / "module.olean")
                os.replace(Path(scratch) / "module.olean", compiled)
        except BrokenFile as error:
            self._broken[module.name] = error
            raise
        except LeanError as error:
            self._broken[module.name] = BrokenFile(f"Lean does not come to the end of {source.file}: {error}")
            raise self._broken[module.name] from None


def errors_of(messages: Iterable[Message]) -> tuple[str, ...]:
    """The errors among Lean's messages, as `lean` prints them."""
    return tuple(message.printed.rstrip() for message in messages if message.severity == "error")


def source_of(repository: Repository, module: Module) -> SourceText:
    """A module as Lean is given it; messages name it by its path in the repository."""
    return SourceText(module.text(), repository.relative(module), module.name)


def write_whole(path: Path, content: bytes) -> None:
    """Writes a cache file that is either there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(content)
    os.replace(unfinished, path)


def _link(compiled: Path, place: Path) -> None:
    """Puts a compiled module in its place, whoever else is doing the same."""
    unfinished = place.with_suffix(f".{os.getpid()}")
    try:
        os.link(compiled, unfinished)
    except OSError:
        shutil.copyfile(compiled, unfinished)
    os.replace(unfinished, place)


def _missing(module: Module, name: str, toolchain: Toolchain) -> str:
    if name.split(".")[0] == "Mathlib":
        return (
            f"{module.path.name} imports {name}, and {toolchain.describe()} has no Mathlib: "
            "install elan and build the repository with `lake` first."
        )
    return (
        f"{module.path.name} imports {name}, which is neither in the repository nor in {toolchain.describe()}: "
        "check the name, or install what provides it."
    )
