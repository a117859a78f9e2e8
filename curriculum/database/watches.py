"""The state of watched repositories: the last visit, the last failure, and the time of the next visit."""

import msgspec
from sqlalchemy import Connection, select, update

from curriculum.database.rows import table_of, upsert
from curriculum.database.tables import ProspectRow, RepositoryRow, WatchRow

FIRST_PAUSE_S = 60.0
LONGEST_PAUSE_S = 24 * 3600.0


class WatchedRepository(msgspec.Struct, frozen=True):
    """A repository that the daemon watches."""

    repository: int
    location: str
    follows: str | None
    revision: str | None
    seen_at: float
    failures: int
    fault: str | None
    next_at: float


def watched_repositories(connection: Connection) -> list[WatchedRepository]:
    """Returns all repositories, ordered by the time of the next visit; one that was never visited is due at once."""
    asked = select(
        RepositoryRow.id,
        RepositoryRow.location,
        RepositoryRow.follows,
        WatchRow.revision,
        WatchRow.seen_at,
        WatchRow.failures,
        WatchRow.fault,
        WatchRow.next_at,
    ).outerjoin(WatchRow, WatchRow.repository_id == RepositoryRow.id)
    found = [
        WatchedRepository(row[0], row[1], row[2], row[3], row[4] or 0.0, row[5] or 0, row[6], row[7] or 0.0)
        for row in connection.execute(asked)
    ]
    return sorted(found, key=lambda each: (each.next_at, each.location))


def record_visit(connection: Connection, repository: int, revision: str, at: float, again_in: float) -> None:
    """Records a successful visit of a repository."""
    _store(connection, repository, revision, at, 0, None, at + again_in)


def record_failure(connection: Connection, repository: int, fault: str, at: float) -> float:
    """Records that a repository could not be read; the pause until the next visit doubles with each failure in a row.

    Returns:
        The seconds until the next visit.
    """
    known = connection.execute(
        select(WatchRow.revision, WatchRow.failures).where(WatchRow.repository_id == repository)
    ).one_or_none()
    failures = 1 if known is None else known.failures + 1
    pause = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(failures - 1, 30))
    _store(connection, repository, None if known is None else known.revision, at, failures, fault, at + pause)
    return pause


def reset_clock(connection: Connection, now: float, poll: float) -> int:
    """Repairs times that lie too far in the future because the clock was set back.

    Repositories whose next visit is further away than the longest pause are due now; theorems whose last attempt lies
    that far ahead count as attempted now.

    Args:
        poll: The seconds between two visits of a repository without failures.

    Returns:
        The number of repositories whose times were changed.
    """
    longest = now + max(LONGEST_PAUSE_S, poll)
    connection.execute(update(ProspectRow).where(ProspectRow.tried_at > longest).values(tried_at=max(now, 0.0)))
    return connection.execute(
        update(WatchRow).where(WatchRow.next_at > longest).values(next_at=now, seen_at=now)
    ).rowcount


def _store(
    connection: Connection,
    repository: int,
    revision: str | None,
    at: float,
    failures: int,
    fault: str | None,
    due: float,
) -> None:
    row = {"revision": revision, "seen_at": at, "failures": failures, "fault": fault, "next_at": due}
    adding = upsert(connection, table_of(WatchRow)).values(repository_id=repository, **row)
    connection.execute(adding.on_conflict_do_update(index_elements=["repository_id"], set_=row))
