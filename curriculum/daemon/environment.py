"""The environment protocol of the daemon: repositories, Lean, learners, patches, a clock. Tests use a fake one."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from curriculum.database.database import Connection
from curriculum.lifelong.executor import AttemptResult, Executor
from curriculum.lifelong.learners import Learners
from prover.tactics.generator import Generator


@dataclass(frozen=True)
class Resources:
    """The computer's free resources."""

    free_disk_gb: float
    free_memory_gb: float


class DaemonEnvironment(Protocol):
    """Repositories, Lean, learners, patches, a clock and the computer. The time of day is the database's."""

    executor: Executor
    learners: Learners
    """The learners that are trained; with weights, and with checkpoints."""

    def newest(self, location: str) -> str:
        """Returns the revision that a repository is at now, asked of its origin.

        Raises:
            ProverError: the repository cannot be read.
        """
        ...

    def recollect(self) -> Sequence[Generator]:
        """Returns the generators that are filled from the database rather than trained, up to date."""
        ...

    def order(self, connection: Connection, locations: Sequence[str]) -> Sequence[str]:
        """Puts the locations of repositories in the order in which they are to be learned."""
        ...

    def time_limit(self, hours: float, activity: str) -> AbstractContextManager[None]:
        """Returns a context manager that ends its block with a ProverError when its time is over; 0 for no limit."""
        ...

    def write_patch(self, location: str, result: AttemptResult) -> Path | None:
        """Writes the proof of an attempt as a patch; returns the file, or None where there is no proof."""
        ...

    def publish(self, location: str, patch: Path) -> None:
        """Publishes a patch as the user has configured, which may do nothing."""
        ...

    def resources(self) -> Resources:
        """Returns the free resources now."""
        ...

    def steady(self) -> float:
        """Returns the seconds since an arbitrary moment; never jumps."""
        ...


class EventLog(Protocol):
    """Receives the events of the daemon."""

    def __call__(self, event: str, **facts: Any) -> None:
        """Writes an event, named by a machine word, with its facts."""
        ...
