"""A lease that is renewed while its holder works, however long that takes."""

import threading
from types import TracebackType

from curriculum.database.database import Database
from curriculum.database.leases import Held
from prover.errors import DatabaseError, LeaseLost


class Holding:
    """A context manager: renews a lease from a thread of its own, and gives it back at the end."""

    def __init__(self, database: Database, held: Held) -> None:
        self._database = database
        self.held = held
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, name=f"lease {held.resource}", daemon=True)

    def __enter__(self) -> Held:
        self._thread.start()
        return self.held

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        try:
            self._database.perform(lambda work: work.leases.release(self.held))
        except DatabaseError:
            return  # it ends by itself

    def _renew(self) -> None:
        while not self._over.wait(self.held.seconds / 3):
            try:
                self._database.perform(lambda work: work.leases.renew(self.held))
            except LeaseLost:
                return  # the holder learns of it when it wants to store something
            except DatabaseError:
                continue
