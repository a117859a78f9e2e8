"""Compiles modules with the embedded toolchain, each once: results are cached by content.

A module in which Lean finds errors is compiled as far as Lean recovers, as Lean's editor support does: what
failed rests on `sorry` then, which no proof may. A module that Lean cannot finish costs itself and what
imports it, not the run.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import msgspec

from prover.errors import (
    BrokenFile,
    LeanDied,
    LeanError,
    NeedsToolchain,
    ProverError,
    RepositoryError,
    RequestRefused,
)
from prover.lean.gateway_session import LeanSession
from prover.lean.pool import Pool
from prover.lean.protocol import Message
from prover.lean.session import SourceText
from prover.lean.toolchain import gateway
from prover.lean.toolchain.toolchain import Toolchain
from prover.lean.traced import TracedModule
from prover.progress import Notify
from prover.project.layout import Module, Repository
from prover.project.tracing import TRACE_VERSION, trace
from retrieval.files import atomic_path, write_atomically

PROCESS_BYTES = 1_300_000_000
"""resident bytes past which a Lean process takes no further module: what it has imported is never freed"""


@dataclass(frozen=True)
class Compiled:
    """Lean came to the end of a module; it can be imported."""

    module: Module
    errors: tuple[str, ...]
    """Lean's errors in it, as `lean` prints them"""
    cached: bool
    """nothing had to be done"""
    declarations: int = 0
    """as many as were traced; this and what follows is 0 where nothing was"""
    steps: int = 0
    sorries: int = 0


@dataclass(frozen=True)
class NotCompiled:
    """A module that cannot be imported."""

    module: Module
    error: ProverError


BuildOutcome = Compiled | NotCompiled


class _BuildRecord(msgspec.Struct, frozen=True):
    """What is kept beside a compiled module; see `Compiled`."""

    errors: tuple[str, ...]
    declarations: int = 0
    steps: int = 0
    sorries: int = 0


