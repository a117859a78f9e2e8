"""The contract of encoders, and the queries that they encode. Imports no numerical library."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from retrieval.lean_text import (
    GoalText,
    Signature,
    goal_text,
    name_words,
    signature,
    spoken,
    symbols,
    without_names,
    words_in,
)
from retrieval.premise import Premise

if TYPE_CHECKING:
    from retrieval.postings import Float32Array
SMALL_WORDS = frozenset(
    ("a", "an", "are", "as", "at", "be", "by", "for", "from", "in", "is", "it", "of", "on", "that", "the", "to", "with")
)
"""English words that carry no information in a query."""


@dataclass(frozen=True)
class Query:
    """A search query: a goal, words, or both."""

    goal: str = ""
    """The goal as Lean prints it; empty if there is none."""
    words: str = ""
    """Plain English, or a part of a name."""
    terms: tuple[str, ...] = field(init=False)
    """The words of the query, as they occur in names."""
    symbols: frozenset[str] = field(init=False)
    """The symbols that occur in the goal."""
    target: tuple[str, ...] = field(init=False)
    """The words of the goal's target, without names of variables."""

    def __post_init__(self) -> None:
        goal: GoalText = goal_text(self.goal) if self.goal else GoalText((), "")
        names = frozenset(name for name, _ in goal.hypotheses)
        target = tuple(without_names(words_in(goal.target), names))
        about = {s for _, type_ in goal.hypotheses for s in symbols(without_names(words_in(type_), names))}
        said = [word for word in name_words(self.words) if word not in SMALL_WORDS]
        object.__setattr__(self, "target", target)
        object.__setattr__(self, "symbols", symbols(target) | about)
        object.__setattr__(self, "terms", (*said, *spoken(target)))


@dataclass(frozen=True)
class PremiseFeatures:
    """A premise, read once for all scores."""

    terms: tuple[str, ...]
    """The words of the premise's name, statement and docstring."""
    symbols: frozenset[str]
    conclusion: tuple[str, ...]
    """The words of the premise's conclusion, without names of variables."""
    name: tuple[str, ...]


def premise_features(premise: Premise) -> PremiseFeatures:
    """Returns the features of a premise that scores need."""
    said: Signature = signature(premise.statement)
    names = frozenset(name for name, _ in said.binders)
    conclusion = tuple(without_names(words_in(said.conclusion), names))
    types = {s for _, type_ in said.binders for s in symbols(without_names(words_in(type_), names))}
    name = tuple(name_words(premise.name))
    told = name_words(premise.docstring) if premise.docstring else ()
    return PremiseFeatures((*name, *name, *spoken(conclusion), *told), symbols(conclusion) | types, conclusion, name)


class Encoder(Protocol):
    """Turns premises and queries into vectors of length 1."""

    version: str
    """An identifier that changes if the vectors change."""
    dimensions: int

    def premises(self, premises: Sequence[Premise]) -> "Float32Array":
        """A row for each premise."""
        ...

    def query(self, query: Query) -> "Float32Array":
        """One row."""
        ...
