"""Leases: temporary exclusive rights to a repository to trace, a theorem to prove, or the place of a daemon.

Time decides only who may take a lease. Safety rests on fencing tokens: each acquisition gets a new token, and a unit of
work compares it before it commits (`hold`), so that a holder that has lost its lease changes nothing more. A clock that
jumps ahead therefore costs work, but never stores the results of two holders. A clock that jumps back by more than the
duration of the lease frees it; a process that keeps asking gets the lease after at most twice its duration.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, or_, select, update

from curriculum.database.rows import table_of, upsert
from curriculum.database.tables import LeaseRow
from prover.errors import LeaseLost


@dataclass(frozen=True)
class HeldLease:
    """An acquired lease."""

    resource: str
    owner: str
    token: int
    seconds: float


class LeaseStore:
    """The operations on leases in a unit of work."""

    def __init__(self, connection: Connection, now: Callable[[], float]) -> None:
        self._connection = connection
        self._now = now

    def acquire(self, resource: str, owner: str, seconds: float) -> HeldLease | None:
        """Returns a new lease; None if another owner holds it. The same owner gets it again, with a new token."""
        now = self._now()
        row = {"owner": owner, "seconds": seconds, "renewed_at": now, "expires_at": now + seconds}
        adding = upsert(self._connection, table_of(LeaseRow)).values(resource=resource, token=1, **row)
        free = or_(
            LeaseRow.owner == owner,
            LeaseRow.expires_at <= now,
            LeaseRow.renewed_at - LeaseRow.seconds > now,  # the clock was set back
        )
        taking = adding.on_conflict_do_update(
            index_elements=["resource"], set_={**row, "token": LeaseRow.token + 1}, where=free
        )
        token = self._connection.scalar(taking.returning(LeaseRow.token))
        return None if token is None else HeldLease(resource, owner, int(token), seconds)

    def renew(self, held: HeldLease) -> None:
        """Extends a lease by its duration from now; an expired lease can be renewed while nobody else has taken it.

        Raises:
            LeaseLost: Another owner has taken it.
        """
        now = self._now()
        renewing = update(LeaseRow).where(LeaseRow.resource == held.resource, LeaseRow.token == held.token)
        renewing = renewing.values(seconds=held.seconds, renewed_at=now, expires_at=now + held.seconds)
        if self._connection.execute(renewing).rowcount == 0:
            raise _lost(held)

    def hold(self, held: HeldLease) -> None:
        """Locks the lease until the end of this unit of work.

        Raises:
            LeaseLost: Another owner has taken it.
        """
        mine = select(LeaseRow.token).where(LeaseRow.resource == held.resource, LeaseRow.token == held.token)
        if self._connection.scalar(mine.with_for_update()) is None:
            raise _lost(held)

    def release(self, held: HeldLease) -> None:
        """Releases the lease; does nothing if it was lost."""
        now = self._now()
        ending = update(LeaseRow).where(LeaseRow.resource == held.resource, LeaseRow.token == held.token)
        self._connection.execute(ending.values(token=held.token + 1, renewed_at=now, expires_at=now))


def _lost(held: HeldLease) -> LeaseLost:
    return LeaseLost(
        f"{held.owner} has lost the lease of {held.resource} to another process, which continues the work."
    )
