"""Lean sessions that are shared out, kept warm, and ended together."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from prover.lean.session import LeanSession
from prover.lean.toolchain.toolchain import Toolchain


class Pool:
    """Sessions over one project state. A context manager: when it is left, no process is."""

    def __init__(self, toolchain: Toolchain, search_path: tuple[Path, ...], size: int) -> None:
        self.toolchain = toolchain
        self._path = search_path
        self._lock = threading.Lock()
        self._made: list[LeanSession] = []
        self._ended = False
        self._idle: queue.LifoQueue[LeanSession] = queue.LifoQueue()
        for _ in range(size):
            self._idle.put(self._make())
        self._next_fresh: LeanSession | None = None

    @contextmanager
    def lend(self) -> Iterator[LeanSession]:
        """A session for as long as the block lasts; waits for one to be free."""
        session = self._idle.get()
        try:
            yield session
        finally:
            self._idle.put(session)

    def fresh(self) -> LeanSession:
        """A session whose process has only just started and elaborated nothing; close it after use."""
        with self._lock:
            session, self._next_fresh = self._next_fresh, None
        return session or self._make()

    def prepare_fresh(self) -> None:
        """Starts the process of the next fresh session, so that it is ready when asked for."""
        with self._lock:
            if self._next_fresh is None and not self._ended:
                session = self._next_fresh = LeanSession(self.toolchain, self._path)
                self._made.append(session)
                session.start()

    def pids(self) -> list[int]:
        """The processes that run now."""
        return [pid for session in self._made if (pid := session.pid()) is not None]

    def __enter__(self) -> "Pool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._ended = True
            for session in self._made:
                session.end()

    def _make(self) -> LeanSession:
        session = LeanSession(self.toolchain, self._path)
        with self._lock:
            self._made.append(session)
            if self._ended:
                session.end()
        return session
