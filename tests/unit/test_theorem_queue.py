"""The queue of open theorems, what attempts came to, and what new commits do to proofs."""

import pytest

from curriculum.database.checking import faults
from curriculum.database.database import Database, UnitOfWork
from curriculum.database.history import histories
from curriculum.database.lineage import break_proof, reconcile
from curriculum.database.records import AttemptCost, AttemptRecord, FoundProof
from curriculum.database.theorem_queue import attempt_counts, candidates, queue_of
from curriculum.database.watches import record_failure, record_visit, reset_clock, watched_repositories
from tests.traced_modules import LEAN, keyed, module, read, theorem

HERE = "https://example.org/r"
PROOF = FoundProof(("simp",), (), 3, "automation", whole=True)


def trace(db: Database, revision: str, **theorems: str) -> list[tuple[str, str]]:
    """One module of open theorems with these statements; what became of the proofs."""
    made = module("A", *(theorem(name, key=key, incomplete=True) for name, key in theorems.items()), text=revision)

    def act(work: UnitOfWork) -> list[tuple[str, str]]:
        work.traces.record_trace(read(revision), keyed(made), {})
        changes = reconcile(work.connection, 1, revision, work.now())
        return [(change.event, change.theorem) for change in changes]

    return db.perform(act)


def attempt(db: Database, name: str, key: str, proved: bool = False, uid: str = "") -> None:
    tried = AttemptRecord(
        name, "A", key, LEAN, {}, PROOF if proved else ("open", "nothing left"), cost=AttemptCost(2.0)
    )
    if uid:
        tried = AttemptRecord(name, "A", key, LEAN, {}, tried.result, cost=AttemptCost(2.0), uid=uid)
    db.perform(lambda work: work.results.record_attempt(tried, 1))


def queue(db: Database) -> list[tuple[str, int]]:
    with db.reading() as connection:
        return [(each.name, each.tried) for each in queue_of(connection, HERE)]


def test_open_theorems_wait_and_proved_ones_do_not(db: Database) -> None:
    trace(db, "1", a="s1", bb="s2", ccc="s3")
    assert queue(db) == [("a", 0), ("bb", 0), ("ccc", 0)]
    attempt(db, "a", "s1")
    attempt(db, "bb", "s2", proved=True)
    assert queue(db) == [("ccc", 0), ("a", 1)], "what was tried waits behind what was not"
    with db.reading() as connection:
        assert [(c.tried, c.known_proofs) for c in candidates(connection)] == [(1, 0), (0, 0)]
        assert [(y.tried, y.attempts, y.proved, y.seconds) for y in attempt_counts(connection)] == [(0, 2, 1, 4.0)]


def test_no_theorem_is_tried_so_often_that_it_is_never_tried_again(db: Database) -> None:
    trace(db, "1", a="s1")
    for _ in range(7):
        attempt(db, "a", "s1")
    assert queue(db) == [("a", 4)]
    with db.reading() as connection:
        assert len(candidates(connection)) == 1
        assert sum(y.attempts for y in attempt_counts(connection)) == 7


def test_an_attempt_that_is_recorded_twice_counts_once(db: Database) -> None:
    trace(db, "1", a="s1")
    for _ in range(2):
        attempt(db, "a", "s1", uid="the same")
    assert queue(db) == [("a", 1)]
    with db.reading() as connection:
        assert sum(y.attempts for y in attempt_counts(connection)) == 1


def test_what_is_left_alone_is_no_candidate(db: Database) -> None:
    trace(db, "1", a="s1", bb="s2", ccc="s3")
    attempt(db, "a", "s1")

    def names(*left: str) -> list[str]:
        with db.reading() as connection:
            called = {each.theorem: each.name for each in queue_of(connection, HERE)}
            return sorted(called[each.theorem] for each in candidates(connection, {1: left}))

    assert names() == ["a", "bb"]
    assert names("b*") == ["a", "ccc"]
    assert names("a", "ccc") == ["bb"]
    assert names("*") == []


def test_a_proof_lives_through_commits_that_leave_its_statement(db: Database) -> None:
    trace(db, "1", a="s1")
    attempt(db, "a", "s1", proved=True)
    assert trace(db, "2", a="s1", b="s2") == [("kept", "a")]
    with db.reading() as connection:
        (history,) = histories(connection, HERE, "a")
        assert [(e.event, e.revision) for e in history.lineage] == [
            ("found", "1"),
            ("kept", "2"),
        ]
    assert queue(db) == [("b", 0)]


def test_a_statement_that_changes_loses_its_proof_and_waits_again(db: Database) -> None:
    trace(db, "1", a="s1")
    attempt(db, "a", "s1", proved=True)
    assert trace(db, "2", a="other") == [("broken", "a")]
    assert queue(db) == [("a", 0)]
    assert trace(db, "3", a="other") == [], "it was broken before"


