"""What is asked of the database often, each a query of its own that an index answers. Changes nothing.

`benchmarks/database.py` measures each of them against a million tactic steps.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, and_, exists, func, select, true, union

from curriculum.database.rows import table_of
from curriculum.database.tables import (
    AttemptedSorryRow,
    AttemptRow,
    Base,
    ConfigurationModelRow,
    ConfigurationRow,
    ConstantRow,
    DeclarationRow,
    GeneratorCountRow,
    GoalRow,
    LeaseRow,
    MentionRow,
    ModelRow,
    ModuleRow,
    PremiseUseRow,
    ProofRow,
    RepositoryRow,
    SnapshotModuleRow,
    SnapshotRow,
    SorryRow,
    StateRow,
    TacticStepRow,
    TheoremRow,
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
        TheoremRow.id,
        TheoremRow.module,
        TheoremRow.name,
        TheoremRow.statement_key,
        TheoremRow.incomplete,
        TheoremRow.difficulty,
    )
    wanted = wanted.where(
        TheoremRow.repository_id == repository, TheoremRow.present == true(), TheoremRow.proof_id.is_(None)
    )
    if incomplete_only:
        wanted = wanted.where(TheoremRow.incomplete == true())
    return [
        OpenTheorem(*row)
        for row in connection.execute(wanted.order_by(TheoremRow.difficulty, TheoremRow.id).limit(limit))
    ]


def sorries_of(connection: Connection, snapshot: int) -> list[FoundSorry]:
    """Every `sorry` of a snapshot, by file and place."""
    return [FoundSorry(*row) for row in connection.execute(_sorries(snapshot))]


def sorries_not_attempted(connection: Connection, snapshot: int, models: Sequence[str] = ()) -> list[FoundSorry]:
    """The `sorry`s of a snapshot that no attempt was at with one of the models; with no models, none at all."""
    attempted = select(AttemptedSorryRow.attempt_id).where(AttemptedSorryRow.key == SorryRow.key)
    if models:
        attempted = (
            attempted.join(AttemptRow, AttemptRow.id == AttemptedSorryRow.attempt_id)
            .join(ConfigurationModelRow, ConfigurationModelRow.configuration_id == AttemptRow.configuration_id)
            .join(ModelRow, ModelRow.id == ConfigurationModelRow.model_id)
            .where(ModelRow.name.in_(models))
        )
    return [FoundSorry(*row) for row in connection.execute(_sorries(snapshot).where(~attempted.exists()))]


def sorry_history(connection: Connection, repository: int, key: str) -> list[tuple[str, float]]:
    """The snapshots of a repository that have a `sorry`, by revision and time; the first and the last seen first
    and last."""
    seen = (
        select(SnapshotRow.revision, SnapshotRow.began_at)
        .join(SnapshotModuleRow, SnapshotModuleRow.snapshot_id == SnapshotRow.id)
        .join(SorryRow, SorryRow.module_id == SnapshotModuleRow.module_id)
        .where(SorryRow.key == key, SnapshotRow.repository_id == repository)
        .order_by(SnapshotRow.began_at, SnapshotRow.id)
    )
    return [(revision, began) for revision, began in connection.execute(seen)]


def proof_of(connection: Connection, statement_key: str) -> list[KnownProof]:
    """The proofs of a statement, the most thoroughly checked first."""
    wanted = (
        select(
            ProofRow.id,
            ProofRow.scripts,
            ProofRow.whole,
            ProofRow.axioms,
            ProofRow.toolchain,
            ProofRow.verified,
            ProofRow.generator,
            ModelRow.name,
            ProofRow.found_at,
        )
        .outerjoin(ModelRow, ModelRow.id == ProofRow.model_id)
        .where(ProofRow.statement_key == statement_key)
        .order_by(ProofRow.verified.desc(), ProofRow.id)
    )
    return [KnownProof(*row) for row in connection.execute(wanted)]


def attempts_of(connection: Connection, theorem: int, limit: int = 100) -> list[PastAttempt]:
    """The attempts at a theorem, the newest first."""
    wanted = (
        select(
            AttemptRow.uid,
            AttemptRow.started_at,
            AttemptRow.outcome,
            AttemptRow.reason,
            AttemptRow.seconds,
            AttemptRow.expansions,
            AttemptRow.tactics,
            AttemptRow.seed,
            AttemptRow.toolchain,
            ConfigurationRow.settings,
        )
        .join(ConfigurationRow, ConfigurationRow.id == AttemptRow.configuration_id)
        .where(AttemptRow.theorem_id == theorem)
        .order_by(AttemptRow.started_at.desc())
        .limit(limit)
    )
    return [PastAttempt(*row) for row in connection.execute(wanted)]


def premises_of(connection: Connection, module: str, declaration: str) -> list[Premise]:
    """The constants that the steps and the value of a declaration name; its module is given by key."""
    mine = and_(ModuleRow.key == module, DeclarationRow.name == declaration)
    place = select(DeclarationRow.module_id, DeclarationRow.position).join(ModuleRow).where(mine).subquery()
    used = (
        select(ConstantRow.name, ConstantRow.module)
        .join(PremiseUseRow, PremiseUseRow.constant_id == ConstantRow.id)
        .join(
            TacticStepRow,
            and_(TacticStepRow.module_id == PremiseUseRow.module_id, TacticStepRow.position == PremiseUseRow.step),
        )
        .join(place, and_(TacticStepRow.module_id == place.c.module_id, TacticStepRow.declaration == place.c.position))
    )
    mentioned = (
        select(ConstantRow.name, ConstantRow.module)
        .join(MentionRow, MentionRow.constant_id == ConstantRow.id)
        .join(place, and_(MentionRow.module_id == place.c.module_id, MentionRow.declaration == place.c.position))
    )
    return sorted(
        (Premise(*row) for row in connection.execute(union(used, mentioned))), key=lambda p: (p.name, p.module)
    )


def steps_at(connection: Connection, goal_key: str, limit: int = 50) -> list[KnownStep]:
    """Tactics that were run on a goal equal to this one, where it was the first goal."""
    after = table_of(StateRow).alias("after")
    wanted = (
        select(TacticStepRow.text, StateRow.text, func.coalesce(after.c.text, ""), ModuleRow.name)
        .join(StateRow, StateRow.id == TacticStepRow.before_id)
        .join(GoalRow, and_(GoalRow.state_id == StateRow.id, GoalRow.position == 0))
        .join(ModuleRow, ModuleRow.id == TacticStepRow.module_id)
        .outerjoin(after, after.c.id == TacticStepRow.after_id)
        .where(GoalRow.key == goal_key)
        .limit(limit)
    )
    return [KnownStep(*row) for row in connection.execute(wanted)]


def changed_modules(connection: Connection, before: int, after: int) -> list[ChangedModule]:
    """The modules that two snapshots do not share, by name."""
    old, new = (table_of(SnapshotModuleRow).alias(name) for name in ("old", "new"))

    def only(mine: Any, mine_id: int, other: Any, other_id: int) -> Select[*tuple[Any, ...]]:
        shared = exists().where(other.c.snapshot_id == other_id, other.c.module_id == mine.c.module_id)
        return select(mine.c.name, mine.c.path).where(mine.c.snapshot_id == mine_id, ~shared)

    was = {row[0]: row[1] for row in connection.execute(only(old, before, new, after))}
    is_ = {row[0]: row[1] for row in connection.execute(only(new, after, old, before))}
    return [ChangedModule(name, was.get(name), is_.get(name)) for name in sorted(was.keys() | is_.keys())]


def expired_leases(connection: Connection, now: float) -> list[ExpiredLease]:
    """The leases whose time is over; anybody may take them."""
    wanted = select(LeaseRow.resource, LeaseRow.owner, LeaseRow.expires_at).where(LeaseRow.expires_at <= now)
    return [ExpiredLease(*row) for row in connection.execute(wanted.order_by(LeaseRow.expires_at))]


def repositories_by_trace(connection: Connection) -> list[TracedRepository]:
    """Every repository, those first that were never traced or not for the longest time."""
    last = (
        select(func.max(SnapshotRow.traced_at)).where(SnapshotRow.repository_id == RepositoryRow.id).scalar_subquery()
    )
    wanted = select(RepositoryRow.id, RepositoryRow.location, RepositoryRow.follows, last.label("last"))
    found = [TracedRepository(*row) for row in connection.execute(wanted)]
    return sorted(found, key=lambda r: (r.traced_at is not None, r.traced_at or 0.0, r.location))


def generator_counts(connection: Connection) -> list[GeneratorCount]:
    """How many proofs, and of how many statements, each generator has found; the best first."""
    wanted = select(ProofRow.generator, func.count(), func.count(ProofRow.statement_key.distinct())).group_by(
        ProofRow.generator
    )
    found = [GeneratorCount(*row) for row in connection.execute(wanted)]
    return sorted(found, key=lambda g: (-g.statements, g.generator))


Tried = dict[tuple[str, str], tuple[int, int, int]]
"""by the shape of a goal and the generator: how many tactics were tried, of these advanced, of these used"""


def suggestion_counts(connection: Connection, repository: int | None) -> tuple[Tried, Tried]:
    """How generators have fared in a repository, and in all others together."""
    table = GeneratorCountRow
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
    declared = and_(DeclarationRow.module_id == SorryRow.module_id, DeclarationRow.position == SorryRow.declaration)
    return (
        select(
            SorryRow.key,
            SnapshotModuleRow.name,
            SnapshotModuleRow.path,
            func.coalesce(DeclarationRow.name, SorryRow.outside),
            SorryRow.start,
            SorryRow.stop,
            SorryRow.term,
            SorryRow.goal,
            SorryRow.goal_key,
        )
        .join(SnapshotModuleRow, SnapshotModuleRow.module_id == SorryRow.module_id)
        .outerjoin(DeclarationRow, declared)
        .where(SnapshotModuleRow.snapshot_id == snapshot)
        .order_by(SnapshotModuleRow.path, SorryRow.start, SorryRow.position)
    )
