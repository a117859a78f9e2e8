"""Stores, lists and rates exchanges with language models."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from curriculum.database.rows import table_of, upsert
from curriculum.database.tables import ExchangeRow


@dataclass(frozen=True)
class ExchangeRecord:
    """A question to a language model with its answers, as it is stored."""

    uid: str
    theorem: str
    """The full name of the theorem."""
    module: str
    statement_key: str
    model: str
    round: int
    purpose: str
    """`plan`, `repair` or `hole`."""
    system: str
    prompt: str
    answers: tuple[str, ...]
    outcome: str = ""
    """What became of the answers; empty if that is not known."""
    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True)
class StoredExchange(ExchangeRecord):
    """An exchange in the database, with its rating."""

    id: int = 0
    run: int | None = None
    asked_at: float = 0.0
    correct: int | None = None
    """How correct a person found the answers, from 0 to 6."""
    helpful: int | None = None
    """How helpful a person found them, from 0 to 6."""
    remark: str | None = None


def record_exchange(connection: Connection, exchange: ExchangeRecord, run: int | None, now: float) -> None:
    """Stores an exchange; if it is stored already, only what became of its answers."""
    row = {**asdict(exchange), "answers": list(exchange.answers), "run_id": run, "asked_at": now}
    adding = upsert(connection, table_of(ExchangeRow)).values(row)
    adding = adding.on_conflict_do_update(index_elements=["uid"], set_={"outcome": adding.excluded.outcome})
    connection.execute(adding)


def exchanges(
    connection: Connection, theorem: str | None = None, run: int | None = None, limit: int | None = None
) -> list[StoredExchange]:
    """Returns exchanges, the newest first.

    Args:
        theorem: the full name of a theorem; None for all.
        run: the number of a run; None for all.
    """
    asked = select(ExchangeRow).order_by(ExchangeRow.id.desc()).limit(limit)
    if theorem is not None:
        asked = asked.where(ExchangeRow.theorem == theorem)
    if run is not None:
        asked = asked.where(ExchangeRow.run_id == run)
    return [
        _stored(row._mapping) for row in connection.execute(asked.with_only_columns(*ExchangeRow.__table__.columns))
    ]


def exchange_with(connection: Connection, id: int) -> StoredExchange | None:
    """Returns the exchange with a number; None if there is none."""
    asked = select(*ExchangeRow.__table__.columns).where(ExchangeRow.id == id)
    row = connection.execute(asked).one_or_none()
    return None if row is None else _stored(row._mapping)


def rate_exchange(
    connection: Connection, id: int, correct: int | None, helpful: int | None, remark: str | None
) -> bool:
    """Rates an exchange; a rating of None stays as it was. Returns whether there is such an exchange."""
    given = {"correct": correct, "helpful": helpful, "remark": remark}
    values = {name: value for name, value in given.items() if value is not None}
    if not values:
        return exchange_with(connection, id) is not None
    return connection.execute(update(ExchangeRow).where(ExchangeRow.id == id).values(values)).rowcount > 0


def _stored(row: Mapping[Any, Any]) -> StoredExchange:
    values = {str(name): value for name, value in row.items()}
    run = values.pop("run_id")
    return StoredExchange(**{**values, "answers": tuple(values["answers"])}, run=run)
