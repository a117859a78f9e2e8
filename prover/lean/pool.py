"""A pool of warm Lean sessions that are lent out and ended together."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prover.lean.gateway_session import LeanSession
from prover.lean.toolchain.toolchain import Toolchain


class Pool:
    """A pool of sessions over one state of a project. Closing it, or leaving it as a context, ends all processes."""

    def __init__(
        self, toolchain: Toolchain, search_path: tuple[Path, ...], size: int, keeps_imports: bool = True
    ) -> None:
        """Creates a pool that lends at most `size` sessions at a time.

        Args:
            search_path: directories of compiled modules, besides the toolchain's library.
            keeps_imports: see `LeanSession`.
        """
        self.toolchain = toolchain
        self._path = search_path
        self._keeps_imports = keeps_imports
        self._lock = threading.Lock()
        self._made: list[LeanSession] = []
        self._ended = False
        self._idle: queue.LifoQueue[LeanSession] = queue.LifoQueue()
        for _ in range(size):
            self._idle.put(self._make())
        self._next_fresh: LeanSession | None = None

    def start(self) -> None:
        """Starts the processes of one session and of the next fresh one, for callers who will soon need them."""
        self.prepare_fresh()
        with self.lend() as session:
            session.start()

    @contextmanager
    def lend(self) -> Iterator[LeanSession]:
        """Lends a session for as long as the block lasts; waits until one is free."""
        session = self._idle.get()
        try:
            yield session
        finally:
            self._idle.put(session)

    def fresh(self) -> LeanSession:
        """Returns a session whose process has elaborated nothing. The caller closes it."""
        with self._lock:
            session, self._next_fresh = self._next_fresh, None
        return session or self._make()

    def prepare_fresh(self) -> None:
        """Starts the process of the next fresh session in advance."""
        with self._lock:
            if self._next_fresh is None and not self._ended:
                session = self._next_fresh = LeanSession(self.toolchain, self._path)
                self._made.append(session)
                session.start()

    def pids(self) -> list[int]:
        """Returns the process ids of the running sessions."""
        return [pid for session in self._made if (pid := session.pid()) is not None]

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends every process, also of sessions that are lent out; their users get `LeanDied`. Safe to call twice."""
        with self._lock:
            self._ended = True
            for session in self._made:
                session.end()

    def _make(self) -> LeanSession:
        session = LeanSession(self.toolchain, self._path, keeps_imports=self._keeps_imports)
        with self._lock:
            self._made.append(session)
            if self._ended:
                session.end()
        return session
