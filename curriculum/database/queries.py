"""What is asked of the database often, each a query of its own that an index answers. Changes nothing.

`benchmarks/database.py` measures each of them against a million tactic steps.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, and_, exists, func, select, true, union

from curriculum.database.rows import table_of
from curriculum.database.tables import (
    Attempt,
    AttemptedSorry,
    Base,
    Configuration,
    ConfigurationModel,
    Constant,
    Declaration,
    GeneratorRecord,
    Goal,
    Lease,
    Mention,
    Model,
    Module,
    PremiseUse,
    Proof,
    Repository,
    Snapshot,
    SnapshotModule,
    Sorry,
    State,
    TacticStep,
    Theorem,
)


class OpenTheorem(msgspec.Struct, frozen=True):
    """A theorem that has no proof yet."""

    theorem: int
    """its id"""
    module: str
    name: str
    statement_key: str
    incomplete: bool
    difficulty: float


class FoundSorry(msgspec.Struct, frozen=True):
    """A `sorry` of a snapshot."""

    key: str
    """its id, which outlives edits elsewhere in the file"""
    module: str
    path: str
    declaration: str
    start: int
    stop: int
    term: bool
    goal: str
    goal_key: str


class KnownProof(msgspec.Struct, frozen=True):
    """A proof of a statement."""

    proof: int
    scripts: list[str]
    whole: bool
    axioms: list[str]
    toolchain: str
    verified: int
    generator: str
    model: str | None
    found_at: float


class PastAttempt(msgspec.Struct, frozen=True):
    """An attempt at a theorem."""

    uid: str
    started_at: float
    outcome: str
    reason: str | None
    seconds: float
    expansions: int
    tactics: int
    seed: int
    toolchain: str
    settings: dict[str, Any]


class Premise(msgspec.Struct, frozen=True):
    """A constant, and the module that declares it; empty where that was not traced."""

    name: str
    module: str


class KnownStep(msgspec.Struct, frozen=True):
    """A tactic that somebody ran on a goal."""

    text: str
    before: str
    after: str
    module: str


class ChangedModule(msgspec.Struct, frozen=True):
    """A module that two snapshots do not share; a path is None where it is not there."""

    name: str
    before: str | None
    after: str | None


class ExpiredLease(msgspec.Struct, frozen=True):
    """A lease whose time is over."""

    resource: str
    owner: str
    expires_at: float


class TracedRepository(msgspec.Struct, frozen=True):
    """A repository, and when it was last traced."""

    repository: int
    location: str
    follows: str | None
    traced_at: float | None


class GeneratorCount(msgspec.Struct, frozen=True):
    """How many proofs a generator found."""

    generator: str
    proofs: int
    statements: int


def next_theorems(
    connection: Connection, repository: int, limit: int = 20, incomplete_only: bool = False
) -> list[OpenTheorem]:
    """The easiest theorems of a repository that have no proof of ours; of those with a `sorry`, if asked so."""
    wanted = select(
        Theorem.id, Theorem.module, Theorem.name, Theorem.statement_key, Theorem.incomplete, Theorem.difficulty
    )
    wanted = wanted.where(Theorem.repository_id == repository, Theorem.present == true(), Theorem.proof_id.is_(None))
    if incomplete_only:
        wanted = wanted.where(Theorem.incomplete == true())
    return [
        OpenTheorem(*row) for row in connection.execute(wanted.order_by(Theorem.difficulty, Theorem.id).limit(limit))
    ]


def sorries_of(connection: Connection, snapshot: int) -> list[FoundSorry]:
    """Every `sorry` of a snapshot, by file and place."""
    return [FoundSorry(*row) for row in connection.execute(_sorries(snapshot))]


def sorries_not_attempted(connection: Connection, snapshot: int, models: Sequence[str] = ()) -> list[FoundSorry]:
    """The `sorry`s of a snapshot that no attempt was at with one of the models; with no models, none at all."""
    attempted = select(AttemptedSorry.attempt_id).where(AttemptedSorry.key == Sorry.key)
    if models:
        attempted = (
            attempted.join(Attempt, Attempt.id == AttemptedSorry.attempt_id)
            .join(ConfigurationModel, ConfigurationModel.configuration_id == Attempt.configuration_id)
            .join(Model, Model.id == ConfigurationModel.model_id)
            .where(Model.name.in_(models))
        )
    return [FoundSorry(*row) for row in connection.execute(_sorries(snapshot).where(~attempted.exists()))]


def sorry_history(connection: Connection, repository: int, key: str) -> list[tuple[str, float]]:
    """The snapshots of a repository that have a `sorry`, by revision and time; the first and the last seen first
    and last."""
    seen = (
        select(Snapshot.revision, Snapshot.began_at)
        .join(SnapshotModule, SnapshotModule.snapshot_id == Snapshot.id)
        .join(Sorry, Sorry.module_id == SnapshotModule.module_id)
        .where(Sorry.key == key, Snapshot.repository_id == repository)
        .order_by(Snapshot.began_at, Snapshot.id)
    )
    return [(revision, began) for revision, began in connection.execute(seen)]


def proof_of(connection: Connection, statement_key: str) -> list[KnownProof]:
    """The proofs of a statement, the most thoroughly checked first."""
    wanted = (
        select(
            Proof.id,
            Proof.scripts,
            Proof.whole,
            Proof.axioms,
            Proof.toolchain,
            Proof.verified,
            Proof.generator,
            Model.name,
            Proof.found_at,
        )
        .outerjoin(Model, Model.id == Proof.model_id)
        .where(Proof.statement_key == statement_key)
        .order_by(Proof.verified.desc(), Proof.id)
    )
    return [KnownProof(*row) for row in connection.execute(wanted)]


def attempts_of(connection: Connection, theorem: int, limit: int = 100) -> list[PastAttempt]:
    """The attempts at a theorem, the newest first."""
    wanted = (
        select(
            Attempt.uid,
            Attempt.started_at,
            Attempt.outcome,
            Attempt.reason,
            Attempt.seconds,
            Attempt.expansions,
            Attempt.tactics,
            Attempt.seed,
            Attempt.toolchain,
            Configuration.settings,
        )
        .join(Configuration, Configuration.id == Attempt.configuration_id)
        .where(Attempt.theorem_id == theorem)
        .order_by(Attempt.started_at.desc())
        .limit(limit)
    )
    return [PastAttempt(*row) for row in connection.execute(wanted)]


def premises_of(connection: Connection, module: str, declaration: str) -> list[Premise]:
    """The constants that the steps and the value of a declaration name; its module is given by key."""
    mine = and_(Module.key == module, Declaration.name == declaration)
    place = select(Declaration.module_id, Declaration.position).join(Module).where(mine).subquery()
    used = (
        select(Constant.name, Constant.module)
        .join(PremiseUse, PremiseUse.constant_id == Constant.id)
        .join(TacticStep, and_(TacticStep.module_id == PremiseUse.module_id, TacticStep.position == PremiseUse.step))
        .join(place, and_(TacticStep.module_id == place.c.module_id, TacticStep.declaration == place.c.position))
    )
    mentioned = (
        select(Constant.name, Constant.module)
        .join(Mention, Mention.constant_id == Constant.id)
        .join(place, and_(Mention.module_id == place.c.module_id, Mention.declaration == place.c.position))
    )
    return sorted(
        (Premise(*row) for row in connection.execute(union(used, mentioned))), key=lambda p: (p.name, p.module)
    )


def steps_at(connection: Connection, goal_key: str, limit: int = 50) -> list[KnownStep]:
    """Tactics that were run on a goal equal to this one, where it was the first goal."""
    after = table_of(State).alias("after")
    wanted = (
        select(TacticStep.text, State.text, func.coalesce(after.c.text, ""), Module.name)
        .join(State, State.id == TacticStep.before_id)
        .join(Goal, and_(Goal.state_id == State.id, Goal.position == 0))
        .join(Module, Module.id == TacticStep.module_id)
        .outerjoin(after, after.c.id == TacticStep.after_id)
        .where(Goal.key == goal_key)
        .limit(limit)
    )
    return [KnownStep(*row) for row in connection.execute(wanted)]


def changed_modules(connection: Connection, before: int, after: int) -> list[ChangedModule]:
    """The modules that two snapshots do not share, by name."""
    old, new = (table_of(SnapshotModule).alias(name) for name in ("old", "new"))

    def only(mine: Any, mine_id: int, other: Any, other_id: int) -> Select[*tuple[Any, ...]]:
        shared = exists().where(other.c.snapshot_id == other_id, other.c.module_id == mine.c.module_id)
        return select(mine.c.name, mine.c.path).where(mine.c.snapshot_id == mine_id, ~shared)

    was = {row[0]: row[1] for row in connection.execute(only(old, before, new, after))}
    is_ = {row[0]: row[1] for row in connection.execute(only(new, after, old, before))}
    return [ChangedModule(name, was.get(name), is_.get(name)) for name in sorted(was.keys() | is_.keys())]


def expired_leases(connection: Connection, now: float) -> list[ExpiredLease]:
    """The leases whose time is over; anybody may take them."""
    wanted = select(Lease.resource, Lease.owner, Lease.expires_at).where(Lease.expires_at <= now)
    return [ExpiredLease(*row) for row in connection.execute(wanted.order_by(Lease.expires_at))]


def repositories_by_trace(connection: Connection) -> list[TracedRepository]:
    """Every repository, those first that were never traced or not for the longest time."""
    last = select(func.max(Snapshot.traced_at)).where(Snapshot.repository_id == Repository.id).scalar_subquery()
    wanted = select(Repository.id, Repository.location, Repository.follows, last.label("last"))
    found = [TracedRepository(*row) for row in connection.execute(wanted)]
    return sorted(found, key=lambda r: (r.traced_at is not None, r.traced_at or 0.0, r.location))


def generator_counts(connection: Connection) -> list[GeneratorCount]:
    """How many proofs, and of how many statements, each generator has found; the best first."""
    wanted = select(Proof.generator, func.count(), func.count(Proof.statement_key.distinct())).group_by(Proof.generator)
    found = [GeneratorCount(*row) for row in connection.execute(wanted)]
    return sorted(found, key=lambda g: (-g.statements, g.generator))


Tried = dict[tuple[str, str], tuple[int, int, int]]
"""by the shape of a goal and the generator: how many tactics were tried, of these advanced, of these used"""


def suggestion_counts(connection: Connection, repository: int | None) -> tuple[Tried, Tried]:
    """How generators have fared in a repository, and in all others together."""
    table = GeneratorRecord
    sums = func.sum(table.tried), func.sum(table.advanced), func.sum(table.used)
    grouped = select(table.shape, table.generator, sums[0], sums[1], sums[2]).group_by(table.shape, table.generator)

    def read(condition: Any) -> Tried:
        rows = connection.execute(grouped.where(condition))
        return {(shape, name): (int(tried), int(advanced), int(used)) for shape, name, tried, advanced, used in rows}

    return read(table.repository_id == repository), read(table.repository_id != repository)


def row_counts(connection: Connection) -> dict[str, int]:
    """How many rows each table has, by name; counts them all."""
    tables = sorted(Base.metadata.tables.values(), key=lambda table: table.name)
    return {table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def _sorries(snapshot: int) -> Select[*tuple[Any, ...]]:
    declared = and_(Declaration.module_id == Sorry.module_id, Declaration.position == Sorry.declaration)
    return (
        select(
            Sorry.key,
            SnapshotModule.name,
            SnapshotModule.path,
            func.coalesce(Declaration.name, Sorry.outside),
            Sorry.start,
            Sorry.stop,
            Sorry.term,
            Sorry.goal,
            Sorry.goal_key,
        )
        .join(SnapshotModule, SnapshotModule.module_id == Sorry.module_id)
        .outerjoin(Declaration, declared)
        .where(SnapshotModule.snapshot_id == snapshot)
        .order_by(SnapshotModule.path, Sorry.start, Sorry.position)
    )
