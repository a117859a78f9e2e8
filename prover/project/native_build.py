"""Builds modules with the Lake of the repository's own toolchain, behind the same interface as `build.Builder`.

Lake itself knows what must be built again, so that nothing about builds is cached beyond one run.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from prover.errors import BrokenFile, LakeFailed, NeedsToolchain, ProverError
from prover.lean.gateway_session import LeanSession
from prover.lean.isolation import confined_lake
from prover.lean.module_name import module_file
from prover.lean.session import SourceText
from prover.lean.toolchain.execute import FinishedProcess, ProcessLimits, execute
from prover.lean.toolchain.toolchain import Command, NativeToolchain
from prover.lean.traced import TracedModule
from prover.progress import Notify
from prover.project.build import BuildOutcome, Compiled, NotCompiled, errors_of, source_of
from prover.project.layout import Module, Repository
from prover.project.manifest import MANIFEST_FILE as MANIFEST
from prover.project.native_tree import BuildTree, build_tree, depends_on_mathlib
from prover.project.tracing import TRACE_VERSION, trace
from retrieval.files import write_atomically

MAX_ERROR_LINES = 40
"""The largest number of Lake's output lines that an error shows."""
NOT_ERROR_PREFIXES = ("✔", "ℹ", "⚠", "info:", "trace:", "warning:")
"""Prefixes of Lake's output lines that do not concern a failure."""


@dataclass(frozen=True)
class LakeLimits:
    """Time limits for Lake, in seconds."""

    ask: float = 900.0
    """For printing the search path, which may download the sources of dependencies."""
    cache: float = 3600.0
    """For downloading the compiled Mathlib."""
    build: float = 7200.0
    """For building modules."""


