"""Compiles the gateway, which is this project's Lean program, with either kind of toolchain."""

import hashlib
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from prover.errors import InstallFailed
from prover.lean.toolchain.execute import FinishedProcess, ProcessLimits, execute
from prover.lean.toolchain.staging import StepProgress
from prover.lean.toolchain.toolchain import GATEWAY, Command, EmbeddedToolchain, NativeToolchain, Program

SOURCES = Path(__file__).parents[1] / "gateway"
COMPILER = "Build.lean"
"""The program that compiles modules with the embedded toolchain."""
COMPILER_NEEDS = "Gateway.Source"
"""The module that this program imports."""
IMPORT = re.compile(r"^(?:public )?(?:meta )?import +(Gateway(?:\.\w+)*)\s*$", re.MULTILINE)
EMBEDDED = "Embedded"
"""The directory of the sources that only the embedded toolchain needs."""
REPLACED = "replaced"
"""The directory, below one of a search path, of modules that are imported in place of others; see its `Import.lean`."""
REPLACEMENT_SUFFIX = ".replacement"
"""The suffix of the files of these modules, which no module of a repository can have."""
PREPARATION = ("Gateway.Prepare",)
"""The import of a process that is saved, instead of the gateway's, which it includes."""
PREPARED_FILE = "Prepared.lean"
"""The file on the search path of a process to be saved that has the imports it is saved for; see `Gateway.prepare`."""
IMAGE_DESCRIPTION_SUFFIX = ".json"
"""What the name of the second file of a saved process has after that of the first; see `embedded/image.js`."""
MODULES_PER_PROCESS = 4
"""The number of modules that one embedded process compiles; with eight it nearly reached its limit of 2 GiB."""
DIGEST_LENGTH = 8
"""The length of `digest()`."""
ATTEMPTS = 3
LIMIT_S = 600.0
KEY_SUFFIX = ".key"
"""The suffix of the file beside a compiled module that holds its content key."""


@dataclass(frozen=True)
class GatewayModule:
    """A module of the gateway."""

    name: str
    path: Path
    imports: tuple[str, ...]
    """The gateway's own modules that it imports."""

    @property
    def compiled(self) -> Path:
        """The path of its `.olean` below the directory of the compiled gateway."""
        return Path(*self.name.split(".")).with_suffix(".olean")


def modules(sources: Path = SOURCES, embedded: bool = False) -> list[GatewayModule]:
    """Returns the gateway's modules, each after those that it imports.

    Args:
        embedded: whether the embedded toolchain compiles them: it has a few files of its own.

    Raises:
        InstallFailed: A module imports a missing one, or modules import each other in a cycle.
    """
    found: dict[str, GatewayModule] = {}
    for root in (sources, sources / EMBEDDED) if embedded else (sources,):
        for file in sorted([*root.glob("Gateway/**/*.lean"), *root.glob("Gateway.lean")]):
            module = _module(root, file)
            found[module.name] = module
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
    """Returns the module called `name` and all modules that it needs, in order."""
    needed = {name}
    for module in reversed(ordered):
        if module.name in needed:
            needed.update(module.imports)
    return [module for module in ordered if module.name in needed]


def digest(sources: Path = SOURCES) -> str:
    """Returns eight hexadecimal digits that change with the gateway's sources."""
    hashed = hashlib.sha256()
    for file in sorted(sources.rglob("*.lean")):
        hashed.update(f"{file.relative_to(sources)}\0".encode() + file.read_bytes() + b"\0")
    return hashed.hexdigest()[:DIGEST_LENGTH]


def compiler(args: Sequence[str], sources: Path = SOURCES) -> Program:
    """Returns the program that compiles `name path` pairs to the directory that is its first argument."""
    needs = [module.path for module in up_to(COMPILER_NEEDS, modules(sources, embedded=True))]
    return Program(("Lean",), (*needs, sources / COMPILER), tuple(args))


def _compiled_compiler(args: Sequence[str], sources: Path) -> Program:
    """Returns the same program for when its imported module has been compiled, so that it starts faster."""
    return Program((COMPILER_NEEDS,), (sources / COMPILER,), tuple(args))


def content_keys(ordered: Sequence[GatewayModule]) -> dict[str, str]:
    """Returns a key for each module, which changes with its text and that of the modules that it imports."""
    keys: dict[str, str] = {}
    for module in ordered:
        hashed = hashlib.sha256(module.path.read_bytes())
        hashed.update("".join(keys[name] for name in module.imports).encode())
        keys[module.name] = hashed.hexdigest()
    return keys


