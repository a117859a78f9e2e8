"""What proposes tactics: the protocol that every kind of generator speaks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from prover.lean.protocol import Goal
from prover.project.contents import FileContents


@dataclass(frozen=True)
class Suggestion:
    """A tactic that might help."""

    tactic: str
    log_probability: float
    """natural logarithm; generators need not normalise"""
    sources: tuple[str, ...] = ()
    """the generators that proposed it, where several were mixed"""


@dataclass(frozen=True)
class Place:
    """A theorem that is to be proved: what a generator must know so as not to learn from what comes after it."""

    module: str
    declaration: str
    """its full name"""
    start: int
    """the first byte of the declaration"""
    statement_key: str
    """of its elaborated type"""


@dataclass(frozen=True)
class ProofStep:
    """A goal that was met in a proof that was found, and the tactic that was used on it."""

    goal: Goal
    tactic: str
    sources: tuple[str, ...] = ()
    """the generators that proposed it, where several were mixed"""


class TacticGenerator(Protocol):
    """Proposes tactics for a goal. Must not depend on anything but the goal and itself."""

    name: str

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        """Tactics for the first of the open goals, in any order, each at most once."""
        ...


@runtime_checkable
class Situated(Protocol):
    """What proposes tactics that depend on which theorem is being proved."""

    name: str

    def at(self, place: Place) -> TacticGenerator:
        """The generator for one theorem."""
        ...


@runtime_checkable
class Learner(Protocol):
    """What learns from proofs that the gate has accepted."""

    def learn_proof(self, place: Place, steps: Sequence[ProofStep]) -> None:
        """Learns a proof; suggestions for later theorems may come of it."""
        ...


@runtime_checkable
class Reader(Protocol):
    """What must know a file before its theorems are proved."""

    def read_file(self, file: FileContents) -> None:
        """Learns what the file declares and imports."""
        ...


@runtime_checkable
class Foresighted(Protocol):
    """What answers for several goals in little more time than for one."""

    def foresee(self, goals: Sequence[Goal]) -> None:
        """Prepares suggestions for goals that are likely to be asked about soon."""
        ...


@runtime_checkable
class Outliner(Protocol):
    """What knows whole proofs that may hold in part."""

    def whole_proofs(self, goal: Goal) -> Sequence[Suggestion]:
        """Blocks of tactics for the first goal of a theorem, the most promising first."""
        ...


@runtime_checkable
class Listener(Protocol):
    """What is told at once how its suggestions fare."""

    def tried(self, goal: Goal, suggestion: Suggestion, advanced: bool) -> None:
        """A suggestion of its own was run; Lean accepted it, or not."""
        ...


Generator = TacticGenerator | Situated


def situated(generators: Sequence[Generator], place: Place) -> tuple[TacticGenerator, ...]:
    """The generators for one theorem."""
    return tuple(g.at(place) if isinstance(g, Situated) else g for g in generators)


def merge(generators: Sequence[TacticGenerator], goal: Goal) -> list[Suggestion]:
    """All suggestions, each text once with its best probability, the most probable first."""
    best: dict[str, Suggestion] = {}
    for generator in generators:
        for suggestion in generator.suggest(goal):
            known = best.get(suggestion.tactic)
            if known is None or suggestion.log_probability > known.log_probability:
                best[suggestion.tactic] = suggestion
    return sorted(best.values(), key=lambda suggestion: -suggestion.log_probability)
