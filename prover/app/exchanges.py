"""Exchanges with language models that are stored in the database: listed, shown, rated and exported."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from prover.app.environment import database
from prover.errors import UsageError

if TYPE_CHECKING:
    from curriculum.database.exchanges import StoredExchange


def list_exchanges(theorem: str | None, run: int | None, limit: int | None) -> "list[StoredExchange]":
    """Returns exchanges, the newest first, of a theorem and a run where these are given."""
    from curriculum.database.exchanges import exchanges

    with database() as db, db.reading() as connection:
        return exchanges(connection, theorem, run, limit)


def stored_exchange(number: int) -> "StoredExchange":
    """Returns the exchange with a number.

    Raises:
        UsageError: there is none.
    """
    from curriculum.database.exchanges import exchange_with

    with database() as db, db.reading() as connection:
        found = exchange_with(connection, number)
    if found is None:
        raise _unknown(number)
    return found


def rate(number: int, correct: int | None, helpful: int | None, remark: str | None) -> None:
    """Rates an exchange; what is None stays as it was.

    Raises:
        UsageError: there is no such exchange.
    """
    from curriculum.database.exchanges import rate_exchange

    with database() as db:
        if not db.perform(lambda work: rate_exchange(work.connection, number, correct, helpful, remark)):
            raise _unknown(number)


def training_examples(rated_at_least: int) -> Iterator[dict[str, Any]]:
    """Yields exchanges as examples for training: messages, and the rating if there is one.

    Args:
        rated_at_least: the least rating of those that are rated; those without a rating are left out if it is above 0.
    """
    for exchange in reversed(list_exchanges(None, None, None)):
        rating = min((value for value in (exchange.correct, exchange.helpful) if value is not None), default=None)
        if rated_at_least > (rating or 0):
            continue
        system = [{"role": "system", "content": exchange.system}] if exchange.system else []
        asked = [*system, {"role": "user", "content": exchange.prompt}]
        for answer in exchange.answers:
            yield {
                "messages": [*asked, {"role": "assistant", "content": answer}],
                "theorem": exchange.theorem,
                "model": exchange.model,
                "purpose": exchange.purpose,
                "outcome": exchange.outcome,
                "correct": exchange.correct,
                "helpful": exchange.helpful,
            }


def _unknown(number: int) -> UsageError:
    return UsageError(f"There is no exchange {number}: see `prover session list`.")
