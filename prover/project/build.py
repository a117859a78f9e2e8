"""Compiles modules with the embedded toolchain. Results are cached by content.

A module with errors is compiled as far as Lean recovers, as in Lean's editor support: its failed declarations depend on
`sorry`, which no proof may. If Lean cannot finish a module, only this module and its importers are unavailable.
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
from prover.lean.file_text import as_read
from prover.lean.gateway_session import LeanSession, olean_parts
from prover.lean.module_name import module_file, parts_of
from prover.lean.pool import Pool
from prover.lean.protocol import Message, errors_among
from prover.lean.session import SourceText
from prover.lean.toolchain import gateway
from prover.lean.toolchain.toolchain import Toolchain
from prover.lean.traced import TracedModule
from prover.progress import Notify
from prover.project.layout import Module, Repository
from prover.project.package import WARNING_AS_ERROR
from prover.project.tracing import TRACE_VERSION, trace
from retrieval.files import atomic_path, write_atomically

FORMAT = "2"
"""The version of the compiled files in the cache; see the gateway's `writeOlean`."""
PROCESS_BYTES = 1_300_000_000
"""The resident memory above which a Lean process compiles no further module, since imports are never freed."""


@dataclass(frozen=True)
class Compiled:
    """Lean finished a module, which can be imported."""

    module: Module
    errors: tuple[str, ...]
    """Lean's errors in it, as `lean` prints them."""
    cached: bool
    """Whether it had been compiled before."""
    declarations: int = 0
    """The number of traced declarations; this and the following fields are 0 without a trace."""
    steps: int = 0
    sorries: int = 0


@dataclass(frozen=True)
class NotCompiled:
    """A module that cannot be imported."""

    module: Module
    error: ProverError


BuildOutcome = Compiled | NotCompiled


class _BuildRecord(msgspec.Struct, frozen=True):
    """The file next to a compiled module; see `Compiled`."""

    errors: tuple[str, ...]
    declarations: int = 0
    steps: int = 0
    sorries: int = 0


