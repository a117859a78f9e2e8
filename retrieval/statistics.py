"""Confidence intervals by the bootstrap, for everything in this code base that reports an average of measurements."""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

CONFIDENCE = 0.95
RESAMPLES = 10_000

Drawn = Sequence[Sequence[int]]
"""For each stratum, the numbers of the items that were drawn from it."""


@dataclass(frozen=True)
class Interval:
    """An estimate with its confidence interval."""

    estimate: float
    """The value computed from all measurements."""
    low: float
    """The lower end of the interval; NaN where it is undefined."""
    high: float
    """The upper end of the interval; NaN where it is undefined."""


def bootstrap(
    compute: Callable[[Drawn], Mapping[str, float]],
    sizes: Sequence[int],
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> dict[str, Interval]:
    """Returns percentile intervals (Efron 1979) of statistics of items that are independent draws.

    Args:
        compute: Computes the statistics, by name, from the numbers of items. It is called once with all items, in
            order, and once for each resample, in which items are drawn with replacement within each stratum.
        sizes: The number of items in each stratum. Items that belong together, such as the goals of one theorem, are
            one item.
        seed: Determines the resamples.

    A statistic that is NaN in a resample is left out there.
    """
    rng = random.Random(seed)
    whole = compute([range(size) for size in sizes])
    resampled: dict[str, list[float]] = {name: [] for name in whole}
    for _ in range(resamples):
        drawn = [rng.choices(range(size), k=size) if size else [] for size in sizes]
        for name, value in compute(drawn).items():
            resampled[name].append(value)
    return {name: _percentiles(estimate, resampled[name], confidence) for name, estimate in whole.items()}


def bootstrap_mean(
    values: Sequence[float], seed: int = 0, resamples: int = RESAMPLES, confidence: float = CONFIDENCE
) -> Interval:
    """Returns the mean of values between 0 and 1 with its interval; without any value, the interval is [0, 1]."""
    if not values:
        return Interval(0.0, 0.0, 1.0)

    def mean(drawn: Drawn) -> dict[str, float]:
        return {"mean": fmean([values[number] for number in drawn[0]])}

    return bootstrap(mean, [len(values)], seed, resamples, confidence)["mean"]


def _percentiles(estimate: float, resampled: Sequence[float], confidence: float) -> Interval:
    ordered = sorted(value for value in resampled if not math.isnan(value))
    if not ordered:
        return Interval(estimate, math.nan, math.nan)
    tail = (1 - confidence) / 2
    low = ordered[int(tail * len(ordered))]
    high = ordered[min(len(ordered) - 1, math.ceil((1 - tail) * len(ordered)) - 1)]
    return Interval(estimate, low, high)
