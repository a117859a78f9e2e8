"""Lists of the repositories with their snapshots, and of the sizes of tables. Changes nothing."""

import msgspec
from sqlalchemy import Connection, func, select

from curriculum.database.tables import Base, RepositoryRow, SnapshotModuleRow, SnapshotRow


class ListedSnapshot(msgspec.Struct, frozen=True):
    """A repository at a revision, read with one toolchain."""

    revision: str
    toolchain: str
    dirty: bool
    began_at: float
    traced_at: float | None
    modules: int
    """The number of traced modules."""


class ListedRepository(msgspec.Struct, frozen=True):
    """A repository with its snapshots."""

    location: str
    follows: str | None
    """The branch, tag or commit to follow; None for the default branch, or for a directory as it is."""
    added_at: float
    snapshots: tuple[ListedSnapshot, ...]
    """The snapshots, the newest first."""


def listed_repositories(connection: Connection) -> list[ListedRepository]:
    """Returns all repositories, ordered by location."""
    repositories = select(RepositoryRow.id, RepositoryRow.location, RepositoryRow.follows, RepositoryRow.added_at)
    return [
        ListedRepository(location, follows, added_at, _snapshots(connection, key))
        for key, location, follows, added_at in connection.execute(repositories.order_by(RepositoryRow.location))
    ]


def _snapshots(connection: Connection, repository: int) -> tuple[ListedSnapshot, ...]:
    modules = select(func.count()).where(SnapshotModuleRow.snapshot_id == SnapshotRow.id).scalar_subquery()
    wanted = select(
        SnapshotRow.revision,
        SnapshotRow.toolchain,
        SnapshotRow.dirty,
        SnapshotRow.began_at,
        SnapshotRow.traced_at,
        modules,
    )
    mine = wanted.where(SnapshotRow.repository_id == repository).order_by(
        SnapshotRow.began_at.desc(), SnapshotRow.id.desc()
    )
    return tuple(ListedSnapshot(*row) for row in connection.execute(mine))


def row_counts(connection: Connection) -> dict[str, int]:
    """Returns the number of rows of each table, by name; counts them all."""
    tables = sorted(Base.metadata.tables.values(), key=lambda table: table.name)
    return {table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables}
