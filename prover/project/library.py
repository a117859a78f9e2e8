"""What a toolchain's own library declares: read through the gateway once, then kept in a file."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from prover.errors import LeanError
from prover.lean.gateway_session import LeanSession
from prover.lean.protocol import LibraryModule
from prover.lean.toolchain.toolchain import Toolchain
from prover.progress import Progress
from retrieval.files import write_atomically

VERSION = 1
"""of what is kept; another one has the library read again"""
USUAL = ("Init", "Std")
"""what a repository that says nothing about Lean's own insides can import"""
ATTEMPTS = 3

_decoder = msgspec.msgpack.Decoder(list[LibraryModule])


def roots_of(imports: Iterable[str]) -> tuple[str, ...]:
    """The parts of the library that files with these imports may see."""
    inside = any(name.split(".", 1)[0] == "Lean" for name in imports)
    return (*USUAL, "Lean") if inside else USUAL


def read_library(
    toolchain: Toolchain, roots: Sequence[str], directory: Path, progress: Progress
) -> list[LibraryModule]:
    """The modules below some roots, and what they declare for everybody.

    The first reading of a root takes a minute or more, later ones a second. `kept` is the directory of the files.

    Raises:
        LeanError: Lean failed several times to list them.
    """
    found: list[LibraryModule] = []
    for root in roots:
        file = directory / f"{toolchain.name}-{root}.{VERSION}"
        modules = _read(file)
        if modules is None:
            modules = _asked(toolchain, root, progress)
            _write(file, modules)
        found += modules
    return found


def _asked(toolchain: Toolchain, root: str, progress: Progress) -> list[LibraryModule]:
    """Asks Lean, in a process of its own: what it prints is never freed."""
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
    """What is kept; nothing where there is no file, or none that is whole."""
    try:
        return _decoder.decode(file.read_bytes())
    except (OSError, msgspec.MsgspecError):
        return None


def _write(file: Path, modules: list[LibraryModule]) -> None:
    write_atomically(file, msgspec.msgpack.encode(modules))
