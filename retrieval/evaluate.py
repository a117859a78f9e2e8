"""Evaluation of retrieval on goals for which the premises used in the proof are known.

The figures are recall at k, mean reciprocal rank, nDCG at 10, and the share of steps for which all premises are found,
as reported by LeanDojo (Yang et al. 2023) and its successors. Intervals are bootstrapped over theorems, because the
steps of a theorem are not independent.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from retrieval.premise import Position
from retrieval.statistics import Drawn, Interval, bootstrap

RESAMPLES = 1_000


@dataclass(frozen=True)
class Needed:
    """A goal, where it stands, and what was needed there."""

    goal: str
    """The goal as Lean prints it; empty if there is none."""
    premises: frozenset[str]
    theorem: str
    """The theorem that contains the goal; the unit of resampling."""
    position: Position


METRICS: Mapping[str, Callable[[Sequence[int], int], float]] = {
    "R@1": lambda ranks, needed: _recall(ranks, needed, 1),
    "R@10": lambda ranks, needed: _recall(ranks, needed, 10),
    "R@32": lambda ranks, needed: _recall(ranks, needed, 32),
    "MRR": lambda ranks, needed: 1.0 / min(ranks) if ranks else 0.0,
    "nDCG@10": lambda ranks, needed: _ndcg(ranks, needed, 10),
    "all@10": lambda ranks, needed: float(_recall(ranks, needed, 10) == 1.0),
    "all@32": lambda ranks, needed: float(_recall(ranks, needed, 32) == 1.0),
}
"""The metrics by name, computed from the ranks of the needed premises that were found, and the number needed."""


def figures(found: Iterable[tuple[Needed, Sequence[str]]], seed: int = 0) -> dict[str, Interval]:
    """Every metric over goals and the names that were found for each, the best first."""
    by_theorem: dict[str, list[dict[str, float]]] = defaultdict(list)
    for needed, names in found:
        ranks = [rank for rank, name in enumerate(names, start=1) if name in needed.premises]
        by_theorem[needed.theorem].append(
            {name: metric(ranks, len(needed.premises)) for name, metric in METRICS.items()}
        )
    groups = list(by_theorem.values())
    if not groups:
        return {name: Interval(math.nan, math.nan, math.nan) for name in METRICS}
    counts = [len(group) for group in groups]
    sums = {name: [sum(row[name] for row in group) for group in groups] for name in METRICS}

    def means(drawn: Drawn) -> dict[str, float]:
        total = sum(counts[number] for number in drawn[0])
        return {name: sum(sums[name][number] for number in drawn[0]) / total for name in METRICS}

    return bootstrap(means, [len(groups)], seed, RESAMPLES)


def _recall(ranks: Sequence[int], needed: int, count: int) -> float:
    return sum(rank <= count for rank in ranks) / needed


def _ndcg(ranks: Sequence[int], needed: int, count: int) -> float:
    gained = sum(1.0 / math.log2(1 + rank) for rank in ranks if rank <= count)
    return gained / sum(1.0 / math.log2(1 + rank) for rank in range(1, min(needed, count) + 1))
