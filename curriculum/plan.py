"""A plan of what to learn in which order, how hard it is, and about how long it takes. Computes; asks nobody."""

from collections.abc import Sequence
from dataclasses import dataclass

from curriculum.database.provable import AttemptTotals
from curriculum.difficulty import Category, Histogram, Thresholds
from curriculum.ordering import Order, RepositoryProfile, histogram_of, thresholds_of

PRIOR_ATTEMPTS = 5.0
"""how many attempts at the mean cost of all repositories a repository is thought to have had already"""


@dataclass(frozen=True)
class PlannedRepository:
    """A repository of the plan."""

    location: str
    score: float
    """what it was ordered by; the smaller comes first"""
    histogram: Histogram
    experience: AttemptTotals
    seconds: float
    """what one attempt at each of its unproved theorems is expected to take"""

    @property
    def unproved(self) -> int:
        """Theorems that are there to be tried."""
        return self.histogram[Category.UNPROVED]


@dataclass(frozen=True)
class CurriculumPlan:
    """Repositories in the order in which they are to be learnt."""

    order: str
    thresholds: Thresholds
    entries: tuple[PlannedRepository, ...]
    untraced: tuple[str, ...] = ()
    """repositories of which nothing is known yet"""

    @property
    def seconds(self) -> float:
        """What all of it is expected to take, without tracing."""
        return sum(entry.seconds for entry in self.entries)


def plan(subjects: Sequence[tuple[RepositoryProfile, AttemptTotals]], order: Order, budget: float) -> CurriculumPlan:
    """The plan for some traced repositories.

    Args:
        budget: seconds that an attempt may take; what one is expected to take where none was ever made.
    """
    experience = {subject.location: made for subject, made in subjects}
    usual = _mean_cost(sum(experience.values(), AttemptTotals()), budget)
    borders = thresholds_of([subject for subject, _ in subjects])
    entries = []
    for placed in order.place([subject for subject, _ in subjects]):
        location = placed.subject.location
        counted = histogram_of(placed.subject, borders)
        made = experience[location]
        cost = (made.seconds + PRIOR_ATTEMPTS * usual) / (made.attempts + PRIOR_ATTEMPTS)
        seconds = counted[Category.UNPROVED] * min(cost, budget)
        entries.append(PlannedRepository(location, placed.score, counted, made, seconds))
    return CurriculumPlan(order.name, borders, tuple(entries))


def _mean_cost(made: AttemptTotals, budget: float) -> float:
    return made.seconds / made.attempts if made.attempts else budget
