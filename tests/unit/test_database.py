"""What is stored is what is read, once, whatever is stored again; on SQLite and on PostgreSQL."""

import pytest
import sqlalchemy
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import select, update
from traced_modules import LEAN, keyed, module, modules, open_theorems, read, sorry, theorem

from curriculum.database.checking import faults, row_faults
from curriculum.database.database import Database, UnitOfWork
from curriculum.database.history import histories, proofs_of
from curriculum.database.identity import ModuleText, module_keys
from curriculum.database.listing import listed_repositories, row_counts
from curriculum.database.loading import load_module, modules_of, paths_of, snapshot_at, snapshot_of
from curriculum.database.records import AttemptCost, AttemptRecord, FoundProof, new_uid
from curriculum.database.tables import ProofRow, SnapshotModuleRow, SnapshotRow, SorryRow, StateRow, TheoremRow
from curriculum.database.theorem_queue import queue_of
from prover.errors import DatabaseBusy, LeaseLost, RepositoryError, RowRefused
from prover.lean.traced import TracedModule, sorry_ids
from tests.properties import with_examples

PROOF = FoundProof(("simp", "omega"), ("propext",), verified=3, generator="automation", whole=False)
SETTINGS = {"generators": ["automation"], "limits": {"tactics": 8}}


def trace(db: Database, revision: str, *traced: TracedModule, location: str = "https://example.org/r") -> int:
    """Traces a repository as the command does: what is known is not stored again."""
    by_key = keyed(*traced)
    with db.unit_of_work() as work:
        known = work.traces.modules_known(by_key)
    new = {key: m for key, m in by_key.items() if key not in known}
    with db.unit_of_work() as work:
        return work.traces.record_trace(read(revision, location), new, {key: by_key[key].path for key in known})


def counts(db: Database) -> dict[str, int]:
    with db.reading() as connection:
        return row_counts(connection)


def whole(db: Database) -> None:
    with db.reading() as connection:
        assert list(row_faults(connection)) == []


def sorry_keys(connection: sqlalchemy.Connection, snapshot: int) -> list[str]:
    """The ids of the `sorry`s of a snapshot, in the order of the text."""
    linked = select(SorryRow.key).join(SnapshotModuleRow, SnapshotModuleRow.module_id == SorryRow.module_id)
    return list(connection.scalars(linked.where(SnapshotModuleRow.snapshot_id == snapshot).order_by(SorryRow.position)))


def tried(name: str, result: object = ("open", "out of time"), **more: object) -> AttemptRecord:
    return AttemptRecord(name, "A", f"key of {name}", LEAN, SETTINGS, result, **more)  # type: ignore[arg-type]


@given(traced=modules())
@with_examples(30, shared_fixtures=True)
def test_a_module_is_read_as_it_was_stored(db: Database, traced: TracedModule) -> None:
    key = keyed(traced)
    (name,) = key
    with db.unit_of_work() as work:
        stored = work.traces.store_module(f"{name}{hash(traced)}", LEAN, traced)
        assert work.traces.store_module(f"{name}{hash(traced)}", LEAN, traced) == stored
        assert load_module(work.connection, f"{name}{hash(traced)}", "M.lean") == traced


def test_a_state_is_stored_once(db: Database) -> None:
    trace(db, "1", module("A", theorem("a"), theorem("b")), module("B", theorem("c")))
    with db.reading() as connection:
        assert sorted(connection.scalars(select(StateRow.text))) == ["P → Q", "Q"]
    assert counts(db)["tactic_steps"] == 6
    assert counts(db)["constants"] == 4


def test_a_trace_of_the_same_text_stores_nothing(db: Database) -> None:
    traced = module("A", theorem("a", incomplete=True)), module("B", theorem("b"), imports=("A",))
    first = trace(db, "1", *traced)
    before = counts(db)
    assert trace(db, "1", *traced) == first
    assert counts(db) == before
    whole(db)


def test_a_changed_file_costs_itself_and_what_imports_it(db: Database) -> None:
    kept, other = module("A", theorem("a")), module("B", theorem("b"))
    dependent = module("C", theorem("c"), imports=("B", "Init"))
    old = trace(db, "1", kept, other, dependent)
    new = trace(db, "2", kept, module("B", theorem("b"), text="edited"), dependent)
    assert counts(db)["modules"] == 3 + 2
    with db.reading() as connection:
        before, after = paths_of(connection, old), paths_of(connection, new)
        assert [before[key] for key in before.keys() & after.keys()] == ["A.lean"]
        assert sorted(before.values()) == sorted(after.values()) == ["A.lean", "B.lean", "C.lean"]
        assert snapshot_of(connection, "https://example.org/r") == new
        assert snapshot_at(connection, "https://example.org/r", "1") == old
    whole(db)


