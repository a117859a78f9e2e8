"""The executor protocol: what traces repositories and attempts theorems for a course or for the daemon."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from curriculum.database.records import AttemptCost, FoundProof
from prover.tactics.generator import Generator

SuggestionCounts = Mapping[tuple[str, str], tuple[int, int, int]]
"""By the shape of a goal and the generator: how many tactics were tried, advanced the proof, and stand in a proof."""


@dataclass(frozen=True)
class LearnedState:
    """The knowledge that the attempts of one step use; it does not change while the step lasts."""

    generators: Sequence[Generator] = ()
    """Generators that were trained or filled, in addition to those that need no learning."""
    here: SuggestionCounts = field(default_factory=dict)
    """Statistics of the generators in the repository at hand, from earlier steps."""
    elsewhere: SuggestionCounts = field(default_factory=dict)
    """Statistics of the generators in all other repositories."""


@dataclass(frozen=True)
class AttemptRequest:
    """A theorem to attempt, with the budget and the randomness of the attempt."""

    module: str
    theorem: str
    """The theorem's full name."""
    tactics: int
    """The number of tactics that the search may run."""
    temperature: float = 0.0
    """The temperature of the noise that makes one try differ from another; 0 for no noise."""
    seed: int = 0
    """The seed of that noise."""
    recall: bool = True
    """Whether known proofs of the statement are tried first; they use none of the budget."""


@dataclass(frozen=True)
class AttemptResult:
    """The result of one attempt."""

    request: AttemptRequest
    statement_key: str
    toolchain: str
    result: FoundProof | tuple[Literal["open", "refused", "failed"], str]
    """The proof; or why there is none, as a kind and a reason."""
    cost: AttemptCost
    recalled: bool = False
    """Whether the proof was known before."""
    patch: str = ""
    """The proof as a unified diff of the theorem's file; empty without one."""
    counts: SuggestionCounts = field(default_factory=dict)
    """Statistics of the generators in this attempt."""

    @property
    def refutes(self) -> bool:
        """Returns whether the known proofs do not hold; false where nothing could be tried."""
        return not self.recalled and (isinstance(self.result, FoundProof) or self.result[0] != "failed")


class Executor(Protocol):
    """Traces repositories and attempts their theorems."""

    def trace(self, location: str) -> str:
        """Traces a repository into the database and returns the revision that was traced.

        Raises:
            ProverError: the repository cannot be read or built.
        """
        ...

    def attempt(
        self, location: str, revision: str, requests: Sequence[AttemptRequest], learned: LearnedState
    ) -> Iterator[AttemptResult]:
        """Attempts theorems of a repository at a revision, each once; yields the results as they are finished.

        Raises:
            ProverError: the repository cannot be read or built, or is at another revision now.
        """
        ...

    def settings(self) -> dict[str, Any]:
        """Returns what the outcome of an attempt depends on, besides the request and what was learned."""
        ...
