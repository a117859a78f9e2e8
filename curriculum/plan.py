"""The plan of what to learn in which order, how hard it is, and about how long it takes. Plain computation."""

from collections.abc import Sequence
from dataclasses import dataclass

from curriculum.database.provable import AttemptTotals
from curriculum.difficulty import Category, Histogram, Thresholds
from curriculum.ordering import Order, RepositoryProfile, histogram_of, thresholds_of

PRIOR_ATTEMPTS = 5.0
"""The weight, in attempts, of the mean cost over all repositories in the estimate for one repository."""


@dataclass(frozen=True)
class PlannedRepository:
    """A repository of the plan, with its estimated cost."""

    location: str
    score: float
    """The score that it was ordered by; smaller scores come first."""
    histogram: Histogram
    experience: AttemptTotals
    seconds: float
    """The expected time of one attempt at each of its unproved theorems, in seconds."""

    @property
    def unproved(self) -> int:
        """The number of theorems that have no proof yet."""
        return self.histogram[Category.UNPROVED]


@dataclass(frozen=True)
class CurriculumPlan:
    """Repositories in the order in which they are to be learned."""

    order: str
    thresholds: Thresholds
    entries: tuple[PlannedRepository, ...]
    untraced: tuple[str, ...] = ()
    """Locations of repositories that were not traced yet."""

    @property
    def seconds(self) -> float:
        """The expected time of the whole plan in seconds, without tracing."""
        return sum(entry.seconds for entry in self.entries)


def plan(profiles: Sequence[tuple[RepositoryProfile, AttemptTotals]], order: Order, budget: float) -> CurriculumPlan:
    """Returns the plan for traced repositories.

    Args:
        budget: the time limit of an attempt in seconds; also the estimate where no attempt was ever made.
    """
    experience = {profile.location: made for profile, made in profiles}
    usual = _mean_cost(sum(experience.values(), AttemptTotals()), budget)
    borders = thresholds_of([profile for profile, _ in profiles])
    entries = []
    for placed in order.place([profile for profile, _ in profiles]):
        location = placed.profile.location
        counted = histogram_of(placed.profile, borders)
        made = experience[location]
        cost = (made.seconds + PRIOR_ATTEMPTS * usual) / (made.attempts + PRIOR_ATTEMPTS)
        seconds = counted[Category.UNPROVED] * min(cost, budget)
        entries.append(PlannedRepository(location, placed.score, counted, made, seconds))
    return CurriculumPlan(order.name, borders, tuple(entries))


def _mean_cost(made: AttemptTotals, budget: float) -> float:
    return made.seconds / made.attempts if made.attempts else budget
