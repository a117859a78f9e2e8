"""Confines Lean processes: elaborating a file can run any code that the file holds.

A process may write only in its scratch directory, has no network, and has limits on memory, file size and processor
time. It sees a few variables of the user's environment. The mechanisms depend on the toolchain and the platform;
`prover toolchain doctor` lists them.

The embedded Lean is WebAssembly, which can neither start programs nor open sockets, and Node.js's permission model
guards its files. A native Lean runs under bubblewrap if that is installed; otherwise `unshare` removes at least the
network.
"""

import functools
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prover.lean.toolchain.toolchain import Command, Toolchain

TRIAL_S = 10.0
FILE_BYTES = 2 << 30
"""The largest size of one file."""
PROCESSOR_S = 12 * 3600
"""The processor time of one process, in seconds. Every request has a limit of its own as well."""
FORWARDED_VARIABLES = ("PATH", "HOME", "LANG", "ELAN_HOME")
"""The variables of the user's environment that a process sees. None of them holds a secret."""
NETWORK_VARIABLES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE")
"""The variables that Lake's downloads need in addition."""
DOWNLOAD_DIRECTORIES = ("~/.elan", "$ELAN_HOME", "~/.cache/mathlib", "~/.cache/lake")
"""The directories in which elan and Lake keep their downloads."""
ULIMIT_BLOCK_BYTES = 512
"""The unit in which `ulimit` counts file sizes, in bytes."""

NODE = "Node.js's permission model"
WASM = "WebAssembly"
BUBBLEWRAP = "bubblewrap"
UNSHARE = "unshare"
LIMITS = "resource limits"


@dataclass(frozen=True)
class Isolation:
    """The mechanism that prevents each kind of harm; None where nothing does."""

    writes: str | None
    """Prevents writing outside the scratch directory."""
    network: str | None
    """Prevents network connections."""
    programs: str | None
    """Prevents starting unconfined programs."""
    memory: str
    limits: str | None
    """Limits processor time and file sizes."""
    environment: str = "only " + ", ".join(FORWARDED_VARIABLES)

    @property
    def missing(self) -> tuple[str, ...]:
        """The kinds of harm that nothing prevents."""
        return tuple(what for what in ("writes", "network", "programs", "limits") if getattr(self, what) is None)

    def describe(self) -> str:
        """Returns the mechanisms in one line."""
        held = ", ".join(
            f"{what} ({how})"
            for what in ("writes", "network", "programs", "memory", "limits")
            if (how := getattr(self, what))
        )
        return f"held: {held}" + (f"; NOT held: {', '.join(self.missing)}" if self.missing else "")


@dataclass(frozen=True)
class Sandbox:
    """A program that runs another one under confinement."""

    name: str
    program: str
    words: tuple[str, ...]

    @property
    def writes(self) -> bool:
        """Returns whether the sandbox confines writing as well as the network."""
        return self.name == BUBBLEWRAP

    def around(self, argv: Sequence[str], writable: Sequence[Path]) -> tuple[str, ...]:
        """Returns a command that runs `argv` confined and without a network."""
        return (self.program, *self.words, *self._bound(writable), "--", *argv)

    def around_online(self, argv: Sequence[str], writable: Sequence[Path]) -> tuple[str, ...]:
        """Returns a command that runs `argv` confined, as far as possible with an open network."""
        if not self.writes:
            return tuple(argv)
        return (self.program, *self.words, "--share-net", *self._bound(writable), "--", *argv)

    def _bound(self, writable: Sequence[Path]) -> tuple[str, ...]:
        if not self.writes:
            return ()
        return tuple(word for place in writable for word in ("--bind-try", str(place), str(place)))


SANDBOXES = (
    Sandbox(
        BUBBLEWRAP,
        "bwrap",
        ("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--unshare-all", "--die-with-parent"),
    ),
    Sandbox(UNSHARE, "unshare", ("--map-root-user", "--net", "--ipc")),
)
"""The known sandboxes, the best first."""


@functools.cache
def sandbox(search: str | None = None) -> Sandbox | None:
    """Returns the best sandbox that works here; each is tried once, since the kernel may forbid an installed one."""
    for known in SANDBOXES:
        if program := shutil.which(known.program, path=search):
            try:
                trial = subprocess.run(
                    [program, *known.words, "--", "true"],
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=TRIAL_S,
                )  # fmt: skip
            except (OSError, subprocess.TimeoutExpired):
                continue
            if trial.returncode == 0:
                return Sandbox(known.name, program, known.words)
    return None


def confined(command: Command, toolchain: Toolchain, scratch: Path) -> Command:
    """Returns the command confined as `isolation_of` describes; its process may write in `scratch`."""
    if toolchain.kind == "embedded":
        node, *words = command.argv
        allowed = ("--permission", "--allow-worker", "--allow-fs-read=*", f"--allow-fs-write={scratch}")
        argv: tuple[str, ...] = (node, *allowed, *words)
    else:
        found = sandbox()
        argv = found.around(command.argv, [scratch]) if found else command.argv
    env = {**_environment(FORWARDED_VARIABLES), "TMPDIR": str(scratch), **command.env}
    return Command(_limited(argv), env, alone=True)


def confined_lake(command: Command, places: Sequence[Path]) -> Command:
    """Returns a run of Lake that may write in `places` and in Lake's download directories, and may use the network."""
    found = sandbox()
    writable = [*places, *(Path(os.path.expandvars(place)).expanduser() for place in DOWNLOAD_DIRECTORIES)]
    argv = found.around_online(command.argv, writable) if found else command.argv
    return Command(argv, {**_environment((*FORWARDED_VARIABLES, *NETWORK_VARIABLES)), **command.env}, alone=True)


def _environment(names: Sequence[str]) -> dict[str, str]:
    return {name: os.environ[name] for name in names if name in os.environ}


def isolation_of(toolchain: Toolchain) -> Isolation:
    """Returns the mechanisms that confine the processes of a toolchain on this platform."""
    limits = LIMITS if _shell() else None
    if toolchain.kind == "embedded":
        return Isolation(NODE, WASM, WASM, f"2 GiB, {WASM}", limits)
    found = sandbox()
    name = found.name if found else None
    whole = name if found and found.writes else None
    return Isolation(whole, name, whole, f"Lean's own limit, {toolchain.memory_bytes >> 30} GiB", limits)


def _limited(argv: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the command with resource limits that hold for the process and all its children."""
    shell = _shell()
    if shell is None:
        return argv
    limits = f"ulimit -c 0; ulimit -f {FILE_BYTES // ULIMIT_BLOCK_BYTES}; ulimit -t {PROCESSOR_S}"
    return (shell, "-c", f'{limits}; exec "$@"', "lean", *argv)


def _shell() -> str | None:
    """Returns the POSIX shell, which can set limits; Windows has none."""
    return "/bin/sh" if os.name == "posix" else None