@dataclass
class Builder:
    """Builds modules of one repository, as it is on disk now, with one toolchain."""

    repository: Repository
    toolchain: Toolchain
    cache: Path
    notify: Notify = lambda _: None
    jobs: int = 1
    """Lean processes used at once"""
    _imports: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _keys: dict[str, str] = field(default_factory=dict)
    _outcomes: dict[str, BuildOutcome] = field(default_factory=dict)
    _pool: Pool | None = None
    _snapshot: Path | None = None

    def search_path(self) -> tuple[Path, ...]:
        """The directory of the compiled modules, for exactly these versions of all of them."""
        if self._snapshot is None:
            self._snapshot = self._snapshot_of_all()
        return (self._snapshot,)

    def prepare(self, module: Module) -> None:
        """Compiles everything of the repository that a module imports, directly or not.

        Raises:
            BrokenFile: Lean does not come to the end of a module on the way.
            NeedsToolchain: an import is neither here nor in the toolchain.
            RepositoryError: modules import each other in a circle.
        """
        for outcome in self.build(self._project_imports(module)):
            if isinstance(outcome, NotCompiled):
                raise outcome.error

    def build(self, names: Iterable[str], traced: bool = False) -> Iterator[BuildOutcome]:
        """Compiles modules and all that they import, in import order; yields each as it is done.

        Args:
            traced: keep a trace of each too; `traced_module` has it then.
        """
        graph = self._graph(names)
        order = TopologicalSorter(graph)
        order.prepare()
        with ThreadPoolExecutor(self.jobs) as executor:
            running: dict[Future[BuildOutcome], str] = {}
            while order.is_active():
                for name in order.get_ready():
                    running[executor.submit(self._outcome, self._module(name), graph[name], traced)] = name
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    order.done(running.pop(future))
                    yield future.result()

    def traced_module(self, module: Module) -> TracedModule:
        """The trace of a module that was built with `traced`."""
        return msgspec.json.decode(self._trace_file(module).read_bytes(), type=TracedModule)

    def key(self, module: Module) -> str:
        """A digest of the module, everything that it imports, and the toolchain."""
        if module.name not in self._keys:
            source = source_of(self.repository, module)
            digest = hashlib.sha256(f"{self.toolchain.name}\n{module.name}\n{source.options}\n{source.text}".encode())
            for name in self._project_imports(module):
                digest.update(self.key(self._module(name)).encode())
            self._keys[module.name] = digest.hexdigest()[:32]
        return self._keys[module.name]

    def imports(self, module: Module) -> tuple[str, ...]:
        """The modules that the header names; asked of Lean once for each content of the file."""
        if module.name not in self._imports:
            source = source_of(self.repository, module)
            known = self.cache / "imports" / hashlib.sha256(source.text.encode()).hexdigest()[:32]
            if not known.is_file():
                with self._sessions().lend() as session:
                    write_atomically(known, "\n".join(session.imports(source)).encode())
            self._imports[module.name] = tuple(known.read_text().split())
        return self._imports[module.name]

    def close(self) -> None:
        """Ends the Lean processes used for building."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _sessions(self) -> Pool:
        if self._pool is None:
            self._pool = Pool(self.toolchain, self.search_path(), self.jobs)
        return self._pool

    def _snapshot_of_all(self) -> Path:
        digest = hashlib.sha256(self.toolchain.name.encode())
        packages = (self.repository.modules, *(package.modules for package in self.repository.dependencies))
        for name, module in sorted(pair for modules in packages for pair in modules.items()):
            digest.update(f"{name}\n{hashlib.sha256(module.path.read_bytes()).hexdigest()}\n".encode())
        directory = self.cache / "snapshots" / digest.hexdigest()[:24]
        directory.mkdir(parents=True, exist_ok=True)
        return directory

    def _graph(self, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """What each needed module imports; nothing for those of which it is clear that they cannot be built."""
        graph: dict[str, tuple[str, ...]] = {}
        wanted = list(names)
        while wanted:
            name = wanted.pop()
            if name in graph:
                continue
            module = self._module(name)
            try:
                graph[name] = self._project_imports(module)
                wanted.extend(graph[name])
            except ProverError as error:
                graph[name] = ()
                self._outcomes[name] = NotCompiled(module, error)
        self._break_circles(graph)
        return graph

    def _break_circles(self, graph: dict[str, tuple[str, ...]]) -> None:
        while True:
            try:
                TopologicalSorter(graph).prepare()
                return
            except CycleError as error:
                circle = " → ".join(error.args[1])
                message = f"Modules import each other in a circle: {circle}. Break it first."
                for name in dict.fromkeys(error.args[1]):
                    graph[name] = ()
                    self._outcomes[name] = NotCompiled(self._module(name), RepositoryError(message))

    def _project_imports(self, module: Module) -> tuple[str, ...]:
        """The modules of the repository, and of packages that it needs, that a module imports.

        Raises:
            NeedsToolchain: it imports what is neither here nor in the toolchain.
            RepositoryError: it cannot be read.
        """
        found = self.imports(module)
        known = {name: self.repository.find(name) for name in found}
        for name in found:
            if known[name] is None and not self._in_library(name):
                raise NeedsToolchain(_missing(self.repository, module, name, self.toolchain))
        return tuple(name for name in found if known[name] is not None)

    def _module(self, name: str) -> Module:
        """A module that is known to be there."""
        module = self.repository.modules.get(name) or self.repository.find(name)
        assert module is not None
        return module

    def _in_library(self, name: str) -> bool:
        return (self.toolchain.library / Path(*name.split("."))).with_suffix(".olean").is_file()

    def _outcome(self, module: Module, needed: Iterable[str], traced: bool) -> BuildOutcome:
        """Builds a module whose imports have been tried."""
        known = self._outcomes.get(module.name)
        if not isinstance(known, NotCompiled) and (known is None or traced):
            known = self._outcomes[module.name] = self._tried(module, needed, traced)
        return known

    def _tried(self, module: Module, needed: Iterable[str], traced: bool) -> BuildOutcome:
        for name in needed:
            if isinstance(self._outcomes[name], NotCompiled):
                return NotCompiled(module, BrokenFile(f"{module.name} needs {name}, which could not be built."))
        try:
            return self._compile(module, traced)
        except ProverError as error:
            return NotCompiled(module, error)

    def _compile(self, module: Module, traced: bool) -> Compiled:
        (snapshot,) = self.search_path()
        place = (snapshot / Path(*module.name.split("."))).with_suffix(".olean")
        compiled = self._file(module, ".olean")
        cached = compiled.is_file() and (not traced or self._trace_file(module).is_file())
        if not cached:
            self._refuse_known(module, traced)
            self.notify(f"{'tracing' if traced else 'building'} {module.name}")
            with self._sessions().lend() as session:
                self._elaborate(session, module, traced)
        if not place.is_file():
            place.parent.mkdir(parents=True, exist_ok=True)
            _link(compiled, place)
        record = msgspec.json.decode(self._file(module, ".json").read_bytes(), type=_BuildRecord)
        if record.errors:
            self.notify(f"{module.name} has errors: what failed in it counts as `sorry`")
        return Compiled(module, record.errors, cached, record.declarations, record.steps, record.sorries)

    def _refuse_known(self, module: Module, traced: bool) -> None:
        """Raises what came of a module before, where that is certain to come of it again."""
        kept = self._failure_file(module, traced)
        if kept.is_file():
            raise BrokenFile(kept.read_text(encoding="utf-8"))

    def _elaborate(self, session: LeanSession, module: Module, traced: bool) -> None:
        """Compiles, and traces; the compiled module comes last, since what has it is done."""
        source = source_of(self.repository, module)
        try:
            if traced:
                kept, recording = trace(session, source, self.imports(module))
                errors = errors_of(recording.messages)
                record = _BuildRecord(errors, len(kept.declarations), len(kept.steps), len(kept.sorries))
                write_atomically(self._trace_file(module), msgspec.json.encode(kept))
            else:
                record = _BuildRecord(errors_of(session.elaborate(source)))
        except LeanError as error:
            session.close()
            message = f"Lean does not come to the end of {source.file}: {error}"
            if isinstance(error, RequestRefused) or (isinstance(error, LeanDied) and not error.killed):
                write_atomically(self._failure_file(module, traced), message.encode())
            raise BrokenFile(message) from None
        try:
            write_atomically(self._file(module, ".json"), msgspec.json.encode(record))
            session.write(source, self._file(module, ".olean"))
            session.forget_files(PROCESS_BYTES)
        except LeanError as error:
            session.close()
            raise BrokenFile(f"Lean does not write {source.file} compiled: {error}") from None

    def _failure_file(self, module: Module, traced: bool) -> Path:
        """Where it is kept that Lean, with this gateway, cannot come to the end of a module."""
        return self._file(module, f".{gateway.digest()}.{'untraceable' if traced else 'broken'}")

    def _file(self, module: Module, suffix: str) -> Path:
        return self.cache / "modules" / (self.key(module) + suffix)

    def _trace_file(self, module: Module) -> Path:
        return self._file(module, f".trace{TRACE_VERSION}")


def errors_of(messages: Iterable[Message]) -> tuple[str, ...]:
    """The errors among Lean's messages, as `lean` prints them."""
    return tuple(message.printed.rstrip() for message in messages if message.severity == "error")


def source_of(repository: Repository, module: Module) -> SourceText:
    """A module as Lean is given it; messages name it by its path in the repository."""
    return SourceText(module.text(), repository.relative(module), module.name, module.options)


def _link(compiled: Path, place: Path) -> None:
    """Puts a compiled module in its place, whoever else is doing the same."""
    with atomic_path(place) as scratch:
        try:
            os.link(compiled, scratch)
        except OSError:
            shutil.copyfile(compiled, scratch)


def _missing(repository: Repository, module: Module, name: str, toolchain: Toolchain) -> str:
    root = name.split(".")[0]
    if root == "Mathlib":
        return (
            f"{module.path.name} imports {name}, and {toolchain.describe()} has no Mathlib: "
            "install elan and build the repository with `lake` first."
        )
    wanting = "; ".join(f"{package.name} {package.why}" for package in repository.unavailable)
    return (
        f"{module.path.name} imports {name}, which is neither in the repository nor in {toolchain.describe()}: "
        f"{wanting or 'check the name, or install what provides it'}."
    )
