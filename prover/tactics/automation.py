"""Closing tactics of core Lean, weighted by how often they are worth their cost.

The list follows the baselines of SorryDB and miniF2F. Simplification and `grind` also get the definitions that the goal
mentions, its hypotheses, and lemmas in scope. Goals about numbers get additional tactics.
"""

from collections.abc import Iterator, Sequence

from prover.lean.protocol import Goal
from prover.tactics.arithmetic import by_numbers
from prover.tactics.generator import StatelessGenerator, Suggestion

ARITHMETIC_HEADS = {"Eq", "LE.le", "LT.lt", "GE.ge", "GT.gt", "Ne", "Not", "False", "And", "Or", "Iff", "Dvd.dvd"}
FIXED_LIST = ("rfl", "trivial", "assumption", "contradiction", "omega", "decide", "simp", "simp_all", "grind", "exact?")
"""the tactics of the fixed-list baseline"""


class Automation(StatelessGenerator):
    """Tactics that are meant to close a goal at once."""

    name = "automation"

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        """Returns closing tactics for the goal, cheap ones first."""
        return [Suggestion(tactic, weight) for tactic, weight in _unique(_closing(goal))]


class FixedList(StatelessGenerator):
    """The fixed list of closing tactics, a baseline."""

    name = "fixed list"

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        """Returns the same tactics for every goal."""
        return [Suggestion(tactic, -0.1 * rank) for rank, tactic in enumerate(FIXED_LIST)]


def unfoldable(goal: Goal) -> list[str]:
    """Returns the project's definitions in the goal that rewriting may unfold."""
    return [d.name for d in goal.definitions if d.kind == "definition" and not d.projection]


def _closing(goal: Goal) -> Iterator[tuple[str, float]]:
    definitions = unfoldable(goal)
    lemmas = list(goal.lemmas[:6])
    facts = [h.name for h in goal.hypotheses if h.prop and not h.instance]
    yield "rfl", -0.3
    if facts:
        yield "assumption", -0.3
        yield "contradiction", -0.5
    if goal.head in ARITHMETIC_HEADS:
        yield "omega", -0.6
    yield "simp", -0.8
    if facts:
        yield "simp_all", -0.9
    if definitions:
        names = ", ".join(definitions)
        yield f"simp [{names}]", -0.8
        if facts:
            yield f"simp_all [{names}]", -0.9
            yield f"simp_all [{names}] <;> omega", -1.5
            yield f"simp_all [{names}] <;> grind", -1.9
        yield f"grind [{names}]", -1.2
        yield f"simp [{names}] <;> omega", -1.5
    if lemmas:
        yield f"simp [{', '.join(lemmas)}]", -1.0
        yield f"simp_all [{', '.join([*definitions, *lemmas])}]", -1.2
        yield f"grind [{', '.join([*definitions, *lemmas])}]", -1.5
    yield "grind", -1.3
    yield "decide", -1.6
    yield from by_numbers(goal)
    yield "exact?", -4.0


def _unique(pairs: Iterator[tuple[str, float]]) -> list[tuple[str, float]]:
    seen: dict[str, float] = {}
    for tactic, weight in pairs:
        seen.setdefault(tactic, weight)
    return list(seen.items())
