"""Lean processes that outlive the pools that use them, so that the next pool need not start its own.

A server keeps one `WarmSessions` and gives it to its pools. Sessions are told apart by their toolchain and search path;
that path names the content of all compiled modules where the toolchain is embedded, so that a session never sees
another content than its pool. Fresh sessions, which have elaborated nothing, are started ahead for the gate.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from prover.errors import LeanError
from prover.lean.gateway_session import LeanSession
from prover.lean.toolchain.toolchain import Toolchain

IDLE_SECONDS = 600.0
"""The seconds after which a session that nobody uses is ended."""
MAX_IDLE = 6
"""The number of processes that are kept while nobody uses them; beyond it, those unused for longest are ended."""
IDLE_BYTES = 1_200_000_000
"""The resident memory above which a process is ended instead of kept."""

Place = tuple[str, tuple[Path, ...]]
"""The name of a toolchain and a search path."""


@dataclass
class _Kept:
    """A session that nobody uses."""

    session: LeanSession
    since: float
    fresh: bool


class WarmSessions:
    """Keeps the sessions of closed pools for later ones. Thread-safe."""

    def __init__(
        self,
        idle_seconds: float = IDLE_SECONDS,
        max_idle: int = MAX_IDLE,
        clock: Callable[[], float] = time.monotonic,
        make: Callable[[Toolchain, tuple[Path, ...]], LeanSession] = LeanSession,
    ) -> None:
        self._idle_seconds = idle_seconds
        self._max_idle = max_idle
        self._clock = clock
        self._make = make
        self._lock = threading.Lock()
        self._kept: list[_Kept] = []
        """In the order in which they were given back."""
        self._closed = False
        self.taken = 0
        """The number of sessions that were used again."""

    def take(self, toolchain: Toolchain, path: tuple[Path, ...], fresh: bool = False) -> LeanSession | None:
        """Returns the session that was given back last and still runs; None if there is none.

        Args:
            fresh: whether it must have elaborated nothing.
        """
        with self._lock:
            for kept in reversed(self._kept):
                if kept.fresh == fresh and _place(kept.session) == (toolchain.name, path):
                    self._kept.remove(kept)
                    if kept.session.pid() is not None:
                        self.taken += 1
                        return kept.session
                    kept.session.end()
        return None

    def give(self, session: LeanSession, fresh: bool = False) -> None:
        """Takes over a session that its pool needs no more; ends it if it is not fit for another use.

        Args:
            fresh: whether it has elaborated nothing.
        """
        if not fresh:
            try:
                session.forget()
            except LeanError:
                session.end()
                return
        if session.pid() is None or session.memory() > IDLE_BYTES:
            session.end()
            return
        with self._lock:
            self._kept.append(_Kept(session, self._clock(), fresh))
            over = len(self._kept) if self._closed else max(0, len(self._kept) - self._max_idle)
            ended, self._kept = self._kept[:over], self._kept[over:]
        for kept in ended:
            kept.session.end()

    def start_ahead(self, toolchain: Toolchain, path: tuple[Path, ...]) -> None:
        """Starts the process of a fresh session in advance, unless one is there."""
        with self._lock:
            there = any(kept.fresh and _place(kept.session) == (toolchain.name, path) for kept in self._kept)
        if there or self._closed:
            return
        session = self._make(toolchain, path)
        with suppress(LeanError, OSError):
            session.start()
            self.give(session, fresh=True)

    def release(self) -> int:
        """Ends the sessions that nobody has used for long; returns how many processes are kept."""
        oldest = self._clock() - self._idle_seconds
        with self._lock:
            ended = [kept for kept in self._kept if kept.since < oldest or kept.session.pid() is None]
            self._kept = [kept for kept in self._kept if kept not in ended]
            left = len(self._kept)
        for kept in ended:
            kept.session.end()
        return left

    def pids(self) -> list[int]:
        """Returns the process ids of the sessions that nobody uses."""
        with self._lock:
            return [pid for kept in self._kept if (pid := kept.session.pid()) is not None]

    def close(self) -> None:
        """Ends every session that is kept, and each that is given back from now on."""
        with self._lock:
            self._closed = True
            ended, self._kept = self._kept, []
        for kept in ended:
            kept.session.end()


def _place(session: LeanSession) -> Place:
    return session.toolchain.name, session.search_path