def test_a_module_may_come_and_go_and_move(db: Database) -> None:
    old = trace(db, "1", module("A", theorem("a")), module("B", theorem("b")))
    moved = TracedModule("A", "src/A.lean", module("A").digest, (), module("A", theorem("a")).declarations, (), ())
    new = trace(db, "2", moved, module("C", theorem("c")))
    with db.reading() as connection:
        assert list(paths_of(connection, old).values()) == ["A.lean", "B.lean"]
        assert list(paths_of(connection, new).values()) == ["C.lean", "src/A.lean"]
        assert [m.name for m in modules_of(connection, new)] == ["C", "A"]
        assert [name for name, _ in open_theorems(connection)] == ["a", "c"]
    whole(db)


def test_a_repository_may_go_back_to_an_older_revision(db: Database) -> None:
    trace(db, "1", module("A", theorem("a")))
    trace(db, "2", module("A", theorem("b"), text="edited"))
    trace(db, "1", module("A", theorem("a")))
    with db.reading() as connection:
        assert [name for name, _ in open_theorems(connection)] == ["a"]
    whole(db)


def test_keys_change_with_all_that_a_module_imports() -> None:
    def keys(c: str, toolchain: str = LEAN, tracer: str = "") -> dict[str, str]:
        texts = {"A": ModuleText("a", ("B",)), "B": ModuleText("b", ("C", "Init")), "C": ModuleText(c, ())}
        return module_keys(toolchain, {**texts, "D": ModuleText("d", ("Init",))}, tracer)

    same = keys("c")
    assert keys("c") == same
    assert {name for name, key in keys("edited").items() if key != same[name]} == {"A", "B", "C"}
    assert not set(keys("c", "Lean 5").values()) & set(same.values())
    assert not set(keys("c", tracer="2").values()) & set(same.values())


def test_modules_that_import_each_other_are_named() -> None:
    circle = {"A": ModuleText("a", ("B",)), "B": ModuleText("b", ("A",))}
    with pytest.raises(RepositoryError, match=r"A → B → A|B → A → B"):
        module_keys(LEAN, circle)


def test_two_declarations_of_one_name_are_refused_and_leave_nothing(db: Database) -> None:
    with pytest.raises(RowRefused, match="refuses a row"):
        trace(db, "1", module("A", theorem("a"), theorem("a")))
    assert set(counts(db).values()) == {0}


def test_two_modules_of_one_name_are_refused(db: Database) -> None:
    one, two = module("A", theorem("a")), module("A", theorem("a"), text="another")
    with pytest.raises(RowRefused), db.unit_of_work() as work:
        work.traces.record_trace(read("1"), {"k1": one, "k2": two}, {})
    assert counts(db)["modules"] == 0


def test_a_module_that_is_not_stored_cannot_be_linked(db: Database) -> None:
    with pytest.raises(RowRefused, match=r"A\.lean is not stored"), db.unit_of_work() as work:
        work.traces.record_trace(read("1"), {}, {"unknown": "A.lean"})


def test_text_that_a_database_cannot_hold_is_refused_in_one_sentence(url: str) -> None:
    named = module("A", theorem("a\x00"))
    with Database(url) as db:
        if url.startswith("postgresql"):
            with pytest.raises(RowRefused, match="NUL"):
                trace(db, "1", named)
        else:
            trace(db, "1", named)
        assert counts(db)["modules"] == url.startswith("sqlite")


def test_what_a_repository_alone_had_goes_with_it(db: Database) -> None:
    shared = module("A", theorem("a"))
    trace(db, "1", shared, module("B", theorem("b", incomplete=True)), location="one")
    trace(db, "1", shared, location="two")
    with db.unit_of_work() as work:
        assert work.traces.forget_repository("one")
        assert not work.traces.forget_repository("never")
    after = counts(db)
    assert (after["repositories"], after["modules"], after["sorries"], after["theorems"]) == (1, 1, 0, 1)
    with db.unit_of_work() as work:
        work.traces.forget_repository("two")
    assert {name for name, rows in counts(db).items() if rows} == set()


def test_attempts_outlive_their_repository(db: Database) -> None:
    trace(db, "1", module("A", theorem("a")))
    with db.unit_of_work() as work:
        work.results.record_attempt(tried("a", PROOF), repository=1)
        work.traces.forget_repository("https://example.org/r")
    assert counts(db)["attempts"] == counts(db)["proofs"] == 1
    whole(db)


