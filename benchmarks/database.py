"""Measures the database: a million tactic steps into SQLite, its size, and the queries that a daemon asks.

The steps are made up, with the proportions of real traces (`made_up.py`). Beside it stand the same modules stored
row by row through the same tables' classes, as tutorials do it: what is shared is looked up, the rest is added,
each module is committed.
"""

import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, create_engine, event, select
from sqlalchemy.orm import Session

from benchmarks.made_up import LEAN, STEPS_A_MODULE, SyntheticModules
from benchmarks.workload import conditions
from curriculum.database.database import Database, UnitOfWork
from curriculum.database.history import attempts_at, histories, proofs_of
from curriculum.database.identity import digest_of
from curriculum.database.listing import listed_repositories, row_counts
from curriculum.database.loading import load_module, snapshot_of
from curriculum.database.packing import Packed
from curriculum.database.rows import chunks, insert_all, table_of
from curriculum.database.steps import declared_in
from curriculum.database.suggestion_counts import suggestion_counts
from curriculum.database.tables import (
    AttemptRow,
    Base,
    ConstantRow,
    DeclarationRow,
    GoalRow,
    MentionRow,
    ModuleRow,
    PremiseUseRow,
    ProofRow,
    RepositoryRow,
    SorryRow,
    StateRow,
    TacticStepRow,
    TheoremRow,
)
from curriculum.database.theorem_queue import candidates, learning_material, queued_theorem
from curriculum.database.theorems import link_proofs
from curriculum.database.traces import SnapshotSource
from curriculum.database.watches import watched_repositories
from prover.lean.traced import TracedModule

BASELINE_STEPS = 9_000
ATTEMPTS, PROOFS = 200_000, 60_000
ASKED = 40
AT_MOST_MS = 50.0


@dataclass(frozen=True)
class Question:
    """A query that was asked."""

    what: str
    median_ms: float
    slowest_ms: float
    met: bool


@dataclass(frozen=True)
class Timing:
    """A figure and its baseline, if it has one."""

    what: str
    figure: float
    unit: str
    baseline: float | None = None


