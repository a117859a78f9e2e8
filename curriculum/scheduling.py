"""What to attempt next, by value per cost; and how to share out a budget. Plain numbers: no database, no clock.

The chance that an attempt succeeds is estimated from the results of earlier attempts, and from how much was learned
since the theorem's last one. Related: DART-Math (Tong et al. 2024: more tries for hard problems) and GVM (Yao et al.
2025: tries in proportion to the standard deviation of their outcome).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

PRIOR_STRENGTH = 4.0
"""The weight of the prior, in attempts."""
PRIOR_RATES = (0.35, 0.15, 0.08, 0.05, 0.03)
"""Prior chance of success by the number of earlier tries; the last value is for more."""
LEARNING_HALF_PROOFS = 20.0
"""The number of learned proofs after which a theorem's last failure counts half."""
FAILURE_DECAY_S = 14 * 24 * 3600.0
"""The time constant after which a failure counts less even if nothing was learned: commits bring new lemmas."""
MIN_COST_S = 0.1


class SuccessRecord(msgspec.Struct, frozen=True, gc=False):
    """Results of attempts at theorems that had been tried equally often before."""

    attempts: int = 0
    proved: int = 0
    seconds: float = 0.0


class Candidate(msgspec.Struct, frozen=True, gc=False):
    """A theorem that may be attempted next, with the results of attempts at similar theorems."""

    theorem: int
    tried: int
    since_s: float
    """The time since its last try, in seconds; ignored if it was never tried."""
    learned_since: int
    """The number of proofs found since then."""
    record: SuccessRecord = SuccessRecord()
    """Results in its repository, at theorems tried as often."""
    everywhere: SuccessRecord = SuccessRecord()
    """The same in all repositories."""


class PrioritisedCandidate(msgspec.Struct, frozen=True, gc=False):
    """A candidate with the value of an attempt."""

    candidate: Candidate
    chance: float
    """The chance that an attempt succeeds, from 0 to 1."""
    cost: float
    """The expected time of an attempt, in seconds."""

    @property
    def worth(self) -> float:
        """The expected number of proofs per second."""
        return self.chance / self.cost


def prioritise(candidate: Candidate, budget: float) -> PrioritisedCandidate:
    """Returns a candidate with the value of an attempt.

    The rate is the mean of a Beta posterior: the prior by number of tries, then all repositories, then its own. After a
    failure the chance depends on what changed since: with nothing learned and no time passed, the theorem would fail
    again; the more was learned, the nearer its chance is to the rate of similar theorems.

    Args:
        budget: the time limit of an attempt, in seconds.
    """
    prior = PRIOR_RATES[min(candidate.tried, len(PRIOR_RATES) - 1)]
    overall = _posterior(prior, candidate.everywhere)
    rate = _posterior(overall, candidate.record)
    chance = rate if candidate.tried == 0 else rate * staleness(candidate.learned_since, candidate.since_s)
    return PrioritisedCandidate(candidate, chance, _cost(candidate, budget))


def best(candidates: Sequence[Candidate], budget: float) -> PrioritisedCandidate | None:
    """Returns the most valuable candidate, the one with the smallest id among equals; None without any."""
    prioritised = [prioritise(candidate, budget) for candidate in candidates]
    return max(prioritised, key=lambda w: (w.worth, -w.candidate.theorem), default=None)


def staleness(learned: int, seconds: float) -> float:
    """Returns how much of a failure is out of date, from 0.01 to 1.

    It is never 0, so that every theorem is tried again some day. A clock that was set back counts as no time passed.
    """
    learning = max(0, learned) / (max(0, learned) + LEARNING_HALF_PROOFS)
    time = 1.0 - math.exp(-max(0.0, seconds) / FAILURE_DECAY_S)
    return max(0.01, 1.0 - (1.0 - learning) * (1.0 - time))


def shares(chances: Mapping[str, float], total: int, least: int) -> dict[str, int]:
    """Shares out a number of tactics among theorems in proportion to √(p(1−p)), with at least `least` for each.

    This is the standard deviation of the outcome: a theorem that surely fails, or surely succeeds, needs few tactics
    (Neyman's allocation, 1934; GVM applies it to sampling proofs). Rounding is by largest remainders.

    Raises:
        ValueError: the total is less than the minimum for all.
    """
    if total < least * len(chances):
        raise ValueError(f"{total} tactics are not enough for {len(chances)} theorems with {least} each")
    left = total - least * len(chances)
    weights = {name: math.sqrt(max(0.0, p * (1.0 - p))) for name, p in chances.items()}
    sum_ = math.fsum(weights.values())
    if not sum_:
        weights = dict.fromkeys(chances, 1.0)
        sum_ = float(len(chances)) or 1.0
    exact = {name: left * weight / sum_ for name, weight in weights.items()}
    given = {name: math.floor(amount) for name, amount in exact.items()}
    rest = left - sum(given.values())
    for name in sorted(exact, key=lambda n: (given[n] - exact[n], n))[:rest]:
        given[name] += 1
    return {name: least + amount for name, amount in given.items()}


@dataclass(frozen=True)
class Temperatures:
    """Chooses temperatures by their past success (B-STaR, Zeng et al., ICLR 2025).

    A theorem's first try is at temperature 0; later ones are at the temperature with the highest upper confidence bound
    of its success rate (Auer et al. 2002), so that none is given up too early.
    """

    grid: tuple[float, ...] = (0.1, 0.3, 0.6, 1.0)

    def choose(self, tried: Sequence[int], record: Mapping[float, SuccessRecord]) -> list[float]:
        """Returns a temperature for each theorem, from the past results of each temperature.

        Each choice counts as a try for the next one, so that the theorems of one repository are spread over
        temperatures that are about equally promising. Otherwise a temperature would be judged by the difficulty of the
        one repository that it was tried on.

        Args:
            tried: for each theorem, the number of its earlier tries.
        """
        attempts = {t: record.get(t, SuccessRecord()).attempts for t in self.grid}
        rates = {t: record[t].proved / attempts[t] if attempts[t] else 0.0 for t in self.grid}
        chosen = []
        for before in tried:
            if before == 0:
                chosen.append(0.0)
                continue
            total = sum(attempts.values())
            best = max(self.grid, key=lambda t: (_upper_bound(rates[t], attempts[t], total), -t))
            attempts[best] += 1
            chosen.append(best)
        return chosen


def _upper_bound(rate: float, attempts: int, total: int) -> float:
    return rate + math.sqrt(2.0 * math.log(max(total, 2)) / attempts) if attempts else math.inf


def _posterior(prior: float, record: SuccessRecord) -> float:
    return (prior * PRIOR_STRENGTH + record.proved) / (PRIOR_STRENGTH + record.attempts)


def _cost(candidate: Candidate, budget: float) -> float:
    own, all_ = candidate.record, candidate.everywhere
    attempts, seconds = own.attempts + all_.attempts, own.seconds + all_.seconds
    mean = (budget * PRIOR_STRENGTH + seconds) / (PRIOR_STRENGTH + attempts)
    return max(MIN_COST_S, min(mean, budget))
