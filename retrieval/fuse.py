"""Several rankings made one: reciprocal-rank fusion (Cormack, Clarke and Büttcher 2009), with weights."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retrieval.postings import Floats, Places

CONSTANT = 30.0
"""how slowly the worth of a rank falls; 60 in the paper, which fuses whole rankings of documents"""


def fused(rankings: Mapping[str, "Places"], weights: Mapping[str, float], count: int) -> "tuple[Places, Floats]":
    """The best of what stands in any ranking, and its score: the weighted sum of 1 / (constant + rank)."""
    import numpy as np

    if not rankings:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
    found = np.concatenate([np.asarray(ranking, dtype=np.int64) for ranking in rankings.values()])
    worth = np.concatenate(
        [weights.get(name, 0.0) / (CONSTANT + 1.0 + np.arange(len(r))) for name, r in rankings.items()]
    )
    items, where = np.unique(found, return_inverse=True)
    scores = np.bincount(where, weights=worth, minlength=len(items))
    order = np.lexsort((items, -scores))[:count]
    return items[order], scores[order].astype(np.float32)


def best(scores: "Floats", count: int) -> "Places":
    """The places of the highest scores above zero, the highest first."""
    import numpy as np

    found = np.flatnonzero(scores > 0)
    if len(found) > count:
        found = found[np.argpartition(scores[found], -count)[-count:]]
    return np.asarray(found[np.lexsort((found, -scores[found]))], dtype=np.int64)


def ranks(ranking: Sequence[int]) -> dict[int, int]:
    """From each item to its rank, from 1."""
    return {item: rank for rank, item in enumerate(ranking, start=1)}
