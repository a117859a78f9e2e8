"""Queries that load traces: snapshots, and modules as they were traced. Changes nothing."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from curriculum.database.tables import (
    ConstantRow,
    DeclarationRow,
    GoalRow,
    MentionRow,
    ModuleRow,
    PremiseUseRow,
    RepositoryRow,
    SnapshotModuleRow,
    SnapshotRow,
    SorryRow,
    StateRow,
    TacticStepRow,
)
from curriculum.database.theorems import latest_snapshot
from prover.lean.traced import PremiseUse as TracedUse
from prover.lean.traced import TracedDeclaration, TracedModule, TracedSorry, TracedStep

NO_STATE: tuple[str, tuple[str, ...]] = ("", ())


def snapshot_of(connection: Connection, location: str) -> int | None:
    """Returns the last traced snapshot of a repository."""
    repository = connection.scalar(select(RepositoryRow.id).where(RepositoryRow.location == location))
    return None if repository is None else latest_snapshot(connection, repository)


def latest_snapshots(connection: Connection) -> dict[str, int]:
    """Returns the last traced snapshot of each repository, by location."""
    repositories = connection.execute(select(RepositoryRow.location, RepositoryRow.id).order_by(RepositoryRow.id)).all()
    found = {location: latest_snapshot(connection, repository) for location, repository in repositories}
    return {location: snapshot for location, snapshot in found.items() if snapshot is not None}


def paths_of(connection: Connection, snapshot: int) -> dict[str, str]:
    """Returns the paths of a snapshot's modules, by module key."""
    asked = select(ModuleRow.key, SnapshotModuleRow.path).join(
        SnapshotModuleRow, SnapshotModuleRow.module_id == ModuleRow.id
    )
    rows = connection.execute(asked.where(SnapshotModuleRow.snapshot_id == snapshot).order_by(SnapshotModuleRow.path))
    return {row[0]: row[1] for row in rows}


def modules_of(connection: Connection, snapshot: int) -> Iterator[TracedModule]:
    """Yields the modules of a snapshot as they were traced, ordered by path."""
    for key, path in paths_of(connection, snapshot).items():
        yield load_module(connection, key, path)


def snapshot_at(connection: Connection, location: str, revision: str) -> int | None:
    """Returns the last traced snapshot of a repository at a revision."""
    mine = RepositoryRow.location == location, SnapshotRow.revision == revision, SnapshotRow.traced_at.is_not(None)
    asked = (
        select(SnapshotRow.id)
        .join(RepositoryRow)
        .where(*mine)
        .order_by(SnapshotRow.traced_at.desc(), SnapshotRow.id.desc())
    )
    return connection.scalar(asked.limit(1))


def load_module(connection: Connection, key: str, path: str) -> TracedModule:
    """Returns a module as it was traced.

    Raises:
        KeyError: No module is stored under this key.
    """
    module = connection.execute(select(ModuleRow).where(ModuleRow.key == key)).one_or_none()
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
        select(MentionRow.declaration, ConstantRow.name)
        .join(ConstantRow, ConstantRow.id == MentionRow.constant_id)
        .where(MentionRow.module_id == module)
        .order_by(MentionRow.declaration, MentionRow.position)
    )
    mentions = _grouped(connection, asked)
    fields = [field for field in TracedDeclaration.__struct_fields__ if field not in ("premises", "attributes")]
    rows = connection.execute(
        select(DeclarationRow).where(DeclarationRow.module_id == module).order_by(DeclarationRow.position)
    )
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
        select(PremiseUseRow.step, ConstantRow.name, ConstantRow.module, PremiseUseRow.start, PremiseUseRow.stop)
        .join(ConstantRow, ConstantRow.id == PremiseUseRow.constant_id)
        .where(PremiseUseRow.module_id == module)
        .order_by(PremiseUseRow.step, PremiseUseRow.position)
    )
    uses = _grouped(connection, asked)
    rows = connection.execute(
        select(TacticStepRow).where(TacticStepRow.module_id == module).order_by(TacticStepRow.position)
    )
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
        select(TacticStepRow.before_id)
        .where(TacticStepRow.module_id == module)
        .union(select(TacticStepRow.after_id).where(TacticStepRow.module_id == module))
    )
    asked = (
        select(GoalRow.state_id, GoalRow.key)
        .where(GoalRow.state_id.in_(mine))
        .order_by(GoalRow.state_id, GoalRow.position)
    )
    goals = _grouped(connection, asked)
    states = connection.execute(select(StateRow.id, StateRow.text).where(StateRow.id.in_(mine)))
    return {number: (text, tuple(goal[1] for goal in goals.get(number, ()))) for number, text in states}


def _sorries(connection: Connection, module: int, names: list[str]) -> Iterator[TracedSorry]:
    for row in connection.execute(select(SorryRow).where(SorryRow.module_id == module).order_by(SorryRow.position)):
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
    """Groups rows, ordered by their first column, by that column."""
    rows = (tuple(row) for row in connection.execute(asked))
    return {number: list(some) for number, some in groupby(rows, key=lambda row: row[0])}