def test_what_a_running_trace_has_stored_is_not_taken_from_it(db: Database) -> None:
    trace(db, "1", module("B", theorem("b")), location="other")
    (key,) = by_key = keyed(module("A", theorem("a")))
    with db.unit_of_work() as work:
        work.traces.store_module(key, LEAN, by_key[key])
    with db.unit_of_work() as work:
        work.traces.forget_repository("other")
    with db.unit_of_work() as work:
        work.traces.record_trace(read("1"), {}, {key: "A.lean"})
    whole(db)


def test_sorries_keep_their_ids_when_lines_move(db: Database) -> None:
    before = module("A", theorem("a", incomplete=True), theorem("b", incomplete=True))
    after = module("A", theorem("c"), theorem("b", incomplete=True), text="edited")
    old, new = trace(db, "1", before), trace(db, "2", after)
    with db.reading() as connection:
        first, second = sorry_keys(connection, old), sorry_keys(connection, new)
        assert len(set(first)) == 2
        assert second == first[1:] == list(sorry_ids("A", [sorry("b")]))


def test_a_sorry_outside_all_declarations_is_kept(db: Database) -> None:
    traced = module("A")
    example = TracedModule("A", "A.lean", traced.digest, (), (), (), (sorry("_example"),))
    snapshot = trace(db, "1", example)
    with db.reading() as connection:
        (stored,) = modules_of(connection, snapshot)
        assert [s.declaration for s in stored.sorries] == ["_example"]


def test_the_easiest_open_theorem_is_next(db: Database) -> None:
    trace(db, "1", module("A", theorem("long_name"), theorem("b", incomplete=True), theorem("d", kind="definition")))
    with db.unit_of_work() as work:
        assert [name for name, _ in open_theorems(work.connection)] == ["b", "long_name"]
        assert [each.name for each in queue_of(work.connection, "https://example.org/r")] == ["b"]
        work.connection.execute(update(TheoremRow).where(TheoremRow.name == "b").values(difficulty=1e6))
    with db.unit_of_work() as work:
        assert [name for name, _ in open_theorems(work.connection)] == ["long_name", "b"]
        work.results.record_proof("key of long_name", PROOF, LEAN)
        assert [name for name, _ in open_theorems(work.connection)] == ["b"]
        assert open_theorems(work.connection, 2) == []
    whole(db)


def test_a_difficulty_lasts_as_long_as_the_statement(db: Database) -> None:
    trace(db, "1", module("A", theorem("a")))
    with db.unit_of_work() as work:
        work.connection.execute(update(TheoremRow).values(difficulty=7.5))
    trace(db, "2", module("A", theorem("a"), text="edited"))
    with db.reading() as connection:
        assert open_theorems(connection) == [("a", 7.5)]
    trace(db, "3", module("A", theorem("a", key="another statement"), text="edited again"))
    with db.reading() as connection:
        assert open_theorems(connection) == [("a", len("a : True"))]


def test_a_proof_is_known_wherever_its_statement_appears(db: Database) -> None:
    with db.unit_of_work() as work:
        work.results.record_proof("s", PROOF, LEAN)
    trace(db, "1", module("A", theorem("a", key="s")))
    with db.reading() as connection:
        assert open_theorems(connection) == []
        (known,) = proofs_of(connection, "s")
    assert (known.scripts, known.axioms, known.verified, known.whole) == (["simp", "omega"], ["propext"], 3, False)
    whole(db)
    trace(db, "2", module("A", theorem("a", key="t"), text="another statement"))
    with db.reading() as connection:
        assert [name for name, _ in open_theorems(connection)] == ["a"]
    whole(db)


def test_a_proof_found_twice_is_stored_once_at_the_higher_level(db: Database) -> None:
    better = FoundProof(PROOF.scripts, (), verified=4, generator="memory", whole=False)
    for found in (PROOF, better, PROOF):
        with db.unit_of_work() as work:
            work.results.record_proof("s", found, LEAN)
    with db.reading() as connection:
        assert [(p.verified, p.generator) for p in proofs_of(connection, "s")] == [(4, "automation")]


