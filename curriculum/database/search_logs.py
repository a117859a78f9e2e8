"""The logs of searches: stored, listed and removed. Their content is bytes here."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Connection, delete, func, select

from curriculum.database.records import new_uid
from curriculum.database.rows import insert_new, table_of
from curriculum.database.tables import SearchLogRow

MAX_STORED_BYTES = 256 << 20
"""the size of all logs above which the oldest are removed when a run ends"""


@dataclass(frozen=True)
class SearchLogRecord:
    """The log of one search, as it is stored."""

    repository: str
    """The path or address of the repository."""
    module: str
    theorem: str
    statement_key: str
    proved: bool
    goals: int
    tried: int
    log: bytes
    """The log, compressed."""
    run: int | None = None
    """The id of the run."""
    uid: str = field(default_factory=new_uid)


@dataclass(frozen=True)
class LogSelection:
    """Selects the logs that satisfy every condition given."""

    runs: tuple[int, ...] = ()
    repositories: tuple[str, ...] = ()
    theorem: str | None = None


@dataclass(frozen=True)
class Pruned:
    """The result of a removal of logs."""

    removed: int
    """The number of logs removed."""
    left: int
    left_bytes: int


def record_search_log(connection: Connection, record: SearchLogRecord, now: float) -> None:
    """Stores a log; storing it twice has no effect."""
    row = {
        "uid": record.uid,
        "run_id": record.run,
        "repository": record.repository,
        "module": record.module,
        "theorem": record.theorem,
        "statement_key": record.statement_key,
        "proved": record.proved,
        "goals": record.goals,
        "tried": record.tried,
        "made_at": now,
        "log": record.log,
    }
    insert_new(connection, table_of(SearchLogRow), [row])


def _conditions(wanted: LogSelection) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.runs:
        found.append(SearchLogRow.run_id.in_(wanted.runs))
    if wanted.repositories:
        found.append(SearchLogRow.repository.in_(wanted.repositories))
    if wanted.theorem is not None:
        found.append(SearchLogRow.theorem == wanted.theorem)
    return found


def counted_tactics(connection: Connection, wanted: LogSelection) -> int:
    """Returns the number of tactics that the searches of some logs ran."""
    return int(connection.scalar(select(func.sum(SearchLogRow.tried)).where(*_conditions(wanted))) or 0)


def search_logs(connection: Connection, wanted: LogSelection) -> Iterator[SearchLogRecord]:
    """Yields logs one by one, the oldest first."""
    asked = select(SearchLogRow.id).where(*_conditions(wanted)).order_by(SearchLogRow.id)
    columns = (
        SearchLogRow.repository,
        SearchLogRow.module,
        SearchLogRow.theorem,
        SearchLogRow.statement_key,
        SearchLogRow.proved,
        SearchLogRow.goals,
        SearchLogRow.tried,
        SearchLogRow.log,
        SearchLogRow.run_id.label("run"),
        SearchLogRow.uid,
    )
    for number in connection.scalars(asked).all():
        row = connection.execute(select(*columns).where(SearchLogRow.id == number)).first()
        if row is not None:
            yield SearchLogRecord(**row._mapping)


def logged_statements(connection: Connection, repository: str) -> set[tuple[str, str]]:
    """Returns the theorems of a repository that have logs, as pairs of full name and statement key."""
    asked = select(SearchLogRow.theorem, SearchLogRow.statement_key).where(SearchLogRow.repository == repository)
    return {(theorem, key) for theorem, key in connection.execute(asked)}


def latest_logged_run(connection: Connection) -> int | None:
    """Returns the latest run that has logs."""
    return connection.scalar(select(func.max(SearchLogRow.run_id)))


def stored_bytes(connection: Connection) -> int:
    """Returns the size of all logs."""
    return int(connection.scalar(select(func.sum(func.length(SearchLogRow.log)))) or 0)


def prune(
    connection: Connection, keep_bytes: int | None = None, before: float | None = None, runs: tuple[int, ...] = ()
) -> Pruned:
    """Removes logs.

    Args:
        keep_bytes: The size of the newest logs that stay; None for no bound.
        before: Logs made before this time, in seconds since 1970, are removed.
        runs: Logs of these runs are removed.
    """
    rows = connection.execute(
        select(SearchLogRow.id, SearchLogRow.made_at, SearchLogRow.run_id, func.length(SearchLogRow.log)).order_by(
            SearchLogRow.id.desc()
        )
    ).all()
    gone, left, total = [], 0, 0
    for number, made_at, run, size in rows:
        old = before is not None and made_at < before
        over = keep_bytes is not None and total + size > keep_bytes
        if old or over or run in runs:
            gone.append(number)
        else:
            left, total = left + 1, total + size
    for start in range(0, len(gone), 500):
        connection.execute(delete(SearchLogRow).where(SearchLogRow.id.in_(gone[start : start + 500])))
    return Pruned(len(gone), left, total)
