"""How hard theorems are, from their proofs: complexity, percentiles, categories. Plain numbers, no database.

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

LOWER, UPPER = 33.0, 67.0
"""the percentiles that divide"""


class Category(Enum):
    """How hard a theorem is."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"
    UNPROVED = "unproved"
    """it rests on `sorry`, and nobody has found a proof"""
    UNRATED = "unrated"
    """its proof is a term: it has no steps to count, and is neither easy nor hard by that"""


@dataclass(frozen=True)
class RatedTheorem:
    """A theorem, as far as its difficulty goes."""

    name: str
    incomplete: bool = False
    """its text leaves something to `sorry`"""
    steps: int | None = None
    """tactic steps of its proof in the repository; None for a term"""
    found: int | None = None
    """tactic steps of the shortest proof that the prover has found itself; None where it has found none"""

    @property
    def log_complexity(self) -> float | None:
        """S, the natural logarithm of e^S; None where there is no proof, or none made of tactics.

        A proof of ours counts where the repository has none: a `sorry` that was filled is unproved no longer.
        """
        steps = self.found if self.incomplete else self.steps if self.steps is not None else self.found
        return None if steps is None else float(steps)


@dataclass(frozen=True)
class Thresholds:
    """What divides easy from medium, and medium from hard; each belongs to the lower side."""

    easy: float
    medium: float

    def category(self, theorem: RatedTheorem) -> Category:
        """How hard a theorem is."""
        complexity = theorem.log_complexity
        if complexity is None:
            return Category.UNPROVED if theorem.incomplete else Category.UNRATED
        if complexity <= self.easy:
            return Category.EASY
        return Category.MEDIUM if complexity <= self.medium else Category.HARD


def thresholds(theorems: Iterable[RatedTheorem]) -> Thresholds:
    """The 33rd and 67th percentiles over the theorems that have a complexity, of all repositories together.

    Theorems without one have no say: an infinity among them would move both borders.
    """
    known = sorted(c for theorem in theorems if (c := theorem.log_complexity) is not None)
    return Thresholds(percentile(known, LOWER), percentile(known, UPPER))


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Interpolates linearly between the two nearest of some ordered numbers; 0 of none.

    Raises:
        ValueError: one is not finite, or they are not in order.
    """
    if not all(math.isfinite(value) for value in ordered):
        raise ValueError("a percentile over values that are not finite says nothing")
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
    """How many theorems are how hard."""

    counts: Counter[Category] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """All theorems."""
        return self.counts.total()

    def __getitem__(self, category: Category) -> int:
        return self.counts[category]


def histogram(theorems: Iterable[RatedTheorem], borders: Thresholds) -> Histogram:
    """How many of some theorems are how hard; each is counted once."""
    return Histogram(Counter(borders.category(theorem) for theorem in theorems))
