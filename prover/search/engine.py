"""The contract of search engines: each searches for a proof of one goal, without I/O and without language models."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from prover.lean.protocol import Goal
from prover.lean.session import Session, State, TacticLimits
from prover.search.budget import Budget, Meter, ModelUsage
from prover.search.priority import Priority, length_normalised
from prover.search.stuck import NO_PARTIAL_PROOF, PartialProof, StuckAt
from prover.tactics.generator import BoundGenerator, ProofStep
from prover.tactics.invention import INVENTIONS

if TYPE_CHECKING:
    from prover.tactics.policy.policy import NamedPolicy

DEFAULT_WIDTH = 128
DEFAULT_ENGINE = "best_first"
DEFAULT_PRIORITY = length_normalised()
DEFAULT_LIMITS = TacticLimits(milliseconds=1_500)
WHOLE_PROOF_LIMITS = TacticLimits(milliseconds=6_000)
"""the limits of a tactic of a whole proof, which may be half of that proof"""
WHOLE_PROOF_LOG_PROBABILITY = 0.01
"""the log-probability of a tactic of a whole proof: above 0, so that the search continues where the proof stopped
before it returns to the root"""


@dataclass(frozen=True)
class Strategy:
    """The engine that searches, and its settings."""

    priority: Priority = DEFAULT_PRIORITY
    limits: TacticLimits = DEFAULT_LIMITS
    width: int = DEFAULT_WIDTH
    """the maximum number of tactics tried on a goal"""
    invent: tuple[str, ...] = INVENTIONS
    """the kinds of what a goal may lack that the search looks for, among `INVENTIONS`"""
    refute: bool = True
    """True if goals that small instances refute are not searched further."""
    engine: str = DEFAULT_ENGINE
    """the name of an engine in the registry `ENGINES`"""
    policy: "NamedPolicy | None" = None
    """says which suggestions of all generators to try first; None to leave that to the generators"""


@dataclass(frozen=True)
class Proved:
    """A proof that the search believes. The gate has not judged it."""

    scripts: tuple[tuple[str, ...], ...]
    """the same proof, written in the ways worth trying, the most readable first"""
    meter: Meter
    steps: tuple[ProofStep, ...] = ()
    """the goals of the proof, parents first, each with the tactic that was used on it"""


@dataclass(frozen=True)
class Open:
    """The search found no proof within the budget."""

    reason: str
    meter: Meter
    partial: PartialProof = NO_PARTIAL_PROOF
    """The partial proof that got furthest, and the goals that it leaves."""


Result = Proved | Open


@dataclass(frozen=True)
class Hole:
    """A goal that a whole proof leaves open by a `sorry`."""

    goal: Goal
    state: State


GoalStatus = Literal["proved", "false", "open"]
"""What a search knows of a goal."""


@dataclass
class Replayed:
    """The outcome of replaying a whole proof into a search."""

    held: list[str] = field(default_factory=list)
    """tactics that Lean accepted, in order"""
    failed: str | None = None
    """the first tactic that Lean refused"""
    message: str = ""
    """Lean's message about the refused tactic"""
    goal: Goal | None = None
    """the goal on which Lean refused it"""
    holes: list[Hole] = field(default_factory=list)
    """the goals that the proof itself left open"""
    sorries: int = 0
    """the number of goals that the proof itself left open"""
    proved: bool = False
    """True once the goal of the search is proved."""


class Engine(ABC):
    """One search for a proof of one goal. It can be continued: after a proof was refused, and with a larger budget."""

    meter: Meter
    """counts what the search uses; its budget may be replaced between two calls"""

    @abstractmethod
    def run(self) -> Result:
        """Searches until the goal is proved, nothing is left to try, or the budget is spent.

        Raises:
            LeanError: Lean does not answer.
        """

    @abstractmethod
    def refuse(self) -> None:
        """Rejects the proof found last, so that the next `run` finds another."""

    @abstractmethod
    def graft(
        self,
        proof: str,
        sources: tuple[str, ...],
        limits: TacticLimits = WHOLE_PROOF_LIMITS,
        log_probability: float = WHOLE_PROOF_LOG_PROBABILITY,
        at: State | None = None,
    ) -> Replayed:
        """Replays a whole proof as far as it holds; the search continues from there too.

        Args:
            proof: a block of tactics; each `sorry` in it becomes a goal of the search.
            sources: the names of the generators that wrote it.
            limits: the limits of each of its tactics.
            log_probability: what each of its tactics counts as.
            at: the goal that it proves, one of the search; the root by default.

        Raises:
            LeanError: Lean does not answer.
        """

    def status(self, state: State) -> GoalStatus:
        """Returns what the search knows of a goal; an engine that cannot tell says that it is open."""
        return "open"

    def give_up(self, state: State) -> None:
        """Learns that a goal is false, so that it is not searched further."""
        return

    def remaining(self, state: State) -> tuple[StuckAt, ...]:
        """Returns the goals that remain of the partial proof of a goal that got furthest, if the engine can tell."""
        return ()


class EngineFactory(Protocol):
    """Creates an engine for one goal; usually an engine's class."""

    def __call__(
        self,
        session: Session,
        root: State,
        generator: BoundGenerator,
        strategy: Strategy,
        budget: Budget,
        usage: ModelUsage = ...,
    ) -> Engine:
        """Returns a search for a proof of `root`.

        Args:
            usage: what language models use while the search runs; it counts against the budget.
        """
        ...
