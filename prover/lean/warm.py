"""Lean processes that outlive the pools that use them, so that the next pool need not start its own.

A server keeps one `WarmSessions` and gives it to its pools. Sessions are told apart by their toolchain and search path;
that path names the content of the compiled modules where the toolchain is embedded, so that a session never sees
another content than its pool. Fresh sessions are made ahead for the gate: some have elaborated nothing, others nothing
but one original file, which makes them faster at the next candidate for it. What a process has elaborated is known
from the requests that it was sent.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from prover.errors import LeanError
from prover.lean.gateway_session import LeanSession
from prover.lean.session import SourceText
from prover.lean.toolchain.toolchain import Toolchain

IDLE_SECONDS = 600.0
"""The seconds after which a session that nobody uses is ended."""
MAX_IDLE = 6
"""The number of processes that are kept while nobody uses them; beyond it, those unused for longest are ended."""
MAX_PREPARED = 3
"""The number of originals for whose next candidates a process is kept."""
IDLE_BYTES = 1_200_000_000
"""The resident memory above which a process is ended instead of kept."""
KEPT_FILES = 2
"""The number of elaborated files that a session keeps between two pools: those that were used last."""

Place = tuple[str, tuple[Path, ...]]
"""The name of a toolchain and a search path."""
Work = Callable[[LeanSession], object]
"""What a fresh session does before it is used."""


def elaborating(original: SourceText) -> Work:
    """Returns the work of elaborating an original and forgetting it; its imports stay."""
    return lambda session: session.messages(original)


class Preparation:
    """A fresh session that works in a thread of its own before it is used."""

    def __init__(self, session: LeanSession, work: Work, since: float = 0.0) -> None:
        self.session = session
        self.since = since
        self._work = work
        self._thread = threading.Thread(target=self._perform, name="prepare", daemon=True)
        self._thread.start()

    def wait(self) -> LeanSession | None:
        """Returns the session when it has done its work; None if it could not, or has been ended."""
        self._thread.join()
        return self.session if self.session.pid() is not None else None

    def over(self) -> bool:
        """Returns whether it has failed, or its process has died."""
        return not self._thread.is_alive() and self.session.pid() is None

    def _perform(self) -> None:
        try:
            self._work(self.session)
        except (LeanError, OSError):
            self.session.end()


@dataclass(eq=False)
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
        self._prepared: dict[tuple[Place, SourceText], Preparation] = {}
        """For the next candidate of an original, in the order in which they were begun."""
        self._closed = False
        self.taken = 0
        """The number of sessions that were used again."""

    def take(self, toolchain: Toolchain, path: tuple[Path, ...], fresh: bool = False) -> LeanSession | None:
        """Returns the session that was given back last and still runs; None if there is none.

        Args:
            fresh: whether it must have elaborated nothing.
        """
        return self._taken(lambda kept: kept.fresh == fresh and _place(kept.session) == (toolchain.name, path))

    def take_any(self, toolchain: Toolchain) -> LeanSession | None:
        """Returns a session that is not fresh, of any search path, for requests that do not depend on it."""
        return self._taken(lambda kept: not kept.fresh and kept.session.toolchain.name == toolchain.name)

    def _taken(self, fits: Callable[[_Kept], bool]) -> LeanSession | None:
        with self._lock:
            for kept in reversed(self._kept):
                if fits(kept):
                    self._kept.remove(kept)
                    if kept.session.pid() is not None:
                        self.taken += 1
                        return kept.session
                    kept.session.end()
        return None

    def take_prepared(self, toolchain: Toolchain, path: tuple[Path, ...], original: SourceText) -> Preparation | None:
        """Returns what `prepare` has begun for an original, whether it is ready or not; None if there is nothing."""
        with self._lock:
            return self._prepared.pop(((toolchain.name, path), original), None)

    def prepare(self, toolchain: Toolchain, path: tuple[Path, ...], original: SourceText, work: Work) -> None:
        """Has a fresh session work for the next candidate of an original, unless one does or has done so.

        Args:
            work: sends it requests about the original only.
        """
        key = ((toolchain.name, path), original)
        with self._lock:
            known = self._prepared.get(key)
            if self._closed or (known is not None and not known.over()):
                return
        session = self.take(toolchain, path, fresh=True) or self._make(toolchain, path)
        with self._lock:
            ended = [self._prepared.pop(key, None)]
            self._prepared[key] = Preparation(session, work, self._clock())
            over = len(self._prepared) if self._closed else max(0, len(self._prepared) - MAX_PREPARED)
            ended += [self._prepared.pop(oldest) for oldest in list(self._prepared)[:over]]
        for each in ended:
            if each is not None:
                each.session.end()

    def give(self, session: LeanSession, fresh: bool = False) -> None:
        """Takes over a session that its pool needs no more; ends it if it is not fit for another use.

        Args:
            fresh: whether it has elaborated nothing.
        """
        try:
            if fresh and not session.has_elaborated_at_most():
                raise LeanError("a fresh session has elaborated something")
            if not fresh:
                session.forget_others(KEPT_FILES)
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
            left_over = [kept for kept in self._kept if kept.since < oldest or kept.session.pid() is None]
            self._kept = [kept for kept in self._kept if kept not in left_over]
            failed = [key for key, each in self._prepared.items() if each.since < oldest or each.over()]
            ended = [kept.session for kept in left_over] + [self._prepared.pop(key).session for key in failed]
            left = len(self._kept) + len(self._prepared)
        for session in ended:
            session.end()
        return left

    def pids(self) -> list[int]:
        """Returns the process ids of the sessions that nobody uses."""
        with self._lock:
            sessions = self._sessions()
        return [pid for session in sessions if (pid := session.pid()) is not None]

    def close(self) -> None:
        """Ends every session that is kept, and each that is given back from now on."""
        with self._lock:
            self._closed = True
            ended = self._sessions()
            self._kept, self._prepared = [], {}
        for session in ended:
            session.end()

    def _sessions(self) -> list[LeanSession]:
        return [kept.session for kept in self._kept] + [each.session for each in self._prepared.values()]


def _place(session: LeanSession) -> Place:
    return session.toolchain.name, session.search_path
