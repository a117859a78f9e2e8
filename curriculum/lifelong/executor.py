"""What a course needs of the world: repositories that can be traced, and theorems that can be attempted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from curriculum.database.results import Cost, FoundProof
from prover.tactics.generator import Generator


@dataclass(frozen=True)
class AttemptRequest:
    """A theorem to be attempted, and with what."""

    module: str
    theorem: str
    """its full name"""
    tactics: int
    """that the search may run"""
    temperature: float = 0.0
    """of the disturbance that makes one try differ from another; 0 for none"""
    seed: int = 0
    recall: bool = True
    """proofs of the statement that are known are tried first, which costs nothing of them"""


@dataclass(frozen=True)
class AttemptResult:
    """What came of a trial."""

    trial: AttemptRequest
    statement_key: str
    toolchain: str
    result: FoundProof | tuple[Literal["open", "refused", "failed"], str]
    cost: Cost
    recalled: bool = False
    """the proof was known"""
    patch: str = ""
    """the proof as a unified diff of the theorem's file; empty without one"""

    @property
    def refutes(self) -> bool:
        """Whether the proofs that were known do not hold; not where nothing could be tried."""
        return not self.recalled and (isinstance(self.result, FoundProof) or self.result[0] != "failed")


class Executor(Protocol):
    """Where the work of a course is done."""

    def trace(self, location: str) -> str:
        """Puts all of a repository into the database; the revision that was traced.

        Raises:
            ProverError: it cannot be read or built.
        """
        ...

    def attempt(
        self, location: str, revision: str, trials: Sequence[AttemptRequest], learnt: Sequence[Generator]
    ) -> Iterator[AttemptResult]:
        """Attempts theorems of a repository at a revision, each once, in any order; what it yields is finished.

        Args:
            learnt: what proposes tactics beside that which needs no learning.

        Raises:
            ProverError: the repository cannot be read or built, or is at another revision now.
        """
        ...

    def settings(self) -> dict[str, Any]:
        """What the outcome of a trial depends on, besides the trial."""
        ...
