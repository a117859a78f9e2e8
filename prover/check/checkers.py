"""External checkers of compiled files, which run after the gateway's replay if they are installed.

`leanchecker` comes with a native toolchain (before Lean 4.27: the repository `lean4checker`) and has Lean's kernel
check a module. `nanoda` is an independent kernel in Rust, which reads the output of `lean4export`. Both run confined,
on a copy of the compiled file, and only with a native Lean, whose compiled files are complete.
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

CHECKER_SECONDS = 600.0
PERMITTED_AXIOMS = ("propext", "Quot.sound", "Classical.choice")
EXPORT_FILE = "theorem.ndjson"


@dataclass(frozen=True)
class CompiledTheorem:
    """A theorem in a compiled module."""

    module: str
    name: str
    path: tuple[Path, ...]
    """Lean's search path; the directory of this module is the first."""
    axioms: tuple[str, ...] = ()
    """The axioms that it may depend on besides the standard ones."""


@dataclass(frozen=True)
class Checker:
    """A program that accepts or refuses compiled theorems."""

    name: str
    objection: Callable[[CompiledTheorem], str | None]
    """Returns why it refuses a theorem; None if it accepts it."""


def checkers_for(toolchain: Toolchain, search: str | None = None) -> tuple[Checker, ...]:
    """Returns the installed checkers that fit a toolchain.

    Args:
        search: directories in the format of PATH; by default the process's own PATH.
    """
    if not isinstance(toolchain, NativeToolchain):
        return ()
    found = []
    path = os.pathsep.join([str(toolchain.lean.parent), search or os.environ.get("PATH", "")])
    if leanchecker := shutil.which("leanchecker", path=path) or shutil.which("lean4checker", path=path):
        found.append(Checker("leanchecker", lambda theorem: _leanchecker(toolchain, leanchecker, theorem)))
    export, nanoda = shutil.which("lean4export", path=path), shutil.which("nanoda_bin", path=path)
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
        to_file = ("/bin/sh", "-c", f'exec "$@" > {EXPORT_FILE}', "export", export, theorem.module, "--", theorem.name)
        exported = _run(toolchain, to_file, theorem, place)
        if exported.status != 0:
            return f"lean4export could not export it for nanoda: {exported.last_words}"
        config = {
            "use_stdin": False,
            "export_file_path": str(place / EXPORT_FILE),
            "permitted_axioms": [*PERMITTED_AXIOMS, *theorem.axioms],
            "unpermitted_axiom_hard_error": True,
            "nat_extension": True,
            "string_extension": True,
        }
        (place / "config.json").write_text(json.dumps(config))
        finished = _run(toolchain, (nanoda, str(place / "config.json")), theorem, place)
    return None if finished.status == 0 else f"nanoda refuses it: {finished.last_words}"


def _run(toolchain: Toolchain, argv: tuple[str, ...], theorem: CompiledTheorem, scratch: Path) -> FinishedProcess:
    command = Command(argv, {"LEAN_PATH": os.pathsep.join(map(str, theorem.path))})
    return execute(confined(command, toolchain, scratch.resolve()), ProcessLimits(scratch, CHECKER_SECONDS))
