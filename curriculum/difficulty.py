"""Difficulty of theorems, from their proofs: complexity, percentiles, categories. Plain numbers, no database.

The measure is LeanAgent's (Kumarappan et al., ICLR 2025): a theorem whose proof has S tactic steps has complexity
e^S; the 33rd and the 67th percentile over all theorems that have one divide easy, medium and hard. As e^S is more
than a double holds from 710 steps on, only its logarithm S is ever computed, which changes no comparison.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise

EASY_PERCENTILE, MEDIUM_PERCENTILE = 33.0, 67.0
"""The percentiles that divide easy from medium, and medium from hard."""


class Category(Enum):
    """The difficulty of a theorem."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"
    UNPROVED = "unproved"
    """It rests on `sorry`, and no proof was found."""
    UNRATED = "unrated"
    """Its proof is a term, which has no steps to count."""


@dataclass(frozen=True)
class RatedTheorem:
    """A theorem with what determines its difficulty."""

    name: str
    incomplete: bool = False
    """Whether its text contains a `sorry`."""
    steps: int | None = None
    """The number of tactic steps of its proof in the repository; None for a term proof."""
    found: int | None = None
    """The number of tactic steps of the shortest proof that the prover found; None if it found none."""

    @property
    def log_complexity(self) -> float | None:
        """The natural logarithm S of the complexity e^S; None without a tactic proof.

        A proof that the prover found counts where the repository has none: a filled `sorry` is no longer unproved.
        """
        steps = self.found if self.incomplete else self.steps if self.steps is not None else self.found
        return None if steps is None else float(steps)


@dataclass(frozen=True)
class Thresholds:
    """The log complexities up to which theorems are easy, and medium."""

    easy: float
    medium: float

    def category(self, theorem: RatedTheorem) -> Category:
        """Returns the difficulty of a theorem."""
        complexity = theorem.log_complexity
        if complexity is None:
            return Category.UNPROVED if theorem.incomplete else Category.UNRATED
        if complexity <= self.easy:
            return Category.EASY
        return Category.MEDIUM if complexity <= self.medium else Category.HARD


def thresholds(theorems: Iterable[RatedTheorem]) -> Thresholds:
    """Returns the 33rd and 67th percentiles over the theorems of all repositories that have a complexity.

    Theorems without one do not count: an infinity among the values would move both thresholds.
    """
    known = sorted(c for theorem in theorems if (c := theorem.log_complexity) is not None)
    return Thresholds(percentile(known, EASY_PERCENTILE), percentile(known, MEDIUM_PERCENTILE))


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Returns a percentile of ordered numbers, by linear interpolation; 0 for no numbers.

    Raises:
        ValueError: a number is not finite, or they are not in order.
    """
    if not all(math.isfinite(value) for value in ordered):
        raise ValueError("a percentile over values that are not finite has no meaning")
    if any(one > other for one, other in pairwise(ordered)):
        raise ValueError("the values are not in order")
    if not ordered:
        return 0.0
    place = (len(ordered) - 1) * percent / 100
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    part = place - below
    return ordered[below] if part == 0 else ordered[below] * (1 - part) + ordered[above] * part


@dataclass(frozen=True)
class Histogram:
    """The number of theorems of each difficulty."""

    counts: Counter[Category] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """The number of all theorems."""
        return self.counts.total()

    def __getitem__(self, category: Category) -> int:
        return self.counts[category]


def histogram(theorems: Iterable[RatedTheorem], borders: Thresholds) -> Histogram:
    """Returns the number of theorems of each difficulty."""
    return Histogram(Counter(borders.category(theorem) for theorem in theorems))
