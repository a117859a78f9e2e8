"""Compiles the gateway, the Lean program of this project, with either kind of toolchain."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from prover.errors import InstallFailed
from prover.lean.toolchain.execute import FinishedProcess, ProcessLimits, execute
from prover.lean.toolchain.staging import StepProgress
from prover.lean.toolchain.toolchain import Command, EmbeddedToolchain, NativeToolchain, Program

SOURCES = Path(__file__).parents[1] / "gateway"
COMPILER = "Build.lean"
"""The program that compiles modules within the embedded toolchain."""
COMPILER_NEEDS = "Gateway.Source"
"""The module that it imports."""
IMPORT = re.compile(r"^(?:public )?(?:meta )?import +(Gateway(?:\.\w+)*)\s*$", re.MULTILINE)
TOGETHER = 4
"""How many modules one embedded process compiles; with eight it came near the 2 GiB that it can have."""
ATTEMPTS = 3
LIMIT_S = 600.0


@dataclass(frozen=True)
class GatewayModule:
    """A module of the gateway."""

    name: str
    path: Path
    imports: tuple[str, ...]
    """the gateway's own modules that it imports"""

    @property
    def compiled(self) -> Path:
        """Where its `.olean` is, below the directory of the compiled gateway."""
        return Path(*self.name.split(".")).with_suffix(".olean")


def modules(sources: Path = SOURCES) -> list[GatewayModule]:
    """The gateway's modules, each after those that it imports.

    Raises:
        InstallFailed: one imports what is not there, or they import each other in a circle.
    """
    files = [*sources.glob("Gateway/**/*.lean"), *sources.glob("Gateway.lean")]
    found = {module.name: module for module in (_module(sources, file) for file in sorted(files))}
    for module in found.values():
        for name in module.imports:
            if name not in found:
                raise InstallFailed(f"{module.path} imports {name}, which is not among the gateway's sources.")
    try:
        order = TopologicalSorter({name: module.imports for name, module in found.items()}).static_order()
        return [found[name] for name in order]
    except CycleError as error:
        raise InstallFailed(f"Modules of the gateway import each other: {' → '.join(error.args[1])}.") from None


def _module(sources: Path, file: Path) -> GatewayModule:
    name = ".".join(file.relative_to(sources).with_suffix("").parts)
    return GatewayModule(name, file, tuple(IMPORT.findall(file.read_text(encoding="utf-8"))))


def up_to(name: str, ordered: Sequence[GatewayModule]) -> list[GatewayModule]:
    """The module called `name` and all that it needs, in order."""
    needed = {name}
    for module in reversed(ordered):
        if module.name in needed:
            needed.update(module.imports)
    return [module for module in ordered if module.name in needed]


def digest(sources: Path = SOURCES) -> str:
    """Eight hexadecimal digits that change when the gateway's sources do."""
    hashed = hashlib.sha256()
    for file in sorted(sources.rglob("*.lean")):
        hashed.update(f"{file.relative_to(sources)}\0".encode() + file.read_bytes() + b"\0")
    return hashed.hexdigest()[:8]


def compiler(args: Sequence[str], sources: Path = SOURCES) -> Program:
    """The program that compiles `name path` pairs to the directory that `args` begins with."""
    needs = [module.path for module in up_to(COMPILER_NEEDS, modules(sources))]
    return Program(("Lean",), (*needs, sources / COMPILER), tuple(args))


def _compiled_compiler(args: Sequence[str], sources: Path) -> Program:
    """The same program, for when the module that it imports has been compiled: it starts sooner."""
    return Program((COMPILER_NEEDS,), (sources / COMPILER,), tuple(args))


def compile_embedded(
    toolchain: EmbeddedToolchain, out: Path, progress: StepProgress, sources: Path = SOURCES, at_once: int = TOGETHER
) -> None:
    """Compiles `at_once` modules in each process: an environment that is imported there is never freed.

    Raises:
        InstallFailed: Lean found an error in one of them, or failed several times.
    """
    ordered = modules(sources)
    for start in range(0, len(ordered), at_once):
        group = ordered[start : start + at_once]
        args = [str(out), "stubs", *(word for module in group for word in (module.name, str(module.path)))]
        started = COMPILER_NEEDS in (module.name for module in ordered[:start])
        program = (_compiled_compiler if started else compiler)(args, sources)
        _compile(toolchain.command(program, [out]), out, group)
        progress((start + len(group)) / len(ordered))


def compile_native(toolchain: NativeToolchain, out: Path, progress: StepProgress, sources: Path = SOURCES) -> None:
    """Compiles each module with `lean -o`.

    Raises:
        InstallFailed: Lean found an error in one of them, or failed several times.
    """
    ordered = modules(sources)
    for done, module in enumerate(ordered, start=1):
        file = out / module.compiled
        file.parent.mkdir(parents=True, exist_ok=True)
        # -R: the module's name, which private names contain, comes from its place below the sources
        argv = (str(toolchain.lean), "-R", str(sources), "-o", str(file), str(module.path))
        _compile(Command(argv, {"LEAN_PATH": str(out)}), out, [module])
        progress(done / len(ordered))


def _compile(command: Command, out: Path, expected: Sequence[GatewayModule]) -> None:
    """Runs a compiler until the expected files are there; a crash is tried again, an error is not."""
    files = [out / module.compiled for module in expected]
    finished = FinishedProcess(None, ())
    for _ in range(ATTEMPTS):
        finished = execute(command, ProcessLimits(out, LIMIT_S))
        if finished.status == 0 and all(file.is_file() for file in files):
            for file in files:
                file.chmod(0o644)  # the embedded Lean makes files that everyone may write to
            return
        if errors := [line for line in finished.lines if ": error" in line]:
            raise InstallFailed(f"The gateway does not compile: {errors[0]}")
    raise InstallFailed(f"Lean failed {ATTEMPTS} times to compile the gateway ({finished.last_words}): try again.")
