"""A lease that is renewed while its holder works, however long that takes."""

import threading
from types import TracebackType

from curriculum.database.database import Database
from curriculum.database.leases import HeldLease
from prover.errors import DatabaseError, LeaseLost

STOPPING_S = 1.0
"""how long somebody who is told to stop waits for the lease to be given back; it ends by itself anyhow"""


class LeaseKeeper:
    """A context manager: renews a lease from a thread of its own, which gives it back at the end."""

    def __init__(self, database: Database, held: HeldLease) -> None:
        self._database = database
        self.held = held
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"lease {held.resource}", daemon=True)

    def __enter__(self) -> HeldLease:
        self._thread.start()
        return self.held

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        told_to_stop = kind is not None and not issubclass(kind, Exception)
        self._thread.join(STOPPING_S if told_to_stop else None)

    def _keep(self) -> None:
        while not self._over.wait(self.held.seconds / 3):
            try:
                self._database.perform(lambda work: work.leases.renew(self.held))
            except LeaseLost:
                return  # the holder learns of it when it wants to store something
            except DatabaseError:
                continue
        try:
            self._database.perform(lambda work: work.leases.release(self.held))
        except DatabaseError:
            return  # it ends by itself
