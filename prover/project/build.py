"""Compiles modules with the embedded toolchain. Results are cached by content.

A module with errors is compiled as far as Lean recovers, as in Lean's editor support: its failed declarations depend on
`sorry`, which no proof may. If Lean cannot finish a module, only this module and its importers are unavailable.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import msgspec

from prover.errors import (
    BrokenFile,
    DiskFull,
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
from prover.lean.warm import WarmSessions
from prover.progress import Notify, Progress, no_progress
from prover.project.build_progress import BuildProgress, compiled_bytes
from prover.project.layout import Module, Repository
from prover.project.package import WARNING_AS_ERROR
from prover.project.saved_processes import SavedProcesses
from prover.project.tracing import TRACE_VERSION, trace
from retrieval.files import atomic_path, write_atomically

FORMAT = "3"
"""The version of the compiled files in the cache; see the gateway's `writeOlean`."""
SAVED_FROM_MODULES = 100
"""A hundred modules take Lean a second or two to import, as long as reading a saved process."""
PROCESS_BYTES = 2_000_000_000
"""The resident memory above which a Lean process compiles no further module, since imports are never freed."""
MAX_INCLUSIONS = 4
"""The number of times that a module is elaborated until all files that it includes are there."""
MISSING_FILE = re.compile(r"no such file or directory \(error code: \d+\)\n\s*file: (.+)")
"""Lean's error for a file that a module includes as text."""
MIN_FREE_BYTES = 200_000_000
"""The free space of the disk below which nothing is compiled."""
MATHLIB = "mathlib"
"""The name of Mathlib's package."""
WITHOUT_LINTERS = (("linter.all", False),)
"""The options that turn off the linters, whose advice on a required package nobody here can take."""


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
    displaces: tuple[str, ...] = ()
    """Library modules that declare names which this module declares too; emptied copies are imported in their place."""


