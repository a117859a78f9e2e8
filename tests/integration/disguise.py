"""The embedded Lean disguised as a native one: an `elan` with a `lean` and a `lake` that behave as the real ones do.

Not a stand-in that answers from a list: modules are elaborated, compiled and run by the real Lean. The
wrappers that `wear` writes call this file. It keeps to what the real programs promise, and only as far as
`prover` relies on it. Every call is recorded in `calls`, next to elan's `bin`.

An embedded Lean takes only `.olean` files that the gateway's own compiler has written. So `lean -o` is that
compiler here, which runs in the embedded toolchain's compiled gateway.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from prover.lean.module_name import WRITTEN_NAME, module_at, module_file
from prover.lean.toolchain.gateway import COMPILER, COMPILER_NEEDS, SOURCES
from prover.lean.toolchain.home import Home
from prover.lean.toolchain.install import installed
from prover.lean.toolchain.node import find_node
from prover.lean.toolchain.toolchain import GATEWAY, Command, EmbeddedToolchain, Program

IMPORT = re.compile(rf"^(?:public )?(?:meta )?import +(?:all +)?({WRITTEN_NAME})", re.MULTILINE)
MESSAGE = re.compile(r".*?\.lean:(?P<line>\d+):(?P<column>\d+): (?P<severity>error|warning)[^:]*: (?P<data>.*)")
COMPILER_MODULE = Path(COMPILER).stem
NOISE = ("[DEBUG", "  - ", "  mainModule?")
WRAPPER = '#!/bin/sh\nPYTHONPATH="{root}" exec "{python}" "{this}" {role} "{place}" "$@"\n'
"""a confined program inherits no PYTHONPATH, and another checkout has another gateway"""
ROOT = Path(__file__).parents[2]
LIBRARY = Path(".lake", "build", "lib", "lean")
"""where Lake keeps compiled modules, below a package"""


def wear(elan: Path, home: Home, installed_pins: list[str], downloadable: tuple[str, ...] = ()) -> Path:
    """Makes an elan in the empty directory `elan`; returns the directory for PATH.

    Args:
        home: where the embedded toolchain is installed.
        installed_pins: such as `leanprover/lean4:v4.28.0`.
        downloadable: what it pretends to download when it is asked for.
    """
    settings = {"home": str(home.root), "downloadable": list(downloadable)}
    elan.mkdir(parents=True, exist_ok=True)
    (elan / "settings.json").write_text(json.dumps(settings))
    for role in ("elan", "lean", "lake"):
        _wrap(elan / "bin" / role, f"elan-{role}", elan)
    for pin in installed_pins:
        _add_toolchain(elan, pin)
    return elan / "bin"


def of_pin(elan: Path, pin: str) -> "Disguise":
    """The disguise of an installed toolchain."""
    return Disguise(_place(elan, pin))


def calls(elan: Path) -> list[str]:
    """What has been called, in order: the program and its arguments."""
    file = elan / "calls"
    return file.read_text().splitlines() if file.is_file() else []


def _wrap(file: Path, role: str, place: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(WRAPPER.format(root=ROOT, python=sys.executable, this=__file__, role=role, place=place))
    file.chmod(0o755)


def _place(elan: Path, pin: str) -> Path:
    return elan / "toolchains" / pin.replace("/", "--").replace(":", "---")


def _add_toolchain(elan: Path, pin: str) -> None:
    place = _place(elan, pin)
    for role in ("lean", "lake"):
        _wrap(place / "bin" / role, role, place)
    (place / "version").write_text(pin.rpartition(":v")[2])


def run_elan(elan: Path, program: str, args: list[str]) -> int:
    """What elan does for `lean` and `lake`: looks for the pin, downloads it if it must, and starts the program."""
    if program == "elan":
        print("elan 4.1.2 (disguise)")
        return 0
    directory = Path.cwd()
    pins = [p / "lean-toolchain" for p in (directory, *directory.parents) if (p / "lean-toolchain").is_file()]
    if not pins:
        print("error: no default toolchain configured. run `elan default stable` to install it", file=sys.stderr)
        return 1
    pin = pins[0].read_text().strip()
    if not _place(elan, pin).is_dir():
        print(f"info: downloading component 'lean' of {pin}", file=sys.stderr)
        if pin not in json.loads((elan / "settings.json").read_text())["downloadable"]:
            print(f"error: could not download {pin}: the network is unreachable", file=sys.stderr)
            return 1
        _add_toolchain(elan, pin)
    real = str(_place(elan, pin) / "bin" / program)
    os.execv(real, [real, *args])
    raise AssertionError("this process is another program now")


@dataclass(frozen=True)
class Disguise:
    """A toolchain of elan's."""

    place: Path

    @property
    def version(self) -> str:
        return (self.place / "version").read_text()

    def embedded(self) -> EmbeddedToolchain:
        settings = json.loads((self.place.parents[1] / "settings.json").read_text())
        return installed(Home(Path(settings["home"])), find_node())

    def write_down(self, program: str, args: list[str]) -> None:
        with suppress(OSError), (self.place.parents[1] / "calls").open("a") as file:  # a sandbox lets nobody write
            file.write(" ".join([program, *args]) + "\n")

    def lean(self, args: list[str]) -> int:
        """The `lean` of this toolchain."""
        self.write_down("lean", args)
        match args:
            case ["--version"]:
                print(f"Lean (version {self.version}, x86_64-unknown-linux-gnu, commit 38f3c0c4abcdef, Release)")
            case ["--print-prefix"]:
                print(self.place)
            case ["--print-libdir"]:
                print(self.embedded().library)
            case [limit, "--run", file, *rest] if limit.startswith("--memory="):
                return self.run(Path(file), rest)
            case [_, "--json", "-R", root, *options, file] if all(option.startswith("-D") for option in options):
                return self.check(module_at(Path(file).relative_to(root)), Path(file))
            case ["-R", root, "-o", out, file]:
                name = module_at(Path(file).relative_to(root))
                return self.compile_to(Path(out), name, Path(file))
            case _:
                print(f"lean: unknown arguments {args}", file=sys.stderr)
                return 1
        return 0

    def run(self, file: Path, args: list[str]) -> int:
        """`lean --run`: becomes the process that runs the program."""
        text = file.read_text()
        imports = tuple(IMPORT.findall(text))
        sources = (file,) if IMPORT.sub("", text).strip() else ()
        gateway = self.embedded().gateway if imports == GATEWAY else None  # for its saved process
        command = replace(self.embedded(), gateway=gateway).command(
            Program(imports, sources, tuple(args)), _lean_path()
        )
        os.execve(command.argv[0], command.argv, {**os.environ, **command.env})
        raise AssertionError("this process is another program now")

    def compile_to(self, out: Path, name: str, file: Path) -> int:
        """`lean -o`."""
        with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
            status = self.compile_all(Path(scratch), {name: file}, _lean_path())
            made = Path(scratch) / module_file(name, ".olean")
            if status == 0:
                for suffix in (".ir", ".olean.private", ".olean.server", ".olean"):  # only a `module` has all
                    if (part := made.with_suffix(suffix)).exists():
                        part.replace(out.with_suffix(suffix))
        return status

    def check(self, name: str, file: Path) -> int:
        """`lean --json`; options are ignored."""
        with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as scratch:
            done = _finished(self.compilation(Path(scratch), {name: file}, _lean_path()))
        for line in done.stdout.splitlines():
            if message := MESSAGE.match(line):
                pos = {"line": int(message["line"]), "column": int(message["column"])}
                print(json.dumps({"severity": message["severity"], "pos": pos, "data": message["data"]}))
        return done.returncode

    def compile_all(self, out: Path, modules: dict[str, Path], path: list[Path]) -> int:
        """Compiles modules into `out`, in the order given; prints Lean's messages."""
        return _run_quietly(self.compilation(out, modules, path))

    def compilation(self, out: Path, modules: dict[str, Path], path: list[Path]) -> Command:
        """The command that compiles modules into `out`."""
        embedded = self.embedded()
        assert embedded.gateway is not None
        pairs = [word for name, file in modules.items() for word in (name, str(file))]
        args = (str(out), "stubs", *pairs)
        compiler = self.place.parents[1] / COMPILER_MODULE
        if (compiler / f"{COMPILER_MODULE}.image").is_file():
            program = Program((COMPILER_MODULE,), (), args)
            return replace(embedded, gateway=compiler).command(program, [embedded.gateway, *path])
        program = Program((COMPILER_NEEDS,), (SOURCES / COMPILER,), args)
        return replace(embedded, gateway=None).command(program, [embedded.gateway, *path])

    def save_compiler(self) -> None:
        """Compiles the compiler and saves a process that has imported it, which starts in a third of the time."""
        embedded = self.embedded()
        assert embedded.gateway is not None
        place = self.place.parents[1] / COMPILER_MODULE
        place.mkdir()
        assert self.compile_all(place, {COMPILER_MODULE: SOURCES / COMPILER}, []) == 0
        program = Program((COMPILER_MODULE,), (), ())
        saving = replace(embedded, gateway=place).saving_command(program, program.imports)
        path = f"{saving.env['LEAN_PATH']}{os.pathsep}{embedded.gateway}"
        assert _run_quietly(replace(saving, env={**saving.env, "LEAN_PATH": path})) == 0

    def lake(self, args: list[str]) -> int:
        """The `lake` of this toolchain."""
        self.write_down("lake", args)
        root = Path.cwd()
        try:
            packages = _packages(root)
        except (tomllib.TOMLDecodeError, FileNotFoundError) as error:
            print(f"error: {root}: configuration file failed to load: {error}", file=sys.stderr)
            return 1
        if not (root / "lake-manifest.json").is_file():
            (root / "lake-manifest.json").write_text('{"version": "1.1.0", "packages": []}\n')
        path = [package / LIBRARY for package in packages]
        match args:
            case ["--version"]:
                print(f"Lake version 5.0.0-src+38f3c0c (Lean version {self.version})")
            case ["env", program, *rest]:
                os.execvpe(program, [program, *rest], {**os.environ, "LEAN_PATH": os.pathsep.join(map(str, path))})
            case ["build", *targets] if all(target.startswith("+") for target in targets):
                return self.build([target[1:] for target in targets], packages)
            case ["exe", "cache", "get"]:
                print("No files to download")
            case _:
                print(f"error: unknown command {args}", file=sys.stderr)
                return 1
        return 0

    def build(self, names: list[str], packages: list[Path]) -> int:
        """Builds modules and what they import, those that have changed, package by package."""
        try:
            order = _import_order(names, packages, self.embedded().library)
        except LookupError as error:
            print(f"error: {error.args[0]}")
            return 1
        digests: dict[str, str] = {}
        for package in reversed(packages):  # what is depended on comes first
            stale: dict[str, Path] = {}
            for name, (home, file, imports) in order.items():
                if home == package:
                    content = file.read_text() + "".join(digests.get(i, "") for i in imports)
                    digests[name] = hashlib.sha256(content.encode()).hexdigest()
                    if _trace(package, name) != digests[name]:
                        stale[name] = file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file
            if stale and self.compile_all(package / LIBRARY, stale, [p / LIBRARY for p in packages]):
                print(f"✖ Building {', '.join(stale)}\nerror: Lean exited with code 1\nerror: build failed")
                return 1
            for name in stale:
                (package / LIBRARY / module_file(name, ".trace")).write_text(digests[name])
        print("Build completed successfully.")
        return 0


