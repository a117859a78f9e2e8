"""In which order repositories are learnt. One protocol, several orders; none touches a database or a model itself.

Every order is total and does not depend on the order of what it is given: ties go by location.
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
    """A repository that may be learnt."""

    location: str
    theorems: tuple[RatedTheorem, ...] = ()
    statements: tuple[str, ...] = ()
    """what its theorems say, as Lean prints it; as many as there are theorems"""
    closures: tuple[int, ...] = ()
    """for each of its modules, how many modules of the repository it needs, itself included"""


@dataclass(frozen=True)
class OrderedRepository:
    """A repository at its place in an order."""

    subject: RepositoryProfile
    score: float
    """what it was ordered by; the smaller comes first"""


class Order(Protocol):
    """Puts repositories in the order in which they are to be learnt."""

    name: str

    def place(self, subjects: Sequence[RepositoryProfile]) -> list[OrderedRepository]:
        """Every repository once, the first to be learnt first."""
        ...


class EasyFirst:
    """LeanAgent's order: the repositories with the most easy theorems first."""

    name = "easy"

    def place(self, subjects: Sequence[RepositoryProfile]) -> list[OrderedRepository]:
        """By the number of easy theorems, with borders over all the repositories together."""
        borders = thresholds_of(subjects)
        return _by_score(subjects, lambda s: -float(histogram(s.theorems, borders)[Category.EASY]))


class SmallClosures:
    """Repositories whose modules stand on little first: by the mean size of the closure of a module's imports."""

    name = "closure"

    def place(self, subjects: Sequence[RepositoryProfile]) -> list[OrderedRepository]:
        """Of a repository without modules nothing is known: it comes last."""
        return _by_score(subjects, lambda s: fmean(s.closures) if s.closures else math.inf)


class Predicted:
    """By what a critic expects: the mean complexity that it predicts for the statements of a repository."""

    name = "predicted"

    def __init__(self, predict: Callable[[Sequence[str]], Sequence[float]]) -> None:
        self._predict = predict

    def place(self, subjects: Sequence[RepositoryProfile]) -> list[OrderedRepository]:
        """Of a repository without theorems nothing is predicted: it comes last."""
        return _by_score(subjects, lambda s: fmean(self._predict(s.statements)) if s.statements else math.inf)


class Similar:
    """Each repository is as near as can be to what was learnt before it.

    The first is the one nearest to all of them together; each next has the largest cosine between its mean vector
    and the mean of those already placed.
    """

    name = "similar"

    def __init__(self, embed: Callable[[Sequence[str]], Sequence[Vector]]) -> None:
        self._embed = embed

    def place(self, subjects: Sequence[RepositoryProfile]) -> list[OrderedRepository]:
        """Greedily; a repository without statements comes last."""
        means = {s.location: _mean(self._embed(s.statements)) for s in subjects if s.statements}
        left = sorted((s for s in subjects if s.statements), key=lambda s: s.location)
        learnt = [means[s.location] for s in left]
        placed: list[OrderedRepository] = []
        while left:
            centre = _mean(learnt)
            nearest = max(left, key=lambda s: _cosine(means[s.location], centre))
            left.remove(nearest)
            placed.append(OrderedRepository(nearest, 1.0 - _cosine(means[nearest.location], centre)))
            learnt = [means[p.subject.location] for p in placed]
        rest = sorted((s for s in subjects if not s.statements), key=lambda s: s.location)
        return placed + [OrderedRepository(s, math.inf) for s in rest]


class Shuffled:
    """At random: what every other order has to beat."""

    name = "random"

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def place(self, subjects: Sequence[RepositoryProfile]) -> list[OrderedRepository]:
        """The same for the same seed and repositories."""
        return _by_score(subjects, lambda s: random.Random(f"{self._seed} {s.location}").random())


class Reversed:
    """Another order, backwards."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self.name = f"{order.name}, reversed"

    def place(self, subjects: Sequence[RepositoryProfile]) -> list[OrderedRepository]:
        """The last of the other order first."""
        return self._order.place(subjects)[::-1]


def thresholds_of(subjects: Sequence[RepositoryProfile]) -> Thresholds:
    """The borders of easy and medium over several repositories together."""
    return thresholds(theorem for subject in subjects for theorem in subject.theorems)


def histogram_of(subject: RepositoryProfile, borders: Thresholds) -> Histogram:
    """How hard the theorems of a repository are."""
    return histogram(subject.theorems, borders)


def _by_score(
    subjects: Sequence[RepositoryProfile], score: Callable[[RepositoryProfile], float]
) -> list[OrderedRepository]:
    scored = [OrderedRepository(subject, score(subject)) for subject in subjects]
    return sorted(scored, key=lambda placed: (placed.score, placed.subject.location))


def _mean(vectors: Sequence[Vector]) -> list[float]:
    return [fmean(column) for column in zip(*vectors, strict=True)]


def _cosine(one: Vector, other: Vector) -> float:
    lengths = math.hypot(*one) * math.hypot(*other)
    return math.fsum(a * b for a, b in zip(one, other, strict=True)) / lengths if lengths else 0.0
