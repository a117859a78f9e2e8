"""Reads the declarations of a toolchain's own library through the gateway, and caches them in a file.

Reading takes minutes. It is done once, by one process at a time, and what was read is kept: whoever comes after an
interrupted reading goes on with it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import msgspec
from filelock import FileLock

from prover.errors import LeanError
from prover.lean.gateway_session import LeanSession
from prover.lean.protocol import LibraryModule
from prover.lean.toolchain.toolchain import EmbeddedToolchain, Toolchain
from prover.progress import Progress
from retrieval.files import write_atomically

LIBRARY_CACHE_VERSION = 1
"""The version of the cached format; files of another version are replaced."""
DEFAULT_ROOTS = ("Init", "Std")
"""The roots that a repository can import if it does not import Lean's own implementation."""
ATTEMPTS = 3
SAVE_INTERVAL_MODULES = 100
"""The number of modules after which an unfinished reading is stored."""

_decoder = msgspec.msgpack.Decoder(list[LibraryModule])


def roots_of(imports: Iterable[str]) -> tuple[str, ...]:
    """Returns the roots of the library that are visible to files with these imports."""
    imports_lean = any(name.split(".", 1)[0] == "Lean" for name in imports)
    return (*DEFAULT_ROOTS, "Lean") if imports_lean else DEFAULT_ROOTS


class LibrarySession(Protocol):
    """A session with Lean that lists the modules of a library."""

    def library(
        self, imports: Sequence[str], below: Sequence[str] = (), known: Sequence[str] = ()
    ) -> Iterator[LibraryModule]:
        """See `LeanSession`."""
        ...

    def end(self) -> None:
        """See `LeanSession`."""
        ...


StartSession = Callable[[Toolchain], LibrarySession]


def library_name(toolchain: Toolchain) -> str:
    """Returns a name for a toolchain's library: installations of the same build of Lean have the same library."""
    if isinstance(toolchain, EmbeddedToolchain):
        return f"lean-{toolchain.lean_version}-wasm-{toolchain.commit}"
    return toolchain.name


def read_library(
    toolchain: Toolchain,
    roots: Sequence[str],
    directory: Path,
    progress: Progress,
    start_session: StartSession = LeanSession,
) -> list[LibraryModule]:
    """Returns the modules below some roots, with their public declarations.

    Reading a root takes a minute or more the first time, and a second later.

    Args:
        directory: the directory of the cached files.

    Raises:
        LeanError: Lean failed several times to list them.
    """
    found: list[LibraryModule] = []
    for root in roots:
        file = directory / f"{library_name(toolchain)}-{root}.{LIBRARY_CACHE_VERSION}"
        modules = _read(file)
        if modules is None:
            progress(_step(root), 0.0)
            directory.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{file}.lock"):  # another process that reads the same is waited for
                modules = _read(file)
                if modules is None:
                    modules = _queried(
                        toolchain, root, file.with_name(f"{file.name}.unfinished"), progress, start_session
                    )
                    _write(file, modules)
                    file.with_name(f"{file.name}.unfinished").unlink(missing_ok=True)
            progress(_step(root), 1.0)
        found += modules
    return found


def _step(root: str) -> str:
    return f"read the library: {root}"


def _queried(
    toolchain: Toolchain, root: str, unfinished: Path, progress: Progress, start_session: StartSession
) -> list[LibraryModule]:
    """Queries Lean in a separate process, since the memory for printing is never freed."""
    total = sum(1 for _ in (toolchain.library / root).rglob("*.olean")) or 1
    modules = _read(unfinished) or []
    for attempt in range(ATTEMPTS):
        session = start_session(toolchain)
        try:
            for module in session.library([root], [root], [known.module for known in modules]):
                modules.append(module)
                if len(modules) % SAVE_INTERVAL_MODULES == 0:
                    _write(unfinished, modules)
                progress(_step(root), min(1.0, len(modules) / total))
            return modules
        except LeanError:
            if attempt == ATTEMPTS - 1:
                raise
        finally:
            session.end()
            _write(unfinished, modules)
    raise AssertionError("unreachable")


def _read(file: Path) -> list[LibraryModule] | None:
    """Returns the cached modules; None if there is no file or it is damaged."""
    try:
        return _decoder.decode(file.read_bytes())
    except (OSError, msgspec.MsgspecError):
        return None


def _write(file: Path, modules: list[LibraryModule]) -> None:
    write_atomically(file, msgspec.msgpack.encode(modules))
