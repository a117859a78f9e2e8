"""Keeps a lease alive while its holder works, however long that takes."""

import threading
from types import TracebackType

from curriculum.database.database import Database
from curriculum.database.leases import HeldLease
from prover.errors import DatabaseError, LeaseLost

STOP_WAIT_S = 1.0
"""How long a process that is to stop waits for the lease to be given back; an abandoned lease expires by itself."""


class LeaseKeeper:
    """A context manager that renews a lease from a thread of its own, and gives it back at the end."""

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
        stopping = kind is not None and not issubclass(kind, Exception)
        self._thread.join(STOP_WAIT_S if stopping else None)

    def _keep(self) -> None:
        while not self._over.wait(self.held.seconds / 3):
            try:
                self._database.perform(lambda work: work.leases.renew(self.held))
            except LeaseLost:
                return  # the holder notices when it stores something
            except DatabaseError:
                continue
        try:
            self._database.perform(lambda work: work.leases.release(self.held))
        except DatabaseError:
            return  # it expires by itself
