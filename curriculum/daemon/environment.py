"""What the daemon needs of the world, so that a world made up can test what it does."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from curriculum.lifelong.executor import AttemptResult, Executor
from prover.tactics.generator import Generator


@dataclass(frozen=True)
class Resources:
    """What the computer has left."""

    free_disk_gb: float
    free_memory_gb: float


class DaemonEnvironment(Protocol):
    """Repositories, Lean, a clock and the computer. What time it is, the database says, whose users share it."""

    executor: Executor

    def newest(self, location: str) -> str:
        """The revision that a repository is at now, asked of its origin.

        Raises:
            ProverError: it cannot be read.
        """
        ...

    def learn(self) -> Sequence[Generator]:
        """What proposes tactics, once all that the database can teach has been learnt."""
        ...

    def write_patch(self, location: str, finished: AttemptResult) -> Path | None:
        """Writes the proof of a trial as a patch of a repository; the file, or None where there is none."""
        ...

    def publish(self, location: str, patch: Path) -> None:
        """Does with a patch what the user has configured, which may be nothing."""
        ...

    def resources(self) -> Resources:
        """What is left now."""
        ...

    def steady(self) -> float:
        """Seconds since anything; never jumps."""
        ...


class EventLog(Protocol):
    """Where the daemon writes what it does."""

    def __call__(self, event: str, **facts: Any) -> None:
        """An event, in a word, and what belongs to it."""
        ...