def measure(steps: int, progress: Callable[[str], None]) -> dict[str, object]:
    """Fills a database, asks it, and says how long each took."""
    with TemporaryDirectory(prefix="prover-bench-") as place:
        plan = SyntheticModules(-(-steps // STEPS_A_MODULE), random.Random(0))
        slow = _baseline(Path(place) / "baseline.db", plan, progress)
        with Database(Path(place) / "prover.db") as db:
            timings = _filled(db, plan, slow, progress)
            timings += _retraced(db, plan, progress)
            steps_stored = plan.modules * STEPS_A_MODULE
            size = sum(file.stat().st_size for file in Path(place).glob("prover.db*"))
            progress("storing attempts and proofs")
            db.perform(lambda work: _tried(work, plan))
            progress("asking")
            questions = _asked(db, plan)
            with db.reading() as connection:
                rows = row_counts(connection)
    timings.append(Timing("size on disk", round(size / 1e6, 1), "MB"))
    timings.append(Timing("size a step, all tables and indices", round(size / steps_stored), "bytes"))
    return {
        "conditions": {**conditions(), "steps": rows["tactic_steps"], "seed": 0},
        "timings": [asdict(timing) for timing in timings],
        "queries": [asdict(question) for question in questions],
        "rows": rows,
    }


def _filled(db: Database, plan: SyntheticModules, slow: float, progress: Callable[[str], None]) -> list[Timing]:
    """Stores every module, each in a unit of work of its own, then the snapshots."""
    db.upgrade()
    spent = early = 0.0
    for number in range(plan.modules):
        module = plan.module(number)
        started = time.perf_counter()
        db.perform(lambda work, n=number, m=module: work.traces.store_module(plan.key(n), LEAN, m))  # type: ignore[misc]
        spent += time.perf_counter() - started
        if (number + 1) * STEPS_A_MODULE == BASELINE_STEPS:
            early = spent
        if number % 500 == 499:
            progress(f"{(number + 1) * STEPS_A_MODULE:,} steps stored")
    started = time.perf_counter()
    for location in {plan.repository(number) for number in range(plan.modules)}:
        paths = _paths(plan, location)
        db.perform(lambda work, at=location, all_=paths: _finish(work, SnapshotSource(at, "1", LEAN), all_))  # type: ignore[misc]
    listed = time.perf_counter() - started
    steps = plan.modules * STEPS_A_MODULE
    return [
        Timing(f"steps stored, the first {BASELINE_STEPS:,}", round(BASELINE_STEPS / early), "a second", round(slow)),
        Timing(f"steps stored, all {steps:,}", round(steps / spent), "a second"),
        Timing("all of them", round(spent, 1), "s"),
        Timing("snapshots and theorems listed", round(listed, 1), "s"),
    ]


def _finish(work: UnitOfWork, read: SnapshotSource, paths: dict[str, str]) -> None:
    work.traces.finish_snapshot(work.traces.record_snapshot(read), paths)


def _paths(plan: SyntheticModules, location: str) -> dict[str, str]:
    mine = (number for number in range(plan.modules) if plan.repository(number) == location)
    return {plan.key(number): f"R{number}/M{number}.lean" for number in mine}


def _retraced(db: Database, plan: SyntheticModules, progress: Callable[[str], None]) -> list[Timing]:
    """The large repository again: with no change, and with one module changed."""
    progress("tracing the large repository again")
    location = plan.repository(1)
    paths = _paths(plan, location)
    same = _timed(lambda: db.perform(lambda work: _again(work, SnapshotSource(location, "1", LEAN), paths)))
    new = plan.module(1, version=1)
    changed = {**{k: p for k, p in paths.items() if k != plan.key(1)}, plan.key(1, version=1): new.path}

    def one_changed(work: UnitOfWork) -> None:
        work.traces.store_module(plan.key(1, version=1), LEAN, new)
        _again(work, SnapshotSource(location, "2", LEAN), changed)

    one = _timed(lambda: db.perform(one_changed))
    return [
        Timing(f"stored again, {len(paths):,} modules, none changed", round(same * 1e3), "ms"),
        Timing(f"stored again, {len(paths):,} modules, one changed", round(one * 1e3), "ms"),
    ]


def _again(work: UnitOfWork, read: SnapshotSource, paths: dict[str, str]) -> None:
    assert work.traces.modules_known(paths) == set(paths)
    _finish(work, read, paths)


def _baseline(file: Path, plan: SyntheticModules, progress: Callable[[str], None]) -> float:
    """Steps a second when the same modules are stored row by row."""
    progress("the baseline")
    engine = create_engine(f"sqlite:///{file}")

    @event.listens_for(engine, "connect")
    def opened(connection: object, _: object) -> None:
        for pragma in ("journal_mode = WAL", "foreign_keys = ON", "synchronous = FULL"):
            connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]

    Base.metadata.create_all(engine)
    spent = 0.0
    with Session(engine) as session:
        for number in range(BASELINE_STEPS // STEPS_A_MODULE):
            module = plan.module(number)
            spent += _timed(lambda n=number, m=module: _row_by_row(session, plan.key(n), m))  # type: ignore[misc]
    engine.dispose()
    return BASELINE_STEPS / spent


def _row_by_row(session: Session, key: str, traced: TracedModule) -> None:
    module = ModuleRow(key=key, name=traced.name, digest=traced.digest, toolchain=LEAN, imports=list(traced.imports))
    session.add(module)
    session.flush()
    packed = Packed(module.id, traced)
    constants, states = {}, {}
    for row in packed.constant_rows():
        where = ConstantRow.name == row["name"], ConstantRow.module == row["module"]
        constant = session.scalars(select(ConstantRow).where(*where)).one_or_none() or ConstantRow(**row)
        session.add(constant)
        session.flush()
        constants[row["name"], row["module"]] = constant.id
    for row in packed.state_rows(without=()):
        state = session.scalars(select(StateRow).where(StateRow.digest == row["digest"])).one_or_none()
        if state is None:
            state = StateRow(**row)
            session.add(state)
            session.flush()
            session.add_all(GoalRow(**goal) for goal in packed.goal_rows({(state.digest,): state.id}))
        states[(state.digest,)] = state.id
    packed.constants, packed.states = constants, states
    session.add_all(DeclarationRow(**row) for row in packed.declaration_rows())
    session.flush()
    session.add_all(MentionRow(**row) for row in packed.mention_rows())
    session.add_all(TacticStepRow(**row) for row in packed.step_rows())
    session.flush()
    session.add_all(PremiseUseRow(**row) for row in packed.use_rows())
    session.add_all(SorryRow(**row) for row in packed.sorry_rows())
    session.commit()


def _tried(work: UnitOfWork, plan: SyntheticModules) -> None:
    """Stores the results of weeks of work: many attempts, and proofs of some theorems."""
    connection, chooser = work.connection, plan.chooser
    settings = [work.results.record_configuration({"generators": [name]}) for name in ("automation", "memory", "tiny")]
    asked = select(TheoremRow.id, TheoremRow.module, TheoremRow.name, TheoremRow.statement_key)
    theorems = [tuple(row) for row in connection.execute(asked)]
    proved = chooser.sample(theorems, min(PROOFS, len(theorems) // 2))
    rows = [_proof(chooser, str(row[3])) for row in proved]
    for some in chunks(rows, 5_000):
        insert_all(connection, table_of(ProofRow), some)
    link_proofs(connection)
    attempts = [_attempt(chooser, chooser.choice(theorems), settings) for _ in range(ATTEMPTS)]
    for some in chunks(attempts, 5_000):
        insert_all(connection, table_of(AttemptRow), some)
    for number in range(300):
        work.leases.acquire(f"resource {number}", "somebody", 60)


def _proof(chooser: random.Random, statement_key: str) -> dict[str, object]:
    return {
        "statement_key": statement_key,
        "digest": digest_of(["simp"]),
        "scripts": ["simp"],
        "whole": True,
        "axioms": ["propext"],
        "toolchain": LEAN,
        "verified": 3,
        "generator": chooser.choice(("automation", "structure", "memory", "tiny")),
        "model_id": None,
        "found_at": 0.0,
    }


def _attempt(chooser: random.Random, theorem: Sequence[object], configurations: Sequence[int]) -> dict[str, object]:
    number, module, name, statement_key = theorem
    return {
        "uid": f"{chooser.getrandbits(128):032x}",
        "theorem_id": number,
        "theorem": name,
        "module": module,
        "statement_key": statement_key,
        "configuration_id": chooser.choice(configurations),
        "seed": 0,
        "toolchain": LEAN,
        "started_at": chooser.random() * 1e9,
        "seconds": chooser.random() * 60,
        "expansions": chooser.randint(1, 400),
        "tactics": chooser.randint(1, 4_000),
        "outcome": "open",
        "reason": "out of time",
    }


def _asked(db: Database, plan: SyntheticModules) -> list[Question]:
    """The queries of the commands and the daemon, each with other parameters each time."""
    chooser = plan.chooser
    with db.reading() as connection:
        large = plan.repository(1)
        snapshot = snapshot_of(connection, large) or 1
        sample = list(_sample(connection, chooser))
        return [
            _question("proofs of a statement", lambda n: proofs_of(connection, sample[n][2])),
            _question("attempts at a theorem", lambda n: attempts_at(connection, sample[n][0])),
            _question("history of a theorem", lambda n: histories(connection, sample[n][4], sample[n][1])),
            _question("the next theorem of each repository", lambda _: candidates(connection)),
            _question("a queued theorem", lambda n: queued_theorem(connection, sample[n][0])),
            _question("a traced module", lambda n: load_module(connection, plan.key(sample[n][3]), "M.lean")),
            _question("declarations of a small repository", lambda _: declared_in(connection, snapshot - 1)),
            _question("repositories that are watched", lambda _: watched_repositories(connection)),
            _question("repositories and their snapshots", lambda _: listed_repositories(connection)),
            _question("proofs, snapshots and traces to learn from", lambda _: learning_material(connection)),
            _question("counts of suggestions", lambda _: suggestion_counts(connection, 1)),
        ]


def _sample(connection: Connection, chooser: random.Random) -> Iterator[tuple[int, str, str, int, str]]:
    """Theorems, each with its statement, the number of its module, and the location of its repository."""
    asked = select(TheoremRow.id, TheoremRow.name, TheoremRow.statement_key, RepositoryRow.location)
    theorems = connection.execute(asked.join(RepositoryRow, RepositoryRow.id == TheoremRow.repository_id)).all()
    for _ in range(ASKED):
        number, name, statement, location = chooser.choice(theorems)
        yield number, name, statement, int(name.split(".")[0][1:]), location


def _question(what: str, ask: Callable[[int], object]) -> Question:
    times = [_timed(lambda n=number: ask(n)) * 1e3 for number in range(ASKED)]  # type: ignore[misc]
    median, slowest = statistics.median(times), max(times)
    return Question(what, round(median, 2), round(slowest, 2), slowest <= AT_MOST_MS)


def _timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started
