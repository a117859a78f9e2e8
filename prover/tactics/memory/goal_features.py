"""Goals as bags of features that do not depend on the names of hypotheses.

Features are read from goals as Lean prints them, since most goals are stored as text only. They measure similarity
and never decide whether goals are equal.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from zlib import crc32

from prover.lean.protocol import Goal
from retrieval.lean_text import OPENING, goal_text, outermost, symbols, without_names, words_in


@dataclass(frozen=True)
class Local:
    """A hypothesis or variable that a tactic may name."""

    name: str
    shape: str
    """its type without the names of variables"""
    symbols: frozenset[str]
    place: int | None
    """the number of other variables before it in the target; None if it does not occur there"""


@dataclass(frozen=True)
class GoalFeatures:
    """The features of a goal."""

    locals: tuple[Local, ...]
    bag: dict[int, float]
    """the weight of each feature, by the hash of the feature"""
    target: tuple[str, ...]
    """the words of its target, without names of variables"""


def features_of(goal: Goal) -> GoalFeatures:
    """Returns the features of a goal that is being proved."""
    return features([(h.name, h.type) for h in goal.hypotheses], goal.target)


def features_of_text(printed: str) -> GoalFeatures:
    """Returns the features of the first goal of a state as Lean prints it."""
    goal = goal_text(printed)
    return features(goal.hypotheses, goal.target)


def features(hypotheses: Sequence[tuple[str, str]], target: str) -> GoalFeatures:
    """Returns the features of a goal; each hypothesis is its name and its printed type."""
    names = frozenset(name for name, _ in hypotheses)
    words = words_in(target)
    places: dict[str, int] = {}
    for word in words:
        if (name := word.split(".", 1)[0]) in names:
            places.setdefault(name, len(places))
    made = []
    for name, type_ in hypotheses:
        shape = tuple(without_names(words_in(type_.split(" := ", 1)[0]), names))
        made.append(Local(name, " ".join(shape), symbols(shape), places.get(name)))
    bare = tuple(without_names(words, names))
    return GoalFeatures(tuple(made), _bag(made, bare), bare)


def _bag(locals_: Iterable[Local], target: Sequence[str]) -> dict[int, float]:
    found: dict[int, float] = {}
    for kind, text, weight in _features(locals_, target):
        number = crc32(f"{kind}:{text}".encode())
        found[number] = max(weight, found.get(number, 0.0))
    return found


def _features(locals_: Iterable[Local], target: Sequence[str]) -> Iterator[tuple[str, str, float]]:
    for symbol in symbols(target):
        yield "symbol", symbol, 1.0
    for pair in pairwise(target):
        yield "pair", " ".join(pair), 0.6
    relation, sides = outermost(target)
    yield "relation", relation, 1.0
    for side, words in sides.items():
        yield side, next((w for w in words if w not in OPENING), ""), 0.8
        yield side + " whole", " ".join(words), 0.8
    yield "target", " ".join(target), 1.5
    for local in locals_:
        yield "hypothesis", local.shape, 0.5
        for symbol in local.symbols:
            yield "about", symbol, 0.4
