"""Having something to oneself for a while: a repository to trace, a theorem to prove, a daemon's place.

Time decides only who may try. What a holder does is safe because each taking has a token, which a unit of
work compares before it commits (`hold`): whoever was taken over, for whatever reason, changes nothing more.
So a clock that jumps ahead costs work, never two holders' results; one that jumps back by more than the
lease is long makes it free, instead of binding it until the old time comes again: whoever keeps asking has it
after twice its time at most.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, or_, select, update

from curriculum.database.rows import table_of, upsert
from curriculum.database.tables import LeaseRow
from prover.errors import LeaseLost


@dataclass(frozen=True)
class HeldLease:
    """A lease that was taken."""

    resource: str
    owner: str
    token: int
    seconds: float


class LeaseStore:
    """The part of a unit of work that has to do with leases."""

    def __init__(self, connection: Connection, now: Callable[[], float]) -> None:
        self._connection = connection
        self._now = now

    def acquire(self, resource: str, owner: str, seconds: float) -> HeldLease | None:
        """The lease, unless somebody else has it; who has it already gets it anew, with a new token."""
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
        """Starts the lease's time anew; it may have run out, if nobody has taken it meanwhile.

        Raises:
            LeaseLost: somebody has.
        """
        now = self._now()
        renewing = update(LeaseRow).where(LeaseRow.resource == held.resource, LeaseRow.token == held.token)
        renewing = renewing.values(seconds=held.seconds, renewed_at=now, expires_at=now + held.seconds)
        if self._connection.execute(renewing).rowcount == 0:
            raise _lost(held)

    def hold(self, held: HeldLease) -> None:
        """Nobody takes the lease before this unit of work is over.

        Raises:
            LeaseLost: somebody has taken it.
        """
        mine = select(LeaseRow.token).where(LeaseRow.resource == held.resource, LeaseRow.token == held.token)
        if self._connection.scalar(mine.with_for_update()) is None:
            raise _lost(held)

    def release(self, held: HeldLease) -> None:
        """Gives the lease back; does nothing when it was lost."""
        now = self._now()
        ending = update(LeaseRow).where(LeaseRow.resource == held.resource, LeaseRow.token == held.token)
        self._connection.execute(ending.values(token=held.token + 1, renewed_at=now, expires_at=now))


def _lost(held: HeldLease) -> LeaseLost:
    return LeaseLost(f"{held.owner} no longer has {held.resource}: what it was doing is left to the one that has it.")
