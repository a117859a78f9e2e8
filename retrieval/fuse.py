"""Several rankings made one: reciprocal-rank fusion (Cormack, Clarke and Büttcher 2009), with weights."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retrieval.postings import Float32Array, Int64Array

RANK_OFFSET = 30.0
"""The constant k of reciprocal rank fusion; 60 in the paper, which fuses whole rankings of documents."""

SAMPLE = 4096
"""The number of largest scores that are examined first."""


def fused(
    rankings: Mapping[str, "Int64Array"], weights: Mapping[str, float], count: int
) -> "tuple[Int64Array, Float32Array]":
    """The best of what stands in any ranking, and its score: the weighted sum of 1 / (constant + rank)."""
    import numpy as np

    if not rankings:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
    found = np.concatenate([np.asarray(ranking, dtype=np.int64) for ranking in rankings.values()])
    worth = np.concatenate(
        [weights.get(name, 0.0) / (RANK_OFFSET + 1.0 + np.arange(len(r))) for name, r in rankings.items()]
    )
    items, where = np.unique(found, return_inverse=True)
    scores = np.bincount(where, weights=worth, minlength=len(items))
    order = np.lexsort((items, -scores))[:count]
    return items[order], scores[order].astype(np.float32)


def best(scores: "Float32Array", count: int) -> "Int64Array":
    """The places of the highest scores above zero, the highest first; of equal ones any.

    A sample says above which score there are enough of them, so that few have to be put in order.
    """
    import numpy as np

    step = max(1, len(scores) // SAMPLE)
    sample = scores[::step]
    likely = min(len(sample), 2 * count // step + 8)  # so many of the sample stand among twice the best, or so
    floor = max(0.0, float(np.partition(sample, -likely)[-likely])) if likely else 0.0
    found = np.flatnonzero(scores > floor)
    if len(found) < count:
        found = np.flatnonzero(scores > 0)
    if len(found) > count:
        found = found[np.argpartition(scores[found], -count)[-count:]]
    return np.asarray(found[np.lexsort((found, -scores[found]))], dtype=np.int64)


def ranks(ranking: Sequence[int]) -> dict[int, int]:
    """From each item to its rank, from 1."""
    return {item: rank for rank, item in enumerate(ranking, start=1)}
