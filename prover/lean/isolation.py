"""What keeps a Lean process from doing harm: elaborating a file can run any code that the file holds.

A process may write in its scratch directory alone, reach no network, and use only so much memory, disk and
processor time; of the user's environment it sees a few variables. By what that is ensured depends on the
toolchain and on the platform, and is said: see `prover toolchain doctor`.

The embedded Lean is WebAssembly, which can neither start programs nor open sockets, and Node.js's permission
model guards its files. A native Lean is run by bubblewrap where that is there; else `unshare` takes at least the
network away.
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
"""what one file may grow to"""
PROCESSOR_S = 12 * 3600
"""processor time of one process; every request has a limit of its own besides"""
FORWARDED = ("PATH", "HOME", "LANG", "ELAN_HOME")
"""of the user's environment; none of them holds a secret"""
NETWORK = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE")
"""what Lake's downloads need besides"""
DOWNLOADS = ("~/.elan", "$ELAN_HOME", "~/.cache/mathlib", "~/.cache/lake")
"""where elan and Lake keep what they download"""
BLOCK = 512
"""bytes in `ulimit`'s unit of file size"""

NODE = "Node.js's permission model"
WASM = "WebAssembly"
BUBBLEWRAP = "bubblewrap"
UNSHARE = "unshare"
LIMITS = "resource limits"


@dataclass(frozen=True)
class Isolation:
    """By what each kind of harm is kept off; none where nothing does."""

    writes: str | None
    """outside the scratch directory"""
    network: str | None
    programs: str | None
    """others, started unconfined"""
    memory: str
    limits: str | None
    """of processor time and of the size of files"""
    environment: str = "only " + ", ".join(FORWARDED)

    @property
    def missing(self) -> tuple[str, ...]:
        """What is not kept off."""
        return tuple(what for what in ("writes", "network", "programs", "limits") if getattr(self, what) is None)

    def describe(self) -> str:
        """In one line."""
        held = ", ".join(
            f"{what} ({how})"
            for what in ("writes", "network", "programs", "memory", "limits")
            if (how := getattr(self, what))
        )
        return f"held: {held}" + (f"; NOT held: {', '.join(self.missing)}" if self.missing else "")


@dataclass(frozen=True)
class Sandbox:
    """A program that runs another one confined."""

    name: str
    program: str
    words: tuple[str, ...]

    @property
    def writes(self) -> bool:
        """Whether it confines what is written, beside the network."""
        return self.name == BUBBLEWRAP

    def around(self, argv: Sequence[str], writable: Sequence[Path]) -> tuple[str, ...]:
        """A command that runs `argv` confined, without a network."""
        return (self.program, *self.words, *self._bound(writable), "--", *argv)

    def around_online(self, argv: Sequence[str], writable: Sequence[Path]) -> tuple[str, ...]:
        """A command that runs `argv` confined as far as it goes with the network left open."""
        if not self.writes:
            return tuple(argv)
        return (self.program, *self.words, "--share-net", *self._bound(writable), "--", *argv)

    def _bound(self, writable: Sequence[Path]) -> tuple[str, ...]:
        if not self.writes:
            return ()
        return tuple(word for place in writable for word in ("--bind-try", str(place), str(place)))


KNOWN = (
    Sandbox(
        BUBBLEWRAP,
        "bwrap",
        ("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--unshare-all", "--die-with-parent"),
    ),
    Sandbox(UNSHARE, "unshare", ("--map-root-user", "--net", "--ipc")),
)
"""the better first"""


@functools.cache
def sandbox(search: str | None = None) -> Sandbox | None:
    """The best sandbox that works here, tried once; it may be installed and yet forbidden by the kernel."""
    for known in KNOWN:
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
    """The command held to what `isolation_of` says; its process may write in `scratch`."""
    if toolchain.kind == "embedded":
        node, *words = command.argv
        allowed = ("--permission", "--allow-worker", "--allow-fs-read=*", f"--allow-fs-write={scratch}")
        argv: tuple[str, ...] = (node, *allowed, *words)
    else:
        found = sandbox()
        argv = found.around(command.argv, [scratch]) if found else command.argv
    return Command(_limited(argv), {**_kept(FORWARDED), "TMPDIR": str(scratch), **command.env}, alone=True)


def confined_lake(command: Command, places: Sequence[Path]) -> Command:
    """A run of Lake that may write in `places` and where Lake keeps its downloads, and may reach the network."""
    found = sandbox()
    writable = [*places, *(Path(os.path.expandvars(place)).expanduser() for place in DOWNLOADS)]
    argv = found.around_online(command.argv, writable) if found else command.argv
    return Command(argv, {**_kept((*FORWARDED, *NETWORK)), **command.env}, alone=True)


def _kept(names: Sequence[str]) -> dict[str, str]:
    return {name: os.environ[name] for name in names if name in os.environ}


def isolation_of(toolchain: Toolchain) -> Isolation:
    """What holds for the processes of a toolchain on this platform."""
    limits = LIMITS if _shell() else None
    if toolchain.kind == "embedded":
        return Isolation(NODE, WASM, WASM, f"2 GiB, {WASM}", limits)
    found = sandbox()
    name = found.name if found else None
    whole = name if found and found.writes else None
    return Isolation(whole, name, whole, f"Lean's own limit, {toolchain.memory_bytes >> 30} GiB", limits)


def _limited(argv: tuple[str, ...]) -> tuple[str, ...]:
    """The command with limits on it that hold for the process and all that it starts."""
    shell = _shell()
    if shell is None:
        return argv
    limits = f"ulimit -c 0; ulimit -f {FILE_BYTES // BLOCK}; ulimit -t {PROCESSOR_S}"
    return (shell, "-c", f'{limits}; exec "$@"', "lean", *argv)


def _shell() -> str | None:
    """POSIX's shell, which can set limits; Windows has none."""
    return "/bin/sh" if os.name == "posix" else None
