"""What to try next, by value per cost; and how to share a budget out. Plain numbers: no database, no clock of its own.

The chance that an attempt succeeds is estimated from what attempts came to before, and from how much has been learnt
since the theorem's last one. The families are DART-Math (Tong et al. 2024: more tries for what is hard) and GVM (Yao et
al. 2025: tries where they tell most, in proportion to the standard deviation of their outcome).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

PRIOR_STRENGTH = 4.0
"""how many attempts the prior is worth"""
PRIOR_RATES = (0.35, 0.15, 0.08, 0.05, 0.03)
"""chance of success by how often a theorem was tried before; the last for more often"""
LEARNT_HALF = 20.0
"""proofs that must be learnt before a theorem's last failure counts half"""
FORGOTTEN_S = 14 * 24 * 3600.0
"""seconds after which a failure says less anyhow: commits come, and lemmas with them"""
LEAST_COST_S = 0.1


class SuccessRecord(msgspec.Struct, frozen=True, gc=False):
    """What attempts came to, of theorems that had been tried equally often before."""

    attempts: int = 0
    proved: int = 0
    seconds: float = 0.0


class Candidate(msgspec.Struct, frozen=True, gc=False):
    """A theorem that may be tried next, and what is known of its like."""

    theorem: int
    tried: int
    since_s: float
    """seconds since it was tried last; anything where it never was"""
    learnt_since: int
    """proofs that were found since then"""
    record: SuccessRecord = SuccessRecord()
    """of its repository, of theorems tried as often"""
    everywhere: SuccessRecord = SuccessRecord()
    """the same of all repositories"""


class PrioritisedCandidate(msgspec.Struct, frozen=True, gc=False):
    """A prospect with what trying it is worth."""

    prospect: Candidate
    chance: float
    """that an attempt succeeds, from 0 to 1"""
    cost: float
    """the seconds that an attempt takes"""

    @property
    def worth(self) -> float:
        """Proofs per second."""
        return self.chance / self.cost


def prioritise(prospect: Candidate, budget: float) -> PrioritisedCandidate:
    """What trying a theorem is worth.

    The rate is the mean of a Beta posterior: the prior by number of tries, then all repositories, then its own. A
    theorem that has failed is worth only what has changed since: with nothing learnt and no time gone it would fail
    again; the more was learnt, the nearer its chance is to the rate of its like.

    Args:
        budget: seconds an attempt may take.
    """
    prior = PRIOR_RATES[min(prospect.tried, len(PRIOR_RATES) - 1)]
    usual = _posterior(prior, prospect.everywhere)
    rate = _posterior(usual, prospect.record)
    chance = rate if prospect.tried == 0 else rate * staleness(prospect.learnt_since, prospect.since_s)
    return PrioritisedCandidate(prospect, chance, _cost(prospect, budget))


def best(prospects: Sequence[Candidate], budget: float) -> PrioritisedCandidate | None:
    """The most valuable of some prospects; the first by number among equals; None of none."""
    weighed = [prioritise(prospect, budget) for prospect in prospects]
    return max(weighed, key=lambda w: (w.worth, -w.prospect.theorem), default=None)


def staleness(learnt: int, seconds: float) -> float:
    """How much of a failure is out of date, from 0.01 to 1.

    Never 0: a theorem that was tried is tried again some day, whatever happens. A clock that was set back makes no
    failure newer than new.
    """
    learning = max(0, learnt) / (max(0, learnt) + LEARNT_HALF)
    time = 1.0 - math.exp(-max(0.0, seconds) / FORGOTTEN_S)
    return max(0.01, 1.0 - (1.0 - learning) * (1.0 - time))


def shares(chances: Mapping[str, float], total: int, least: int) -> dict[str, int]:
    """Shares a number of tactics out among theorems: in proportion to √(p(1−p)), but to each at least `least`.

    The standard deviation of the outcome: a theorem that surely fails, or surely succeeds, needs no long look
    (Neyman's allocation, 1934; GVM applies it to sampling proofs). What rounding leaves goes to the largest remainders.

    Raises:
        ValueError: the total is not enough for the least.
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
    """Exploration that is watched: which temperature has led to proofs (B-STaR, Zeng et al., ICLR 2025).

    A theorem's first try is at temperature 0; later ones are at the temperature that promises most by the upper
    confidence bound of its rate (Auer et al. 2002), so that none is given up for want of luck.
    """

    grid: tuple[float, ...] = (0.1, 0.3, 0.6, 1.0)

    def choose(self, tried: Sequence[int], record: Mapping[float, SuccessRecord]) -> list[float]:
        """The temperatures for theorems that were tried so often, by what each temperature came to so far.

        What is chosen here counts as tried: theorems of one repository are spread over the temperatures that promise
        like much, or else a temperature would be judged by how hard the repository is that it was tried on.
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


def _cost(prospect: Candidate, budget: float) -> float:
    own, all_ = prospect.record, prospect.everywhere
    attempts, seconds = own.attempts + all_.attempts, own.seconds + all_.seconds
    mean = (budget * PRIOR_STRENGTH + seconds) / (PRIOR_STRENGTH + attempts)
    return max(LEAST_COST_S, min(mean, budget))
