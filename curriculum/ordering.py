"""Orders in which repositories are learned. One protocol, several orders; none uses a database or a model itself.

Every order is total and independent of the order of its input: ties are broken by location.
"""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Protocol

from curriculum.difficulty import Category, Histogram, RatedTheorem, Thresholds, histogram, thresholds

Vector = Sequence[float]


@dataclass(frozen=True)
class RepositoryProfile:
    """A repository that may be learned, with what orders need to know of it."""

    location: str
    theorems: tuple[RatedTheorem, ...] = ()
    statements: tuple[str, ...] = ()
    """The statements of its theorems as Lean prints them, in the same order."""
    closures: tuple[int, ...] = ()
    """For each of its modules, the number of the repository's modules in its import closure, itself included."""


@dataclass(frozen=True)
class OrderedRepository:
    """A repository in an order, with its score."""

    profile: RepositoryProfile
    score: float
    """The score that it was ordered by; smaller scores come first."""


class Order(Protocol):
    """An order in which repositories are to be learned."""

    name: str

    def place(self, profiles: Sequence[RepositoryProfile]) -> list[OrderedRepository]:
        """Returns every repository once, the first to be learned first."""
        ...


class EasyFirst:
    """LeanAgent's order: the repositories with the most easy theorems first."""

    name = "easy"

    def place(self, profiles: Sequence[RepositoryProfile]) -> list[OrderedRepository]:
        """Orders by the number of easy theorems, with thresholds over all the repositories together."""
        borders = thresholds_of(profiles)
        return _by_score(profiles, lambda s: -float(histogram(s.theorems, borders)[Category.EASY]))


class SmallClosures:
    """Repositories whose modules need little first: by the mean size of a module's import closure."""

    name = "closure"

    def place(self, profiles: Sequence[RepositoryProfile]) -> list[OrderedRepository]:
        """Orders by mean closure size; a repository without modules comes last."""
        return _by_score(profiles, lambda s: fmean(s.closures) if s.closures else math.inf)


class Predicted:
    """By the mean complexity that a critic predicts for the statements of a repository."""

    name = "predicted"

    def __init__(self, predict: Callable[[Sequence[str]], Sequence[float]]) -> None:
        self._predict = predict

    def place(self, profiles: Sequence[RepositoryProfile]) -> list[OrderedRepository]:
        """Orders by predicted complexity; a repository without theorems comes last."""
        return _by_score(profiles, lambda s: fmean(self._predict(s.statements)) if s.statements else math.inf)


class Similar:
    """Each repository is as similar as possible to those before it.

    The first is the one nearest to all of them together; each next has the largest cosine between its mean vector
    and the mean of those already placed.
    """

    name = "similar"

    def __init__(self, embed: Callable[[Sequence[str]], Sequence[Vector]]) -> None:
        self._embed = embed

    def place(self, profiles: Sequence[RepositoryProfile]) -> list[OrderedRepository]:
        """Orders greedily; a repository without statements comes last."""
        means = {s.location: _mean(self._embed(s.statements)) for s in profiles if s.statements}
        left = sorted((s for s in profiles if s.statements), key=lambda s: s.location)
        learned = [means[s.location] for s in left]
        placed: list[OrderedRepository] = []
        while left:
            centre = _mean(learned)
            nearest = max(left, key=lambda s: _cosine(means[s.location], centre))
            left.remove(nearest)
            placed.append(OrderedRepository(nearest, 1.0 - _cosine(means[nearest.location], centre)))
            learned = [means[p.profile.location] for p in placed]
        rest = sorted((s for s in profiles if not s.statements), key=lambda s: s.location)
        return placed + [OrderedRepository(s, math.inf) for s in rest]


class Shuffled:
    """A random order: the baseline of every other order."""

    name = "random"

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def place(self, profiles: Sequence[RepositoryProfile]) -> list[OrderedRepository]:
        """Orders at random, the same for the same seed and repositories."""
        return _by_score(profiles, lambda s: random.Random(f"{self._seed} {s.location}").random())


class Reversed:
    """Another order, reversed."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self.name = f"{order.name}, reversed"

    def place(self, profiles: Sequence[RepositoryProfile]) -> list[OrderedRepository]:
        """Returns the repositories of the other order, the last first."""
        return self._order.place(profiles)[::-1]


def thresholds_of(profiles: Sequence[RepositoryProfile]) -> Thresholds:
    """Returns the thresholds of easy and medium over several repositories together."""
    return thresholds(theorem for profile in profiles for theorem in profile.theorems)


def histogram_of(profile: RepositoryProfile, borders: Thresholds) -> Histogram:
    """Returns the number of theorems of each difficulty in a repository."""
    return histogram(profile.theorems, borders)


def _by_score(
    profiles: Sequence[RepositoryProfile], score: Callable[[RepositoryProfile], float]
) -> list[OrderedRepository]:
    scored = [OrderedRepository(profile, score(profile)) for profile in profiles]
    return sorted(scored, key=lambda placed: (placed.score, placed.profile.location))


def _mean(vectors: Sequence[Vector]) -> list[float]:
    return [fmean(column) for column in zip(*vectors, strict=True)]


def _cosine(one: Vector, other: Vector) -> float:
    lengths = math.hypot(*one) * math.hypot(*other)
    return math.fsum(a * b for a, b in zip(one, other, strict=True)) / lengths if lengths else 0.0