def _packages(root: Path) -> list[Path]:
    """A package and those that it requires by path."""
    config = tomllib.loads((root / "lakefile.toml").read_text())
    required = [root / entry["path"] for entry in config.get("require", [])]
    return [root, *(package.resolve() for directory in required for package in _packages(directory))]


def _import_order(names: list[str], packages: list[Path], library: Path) -> dict[str, tuple[Path, Path, list[str]]]:
    """Modules with their package, file and imports, each after those that it imports."""
    order: dict[str, tuple[Path, Path, list[str]]] = {}

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise LookupError(f"build cycle detected: {' → '.join([*above, name])}")
        if name in order or (library / module_file(name, ".olean")).is_file():
            return
        places = [(p, p / module_file(name, ".lean")) for p in packages]
        found = next(((p, file) for p, file in places if file.is_file()), None)
        if found is None:
            raise LookupError(f"unknown module prefix '{name}'")
        imports = IMPORT.findall(found[1].read_text())
        for needed in imports:
            visit(needed, (*above, name))
        order[name] = (*found, imports)

    for name in names:
        visit(name, ())
    return order


def _compiled(package: Path, name: str) -> Path:
    return package / LIBRARY / module_file(name, ".olean")


def _trace(package: Path, name: str) -> str | None:
    trace = package / LIBRARY / module_file(name, ".trace")
    return trace.read_text() if trace.is_file() and _compiled(package, name).is_file() else None


def _lean_path() -> list[Path]:
    return [Path(entry) for entry in os.environ.get("LEAN_PATH", "").split(os.pathsep) if entry]


def _run_quietly(command: Command) -> int:
    """Runs the embedded Lean and prints what a native one would."""
    done = _finished(command)
    print("\n".join(line for line in done.stdout.splitlines() if not line.startswith(NOISE)))
    return done.returncode


def _finished(command: Command) -> "subprocess.CompletedProcess[str]":
    """A run of the embedded Lean; a crash, which it is prone to, is tried again."""
    for _ in range(3):
        done = subprocess.run(
            command.argv, env={**os.environ, **command.env}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        if done.returncode in (0, 1):
            break
    return done


if __name__ == "__main__":
    _, role, where, *words = sys.argv
    match role:
        case "lean":
            sys.exit(Disguise(Path(where)).lean(words))
        case "lake":
            sys.exit(Disguise(Path(where)).lake(words))
        case _:
            sys.exit(run_elan(Path(where), role.removeprefix("elan-"), words))
