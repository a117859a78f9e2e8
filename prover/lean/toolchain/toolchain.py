"""What a Lean toolchain is to the rest of the program, and its two kinds. Starts no prover itself.

A toolchain turns a program, written in Lean, into a command of the operating system; the gateway is
such a program. Finding, choosing and installing are done elsewhere.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from json import dumps
from pathlib import Path
from typing import Literal, Protocol

from prover.lean.toolchain.node import NodeRuntime
from retrieval.files import write_atomically

Kind = Literal["embedded", "native"]

NODE_FLAGS = ("--stack-size=6000", "--max-semi-space-size=1")
"""Lean's elaborator needs more than the usual 984 KB of JavaScript's stack; of JavaScript's objects there are few."""
NATIVE_MEGABYTES = 8192
"""what a native Lean allows itself; files of Mathlib need five of them"""


@dataclass(frozen=True)
class Program:
    """A Lean program with a `main : List String → IO UInt32`."""

    imports: tuple[str, ...]
    """the modules to import"""
    sources: tuple[Path, ...]
    """files elaborated after them, one after the other; their own `import` lines are ignored"""
    args: tuple[str, ...]
    """what `main` gets"""


@dataclass(frozen=True)
class Command:
    """How to start a program."""

    argv: tuple[str, ...]
    """the words of the command"""
    env: Mapping[str, str] = field(default_factory=dict)
    """what is added to the environment of the process that starts it"""
    alone: bool = False
    """that environment is not handed on: `env` is all that the command sees"""

    @property
    def environment(self) -> dict[str, str]:
        """All that the command sees."""
        return dict(self.env) if self.alone else {**os.environ, **self.env}


class Toolchain(Protocol):
    """A Lean that can run programs."""

    @property
    def name(self) -> str:
        """What tells this toolchain from every other; fit for a file name."""

    @property
    def kind(self) -> Kind:
        """Which of the two kinds it is."""

    @property
    def lean_version(self) -> str:
        """Lean's own version, such as `4.28.0-pre`."""

    @property
    def library(self) -> Path:
        """The directory of its own `.olean` files."""

    @property
    def trusts_library_axioms(self) -> bool:
        """Whether theorems of its library are stored without proof, so that an audit sees axioms."""

    @property
    def memory_bytes(self) -> int:
        """What one process may come to use."""

    def describe(self) -> str:
        """The toolchain in one line, as reports name it."""

    def command(self, program: Program, search_path: Sequence[Path] = ()) -> Command:
        """How to run `program` with modules from `search_path`, the gateway and the library, in this order."""


@dataclass(frozen=True)
class EmbeddedToolchain:
    """Lean compiled to WebAssembly, run by Node.js. It can be used from any directory."""

    name: str
    node: NodeRuntime
    root: Path
    """the directory of `lean.js` and what it reads"""
    library: Path
    gateway: Path | None = None
    """the directory of the compiled gateway, once there is one"""
    lean_version: str = "4.28.0-pre"
    commit: str = "38f3c0c4"
    """of Lean's repository"""

    @property
    def kind(self) -> Kind:
        return "embedded"

    @property
    def trusts_library_axioms(self) -> bool:
        return True

    @property
    def memory_bytes(self) -> int:
        return 2 << 30

    def describe(self) -> str:
        return f"Lean {self.lean_version} (embedded, WebAssembly, {self.commit})"

    def command(self, program: Program, search_path: Sequence[Path] = ()) -> Command:
        path = [*search_path, *([self.gateway] if self.gateway else []), self.library]
        spoken = {"imports": program.imports, "sources": [str(file) for file in program.sources], "args": program.args}
        script = str(self.root / "lean.js")
        return Command(
            (str(self.node.executable), *NODE_FLAGS, script, "program.lean"),
            {
                "LEAN_PROGRAM": dumps(spoken),
                "LEAN_PATH": os.pathsep.join(map(str, path)),
                "MALLOC_ARENA_MAX": "1",  # Node's compiler threads would keep a tenth of a gigabyte in theirs
            },
        )


@dataclass(frozen=True)
class NativeToolchain:
    """A Lean of this computer's own, as elan or a package manager installs it."""

    lean: Path
    """the `lean` program"""
    lean_version: str
    commit: str
    platform: str
    """what it was compiled for, such as `x86_64-unknown-linux-gnu`"""
    library: Path
    mains: Path
    """a directory for the small main files that programs are started from; may be deleted at any time"""
    lake: Path | None = None
    """the `lake` program that belongs to it, if there is one"""
    gateway: Path | None = None
    """the directory of the compiled gateway, once there is one"""

    @property
    def name(self) -> str:
        return f"lean-{self.lean_version}-{self.commit}"

    @property
    def kind(self) -> Kind:
        return "native"

    @property
    def trusts_library_axioms(self) -> bool:
        return False

    @property
    def memory_bytes(self) -> int:
        return NATIVE_MEGABYTES << 20

    def describe(self) -> str:
        return f"Lean {self.lean_version} (native, {self.platform}, {self.commit})"

    def command(self, program: Program, search_path: Sequence[Path] = ()) -> Command:
        """See `Toolchain.command`. Writes a main file, since `lean --run` takes one file only."""
        main = self._write_main("\n".join(_main_file(program)) + "\n")
        path = [*search_path, *([self.gateway] if self.gateway else [])]
        return Command(
            (str(self.lean), f"--memory={NATIVE_MEGABYTES}", "--run", str(main), *program.args),
            {"LEAN_PATH": os.pathsep.join(map(str, path))},
        )

    def _write_main(self, text: str) -> Path:
        file = self.mains / f"main-{hashlib.sha256(text.encode()).hexdigest()[:16]}.lean"
        if not file.exists():
            write_atomically(file, text)
        return file


def _main_file(program: Program) -> Iterator[str]:
    yield from (f"import {module}" for module in program.imports)
    for source in program.sources:
        yield "section"
        for line in source.read_text(encoding="utf-8").splitlines():
            yield "" if line.startswith("import ") else line
        yield "end"
