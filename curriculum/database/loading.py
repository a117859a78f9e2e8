"""Reading again what was traced: modules as they were stored, and what a snapshot has. Changes nothing."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from curriculum.database.tables import (
    Constant,
    Declaration,
    Goal,
    Mention,
    Module,
    PremiseUse,
    Repository,
    Snapshot,
    SnapshotModule,
    Sorry,
    State,
    TacticStep,
)
from curriculum.database.theorems import latest_snapshot
from prover.project.traced import PremiseUse as TracedUse
from prover.project.traced import TracedDeclaration, TracedModule, TracedSorry, TracedStep

NO_STATE: tuple[str, tuple[str, ...]] = ("", ())


def snapshot_of(connection: Connection, location: str) -> int | None:
    """The snapshot of a repository that was traced last."""
    repository = connection.scalar(select(Repository.id).where(Repository.location == location))
    return None if repository is None else latest_snapshot(connection, repository)


def latest_snapshots(connection: Connection) -> dict[str, int]:
    """From the location of each repository that was traced to its last snapshot."""
    repositories = connection.execute(select(Repository.location, Repository.id).order_by(Repository.id)).all()
    found = {location: latest_snapshot(connection, repository) for location, repository in repositories}
    return {location: snapshot for location, snapshot in found.items() if snapshot is not None}


def paths_of(connection: Connection, snapshot: int) -> dict[str, str]:
    """The modules of a snapshot: from key to the file's path."""
    asked = select(Module.key, SnapshotModule.path).join(SnapshotModule, SnapshotModule.module_id == Module.id)
    rows = connection.execute(asked.where(SnapshotModule.snapshot_id == snapshot).order_by(SnapshotModule.path))
    return {row[0]: row[1] for row in rows}


def modules_of(connection: Connection, snapshot: int) -> Iterator[TracedModule]:
    """The modules of a snapshot, as they were traced, by path."""
    for key, path in paths_of(connection, snapshot).items():
        yield load_module(connection, key, path)


def snapshot_id(connection: Connection, location: str, revision: str, toolchain: str) -> int | None:
    """A snapshot, traced or not; None when it is not recorded."""
    mine = Repository.location == location, Snapshot.revision == revision, Snapshot.toolchain == toolchain
    return connection.scalar(select(Snapshot.id).join(Repository).where(*mine))


def snapshot_at(connection: Connection, location: str, revision: str) -> int | None:
    """The snapshot of a repository at a revision, as it was traced last."""
    mine = Repository.location == location, Snapshot.revision == revision, Snapshot.traced_at.is_not(None)
    asked = select(Snapshot.id).join(Repository).where(*mine).order_by(Snapshot.traced_at.desc(), Snapshot.id.desc())
    return connection.scalar(asked.limit(1))


def load_module(connection: Connection, key: str, path: str) -> TracedModule:
    """A module as it was traced.

    Raises:
        KeyError: none is stored under this key.
    """
    module = connection.execute(select(Module).where(Module.key == key)).one_or_none()
    if module is None:
        raise KeyError(key)
    declarations = _declarations(connection, module.id)
    names = [declaration.name for declaration in declarations]
    return TracedModule(
        name=module.name,
        path=path,
        digest=module.digest,
        imports=tuple(module.imports),
        declarations=tuple(declarations),
        steps=tuple(_steps(connection, module.id, names)),
        sorries=tuple(_sorries(connection, module.id, names)),
    )


def _declarations(connection: Connection, module: int) -> list[TracedDeclaration]:
    asked = (
        select(Mention.declaration, Constant.name)
        .join(Constant, Constant.id == Mention.constant_id)
        .where(Mention.module_id == module)
        .order_by(Mention.declaration, Mention.position)
    )
    mentions = _grouped(connection, asked)
    fields = [field for field in TracedDeclaration.__struct_fields__ if field not in ("premises", "attributes")]
    rows = connection.execute(select(Declaration).where(Declaration.module_id == module).order_by(Declaration.position))
    return [
        TracedDeclaration(
            **{field: getattr(row, field) for field in fields},
            attributes=tuple(row.attributes),
            premises=tuple(mention[1] for mention in mentions.get(row.position, ())),
        )
        for row in rows
    ]


def _steps(connection: Connection, module: int, names: list[str]) -> Iterator[TracedStep]:
    states = _states(connection, module)
    asked = (
        select(PremiseUse.step, Constant.name, Constant.module, PremiseUse.start, PremiseUse.stop)
        .join(Constant, Constant.id == PremiseUse.constant_id)
        .where(PremiseUse.module_id == module)
        .order_by(PremiseUse.step, PremiseUse.position)
    )
    uses = _grouped(connection, asked)
    rows = connection.execute(select(TacticStep).where(TacticStep.module_id == module).order_by(TacticStep.position))
    for row in rows:
        before, after = states[row.before_id], states.get(row.after_id, NO_STATE)
        yield TracedStep(
            declaration=_part_of(row, names),
            start=row.start,
            stop=row.stop,
            text=row.text,
            before=before[0],
            after=after[0],
            keys_before=before[1],
            keys_after=after[1],
            premises=tuple(TracedUse(*use[1:]) for use in uses.get(row.position, ())),
            depth=row.depth,
        )


def _states(connection: Connection, module: int) -> dict[int, tuple[str, tuple[str, ...]]]:
    mine = (
        select(TacticStep.before_id)
        .where(TacticStep.module_id == module)
        .union(select(TacticStep.after_id).where(TacticStep.module_id == module))
    )
    asked = select(Goal.state_id, Goal.key).where(Goal.state_id.in_(mine)).order_by(Goal.state_id, Goal.position)
    goals = _grouped(connection, asked)
    states = connection.execute(select(State.id, State.text).where(State.id.in_(mine)))
    return {number: (text, tuple(goal[1] for goal in goals.get(number, ()))) for number, text in states}


def _sorries(connection: Connection, module: int, names: list[str]) -> Iterator[TracedSorry]:
    for row in connection.execute(select(Sorry).where(Sorry.module_id == module).order_by(Sorry.position)):
        yield TracedSorry(
            declaration=_part_of(row, names),
            start=row.start,
            stop=row.stop,
            term=row.term,
            goal=row.goal,
            key=row.goal_key,
        )


def _part_of(row: Row[*tuple[Any, ...]], names: list[str]) -> str:
    return str(row.outside) if row.declaration is None else names[row.declaration]


def _grouped(connection: Connection, asked: Select[*tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
    """Rows, in the order of their first column, by it."""
    rows = (tuple(row) for row in connection.execute(asked))
    return {number: list(some) for number, some in groupby(rows, key=lambda row: row[0])}