def test_an_attempt_is_stored_once_with_all_that_it_was(db: Database) -> None:
    trace(db, "1", module("A", theorem("a", incomplete=True)))
    attempt = tried("a", seed=7, cost=AttemptCost(1.5, 3, 40), started_at=5.0)
    for _ in range(2):
        with db.unit_of_work() as work:
            run = work.results.begin_run("prove", ["--all"], SETTINGS, uid="r")
            work.results.record_attempt(attempt, repository=1, run=run)
    with db.reading() as connection:
        (history,) = histories(connection, "https://example.org/r", "a")
    (past,) = history.attempts
    assert (past.uid, past.outcome, past.reason, past.seed) == (attempt.uid, "open", "out of time", 7)
    assert (past.seconds, past.expansions, past.tactics, past.started_at) == (1.5, 3, 40, 5.0)
    assert (past.settings, past.command, past.arguments) == (SETTINGS, "prove", ["--all"])
    assert counts(db)["configurations"] == counts(db)["runs"] == 1
    whole(db)


def test_an_attempt_names_recorded_models_only(db: Database) -> None:
    with db.unit_of_work() as work:
        work.results.record_model("tiny@1", "here", {}, {})
        work.results.record_model("tiny@2", "here", {"parent": 1}, {"loss": 0.5}, parent="tiny@1")
        work.results.record_attempt(tried("a", models=("tiny@1",)))
    assert counts(db)["configuration_models"] == 1
    with pytest.raises(RowRefused, match="no model big"), db.unit_of_work() as work:
        work.results.record_attempt(tried("a", models=("big",)))


def test_the_history_of_a_theorem_is_its_proofs_attempts_and_lineage(db: Database) -> None:
    trace(db, "1", module("A", theorem("a", incomplete=True)), module("B", theorem("a", key="other", incomplete=True)))
    with db.unit_of_work() as work:
        run = work.results.begin_run("learn", ["HERE"])
        work.results.record_attempt(tried("a", started_at=1.0), repository=1, run=run)
        work.results.record_attempt(tried("a", PROOF, started_at=2.0), repository=1, run=run)
        work.results.record_proof("key of a", FoundProof(("rfl",), (), 4, "memory", True), LEAN)
    with db.reading() as connection:
        first, second = histories(connection, "https://example.org/r", "a")
        assert histories(connection, "https://example.org/r", "b") == histories(connection, "nowhere", "a") == []
    assert (first.theorem.module, second.theorem.module) == ("A", "B")
    assert [(p.verified, p.generator) for p in first.proofs] == [(4, "memory"), (3, "automation")]
    assert [a.outcome for a in first.attempts] == ["proved", "open"]
    assert [(e.event, e.revision, e.run) for e in first.lineage] == [("found", "1", "learn")]
    assert (second.proofs, second.attempts, second.lineage) == ([], [], [])


def test_the_repositories_are_listed_with_what_they_follow(db: Database) -> None:
    trace(db, "1", module("A", theorem("a")), location="second")
    with db.unit_of_work() as work:
        work.traces.record_repository("first")
        work.traces.follow("first", "main")
    with db.reading() as connection:
        found = listed_repositories(connection)
    assert [(r.location, r.follows, len(r.snapshots)) for r in found] == [("first", "main", 0), ("second", None, 1)]


def test_a_run_ends_once(db: Database) -> None:
    with db.unit_of_work() as work:
        run = work.results.begin_run("bench", [])
        work.results.end_run(run, "interrupted")
        work.results.end_run(run, "finished")
    with db.reading() as connection:
        assert connection.exec_driver_sql("SELECT status FROM runs").scalar() == "interrupted"


def test_an_error_in_the_block_stores_nothing(db: Database) -> None:
    def fail(work: UnitOfWork) -> None:
        work.results.record_proof("s", PROOF, LEAN)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        db.perform(fail)
    assert counts(db)["proofs"] == 0


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("proofs", {"verified": 9}),
        ("proofs", {"generator": ""}),
        ("attempts", {"outcome": "won"}),
        ("attempts", {"proof_id": None}),
        ("attempts", {"seconds": -1.0}),
        ("attempts", {"statement_key": "another"}),
        ("theorems", {"proof_id": 99}),
        ("theorems", {"statement_key": "another"}),
        ("tactic_steps", {"declaration": 99}),
        ("tactic_steps", {"outside": "too"}),
        ("tactic_steps", {"stop": 0}),
        ("declarations", {"visibility": "secret"}),
        ("runs", {"status": "finished"}),
        ("snapshot_modules", {"name": "B"}),
        ("states", {"text": None}),
    ],
)
def test_a_row_that_breaks_a_rule_is_refused(db: Database, table: str, change: dict[str, object]) -> None:
    trace(db, "1", module("A", theorem("a")))
    with db.unit_of_work() as work:
        work.results.record_attempt(tried("a", PROOF), repository=1, run=work.results.begin_run("prove", []))
    columns = sqlalchemy.table(table, *(sqlalchemy.column(name) for name in change))
    with pytest.raises(RowRefused), db.unit_of_work() as work:
        work.connection.execute(columns.update().values(change))
    whole(db)


