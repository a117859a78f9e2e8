"""Checkers of compiled files that are not ours, asked after our own replay where they are installed.

`leanchecker` comes with a native toolchain (before Lean 4.27: the repository `lean4checker`) and sends a module
through Lean's kernel. `nanoda` is a kernel of its own, written in Rust, which reads what `lean4export` writes. Both
run confined, on a copy of the compiled file, and only with a native Lean, whose files are whole.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from prover.lean.isolation import confined
from prover.lean.toolchain.execute import FinishedProcess, ProcessLimits, execute
from prover.lean.toolchain.toolchain import Command, NativeToolchain, Toolchain

SECONDS = 600.0
PERMITTED = ("propext", "Quot.sound", "Classical.choice")
EXPORTED = "theorem.ndjson"


@dataclass(frozen=True)
class CompiledTheorem:
    """A theorem in a compiled module."""

    module: str
    name: str
    path: tuple[Path, ...]
    """where Lean finds modules; the directory of this one first"""


@dataclass(frozen=True)
class Checker:
    """A program that takes or refuses compiled theorems."""

    name: str
    objection: Callable[[CompiledTheorem], str | None]
    """why it refuses one; nothing when it takes it"""


def checkers_for(toolchain: Toolchain, search: str | None = None) -> tuple[Checker, ...]:
    """Those that are installed and fit a toolchain.

    Args:
        search: directories as PATH writes them; the process's own PATH when not given.
    """
    if not isinstance(toolchain, NativeToolchain):
        return ()
    found = []
    beside = os.pathsep.join([str(toolchain.lean.parent), search or os.environ.get("PATH", "")])
    if leanchecker := shutil.which("leanchecker", path=beside) or shutil.which("lean4checker", path=beside):
        found.append(Checker("leanchecker", lambda theorem: _leanchecker(toolchain, leanchecker, theorem)))
    export, nanoda = shutil.which("lean4export", path=beside), shutil.which("nanoda_bin", path=beside)
    if export and nanoda:
        found.append(Checker("nanoda", lambda theorem: _nanoda(toolchain, export, nanoda, theorem)))
    return tuple(found)


def _leanchecker(toolchain: Toolchain, program: str, theorem: CompiledTheorem) -> str | None:
    with tempfile.TemporaryDirectory(prefix="prover-checker-") as scratch:
        finished = _run(toolchain, (program, theorem.module), theorem, Path(scratch))
    return None if finished.status == 0 else f"leanchecker refuses it: {finished.last_words}"


def _nanoda(toolchain: Toolchain, export: str, nanoda: str, theorem: CompiledTheorem) -> str | None:
    with tempfile.TemporaryDirectory(prefix="prover-checker-") as scratch:
        place = Path(scratch).resolve()
        to_file = ("/bin/sh", "-c", f'exec "$@" > {EXPORTED}', "export", export, theorem.module, "--", theorem.name)
        exported = _run(toolchain, to_file, theorem, place)
        if exported.status != 0:
            return f"lean4export could not write it down for nanoda: {exported.last_words}"
        config = {
            "use_stdin": False,
            "export_file_path": str(place / EXPORTED),
            "permitted_axioms": PERMITTED,
            "unpermitted_axiom_hard_error": True,
            "nat_extension": True,
            "string_extension": True,
        }
        (place / "config.json").write_text(json.dumps(config))
        finished = _run(toolchain, (nanoda, str(place / "config.json")), theorem, place)
    return None if finished.status == 0 else f"nanoda refuses it: {finished.last_words}"


def _run(toolchain: Toolchain, argv: tuple[str, ...], theorem: CompiledTheorem, scratch: Path) -> FinishedProcess:
    command = Command(argv, {"LEAN_PATH": os.pathsep.join(map(str, theorem.path))})
    return execute(confined(command, toolchain, scratch.resolve()), ProcessLimits(scratch, SECONDS))