def reuse_modules(earlier: Sequence[Path], out: Path, keys: Mapping[str, str]) -> None:
    """Copies the modules that an earlier gateway of the same toolchain has compiled from the same texts."""
    for name, key in keys.items():
        compiled = Path(*name.split(".")).with_suffix(".olean")
        for gateway in earlier:
            recorded = (gateway / compiled).with_suffix(KEY_SUFFIX)
            if recorded.is_file() and recorded.read_text(encoding="ascii") == key:
                (out / compiled).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(gateway / compiled, out / compiled)
                break


def compile_embedded(
    toolchain: EmbeddedToolchain,
    out: Path,
    progress: StepProgress,
    sources: Path = SOURCES,
    per_process: int = MODULES_PER_PROCESS,
    earlier: Sequence[Path] = (),
) -> None:
    """Compiles `per_process` modules in each process, since a process never frees an imported environment.

    Args:
        earlier: directories of gateways that the same toolchain has compiled, for modules that have not changed.

    Raises:
        InstallFailed: Lean found an error in a module, or failed several times.
    """
    ordered = modules(sources, embedded=True)
    keys = content_keys(ordered)
    reuse_modules(earlier, out, keys)
    missing = [module for module in ordered if not (out / module.compiled).is_file()]
    for start in range(0, len(missing), per_process):
        group = missing[start : start + per_process]
        args = [str(out), "stubs", *(word for module in group for word in (module.name, str(module.path)))]
        started = COMPILER_NEEDS not in (module.name for module in missing[start:])
        program = (_compiled_compiler if started else compiler)(args, sources)
        _compile(toolchain.command(program, [out]), out, group)
        progress((start + len(group)) / len(missing))
    for module in ordered:
        (out / module.compiled).with_suffix(KEY_SUFFIX).write_text(keys[module.name], encoding="ascii")


def declare_private(toolchain: EmbeddedToolchain, out: Path, sources: Path = SOURCES) -> None:
    """Writes copies of library modules that declare what `Private.lean` lists, below `out`, the compiled gateway.

    Raises:
        InstallFailed: Lean found an error in the list, or failed several times.
    """
    private = GatewayModule("Private", sources / EMBEDDED / "Private.lean", ())
    args = [str(out), "stubs", private.name, str(private.path)]
    _compile(toolchain.command(_compiled_compiler(args, sources), [out]), out, [private])
    writer = Program(
        ("Lean",),
        (sources / EMBEDDED / "Replace.lean",),
        (str(out / private.compiled), str(toolchain.library), str(out / REPLACED)),
    )
    _run(toolchain.command(writer), out, "declare private names")
    for file in (out / REPLACED).rglob(f"*{REPLACEMENT_SUFFIX}"):
        file.chmod(0o644)


def save_image(toolchain: EmbeddedToolchain, out: Path) -> None:
    """Saves a process that has imported the gateway compiled in `out`, so that others start by reading its memory.

    It has imported the base library for files too, which takes longer than the rest of a start.

    Raises:
        InstallFailed: Lean failed several times.
    """
    command = replace(toolchain, gateway=out).saving_command(Program(GATEWAY, (), ()), PREPARATION)
    _run(command, out, "save its memory")


def save_image_for(toolchain: EmbeddedToolchain, text: str, search_path: Sequence[Path], place: Path) -> None:
    """Saves a process as `save_image` does, which has also imported what a file imports.

    Args:
        text: the file's text, of which only the header is read.
        search_path: directories of compiled modules.
        place: the file of the saved process. The files that belong to it are in the same directory.

    Raises:
        InstallFailed: Lean failed several times.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as name:
        scratch = Path(name)
        (scratch / PREPARED_FILE).write_text(text, encoding="utf-8")
        saved = scratch / place.name
        program = Program(GATEWAY, (), ())
        _run(toolchain.saving_command(program, PREPARATION, [scratch, *search_path], saved), scratch, "save its memory")
        for suffix in (IMAGE_DESCRIPTION_SUFFIX, ""):  # what is looked for comes last
            saved.with_name(saved.name + suffix).replace(place.with_name(place.name + suffix))


def _run(command: Command, out: Path, purpose: str) -> None:
    """Runs a program of Lean, several times if it fails."""
    finished = FinishedProcess(None, ())
    for _ in range(ATTEMPTS):
        finished = execute(command, ProcessLimits(out, LIMIT_S))
        if finished.status == 0:
            return
    raise InstallFailed(f"Lean failed {ATTEMPTS} times to {purpose} ({finished.last_words}): try again.")


def compile_native(toolchain: NativeToolchain, out: Path, progress: StepProgress, sources: Path = SOURCES) -> None:
    """Compiles each module with `lean -o`.

    Raises:
        InstallFailed: Lean found an error in a module, or failed several times.
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
    """Runs a compiler until the expected files exist. A crash is retried, an error is not."""
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