def test_check_finds_what_constraints_cannot_say(db: Database) -> None:
    trace(db, "1", module("A", theorem("a", incomplete=True), theorem("b")))
    with db.unit_of_work() as work:
        work.results.record_attempt(tried("a", PROOF), repository=1)
    lies = [
        (update(StateRow).where(StateRow.id == 1).values(text="⊢ False"), "1 states do not match"),
        (update(TheoremRow).where(TheoremRow.name == "b").values(present=False), "1 theorems of the last trace"),
        (update(TheoremRow).where(TheoremRow.name == "a").values(proof_id=None), "1 theorems are called open although"),
        (update(ProofRow).values(scripts=["sorry"]), "the scripts of proof 1 do not match their digest"),
        (update(SnapshotRow).values(traced_at=None), "2 theorems of the last trace|listed but not in it"),
    ]
    for lie, found in lies:
        with db._connected(reading=False) as connection:
            connection.execute(lie)
            said = " ".join(faults(connection))
            connection.get_transaction().rollback()  # type: ignore[union-attr]
        assert any(part in said for part in found.split("|")), said
    with db.reading() as connection:
        assert list(faults(connection)) == []


def test_work_is_done_again_while_others_are_in_the_way(db: Database) -> None:
    times = []

    def action(work: UnitOfWork) -> int:
        proof = work.results.record_proof("s", PROOF, LEAN)
        times.append(proof)
        if len(times) < 3:
            raise DatabaseBusy("another writer")
        return proof

    assert db.perform(action) == times[-1]
    assert len(times) == 3
    assert counts(db)["proofs"] == 1


class Clock:
    """A clock that does as it is told."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timed(tmp_path: object, clock: Clock) -> Database:
    return Database(f"sqlite:///{tmp_path}/timed.db", clock=clock)


def test_a_lease_is_had_by_one(timed: Database, clock: Clock) -> None:
    with timed.unit_of_work() as work:
        mine = work.leases.acquire("r", "me", 60)
        assert mine is not None
        assert work.leases.acquire("r", "you", 60) is None
        assert work.leases.acquire("other", "you", 60) is not None
        clock.now += 50
        work.leases.renew(mine)
        clock.now += 50
        assert work.leases.acquire("r", "you", 60) is None
        assert work.leases.acquire("other", "me", 60) is not None
        work.leases.release(mine)
        assert work.leases.acquire("r", "you", 60) is not None


def test_who_was_taken_over_changes_nothing_more(timed: Database, clock: Clock) -> None:
    with timed.unit_of_work() as work:
        mine = work.leases.acquire("r", "me", 60)
        assert mine is not None
        clock.now += 61
        work.leases.renew(mine)  # late, but nobody has taken it
        clock.now += 61
        yours = work.leases.acquire("r", "you", 60)
        assert yours is not None
        assert yours.token > mine.token

    def store(work: UnitOfWork) -> None:
        work.results.record_proof("s", PROOF, LEAN)
        work.leases.hold(mine)

    with pytest.raises(LeaseLost, match="me has lost the lease of r"):
        timed.perform(store)
    assert counts(timed)["proofs"] == 0
    with pytest.raises(LeaseLost), timed.unit_of_work() as work:
        work.leases.renew(mine)
    with timed.unit_of_work() as work:
        work.leases.release(mine)  # changes nothing
        work.leases.hold(yours)
        assert work.leases.acquire("r", "me", 60) is None


@given(jump=st.floats(-1e6, 1e6))
@example(jump=-60.0)
@example(jump=-62.0)
@with_examples(50, shared_fixtures=True)
def test_who_keeps_asking_has_a_lease_after_twice_its_time_however_the_clock_jumps(
    timed: Database, clock: Clock, jump: float
) -> None:
    with timed.unit_of_work() as work:
        clock.now = 1e7
        resource = new_uid()
        assert work.leases.acquire(resource, "me", 60) is not None
        clock.now += jump
        if work.leases.acquire(resource, "you", 60) is None:
            clock.now += 121
            assert work.leases.acquire(resource, "you", 60) is not None


def test_a_lease_on_postgresql_goes_by_the_clock_of_the_server(url: str) -> None:
    clock = Clock()
    with Database(url, clock=clock) as db, db.unit_of_work() as work:
        work.leases.acquire("r", "me", 60)
        clock.now += 1e9
        assert (work.leases.acquire("r", "you", 60) is None) == url.startswith("postgresql")
