"""Reads the declarations of a toolchain's own library through the gateway, and caches them in a file."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from prover.errors import LeanError
from prover.lean.gateway_session import LeanSession
from prover.lean.protocol import LibraryModule
from prover.lean.toolchain.toolchain import Toolchain
from prover.progress import Progress
from retrieval.files import write_atomically

LIBRARY_CACHE_VERSION = 1
"""The version of the cached format; files of another version are replaced."""
DEFAULT_ROOTS = ("Init", "Std")
"""The roots that a repository can import if it does not import Lean's own implementation."""
ATTEMPTS = 3

_decoder = msgspec.msgpack.Decoder(list[LibraryModule])


def roots_of(imports: Iterable[str]) -> tuple[str, ...]:
    """Returns the roots of the library that are visible to files with these imports."""
    imports_lean = any(name.split(".", 1)[0] == "Lean" for name in imports)
    return (*DEFAULT_ROOTS, "Lean") if imports_lean else DEFAULT_ROOTS


def read_library(
    toolchain: Toolchain, roots: Sequence[str], directory: Path, progress: Progress
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
        file = directory / f"{toolchain.name}-{root}.{LIBRARY_CACHE_VERSION}"
        modules = _read(file)
        if modules is None:
            modules = _queried(toolchain, root, progress)
            _write(file, modules)
        found += modules
    return found


def _queried(toolchain: Toolchain, root: str, progress: Progress) -> list[LibraryModule]:
    """Queries Lean in a separate process, since the memory for printing is never freed."""
    total = sum(1 for _ in (toolchain.library / root).rglob("*.olean")) or 1
    for attempt in range(ATTEMPTS):
        session = LeanSession(toolchain)
        modules: list[LibraryModule] = []
        try:
            for module in session.library([root], [root]):
                modules.append(module)
                progress(f"read the library: {root}", min(1.0, len(modules) / total))
            return modules
        except LeanError:
            if attempt == ATTEMPTS - 1:
                raise
        finally:
            session.end()
    raise AssertionError("unreachable")


def _read(file: Path) -> list[LibraryModule] | None:
    """Returns the cached modules; None if there is no file or it is damaged."""
    try:
        return _decoder.decode(file.read_bytes())
    except (OSError, msgspec.MsgspecError):
        return None


def _write(file: Path, modules: list[LibraryModule]) -> None:
    write_atomically(file, msgspec.msgpack.encode(modules))
