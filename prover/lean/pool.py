"""A pool of warm Lean sessions that are lent out and ended together."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from prover.lean.gateway_session import LeanSession
from prover.lean.session import SourceText
from prover.lean.toolchain.toolchain import Toolchain
from prover.lean.warm import Preparation, WarmSessions, Work, elaborating


class Pool:
    """A pool of sessions over one state of a project. Closing it, or leaving it as a context, ends all processes."""

    def __init__(
        self,
        toolchain: Toolchain,
        search_path: tuple[Path, ...],
        size: int,
        keeps_imports: bool = True,
        warm: WarmSessions | None = None,
    ) -> None:
        """Creates a pool that lends at most `size` sessions at a time.

        Args:
            search_path: directories of compiled modules, besides the toolchain's library.
            keeps_imports: see `LeanSession`.
            warm: has sessions of earlier pools, and takes over those of this pool when it is closed.
        """
        self.toolchain = toolchain
        self._path = search_path
        self._keeps_imports = keeps_imports
        self._warm = warm
        self._lock = threading.Lock()
        self._made: list[LeanSession] = []
        self._ended = False
        self._idle: queue.LifoQueue[LeanSession] = queue.LifoQueue()
        made = [self._make() for _ in range(size)]
        for session in sorted(made, key=lambda session: session.pid() is not None):  # those that run are lent first
            self._idle.put(session)
        self._next_fresh: LeanSession | None = None
        self._prepared: dict[SourceText, Preparation] = {}
        self._judged: SourceText | None = None
        """The original that a fresh session was wanted for last."""

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
        return session or self._made_fresh()

    def prepare_for(self, original: SourceText, work: Work) -> None:
        """Has the next fresh session for an original work in advance, in the background.

        Without use it lives until the pool is closed, or stays with the `WarmSessions`.

        Args:
            work: sends it requests about the original only.
        """
        if self._warm is not None:
            self._warm.prepare(self.toolchain, self._path, original, work)
        elif original not in self._prepared:
            self._prepared[original] = Preparation(self.fresh(), work)

    def fresh_for(self, original: SourceText) -> LeanSession:
        """Returns a session whose process has elaborated nothing but an original, or nothing. The caller closes it."""
        self._judged = original
        prepared = self._prepared.pop(original, None)
        if prepared is None and self._warm is not None:
            prepared = self._warm.take_prepared(self.toolchain, self._path, original)
            if prepared is not None:
                self._kept(prepared.session)  # so that it ends with the pool, also while it is waited for
        session = prepared.wait() if prepared is not None else None
        if session is None or not session.has_elaborated_at_most(original):
            return self.fresh()
        return session

    def prepare_fresh(self) -> None:
        """Starts the process of the next fresh session in advance."""
        with self._lock:
            if self._next_fresh is None and not self._ended:
                session = self._next_fresh = self._taken(fresh=True) or LeanSession(self.toolchain, self._path)
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
        """Ends every process, also of sessions that are lent out; their users get `LeanDied`. Safe to call twice.

        Processes that nobody uses are not ended if there is a `WarmSessions` that takes them over.
        """
        with self._lock:
            already, self._ended = self._ended, True
            kept = [] if self._warm is None or already else self._unused()
            fresh, self._next_fresh = (None, None) if self._warm is None else (self._next_fresh, None)
            spared = {id(session) for session in (*kept, fresh)}
            for session in self._made:
                if id(session) not in spared:
                    session.end()
            self._made = [session for session in self._made if id(session) not in spared]
        if self._warm is not None and not already:
            self._hand_over(self._warm, kept, fresh)

    def _hand_over(self, warm: WarmSessions, unused: list[LeanSession], fresh: LeanSession | None) -> None:
        for session in unused:
            warm.give(session)
        for _ in unused:
            self._idle.put(self._make())  # ended ones, for those who still wait for a session
        if fresh is not None:
            warm.give(fresh, fresh=True)
        if self._judged is not None:
            warm.prepare(self.toolchain, self._path, self._judged, elaborating(self._judged))
        warm.start_ahead(self.toolchain, self._path)

    def _unused(self) -> list[LeanSession]:
        """Returns the sessions that are not lent out; they are not lent any more."""
        found: list[LeanSession] = []
        with suppress(queue.Empty):
            while True:
                found.append(self._idle.get_nowait())
        return found

    def _taken(self, fresh: bool = False) -> LeanSession | None:
        """Returns a session that still runs; none once the pool is closed."""
        if self._warm is None or self._ended:
            return None
        return self._warm.take(self.toolchain, self._path, fresh)

    def _made_fresh(self) -> LeanSession:
        return self._kept(self._taken(fresh=True) or LeanSession(self.toolchain, self._path))

    def _make(self) -> LeanSession:
        return self._kept(self._taken() or LeanSession(self.toolchain, self._path, keeps_imports=self._keeps_imports))

    def _kept(self, session: LeanSession) -> LeanSession:
        with self._lock:
            self._made.append(session)
            if self._ended:
                session.end()
        return session
