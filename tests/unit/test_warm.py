"""Lean sessions that pools hand on to each other; with sessions that start no Lean."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from prover.errors import LeanDied
from prover.lean.gateway_session import LeanSession
from prover.lean.pool import Pool
from prover.lean.protocol import Message
from prover.lean.session import SourceText
from prover.lean.toolchain.node import NodeRuntime
from prover.lean.toolchain.toolchain import EmbeddedToolchain, Toolchain
from prover.lean.warm import IDLE_BYTES, MAX_PREPARED, WarmSessions
from tests.unit.served import until

TOOLCHAIN = EmbeddedToolchain("lean-x", NodeRuntime(Path("/n"), (24, 0, 0), ()), Path("/t"), Path("/l"), gateway=None)
PATH = (Path("/modules"),)
ORIGINAL = SourceText("theorem t : True := sorry", "A.lean", "A")
OTHER = SourceText("theorem u : True := sorry", "A.lean", "A")


class IdleSession(LeanSession):
    """A session that says it runs until it is ended."""

    bytes = 1
    worked: list[SourceText]
    dies = False
    forgotten = 0

    def pid(self) -> int | None:
        return None if self._ended else 1

    def messages(self, source: SourceText, limit: int | None = None) -> tuple[Message, ...]:
        self.worked = [source]
        return ()

    def memory(self) -> int:
        return self.bytes

    def start(self) -> None:  # type: ignore[override]
        if self._ended:
            raise LeanDied("the session has been ended")

    def forget(self) -> None:
        self.forgotten += 1
        if self.dies:
            raise LeanDied("it died")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def warm(clock: Clock) -> WarmSessions:
    return WarmSessions(idle_seconds=10, max_idle=3, clock=clock, make=IdleSession)


def session(toolchain: Toolchain = TOOLCHAIN, path: tuple[Path, ...] = PATH) -> IdleSession:
    return IdleSession(toolchain, path)


def test_the_next_pool_uses_the_sessions_of_the_last(warm: WarmSessions) -> None:
    kept = session()
    warm.give(kept)
    with Pool(TOOLCHAIN, PATH, 1, warm=warm) as pool, pool.lend() as lent:
        assert lent is kept
    with Pool(TOOLCHAIN, PATH, 3, warm=warm) as pool, pool.lend() as lent:
        assert lent is kept
    assert kept.forgotten == 3
    assert warm.taken == 2


def test_other_modules_or_toolchains_have_other_sessions(warm: WarmSessions) -> None:
    warm.give(session())
    assert warm.take(TOOLCHAIN, (Path("/others"),)) is None
    other = EmbeddedToolchain("lean-y", TOOLCHAIN.node, Path("/t"), Path("/l"), gateway=None)
    assert warm.take(other, PATH) is None


def test_the_gate_gets_only_what_has_elaborated_nothing(warm: WarmSessions) -> None:
    used = session()
    warm.give(used)
    assert warm.take(TOOLCHAIN, PATH, fresh=True) is None
    warm.start_ahead(TOOLCHAIN, PATH)
    warm.start_ahead(TOOLCHAIN, PATH)
    with Pool(TOOLCHAIN, PATH, 1, warm=warm) as pool:
        assert pool.fresh() is not used
        assert pool.fresh().pid() is None  # the next is started by who needs it
    assert warm.take(TOOLCHAIN, PATH, fresh=True) is not None


def test_a_pool_that_is_closed_ends_what_is_lent(warm: WarmSessions) -> None:
    kept = session()
    warm.give(kept)
    pool = Pool(TOOLCHAIN, PATH, 1, warm=warm)
    with pool.lend() as lent:
        pool.close()
        assert lent is kept
        with pytest.raises(LeanDied):
            lent.start()
    assert warm.take(TOOLCHAIN, PATH) is None


def test_a_closed_pool_lends_nothing_that_runs(warm: WarmSessions) -> None:
    kept = session()
    warm.give(kept)
    pool = Pool(TOOLCHAIN, PATH, 1, warm=warm)
    pool.close()
    with pool.lend() as lent, pytest.raises(LeanDied):
        lent.start()
    assert warm.take(TOOLCHAIN, PATH) is kept


def test_what_is_not_fit_is_ended(warm: WarmSessions) -> None:
    large, dying = session(), session()
    large.bytes = IDLE_BYTES + 1
    dying.dies = True
    for each in (large, dying):
        warm.give(each)
    assert (large.pid(), dying.pid()) == (None, None)
    assert warm.take(TOOLCHAIN, PATH) is None


def test_what_has_died_meanwhile_is_not_lent(warm: WarmSessions) -> None:
    alive, dead = session(), session()
    warm.give(alive)
    warm.give(dead)
    dead.end()
    assert warm.take(TOOLCHAIN, PATH) is alive


def test_what_nobody_uses_is_ended(warm: WarmSessions, clock: Clock) -> None:
    old, new = session(), session()
    warm.give(old)
    clock.now = 9
    warm.give(new)
    clock.now = 11
    assert warm.release() == 1
    assert (old.pid(), new.pid()) == (None, 1)


def test_the_number_of_processes_is_bounded(warm: WarmSessions) -> None:
    given = [session() for _ in range(5)]
    for each in given:
        warm.give(each)
    assert [each.pid() for each in given] == [None, None, 1, 1, 1]


def test_a_process_is_prepared_for_the_next_candidate_of_an_original(warm: WarmSessions) -> None:
    with Pool(TOOLCHAIN, PATH, 1, warm=warm) as pool:
        pool.fresh_for(ORIGINAL).end()
    with Pool(TOOLCHAIN, PATH, 1, warm=warm) as pool:
        assert pool.fresh_for(OTHER).forgotten == 0  # type: ignore[attr-defined]
        prepared = pool.fresh_for(ORIGINAL)
        assert prepared.worked == [ORIGINAL]  # type: ignore[attr-defined]
        assert pool.fresh_for(ORIGINAL) is not prepared


def test_what_is_prepared_and_not_used_waits_for_the_next_pool(warm: WarmSessions) -> None:
    seen: list[LeanSession] = []
    for _ in range(2):
        with Pool(TOOLCHAIN, PATH, 1, warm=warm) as pool:
            pool.prepare_for(ORIGINAL, seen.append)
    with Pool(TOOLCHAIN, PATH, 1, warm=warm) as pool:
        assert [pool.fresh_for(ORIGINAL)] == seen


def test_a_process_that_could_not_be_prepared_is_replaced(warm: WarmSessions) -> None:
    def fails(_: LeanSession) -> None:
        raise LeanDied("it died")

    for shared in (warm, None):
        pool = Pool(TOOLCHAIN, PATH, 1, warm=shared)
        pool.prepare_for(ORIGINAL, fails)
        assert not pool.fresh_for(ORIGINAL)._ended
        pool.close()


def test_a_pool_that_is_closed_ends_what_it_waits_for(warm: WarmSessions) -> None:
    working, goes_on = threading.Event(), threading.Event()

    def work(_: LeanSession) -> None:
        working.set()
        goes_on.wait()

    pool = Pool(TOOLCHAIN, PATH, 1, warm=warm)
    pool.prepare_for(ORIGINAL, work)
    working.wait()
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(pool.fresh_for, ORIGINAL)
        until(lambda: not warm.release())
        pool.close()
        goes_on.set()
        assert waiting.result().pid() is None


def test_what_has_elaborated_something_is_never_fresh(warm: WarmSessions) -> None:
    class Used(IdleSession):
        def has_elaborated_at_most(self, original: SourceText | None = None) -> bool:
            return original is not None

    used = Used(TOOLCHAIN, PATH)
    warm.give(used, fresh=True)
    assert used.pid() is None


@pytest.mark.parametrize(
    ("asked", "nothing", "at_most"),
    [([], True, True), ([(ORIGINAL.text, "A")], False, True), ([(ORIGINAL.text, "A"), ("", "")], False, False)],
)
def test_a_process_knows_what_it_has_elaborated(asked: list[tuple[str, str]], nothing: bool, at_most: bool) -> None:
    session = LeanSession(TOOLCHAIN, PATH)
    session._process = SimpleNamespace(elaborated=set(asked))  # type: ignore[assignment]
    assert session.has_elaborated_at_most() == nothing
    assert session.has_elaborated_at_most(ORIGINAL) == at_most


def test_few_originals_have_processes_of_their_own(warm: WarmSessions) -> None:
    originals = [replace(ORIGINAL, text=str(number)) for number in range(MAX_PREPARED + 1)]
    for original in originals:
        warm.prepare(TOOLCHAIN, PATH, original, lambda _: None)
    taken = [warm.take_prepared(TOOLCHAIN, PATH, original) for original in originals]
    assert [each is None for each in taken] == [True] + [False] * MAX_PREPARED


def test_nothing_is_kept_after_the_end(warm: WarmSessions) -> None:
    before, after = session(), session()
    warm.give(before)
    warm.close()
    warm.give(after)
    assert (before.pid(), after.pid()) == (None, None)