@dataclass
class NativeBuilder:
    """Builds modules of one repository, in its present state on disk, with one native toolchain."""

    repository: Repository
    toolchain: NativeToolchain
    cache: Path
    notify: Notify = lambda _: None
    limits: LakeLimits = field(default_factory=LakeLimits)
    _tree: BuildTree | None = None
    _path: tuple[Path, ...] | None = None
    _built: set[str] = field(default_factory=set)
    _broken: dict[frozenset[str], LakeFailed] = field(default_factory=dict)
    _session: LeanSession | None = None
    _tracer: LeanSession | None = None
    _keys: dict[str, str] = field(default_factory=dict)

    def search_path(self) -> tuple[Path, ...]:
        """Returns the directories of the compiled modules of the repository and its dependencies.

        Raises:
            LakeFailed: Lake cannot load the repository.
            NeedsToolchain: The toolchain has no Lake.
        """
        if self._path is None:
            finished = self._lake(["env", "printenv", "LEAN_PATH"], self.limits.ask, "load")
            found = finished.lines[-1].split(os.pathsep) if finished.lines else []  # Lake's remarks come before
            self._path = tuple((self.tree().root / entry).resolve() for entry in found if entry)
        return self._path

    def prepare(self, module: Module) -> None:
        """Builds all modules that a module imports, directly or indirectly.

        Raises:
            LakeFailed: One of them does not compile or does not exist.
        """
        needed = frozenset(self.imports(module)) - self._built
        if needed in self._broken:
            raise self._broken[needed]
        if needed:
            try:
                self._build(sorted(needed))
            except LakeFailed as error:
                self._broken[needed] = error
                raise
            self._built |= needed

    def build(self, names: Iterable[str], traced: bool = False) -> Iterator[BuildOutcome]:
        """Builds the imports of modules; see `build.Builder.build`. Lean elaborates each module again to trace it."""
        for name in names:
            module = self.repository.find(name)
            assert module is not None
            try:
                self.prepare(module)
                yield self._traced(module) if traced else Compiled(module, (), cached=False)
            except ProverError as error:
                yield NotCompiled(module, error)

    def traced_module(self, module: Module) -> TracedModule:
        """Returns the trace of a module that was built with `traced`."""
        return msgspec.json.decode(self._trace_file(module).read_bytes(), type=TracedModule)

    def imports(self, module: Module) -> tuple[str, ...]:
        """Returns the imports of a module, except those from the toolchain's own library."""
        source = SourceText(module.text(), self.repository.relative(module), module.name)
        known = self.cache / "headers" / self.toolchain.name / hashlib.sha256(source.text.encode()).hexdigest()[:32]
        if known.is_file():
            names: Iterable[str] = known.read_text(encoding="utf-8").splitlines()
        else:
            names = self._lean().imports(source)
            write_atomically(known, "\n".join(names).encode())
        return tuple(name for name in names if not self._in_library(name))

    def key(self, module: Module) -> str:
        """Returns a digest of the module, its imports in the repository, the packages' versions and the toolchain."""
        if module.name not in self._keys:
            manifest = self.repository.root / MANIFEST
            pins = manifest.read_bytes() if manifest.is_file() else b""
            digest = hashlib.sha256(f"{self.toolchain.name}\n{module.name}\n{module.text()}\n".encode() + pins)
            for name in self.imports(module):
                if needed := self.repository.modules.get(name):
                    digest.update(self.key(needed).encode())
            self._keys[module.name] = digest.hexdigest()[:32]
        return self._keys[module.name]

    def _traced(self, module: Module) -> Compiled:
        file = self._trace_file(module)
        source = source_of(self.repository, module)
        if cached := file.is_file():
            record = self.traced_module(module)
        else:
            self.notify(f"tracing {module.name}")
            session = self._tracer = self._tracer or LeanSession(self.toolchain, self.search_path())
            record, recording = trace(session, source, self.imports(module))
            session.forget_files()
            if errors := errors_of(recording.messages):
                raise BrokenFile(f"{source.file} does not compile: fix it first.", errors)
            write_atomically(file, msgspec.json.encode(record))
        return Compiled(module, (), cached, len(record.declarations), len(record.steps), len(record.sorries))

    def _trace_file(self, module: Module) -> Path:
        return self.cache / "modules" / f"{self.key(module)}.trace{TRACE_VERSION}"

    def close(self) -> None:
        """Ends the Lean processes that read and trace."""
        if self._tracer is not None:
            self._tracer.end()
            self._tracer = None
        if self._session is not None:
            self._session.end()
            self._session = None

    def tree(self) -> BuildTree:
        """Returns the directory in which Lake works; creates it when first needed."""
        if self._tree is None:
            repository = self.repository
            with self._locked():
                avoid = (self.cache, self.cache.parent)
                self._tree = build_tree(repository.root, self._place(), repository.modules, avoid)
        return self._tree

    def _build(self, names: Sequence[str]) -> None:
        self._fetch_mathlib()
        self.notify(f"lake build {' '.join(names)}")
        self._lake(["build", *(f"+{name}" for name in names)], self.limits.build, f"build {', '.join(names)} for")

    def _fetch_mathlib(self) -> None:
        """Downloads Mathlib's compiled modules, once for each version of it in the manifest."""
        if not depends_on_mathlib(self.tree().root) or self._mathlib_fetched().is_file():
            return
        self.notify("lake exe cache get")
        try:
            self._lake(["exe", "cache", "get"], self.limits.cache, "download the compiled Mathlib for")
        except LakeFailed as error:
            if not _holds_mathlib(self.search_path()):
                raise
            self.notify(f"Mathlib is used as it is: {error}")
            return
        fetched = self._mathlib_fetched()  # Lake may have written the manifest only during this run
        fetched.parent.mkdir(parents=True, exist_ok=True)
        fetched.touch()

    def _mathlib_fetched(self) -> Path:
        """Returns a file that exists once the Mathlib of the present manifest has been fetched."""
        manifest = self.tree().root / MANIFEST
        digest = hashlib.sha256(manifest.read_bytes() if manifest.is_file() else b"").hexdigest()[:24]
        return self._place() / f"mathlib-{digest}"

    def _lake(self, words: Sequence[str], seconds: float, purpose: str) -> FinishedProcess:
        """Runs Lake, alone in its directory."""
        lake = self.toolchain.lake
        if lake is None:
            raise NeedsToolchain(
                f"There is no `lake` in the directory of {self.toolchain.lean}: install elan, which provides one."
            )
        root = self.tree().root
        # git must not prompt for a password
        command = confined_lake(Command((str(lake), *words), {"GIT_TERMINAL_PROMPT": "0"}), [root, self._place()])
        with self._locked():
            finished = execute(command, ProcessLimits(root, seconds))
        if finished.status != 0:
            raise LakeFailed(
                f"lake could not {purpose} {self.repository.root} ({_complaint(finished)}): fix that first.",
                _shown(finished.lines),
            )
        return finished

    def _in_library(self, name: str) -> bool:
        return (self.toolchain.library / module_file(name, ".olean")).is_file()

    def _lean(self) -> LeanSession:
        if self._session is None:
            self._session = LeanSession(self.toolchain)
        return self._session

    def _place(self) -> Path:
        """Returns the cache directory for this repository and toolchain."""
        key = f"{self.repository.root}\n{self.toolchain.name}"
        return self.cache / "lake" / hashlib.sha256(key.encode()).hexdigest()[:24]

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Holds the lock on that directory; the operating system releases it when the holder dies."""
        place = self._place()
        place.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(place.with_suffix(".lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            self.notify(f"another process builds {self.repository.root}: waiting for it")
            lock.acquire()
        try:
            yield
        finally:
            lock.release()


def _complaint(finished: FinishedProcess) -> str:
    """Returns the first line of Lake's output that names an error."""
    if finished.status is None:
        return finished.last_words
    return next((line.strip() for line in finished.lines if "error:" in line), finished.last_words)


def _shown(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple([line for line in lines if not line.startswith(NOT_ERROR_PREFIXES)][-MAX_ERROR_LINES:])


def _holds_mathlib(path: Iterable[Path]) -> bool:
    return any(next((entry / "Mathlib").rglob("*.olean"), None) is not None for entry in path)
