"""What proposes tactics: the protocol that every kind of generator speaks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from prover.lean.protocol import Goal


@dataclass(frozen=True)
class Suggestion:
    """A tactic that might help."""

    tactic: str
    log_probability: float
    """natural logarithm; generators need not normalise"""


class TacticGenerator(Protocol):
    """Proposes tactics for a goal. Must not depend on anything but the goal and itself."""

    name: str

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        """Tactics for the first of the open goals, in any order, each at most once."""
        ...


def merge(generators: Sequence[TacticGenerator], goal: Goal) -> list[Suggestion]:
    """All suggestions, each text once with its best probability, the most probable first."""
    best: dict[str, Suggestion] = {}
    for generator in generators:
        for suggestion in generator.suggest(goal):
            known = best.get(suggestion.tactic)
            if known is None or suggestion.log_probability > known.log_probability:
                best[suggestion.tactic] = suggestion
    return sorted(best.values(), key=lambda suggestion: -suggestion.log_probability)
