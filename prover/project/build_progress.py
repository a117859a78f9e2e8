"""How long a build takes, and how far it is. Starts no process.

The time for a module is estimated from its size and from the speed of earlier builds on the same computer, which is
kept next to the compiled modules.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from prover.progress import Notify, Progress
from prover.project.dependencies import LARGE_PACKAGES
from prover.project.package import Module
from retrieval.files import write_atomically

MODULE_BYTES = 4_000
"""The size, in bytes of source text, that takes as long as a module's import and the writing of its result."""
INITIAL_SPEED = 2_000.0
"""The number of such bytes that a process compiles in a second, before it has been measured."""
SPEED_FILE = "build-speed.json"
OLD_WEIGHT = 0.5
"""The weight of the known speed when a build has measured it again."""
LONG_BUILD_S = 120.0
"""A build that takes longer is announced, and reported on by numbers instead of by names."""
NOTICE_INTERVAL_S = 60.0
EARLIER_S = 120.0
"""The time for which earlier builds count when the end of a running one is estimated."""
COMPILED_BYTES = 16
"""The number of bytes of a compiled module for each byte of its text, at most."""
FAST_WAY = "; with elan, Lake downloads Mathlib compiled, which is the fast way"


def weight(module: Module) -> int:
    """Returns the time for a module in units of bytes of source text."""
    return _size(module) + MODULE_BYTES


def compiled_bytes(modules: Sequence[Module]) -> int:
    """Returns an upper estimate of the disk space for compiled modules, in bytes."""
    return sum(COMPILED_BYTES * _size(module) for module in modules)


def _size(module: Module) -> int:
    if module.content is not None:
        return len(module.content.encode())
    try:
        return module.path.stat().st_size
    except OSError:
        return 0


class _Speed(msgspec.Struct, frozen=True):
    bytes_per_second: float
    """The speed of one process."""


def known_speed(cache: Path) -> float:
    """Returns the measured speed of one process, in bytes per second, or the assumed one."""
    try:
        return msgspec.json.decode((cache / SPEED_FILE).read_bytes(), type=_Speed).bytes_per_second
    except (OSError, msgspec.MsgspecError):
        return INITIAL_SPEED


@dataclass
class BuildProgress:
    """Reports on one build."""

    waiting: Sequence[Module]
    """The modules that have to be compiled."""
    jobs: int
    cache: Path
    notify: Notify
    progress: Progress
    clock: Callable[[], float] = time.monotonic
    compiled: int = 0
    """The number of modules compiled so far."""
    failed: int = 0
    """The number of those with errors, or that could not be compiled."""
    _speed: float = 0.0
    """The speed of earlier builds; see `known_speed`."""
    _remaining: dict[str, int] = field(default_factory=dict)
    _total: int = 0
    _started: float = 0.0
    _noticed: float = 0.0

    def __post_init__(self) -> None:
        self._speed = known_speed(self.cache)
        self._remaining = {module.name: weight(module) for module in self.waiting}
        self._total = sum(self._remaining.values())
        self._started = self._noticed = self.clock()

    @property
    def estimate_s(self) -> float:
        """The expected time of the whole build, in seconds."""
        return self._total / (self._speed * self.jobs)

    @property
    def is_long(self) -> bool:
        """Returns whether the build is announced, and reported on by numbers."""
        return self.estimate_s > LONG_BUILD_S

    def announce(self) -> None:
        """Tells how long the build will take, in one sentence, if it takes long."""
        if self.is_long:
            packages = sorted({module.package or "the repository" for module in self.waiting})
            large = any(package.lower() in LARGE_PACKAGES for package in packages)
            self.notify(
                f"{len(self.waiting)} modules of {_listed(packages)} have to be compiled first, which takes about "
                f"{duration(self.estimate_s)} with {self.jobs} process{'es' if self.jobs > 1 else ''}, once for all "
                "repositories that need them"
                f"{FAST_WAY if large else ''}."
            )

    def finished(self, module: Module, ok: bool) -> None:
        """Counts a module that is done. Modules that were not waited for do not count."""
        done = self._remaining.pop(module.name, None)
        if done is None:
            return
        self.compiled += 1
        self.failed += not ok
        if not self.is_long:
            return
        self.progress(f"compile {len(self.waiting)} modules", 1 - sum(self._remaining.values()) / self._total)
        now = self.clock()
        if now - self._noticed >= NOTICE_INTERVAL_S and self._remaining:
            self._noticed = now
            errors = f", {self.failed} with errors" if self.failed else ""
            left = duration(self._left_s())
            self.notify(f"compiled {self.compiled} of {len(self.waiting)} modules{errors}; about {left} left")

    def measure(self) -> None:
        """Keeps the speed of a build that was long enough to tell."""
        seconds, done = self.clock() - self._started, self._total - sum(self._remaining.values())
        if seconds > LONG_BUILD_S / 2 and done:
            speed = done / seconds / self.jobs
            kept = OLD_WEIGHT * known_speed(self.cache) + (1 - OLD_WEIGHT) * speed
            write_atomically(self.cache / SPEED_FILE, msgspec.json.encode(_Speed(kept)))

    def _left_s(self) -> float:
        """Returns the time that is left, in seconds, at the speed of this build and, at first, of earlier ones."""
        left = sum(self._remaining.values())
        before = self._speed * self.jobs * EARLIER_S
        return (self.clock() - self._started + EARLIER_S) * left / (self._total - left + before)


def duration(seconds: float) -> str:
    """Returns a time for people: in minutes up to two hours, then in hours."""
    minutes = max(1, round(seconds / 60))
    if minutes == 1:
        return "a minute"
    return f"{minutes} minutes" if minutes <= 120 else f"{seconds / 3600:.1f} hours"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