@dataclass
class Builder:
    """Builds modules of one repository, in its present state on disk, with one toolchain."""

    repository: Repository
    toolchain: Toolchain
    cache: Path
    notify: Notify = lambda _: None
    jobs: int = 1
    """The number of Lean processes."""
    progress: Progress = no_progress
    """Receives the progress of long builds."""
    warm: WarmSessions | None = None
    """Has sessions that parse headers."""
    saved_from: int = SAVED_FROM_MODULES
    """The number of imported modules from which on a process is saved that has imported them."""
    _imports: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _keys: dict[str, str] = field(default_factory=dict)
    _outcomes: dict[str, BuildOutcome] = field(default_factory=dict)
    _pool: Pool | None = None
    _snapshot: Path | None = None
    _named: bool = True
    """Whether each module is named when it is compiled."""

    def search_path(self) -> tuple[Path, ...]:
        """Returns the directory of the compiled modules, which is specific to the present versions of all modules."""
        if self._snapshot is None:
            self._snapshot = self._snapshot_of_all()
        return (self._snapshot,)

    def prepare(self, module: Module) -> None:
        """Compiles all modules of the repository that a module imports, directly or indirectly; see `compile_imports`
        for the errors."""
        self.save_process(module, self.compile_imports(module), self.search_path())

    def compile_imports(self, module: Module) -> list[Module]:
        """Compiles all modules of the repository that a module imports, directly or indirectly; returns them by name.

        Raises:
            BrokenFile: Lean cannot finish one of them.
            NeedsToolchain: An import is neither in the repository nor in the toolchain.
            RepositoryError: Modules import each other in a cycle.
        """
        imported: list[Module] = []
        for outcome in self.build(self._project_imports(module)):
            if isinstance(outcome, NotCompiled):
                raise outcome.error
            imported.append(outcome.module)
        return sorted(imported, key=lambda each: each.name)

    def save_process(self, module: Module, imported: Sequence[Module], search_path: tuple[Path, ...]) -> None:
        """Has Lean processes with a search path continue a saved one that has imported what a module imports.

        If that is little, nothing is saved.

        Args:
            imported: the compiled modules that it imports, directly or indirectly, by name.
        """
        if len(imported) >= self.saved_from:
            text = source_of(self.repository, module).text
            self._saved.provide(self.toolchain, text, [self.key(each) for each in imported], search_path)

    @cached_property
    def _saved(self) -> SavedProcesses:
        return SavedProcesses(self.cache / "processes", self.notify)

    def build(self, names: Iterable[str], traced: bool = False) -> Iterator[BuildOutcome]:
        """Compiles modules and all their imports, in import order; yields each when it is done.

        Args:
            traced: whether each is traced too; `traced_module` returns the traces.
        """
        graph = self._graph(names)
        order = TopologicalSorter(graph)
        order.prepare()
        report = self._begin(graph, traced)
        with ThreadPoolExecutor(self.jobs) as executor:
            running: dict[Future[BuildOutcome], str] = {}
            try:
                while order.is_active():
                    for name in order.get_ready():
                        running[executor.submit(self._outcome, self._module(name), graph[name], traced)] = name
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        order.done(running.pop(future))
                        outcome = future.result()
                        report.finished(outcome.module, isinstance(outcome, Compiled) and not outcome.errors)
                        yield outcome
            finally:
                for future in running:
                    future.cancel()
                report.measure()

    def _begin(self, graph: Mapping[str, tuple[str, ...]], traced: bool) -> BuildProgress:
        """Returns what reports on a build, which it announces if the build takes long.

        Raises:
            DiskFull: The compiled modules do not fit on the disk.
        """
        hopeless: set[str] = set()  # modules that cannot be read, and those that import one: they have no key
        for name in TopologicalSorter(graph).static_order():
            if isinstance(self._outcomes.get(name), NotCompiled) or hopeless.intersection(graph[name]):
                hopeless.add(name)
        modules = [self._module(name) for name in graph if name not in hopeless]
        waiting = [module for module in modules if not self._is_compiled(module, traced)]
        report = BuildProgress(waiting, self.jobs, self.cache, self.notify, self.progress)
        self._named = not report.is_long
        if report.is_long:
            require_space(self.cache, compiled_bytes(waiting))
        report.announce()
        return report

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
            known = self._header_file(source)
            if not known.is_file():
                write_atomically(known, "\n".join(self._parsed_imports(source)).encode())
            self._imports[module.name] = tuple(known.read_text(encoding="utf-8").splitlines())
        return self._imports[module.name]

    def closure(self, module: Module) -> list[Module]:
        """Returns what a module imports, directly or indirectly, of the repository and its packages, by name.

        Raises:
            NeedsToolchain: An import is neither there nor in the toolchain.
            RepositoryError: A module cannot be read, or modules import each other in a cycle.
        """
        graph = self._graph(self._project_imports(module))
        for name in graph:
            if isinstance(known := self._outcomes.get(name), NotCompiled):
                raise known.error
        return [self._module(name) for name in sorted(graph)]

    def _parsed_imports(self, source: SourceText) -> tuple[str, ...]:
        session = self.warm.take_any(self.toolchain) if self.warm is not None else None
        if self.warm is None or session is None:
            with self._sessions().lend() as session:
                return session.imports(source)
        try:
            return session.imports(source)
        finally:
            self.warm.give(session)

    def close(self) -> None:
        """Ends the Lean processes for building."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _sessions(self) -> Pool:
        if self._pool is None:
            self._pool = Pool(self.toolchain, self.search_path(), self.jobs, keeps_imports=False)
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
        cached = self._is_compiled(module, traced)
        if not cached:
            self._refuse_known(module, traced)
            require_space(self.cache)
            if self._named:
                self.notify(f"{'tracing' if traced else 'building'} {module.name}")
            with self._sessions().lend() as session:
                self._elaborate(session, module, traced)
        self.install(module, snapshot)
        record = self._record(module)
        if record.errors:
            first = record.errors[0].splitlines()[0]
            self.notify(f"{module.name} has errors, its failed declarations count as `sorry`; the first is {first}")
        return Compiled(module, record.errors, cached, record.declarations, record.steps, record.sorries)

    def install(self, module: Module, directory: Path) -> None:
        """Puts a compiled module into a directory of a search path, and what is imported in place of others with it."""
        place = directory / module_file(module.name, ".olean")
        if not place.is_file():
            place.parent.mkdir(parents=True, exist_ok=True)
            for part, target in zip(olean_parts(self._file(module, ".olean")), olean_parts(place), strict=True):
                if part.is_file():
                    _link(part, target)
        for displaced in self._record(module).displaces:
            self._displace(displaced, directory)

    def is_compiled(self, name: str) -> bool:
        """Returns whether a module has been compiled before, given that all that it imports has been. Asks no Lean.

        Raises:
            RepositoryError: It, or something that it imports, cannot be read.
        """
        module = self._module(name)
        known = module.name in self._imports or self._header_file(source_of(self.repository, module)).is_file()
        return known and self._is_compiled(module, traced=False)

    def _is_compiled(self, module: Module, traced: bool) -> bool:
        return self._file(module, ".olean").is_file() and (not traced or self._trace_file(module).is_file())

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
                record = _BuildRecord(self._errors(session, module, source))
        except LeanError as error:
            session.close()
            if isinstance(error, RequestRefused) and error.clash and self._settle(session, *error.clash):
                self._elaborate(session, module, traced)
                return
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

    def _errors(self, session: LeanSession, module: Module, source: SourceText) -> tuple[str, ...]:
        """Elaborates a module and returns its errors. Files that it includes are put where Lean looks for them."""
        errors: tuple[str, ...] = ()
        known: set[str] = set()
        for _ in range(MAX_INCLUSIONS):
            errors = errors_of(session.elaborate(source))
            missing = {name for error in errors for name in MISSING_FILE.findall(error)} - known
            if not missing:
                break
            known |= missing
            session.include(source, {name: self._included(module, name) for name in missing})
        return errors

    def _included(self, module: Module, name: str) -> bytes:
        """Returns the content of a file that a module includes; nothing if only a release of its package has it."""
        packages = {package.name: package.root for package in self.repository.dependencies}
        root, prefix = (packages[module.package], module.package) if module.package else (self.repository.root, "")
        below = Path(os.path.normpath(name))
        path = (root / (below.relative_to(prefix) if below.is_relative_to(prefix) else below)).resolve()
        if path.is_relative_to(root) and path.is_file():
            return path.read_bytes()
        self.notify(f"{module.name} includes {name}, which is not there: it is taken to be empty")
        return b""

    def _settle(self, session: LeanSession, *modules: str) -> bool:
        """Empties the library module of two that declare the same name, if that helps; returns whether it does."""
        own = [module for name in modules if (module := self.repository.find(name)) is not None]
        displaced = [name for name in modules if self.repository.find(name) is None and self._in_library(name)]
        if len(own) != 1 or len(displaced) != 1:
            return False
        emptied = self._emptied(displaced[0])
        record = self._record(own[0])
        if displaced[0] in record.displaces:
            return False  # it has been tried
        if not emptied.is_file():
            try:
                session.empty(displaced[0], emptied)
            except RequestRefused as error:
                self.notify(f"{own[0].name} cannot be imported together with {displaced[0]}: {error}")
                return False
            finally:
                session.close()
        self.notify(f"{own[0].name} declares what {displaced[0]} of Lean's library declares: the latter is left empty")
        self._displace(displaced[0], self.search_path()[0])
        record = msgspec.structs.replace(record, displaces=(*record.displaces, displaced[0]))
        write_atomically(self._file(own[0], ".json"), msgspec.json.encode(record))
        return True

    def _displace(self, name: str, directory: Path) -> None:
        """Has an emptied copy of a library module imported in its place."""
        place = directory / gateway.REPLACED / module_file(name, gateway.REPLACEMENT_SUFFIX)
        if not place.is_file():
            place.parent.mkdir(parents=True, exist_ok=True)
            _link(self._emptied(name), place)

    def _emptied(self, name: str) -> Path:
        return self.cache / "emptied" / f"{self.toolchain.name}-{name}.olean"

    def _record(self, module: Module) -> _BuildRecord:
        return msgspec.json.decode(self._file(module, ".json").read_bytes(), type=_BuildRecord)

    def _failure_file(self, module: Module, traced: bool) -> Path:
        """Returns the file that records that Lean, with this gateway, cannot finish a module."""
        return self._file(module, f".{gateway.digest()}.{'untraceable' if traced else 'broken'}")

    def _file(self, module: Module, suffix: str) -> Path:
        return self.cache / "modules" / (self.key(module) + suffix)

    def _header_file(self, source: SourceText) -> Path:
        """Returns the file with the imports of a source text, which is there once Lean has read them."""
        return self.cache / "imports" / hashlib.sha256(source.text.encode()).hexdigest()[:32]

    def _trace_file(self, module: Module) -> Path:
        return self._file(module, f".trace{TRACE_VERSION}")


def require_space(cache: Path, size: int = 0) -> None:
    """Raises an error unless the disk of a directory has room for files of `size` bytes. Lean would not notice.

    Raises:
        DiskFull: It has not.
    """
    cache.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(cache).free
    if free < MIN_FREE_BYTES + size:
        raise DiskFull(
            f"The disk has {free / 1e9:.1f} GB left at {cache}, and the modules to compile need "
            f"{(MIN_FREE_BYTES + size) / 1e9:.1f} GB: free some space, or set PROVER_HOME to a directory that has it. "
            "Modules that have been compiled are kept."
        )


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
    if module.package:
        options = (*(option for option in options if "linter." not in option[0]), *WITHOUT_LINTERS)
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
    required = [package.name for package in repository.dependencies]
    required += [package.name for package in repository.unavailable]
    if parts_of(name)[:1] == ("Mathlib",) and MATHLIB not in (package.lower() for package in required):
        return (
            f"{repository.relative(module)} imports {name}, and {repository.root} has no Mathlib among the packages "
            "that it requires: add it to the lakefile, and let `lake update` write a lake-manifest.json."
        )
    wanting = "; ".join(f"{package.name} {package.why}" for package in repository.unavailable)
    return (
        f"{repository.relative(module)} imports {name}, which is neither in the repository nor in "
        f"{toolchain.describe()}: {wanting or 'check the name, or install what provides it'}."
    )
