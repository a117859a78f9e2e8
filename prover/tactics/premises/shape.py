"""The form of a theorem, read from its printed statement, and tests whether it can apply to a goal.

These tests are cheaper than unification, and Lean runs the tactics that pass them. They compare constants only: a
constant of the theorem's conclusion that the goal does not have cannot be unified with anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from prover.lean.protocol import Goal
from retrieval.lean_text import CLOSING, OPENING, PLACEHOLDERS, outermost, signature, symbols, without_names, words_in

EQUATIONS = ("=", "↔")
SYMMETRIC = ("=", "↔", "≠")
PROPOSITIONS = frozenset(["=", "≠", "<", "≤", ">", "≥", "∈", "∉", "⊆", "∣", "↔", "∧", "∨", "¬"])


@dataclass(frozen=True)
class Term:
    """A side of an equation, or a whole proposition."""

    symbols: frozenset[str]
    anything: bool
    """whether it is a variable, possibly applied, which unifies with anything"""

    def covers(self, symbols: frozenset[str]) -> bool:
        """Returns whether a term with these symbols may be an instance of it."""
        return self.symbols <= symbols


@dataclass(frozen=True)
class Proposition:
    """A proposition."""

    relation: str
    """its relation, or the head of an application"""
    whole: Term
    left: Term | None = None
    right: Term | None = None
    conditions: int = 0
    """the number of its hypotheses that are propositions"""

    @property
    def equation(self) -> bool:
        """Returns whether `rw` can use it."""
        return self.relation in EQUATIONS and self.left is not None

    def can_prove(self, goal: "Proposition") -> bool:
        """Returns whether it may unify with a whole goal."""
        if self.relation != goal.relation:
            return False
        if self.left is None or self.right is None or goal.left is None or goal.right is None:
            return self.whole.covers(goal.whole.symbols)
        return self.left.covers(goal.left.symbols) and self.right.covers(goal.right.symbols)


@dataclass(frozen=True)
class GoalShape:
    """The form of a goal: its target, and its hypotheses that are propositions."""

    target: Proposition
    facts: Mapping[str, Proposition]


@lru_cache(maxsize=50_000)
def shape_of(statement: str) -> Proposition:
    """Returns the form of the conclusion of a printed signature."""
    printed = signature(statement)
    names = frozenset(name for name, _ in printed.binders)
    words = list(without_names(words_in(printed.conclusion), names))
    conditions = sum(1 for _, type_ in printed.binders if PROPOSITIONS & set(words_in(type_)))
    while True:
        if words[:1] == ["∀"]:
            words = _after_binders(words)
            continue
        relation, sides = outermost(words)
        if relation != "→":
            return _shape(words, conditions)
        words, conditions = list(sides["right"]), conditions + 1


def shape_of_goal(goal: Goal) -> GoalShape:
    """Returns the forms of a goal's target and of its hypotheses."""
    names = frozenset(h.name for h in goal.hypotheses)

    def read(text: str) -> Proposition:
        return _shape(list(without_names(words_in(text), names)), 0)

    facts = {h.name: read(h.type) for h in goal.facts}
    return GoalShape(read(goal.target), facts)


def _shape(words: Sequence[str], conditions: int) -> Proposition:
    words = _unwrapped(words)
    relation, sides = outermost(words)
    left, right = sides.get("left"), sides.get("right")
    return Proposition(
        relation.rsplit(".", 1)[-1],
        _side(words),
        _side(left) if left is not None else None,
        _side(right) if right is not None else None,
        conditions,
    )


def _side(words: Sequence[str]) -> Term:
    first = next((word for word in words if word not in OPENING), "")
    return Term(symbols(words), first in PLACEHOLDERS and (len(words) == 1 or not symbols(words)))


def _unwrapped(words: Sequence[str]) -> Sequence[str]:
    """Returns the words without brackets around all of them."""
    while len(words) > 1 and words[0] == "(" and _closes(words) == len(words) - 1:
        words = words[1:-1]
    return words


def _closes(words: Sequence[str]) -> int:
    """Returns the index at which the first bracket is closed."""
    depth = 0
    for place, word in enumerate(words):
        depth += (word in OPENING) - (word in CLOSING)
        if depth == 0:
            return place
    return len(words)


def _after_binders(words: Sequence[str]) -> list[str]:
    """Returns the words after the comma that ends the binders of a `∀`."""
    depth = 0
    for place, word in enumerate(words):
        depth += (word in OPENING) - (word in CLOSING)
        if word == "," and depth == 0:
            return list(words[place + 1 :])
    return []