def test_a_proof_that_is_broken_does_not_come_back_by_itself(db: Database) -> None:
    trace(db, "1", a="s1")
    attempt(db, "a", "s1", proved=True)
    trace(db, "2", a="s1")
    db.perform(lambda work: break_proof(work.connection, 1, None, 0.0))
    assert [name for name, _ in queue(db)] == ["a"]
    trace(db, "3", a="s1", b="s2")
    assert [name for name, _ in queue(db)] == ["a", "b"]
    with db.reading() as connection:
        assert list(faults(connection)) == []
    attempt(db, "a", "s1", proved=True)  # by the very same proof, which holds again
    assert [name for name, _ in queue(db)] == ["b"]
    trace(db, "4", a="s1", b="s2", c="s3")
    assert [name for name, _ in queue(db)] == ["b", "c"]


def test_a_renamed_theorem_is_known_by_its_statement(db: Database) -> None:
    trace(db, "1", a="s1")
    attempt(db, "a", "s1", proved=True)
    assert trace(db, "2", b="s1") == [("moved", "b")]
    assert queue(db) == []
    with db.reading() as connection:
        (moved,) = histories(connection, HERE, "b")[0].lineage
        assert (moved.event, moved.generator) == ("moved", "automation")
    assert trace(db, "3") == [("gone", "b")]


def test_reconciling_twice_changes_nothing(db: Database) -> None:
    trace(db, "1", a="s1")
    attempt(db, "a", "s1", proved=True)
    trace(db, "2", a="s1")
    assert db.perform(lambda work: reconcile(work.connection, 1, "2", 0.0)) == []


def test_a_proof_that_no_longer_compiles_is_broken_and_can_be_mended(db: Database) -> None:
    trace(db, "1", a="s1")
    attempt(db, "a", "s1", proved=True)
    trace(db, "2", a="s1")
    db.perform(lambda work: break_proof(work.connection, 1, None, work.now()))
    assert queue(db) == [("a", 0)]
    with db.reading() as connection:
        assert [e.event for e in histories(connection, HERE, "a")[0].lineage] == ["found", "kept", "broken"]


def test_a_repository_that_goes_takes_its_queue_with_it(db: Database) -> None:
    trace(db, "1", a="s1")
    attempt(db, "a", "s1", proved=True)
    db.perform(lambda work: work.traces.forget_repository(HERE))
    with db.reading() as connection:
        assert (candidates(connection), attempt_counts(connection), watched_repositories(connection)) == ([], [], [])


def test_a_repository_that_fails_is_looked_at_ever_later(db: Database) -> None:
    db.perform(lambda work: work.traces.record_repository(HERE))

    def fail(at: float) -> float:
        return db.perform(lambda work: record_failure(work.connection, 1, "does not build", at))

    pauses = [fail(1_000.0 + n) for n in range(14)]
    assert pauses[:3] == [60.0, 120.0, 240.0]
    assert pauses[-1] == 24 * 3600.0
    with db.reading() as connection:
        (watch,) = watched_repositories(connection)
    assert (watch.failures, watch.fault, watch.next_at) == (14, "does not build", pytest.approx(1_013 + 24 * 3600))
    db.perform(lambda work: record_visit(work.connection, 1, "abc", 2_000.0, again_in=300.0))
    with db.reading() as connection:
        (watch,) = watched_repositories(connection)
    assert (watch.failures, watch.fault, watch.revision, watch.next_at) == (0, None, "abc", 2_300.0)


def test_a_clock_that_is_set_back_does_not_bind_until_the_old_time_comes(db: Database) -> None:
    db.perform(lambda work: work.traces.record_repository(HERE))
    db.perform(lambda work: record_visit(work.connection, 1, "abc", 9e9, again_in=300.0))
    assert db.perform(lambda work: reset_clock(work.connection, 1_000.0, 300.0)) == 1
    with db.reading() as connection:
        assert watched_repositories(connection)[0].next_at == 1_000.0


def test_times_that_can_be_are_left_when_the_clock_is_set(db: Database) -> None:
    month = 30 * 24 * 3600.0
    db.perform(lambda work: work.traces.record_repository(HERE))
    db.perform(lambda work: record_visit(work.connection, 1, "abc", 1_000.0, again_in=month))
    assert db.perform(lambda work: reset_clock(work.connection, 999.0, month + 1.0)) == 0
    assert db.perform(lambda work: reset_clock(work.connection, 999.0, 300.0)) == 1


def test_theorems_tried_when_the_clock_was_ahead_were_tried_now(db: Database) -> None:
    trace(db, "1", a="s1")
    attempt(db, "a", "s1")

    def tried_at(now: float) -> float:
        db.perform(lambda work: reset_clock(work.connection, now, 300.0))
        with db.reading() as connection:
            return queue_of(connection, HERE)[0].tried_at

    then = tried_at(9e9)
    assert tried_at(then - 60.0) == then
    assert tried_at(1_000.0) == 1_000.0
