"""Statistics of proof rates: pass@k, Wilson's interval, McNemar's paired test. Plain formulas, no models."""

import math
from statistics import NormalDist

from retrieval.statistics import CONFIDENCE, Interval


def pass_at_k(tries: int, successes: int, k: int) -> float:
    """Returns an unbiased estimate of the probability that at least one of `k` tries succeeds, from `tries` of them.

    1 − C(n − c, k) / C(n, k), of Chen et al., "Evaluating Large Language Models Trained on Code" (2021).
    """
    if not 0 <= successes <= tries or not 1 <= k <= tries:
        raise ValueError(f"pass@{k} cannot be estimated from {successes} successes in {tries} tries")
    return 1.0 - math.comb(tries - successes, k) / math.comb(tries, k)


def wilson(successes: int, trials: int, confidence: float = CONFIDENCE) -> Interval:
    """Returns Wilson's score interval of a proportion (1927); without any trial, the interval is [0, 1]."""
    if trials == 0:
        return Interval(0.0, 0.0, 1.0)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = successes / trials
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    reach = z / (1 + z * z / trials) * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    low = 0.0 if successes == 0 else max(0.0, middle - reach)
    high = 1.0 if successes == trials else min(1.0, middle + reach)
    return Interval(share, low, high)


def mcnemar(only_first: int, only_second: int) -> float:
    """Returns McNemar's exact two-sided p-value: the probability of paired differences at least as uneven by chance."""
    differing = only_first + only_second
    if differing == 0:
        return 1.0
    tail = sum(math.comb(differing, count) for count in range(min(only_first, only_second) + 1))
    return min(1.0, 2 * tail / (1 << differing))
