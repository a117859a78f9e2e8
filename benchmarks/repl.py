"""The public Lean REPL as a baseline, run on the same toolchain from a checkout that the user names.

Nothing of it is kept here. Two things stand in its way on the embedded toolchain. It asks `lean` where
Lean is installed, and no process can be started there: in a temporary copy of the checkout that
question is answered with an empty path, and `LEAN_PATH` does the rest. And a module that cannot be
compiled ahead is elaborated at each start, as are those above it; the report names them.
"""

import json
import os
import queue
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from prover.errors import LeanDied, LeanError, LeanTimeout, UsageError
from prover.lean.toolchain.toolchain import Program, Toolchain
from prover.project.build import Builder
from prover.project.layout import Module, Repository, open_repository

MAIN = "REPL.Main"
HOW_TO_FETCH = (
    "No REPL columns. To have them: git clone --branch v4.28.0 "
    "https://github.com/leanprover-community/repl DIR, then --repl DIR."
)
SYSROOT = re.compile(r"\(← Lean\.findSysroot\)")
IMPORT = re.compile(r"^import +(REPL[.\w]*)", re.MULTILINE)
NOISE = (b"[DEBUG", b"  - /", b"  mainModule?")


@dataclass(frozen=True)
class ReplProgram:
    """The REPL, ready to be started."""

    program: Program
    search_path: tuple[Path, ...]
    interpreted: tuple[str, ...]
    """its modules that are elaborated at each start"""


@contextmanager
def prepared(checkout: Path, toolchain: Toolchain, caches: Path) -> Iterator[ReplProgram]:
    """Compiles what can be compiled; the sources are kept while the block lasts.

    Raises:
        UsageError: the directory does not hold the REPL's sources.
    """
    if not (checkout / "REPL" / "Main.lean").is_file():
        raise UsageError(f"{checkout} is no checkout of the Lean REPL (it has no REPL/Main.lean): {HOW_TO_FETCH}")
    with tempfile.TemporaryDirectory(prefix="prover-bench-") as scratch:
        root = Path(scratch) / "repl"
        shutil.copytree(checkout / "REPL", root / "REPL")
        for file in root.rglob("*.lean"):
            file.write_text(SYSROOT.sub('""', file.read_text(encoding="utf-8")), encoding="utf-8")
        yield _compile(open_repository(root), toolchain, caches)


def _compile(repository: Repository, toolchain: Toolchain, caches: Path) -> ReplProgram:
    # a module with nothing but the import of another has that one compiled
    ordered = _ordered(repository)
    probes = {name: repository.root / f"Probe{i}.lean" for i, name in enumerate(ordered)}
    for name, file in probes.items():
        file.write_text(f"import {name}\n", encoding="utf-8")
    repository = open_repository(repository.root)
    done: list[str] = []
    interpreted: list[str] = []
    builder = Builder(repository, toolchain, caches)
    try:
        for name in ordered:
            if not set(_imports(repository.modules[name])) & set(interpreted) and _built(builder, probes[name].stem):
                done.append(name)
            else:
                interpreted.append(name)
        sources = tuple(repository.modules[name].path for name in interpreted)
        imports = (MAIN,) if not interpreted else ("Lean", *done)
        return ReplProgram(Program(imports, sources, ()), builder.search_path(), tuple(interpreted))
    finally:
        builder.close()


def _built(builder: Builder, probe: str) -> bool:
    try:
        builder.prepare(builder.repository.modules[probe])
    except LeanError:
        builder.close()
        return False
    return True


def _imports(module: Module) -> list[str]:
    return IMPORT.findall(module.text())


def _ordered(repository: Repository) -> list[str]:
    """The REPL's modules that its main one needs, each after those that it imports."""
    found: list[str] = []

    def visit(name: str) -> None:
        if name not in found:
            for needed in _imports(repository.modules[name]):
                visit(needed)
            found.append(name)

    visit(MAIN)
    return found


class Repl:
    """A running REPL. Ended by `close`."""

    def __init__(self, repl: ReplProgram, toolchain: Toolchain) -> None:
        command = toolchain.command(repl.program, repl.search_path)
        self._process = subprocess.Popen(
            command.argv,
            env={**os.environ, **command.env},
            cwd="/tmp",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._answers: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def ask(self, request: dict[str, object], seconds: float = 120.0) -> dict[str, Any]:
        """Its answer to a request.

        Raises:
            LeanTimeout: none came in time; the process has been killed.
            LeanDied: it ended.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request, ensure_ascii=False).encode() + b"\n\n")
        self._process.stdin.flush()
        try:
            answer = self._answers.get(timeout=seconds)
        except queue.Empty:
            self.close()
            raise LeanTimeout(f"the REPL gave no answer within {seconds:.0f} s") from None
        if answer is None:
            self.close()
            raise LeanDied(f"the REPL ended with status {self._process.returncode}")
        read: dict[str, Any] = json.loads(answer)
        return read

    def memory(self) -> int:
        """Resident memory in bytes."""
        return int(psutil.Process(self._process.pid).memory_info().rss)

    def close(self) -> None:
        """Ends it."""
        self._process.kill()
        self._process.wait()

    def _read(self) -> None:
        assert self._process.stdout is not None
        answer = b""
        for line in self._process.stdout:
            if line.startswith(NOISE):
                continue
            answer += line
            if not line.strip() and answer.strip():
                self._answers.put(answer)
                answer = b""
        self._answers.put(None)
