"""Several sessions that run the tactics of one goal in parallel.

The first session opens the proofs. If they are not found soon, the others elaborate the file in the background and join
when they are ready. Each restores the states that it has not seen.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue

from prover.errors import LeanError
from prover.lean.gateway_session import LeanSession
from prover.lean.protocol import Message
from prover.lean.session import (
    Assuming,
    Counterexample,
    Fact,
    Failed,
    Fit,
    Inventions,
    SorryGoal,
    SourceText,
    State,
    TacticLimits,
    TacticOutcome,
)

JOIN_AFTER_S = 3.0
"""The seconds of search after which the other sessions start: many proofs are found before, and the gate's process
needs the processor at the beginning."""
TACTICS_PER_SHARE = 2
"""The number of tactics that a session takes at a time."""


class Team:
    """A `Session` over several sessions. Leaving it as a context ends its threads, not its sessions."""

    def __init__(self, sessions: Sequence[LeanSession]) -> None:
        self._first, *self._others = sessions
        self._threads = ThreadPoolExecutor(len(sessions), thread_name_prefix="team")
        self._joining: dict[tuple[int, SourceText], Future[object]] = {}
        """Elaborations by the index of the session and the file."""
        self._search_began: float | None = None

    def elaborate(self, source: SourceText) -> tuple[Message, ...]:
        """See `LeanSession.elaborate`."""
        return self._first.elaborate(source)

    def messages(self, source: SourceText, limit: int | None = None) -> tuple[Message, ...]:
        """See `LeanSession.messages`."""
        return self._first.messages(source, limit)

    def sorries(self, source: SourceText, start: int, stop: int) -> tuple[SorryGoal, ...]:
        """See `LeanSession.sorries`."""
        return self._first.sorries(source, start, stop)

    def statement(self, source: SourceText, selection: int) -> SorryGoal:
        """See `LeanSession.statement`."""
        return self._first.statement(source, selection)

    def assume(self, state: State, names: Sequence[str]) -> Assuming:
        """See `LeanSession.assume`."""
        return self._first.assume(state, names)

    def run(self, state: State, tactics: Sequence[str], limits: TacticLimits) -> Iterator[TacticOutcome]:
        """Runs each tactic on `state`, in whichever session is free; yields the outcomes in order."""
        shares: SimpleQueue[range] = SimpleQueue()
        for start in range(0, len(tactics), TACTICS_PER_SHARE):
            shares.put(range(start, min(start + TACTICS_PER_SHARE, len(tactics))))
        outcomes: dict[int, TacticOutcome] = {}

        def work(session: LeanSession) -> None:
            while True:
                try:
                    share = shares.get_nowait()
                except Empty:
                    return
                done = share.start
                try:
                    for outcome in session.run(state, [tactics[place] for place in share], limits):
                        outcomes[done] = outcome
                        done += 1
                except LeanError:
                    shares.put(range(done, share.stop))  # for another session
                    raise

        helpers = [self._threads.submit(work, session) for session in self._ready(state.origin.source)]
        try:
            work(self._first)
        finally:
            failures = [helper.exception() for helper in helpers]
        if any(failures):
            work(self._first)
        yield from (outcomes[place] for place in range(len(tactics)))

    def invent(self, state: State) -> Inventions:
        """See `LeanSession.invent`."""
        return self._first.invent(state)

    def fact(self, state: State, name: str) -> Fact | None:
        """See `LeanSession.fact`."""
        return self._first.fact(state, name)

    def refute(self, state: State, milliseconds: int, prove: bool) -> Counterexample:
        """See `LeanSession.refute`."""
        return self._first.refute(state, milliseconds, prove)

    def close_proof(self, state: State, script: str) -> Failed | None:
        """See `LeanSession.close_proof`."""
        return self._first.close_proof(state, script)

    def fit(self, source: SourceText, command: int, text: str, old: tuple[int, int], new: tuple[int, int]) -> Fit:
        """See `LeanSession.fit`."""
        return self._first.fit(source, command, text, old, new)

    def forget(self) -> None:
        """Drops all proof states in all sessions."""
        self._settle()
        for session in (self._first, *self._others):
            session.forget()

    def close(self) -> None:
        """Ends every process. The sessions can be used again."""
        for session in (self._first, *self._others):
            session.close()

    def __enter__(self) -> "Team":
        return self

    def __exit__(self, *_: object) -> None:
        self._settle()
        self._threads.shutdown(cancel_futures=True)

    def _ready(self, source: SourceText) -> list[LeanSession]:
        """Returns the other sessions that have elaborated the file without errors; starts them when it is time."""
        self._search_began = self._search_began or time.monotonic()
        if time.monotonic() - self._search_began < JOIN_AFTER_S:
            return []
        for number, session in enumerate(self._others):
            if (number, source) not in self._joining:
                self._joining[number, source] = self._threads.submit(session.elaborate, source)
        joining = [self._joining[number, source] for number in range(len(self._others))]
        joined = zip(self._others, joining, strict=True)
        return [session for session, future in joined if future.done() and future.exception() is None]

    def _settle(self) -> None:
        for future in self._joining.values():
            future.exception()
