"""Fits the weights of rankings and the prior of premises to goals for which the premises used in the proof are known.

The method is coordinate ascent on recall at 10: each of a few parameters is tried at a few values while the others stay
fixed, until none improves. The rankings do not depend on the parameters and are computed once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import TYPE_CHECKING

from retrieval.corpus import Corpus
from retrieval.encode.encoder import Query
from retrieval.evaluate import Needed
from retrieval.retriever import PRIOR, WEIGHTS, Prior, Retriever, ordered

if TYPE_CHECKING:
    from retrieval.postings import Int64Array

STEPS = (0.5, 0.7, 0.85, 1.2, 1.5, 2.0)
"""The factors by which each parameter is multiplied."""
SWEEPS = 4
COUNT = 10


@dataclass(frozen=True)
class Fusion:
    """The fitted parameters."""

    weights: Mapping[str, float]
    prior: Prior = PRIOR


@dataclass(frozen=True)
class RankedGoal:
    """A goal with each way's own ranking of what can be named there."""

    corpus: Corpus
    needed: Needed
    rankings: "Mapping[str, Int64Array]"

    def recall(self, fusion: Fusion, count: int = COUNT) -> float:
        """The share of what is needed that is among the first `count`."""
        module = self.needed.position.module
        items, _ = ordered(self.corpus, self.rankings, fusion.weights, fusion.prior, module, count)
        found = {self.corpus.premises[item].name for item in items.tolist()}
        return len(found & self.needed.premises) / len(self.needed.premises)


def ranked(retriever: Retriever, goals: Sequence[Needed]) -> list[RankedGoal]:
    """The rankings of some goals of one repository."""
    return [
        RankedGoal(
            retriever.corpus, goal, retriever.rankings(Query(goal.goal), retriever.corpus.visible(goal.position))
        )
        for goal in goals
    ]


def fit(
    groups: Sequence[Sequence[RankedGoal]], start: Fusion = Fusion(WEIGHTS), count: int = COUNT
) -> tuple[Fusion, float]:  # frozen
    """The fusion with the best recall, and that recall; each group, a repository's goals, counts the same."""

    def recall(fusion: Fusion) -> float:
        return fmean(fmean(each.recall(fusion, count) for each in group) for group in groups)

    best, reached = start, recall(start)
    for _ in range(SWEEPS):
        before = reached
        for change in _changes(start):
            for factor in STEPS:
                tried = change(best, factor)
                if (found := recall(tried)) > reached:
                    best, reached = tried, found
        if reached == before:
            break
    return best, reached


def _changes(fusion: Fusion) -> list[Callable[[Fusion, float], Fusion]]:
    """Each changes one number by a factor; the first weight stays, since only their proportions matter."""

    def weight(name: str) -> Callable[[Fusion, float], Fusion]:
        return lambda old, factor: replace(old, weights={**old.weights, name: round(old.weights[name] * factor, 3)})

    def prior(name: str) -> Callable[[Fusion, float], Fusion]:
        return lambda old, factor: replace(
            old, prior=replace(old.prior, **{name: round(getattr(old.prior, name) * factor, 3)})
        )

    return [*map(weight, list(fusion.weights)[1:]), *map(prior, ("same_module", "same_root", "theorem"))]