@dataclass
class Builder:
    """Builds modules of one repository, in its present state on disk, with one toolchain."""

    repository: Repository
    toolchain: Toolchain
    cache: Path
    notify: Notify = lambda _: None
    jobs: int = 1
    """The number of Lean processes."""
    _imports: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _keys: dict[str, str] = field(default_factory=dict)
    _outcomes: dict[str, BuildOutcome] = field(default_factory=dict)
    _pool: Pool | None = None
    _snapshot: Path | None = None

    def search_path(self) -> tuple[Path, ...]:
        """Returns the directory of the compiled modules, which is specific to the present versions of all modules."""
        if self._snapshot is None:
            self._snapshot = self._snapshot_of_all()
        return (self._snapshot,)

    def prepare(self, module: Module) -> None:
        """Compiles all modules of the repository that a module imports, directly or indirectly.

        Raises:
            BrokenFile: Lean cannot finish one of them.
            NeedsToolchain: An import is neither in the repository nor in the toolchain.
            RepositoryError: Modules import each other in a cycle.
        """
        for outcome in self.build(self._project_imports(module)):
            if isinstance(outcome, NotCompiled):
                raise outcome.error

    def build(self, names: Iterable[str], traced: bool = False) -> Iterator[BuildOutcome]:
        """Compiles modules and all their imports, in import order; yields each when it is done.

        Args:
            traced: whether each is traced too; `traced_module` returns the traces.
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
        """Returns the trace of a module that was built with `traced`."""
        return msgspec.json.decode(self._trace_file(module).read_bytes(), type=TracedModule)

    def key(self, module: Module) -> str:
        """Returns a digest of the module, all its imports, and the toolchain."""
        if module.name not in self._keys:
            source = source_of(self.repository, module)
            digest = hashlib.sha256(
                f"{FORMAT}\n{self.toolchain.name}\n{module.name}\n{source.options}\n{source.text}".encode()
            )
            for name in self._project_imports(module):
                digest.update(self.key(self._module(name)).encode())
            self._keys[module.name] = digest.hexdigest()[:32]
        return self._keys[module.name]

    def imports(self, module: Module) -> tuple[str, ...]:
        """Returns the modules that the header imports; queries Lean once for each content of the file."""
        if module.name not in self._imports:
            source = source_of(self.repository, module)
            known = self.cache / "imports" / hashlib.sha256(source.text.encode()).hexdigest()[:32]
            if not known.is_file():
                with self._sessions().lend() as session:
                    write_atomically(known, "\n".join(session.imports(source)).encode())
            self._imports[module.name] = tuple(known.read_text(encoding="utf-8").splitlines())
        return self._imports[module.name]

    def close(self) -> None:
        """Ends the Lean processes for building."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _sessions(self) -> Pool:
        if self._pool is None:
            self._pool = Pool(self.toolchain, self.search_path(), self.jobs)
        return self._pool

    def _snapshot_of_all(self) -> Path:
        digest = hashlib.sha256(f"{FORMAT}\n{self.toolchain.name}".encode())
        modules = [*self.repository.modules.values(), *self.repository.linked]
        for package in self.repository.dependencies:
            modules += [*package.modules.values(), *package.linked]
        for module in sorted(modules, key=lambda module: (module.name, module.path)):
            content = module.path.read_bytes() if module.content is None else module.content.encode()
            digest.update(f"{module.name}\n{hashlib.sha256(content).hexdigest()}\n".encode())
        directory = self.cache / "snapshots" / digest.hexdigest()[:24]
        directory.mkdir(parents=True, exist_ok=True)
        return directory

    def _graph(self, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Returns the imports of each required module; none for modules that cannot be built."""
        graph: dict[str, tuple[str, ...]] = {}
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name in graph:
                continue
            module = self._module(name)
            try:
                graph[name] = self._project_imports(module)
                waiting.extend(graph[name])
            except ProverError as error:
                graph[name] = ()
                self._outcomes[name] = NotCompiled(module, error)
        self._break_cycles(graph)
        return graph

    def _break_cycles(self, graph: dict[str, tuple[str, ...]]) -> None:
        while True:
            try:
                TopologicalSorter(graph).prepare()
                return
            except CycleError as error:
                cycle = " → ".join(error.args[1])
                message = f"Modules import each other in a cycle: {cycle}. Break it first."
                for name in dict.fromkeys(error.args[1]):
                    graph[name] = ()
                    self._outcomes[name] = NotCompiled(self._module(name), RepositoryError(message))

    def _project_imports(self, module: Module) -> tuple[str, ...]:
        """Returns the imports of a module that are in the repository or its packages.

        Raises:
            NeedsToolchain: An import is neither there nor in the toolchain.
            RepositoryError: The module cannot be read.
        """
        found = self.imports(module)
        known = {name: self.repository.find(name) for name in found}
        for name in found:
            if known[name] is None and not self._in_library(name):
                raise NeedsToolchain(_missing(self.repository, module, name, self.toolchain))
        return tuple(name for name in found if known[name] is not None)

    def _module(self, name: str) -> Module:
        """Returns a module that is known to exist."""
        module = self.repository.modules.get(name) or self.repository.find(name)
        assert module is not None
        return module

    def _in_library(self, name: str) -> bool:
        return (self.toolchain.library / module_file(name, ".olean")).is_file()

    def _outcome(self, module: Module, needed: Iterable[str], traced: bool) -> BuildOutcome:
        """Builds a module after its imports."""
        known = self._outcomes.get(module.name)
        if not isinstance(known, NotCompiled) and (known is None or traced):
            known = self._outcomes[module.name] = self._attempted(module, needed, traced)
        return known

    def _attempted(self, module: Module, needed: Iterable[str], traced: bool) -> BuildOutcome:
        for name in needed:
            if isinstance(self._outcomes[name], NotCompiled):
                return NotCompiled(module, BrokenFile(f"{module.name} needs {name}, which could not be built."))
        try:
            return self._compile(module, traced)
        except ProverError as error:
            return NotCompiled(module, error)

    def _compile(self, module: Module, traced: bool) -> Compiled:
        (snapshot,) = self.search_path()
        place = snapshot / module_file(module.name, ".olean")
        compiled = self._file(module, ".olean")
        cached = compiled.is_file() and (not traced or self._trace_file(module).is_file())
        if not cached:
            self._refuse_known(module, traced)
            self.notify(f"{'tracing' if traced else 'building'} {module.name}")
            with self._sessions().lend() as session:
                self._elaborate(session, module, traced)
        if not place.is_file():
            place.parent.mkdir(parents=True, exist_ok=True)
            for part, target in zip(olean_parts(compiled), olean_parts(place), strict=True):
                if part.is_file():
                    _link(part, target)
        record = msgspec.json.decode(self._file(module, ".json").read_bytes(), type=_BuildRecord)
        if record.errors:
            first = record.errors[0].splitlines()[0]
            self.notify(f"{module.name} has errors, its failed declarations count as `sorry`; the first is {first}")
        return Compiled(module, record.errors, cached, record.declarations, record.steps, record.sorries)

    def _refuse_known(self, module: Module, traced: bool) -> None:
        """Raises the recorded error of a module that is certain to fail again."""
        failure = self._failure_file(module, traced)
        if failure.is_file():
            raise BrokenFile(failure.read_text(encoding="utf-8"))

    def _elaborate(self, session: LeanSession, module: Module, traced: bool) -> None:
        """Compiles and traces a module. The compiled file is written last: its presence marks the module as done."""
        source = source_of(self.repository, module)
        try:
            if traced:
                trace_, recording = trace(session, source, self.imports(module))
                errors = errors_of(recording.messages)
                record = _BuildRecord(errors, len(trace_.declarations), len(trace_.steps), len(trace_.sorries))
                write_atomically(self._trace_file(module), msgspec.json.encode(trace_))
            else:
                record = _BuildRecord(errors_of(session.elaborate(source)))
        except LeanError as error:
            session.close()
            message = f"Lean cannot finish {source.file}: {error}"
            if isinstance(error, RequestRefused) or (isinstance(error, LeanDied) and not error.killed):
                write_atomically(self._failure_file(module, traced), message.encode())
            raise BrokenFile(message) from None
        try:
            write_atomically(self._file(module, ".json"), msgspec.json.encode(record))
            session.write(source, self._file(module, ".olean"))
            session.forget_files(PROCESS_BYTES)
        except LeanError as error:
            session.close()
            raise BrokenFile(f"Lean cannot compile {source.file}: {error}") from None

    def _failure_file(self, module: Module, traced: bool) -> Path:
        """Returns the file that records that Lean, with this gateway, cannot finish a module."""
        return self._file(module, f".{gateway.digest()}.{'untraceable' if traced else 'broken'}")

    def _file(self, module: Module, suffix: str) -> Path:
        return self.cache / "modules" / (self.key(module) + suffix)

    def _trace_file(self, module: Module) -> Path:
        return self._file(module, f".trace{TRACE_VERSION}")


def errors_of(messages: Iterable[Message]) -> tuple[str, ...]:
    """Returns the errors among Lean's messages, as `lean` prints them."""
    return tuple(message.printed.rstrip() for message in errors_among(messages))


def source_of(repository: Repository, module: Module, built: bool = False) -> SourceText:
    """Returns a module as Lean receives it; messages name it by its path in the repository.

    Args:
        built: whether its warnings are errors where the lakefile says so, as in a build. Otherwise a file can be opened
            although it has a `sorry`.
    """
    written = module.written()
    text = as_read(written)
    options = tuple(option for option in module.options if built or option[0] not in WARNING_AS_ERROR)
    return SourceText(
        text,
        repository.relative(module),
        module.name,
        options,
        written if written != text else None,
        module.warnings_are_errors,
    )


def _link(compiled: Path, place: Path) -> None:
    """Puts a compiled module in its place; several processes may do so at the same time."""
    with atomic_path(place) as scratch:
        try:
            os.link(compiled, scratch)
        except OSError:
            shutil.copyfile(compiled, scratch)


def _missing(repository: Repository, module: Module, name: str, toolchain: Toolchain) -> str:
    if parts_of(name)[:1] == ("Mathlib",):
        return (
            f"{repository.relative(module)} imports {name}, and {toolchain.describe()} has no Mathlib: "
            "install elan and build the repository with `lake` first."
        )
    wanting = "; ".join(f"{package.name} {package.why}" for package in repository.unavailable)
    return (
        f"{repository.relative(module)} imports {name}, which is neither in the repository nor in "
        f"{toolchain.describe()}: {wanting or 'check the name, or install what provides it'}."
    )
