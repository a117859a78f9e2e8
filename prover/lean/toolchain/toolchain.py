"""The two kinds of Lean toolchains behind one protocol. Starts no process itself.

A toolchain turns a program written in Lean, such as the gateway, into a command of the operating system. Other modules
find, choose and install toolchains.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from json import dumps
from pathlib import Path
from typing import Literal, Protocol

from prover.lean.toolchain.node import NodeRuntime
from retrieval.files import write_atomically

Kind = Literal["embedded", "native"]

NODE_FLAGS = ("--stack-size=6000", "--max-semi-space-size=1", "--wasm-lazy-validation")
"""Lean's elaborator needs more JavaScript stack than the default of 984 KB, and few JavaScript objects. A function of
its module is validated when it is first called: most never are."""
GATEWAY = ("Gateway",)
"""The import of the gateway, as of a `Program`."""
NATIVE_MEGABYTES = 8192
"""The memory limit of a native Lean, in MB; files of Mathlib need five thousand."""


@dataclass(frozen=True)
class Program:
    """A Lean program with a `main : List String → IO UInt32`."""

    imports: tuple[str, ...]
    """The modules to import."""
    sources: tuple[Path, ...]
    """Files to elaborate after the imports, in order; their own `import` lines are ignored."""
    args: tuple[str, ...]
    """The arguments of `main`."""


@dataclass(frozen=True)
class Command:
    """How to start a program."""

    argv: tuple[str, ...]
    """The words of the command."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables that are added to the environment."""
    alone: bool = False
    """Whether `env` is the whole environment of the command."""

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment of the command."""
        return dict(self.env) if self.alone else {**os.environ, **self.env}


class Toolchain(Protocol):
    """A Lean that can run programs."""

    @property
    def name(self) -> str:
        """A unique name that is fit for a file name."""

    @property
    def kind(self) -> Kind:
        """Returns whether the toolchain is native or embedded."""

    @property
    def lean_version(self) -> str:
        """Lean's own version, such as `4.28.0-pre`."""

    @property
    def library(self) -> Path:
        """The directory of its own `.olean` files."""

    @property
    def trusts_library_axioms(self) -> bool:
        """Returns whether theorems of its library are stored without proof, so that an audit sees axioms."""

    @property
    def memory_bytes(self) -> int:
        """The memory limit of one process."""

    def describe(self) -> str:
        """Returns the toolchain in one line, for reports."""

    def command(self, program: Program, search_path: Sequence[Path] = (), saved: Path | None = None) -> Command:
        """Returns the command that runs `program`, with modules from `search_path`, the gateway and the library.

        Args:
            saved: a saved process of the same program, which the embedded toolchain continues.
        """


@dataclass(frozen=True)
class EmbeddedToolchain:
    """Lean compiled to WebAssembly, run by Node.js. It can be used from any directory."""

    name: str
    node: NodeRuntime
    root: Path
    """The directory of `lean.js` and the files that it reads."""
    library: Path
    gateway: Path | None = None
    """The directory of the compiled gateway, if it is compiled."""
    lean_version: str = "4.28.0-pre"
    commit: str = "38f3c0c4"
    """The commit of Lean's repository."""

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

    def command(self, program: Program, search_path: Sequence[Path] = (), saved: Path | None = None) -> Command:
        """Returns the command that runs `program`. It continues a saved process that has the same imports, if any."""
        image = saved or self._image(program)
        return self._command(program, search_path, {"image": str(image)} if image and image.is_file() else {})

    def saving_command(
        self, program: Program, imports: tuple[str, ...], search_path: Sequence[Path] = (), place: Path | None = None
    ) -> Command:
        """Returns the command that saves a process, which commands for `program` continue.

        `program` has no sources, and the toolchain has a gateway.

        Args:
            imports: modules that the process imports in place of the program's; they import these.
            place: the file of the saved process; by default one in the gateway's directory, which all commands for
                `program` continue.
        """
        save = str(place or self._image(program))
        return self._command(replace(program, imports=imports), search_path, {"save": save})

    def _image(self, program: Program) -> Path | None:
        if program.sources or self.gateway is None:
            return None
        return self.gateway / f"{'+'.join(program.imports)}.image"

    def _command(self, program: Program, search_path: Sequence[Path], image: Mapping[str, str]) -> Command:
        path = [*search_path, *([self.gateway] if self.gateway else []), self.library]
        description = {
            "imports": program.imports,
            "sources": [str(file) for file in program.sources],
            "args": program.args,
            **image,
        }
        script = str(self.root / "lean.js")
        return Command(
            (str(self.node.executable), *NODE_FLAGS, script, "program.lean"),
            {
                "LEAN_PROGRAM": dumps(description),
                "LEAN_PATH": os.pathsep.join(map(str, path)),
                "MALLOC_ARENA_MAX": "1",  # Node's compiler threads would keep a tenth of a gigabyte in theirs
            },
        )


@dataclass(frozen=True)
class NativeToolchain:
    """A native Lean, as elan or a package manager installs it."""

    lean: Path
    """The `lean` program."""
    lean_version: str
    commit: str
    platform: str
    """Its platform, such as `x86_64-unknown-linux-gnu`."""
    library: Path
    mains: Path
    """The directory of the small main files that start programs; may be deleted at any time."""
    lake: Path | None = None
    """The `lake` program of the same installation, if there is one."""
    gateway: Path | None = None
    """The directory of the compiled gateway, if it is compiled."""

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

    def command(self, program: Program, search_path: Sequence[Path] = (), saved: Path | None = None) -> Command:
        """Returns the command that runs `program`. Writes a main file, since `lean --run` takes only one file."""
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
