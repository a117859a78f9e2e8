"""Predicts from a statement how many steps its proof takes: ridge regression on hashed words. Has no weights to ship.

It is what stands in for a trained critic: theorems that have no proof yet have no complexity, and still need a place
in the order of trying.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from zlib import crc32

from retrieval.lean_text import words_in

if TYPE_CHECKING:
    import numpy as np

SLOTS = 256
LENGTH_SCALE = 100.0
"""words; brings the length of a statement to the size of the other features"""
RIDGE = 4.0


class StepCritic:
    """Expected log complexity (steps) of a statement's proof."""

    def __init__(self, weights: "np.ndarray[Any, np.dtype[np.float64]] | None", mean: float) -> None:
        """With the weights of the `SLOTS + 2` features, or None where nothing was learnt; see `fit`."""
        self._weights = weights
        self._mean = mean

    @classmethod
    def fit(cls, statements: Sequence[str], complexities: Sequence[float]) -> "StepCritic":
        """Learns from theorems whose complexity is known; of none it predicts 0 for all.

        Minimises Σ (w·x − y)² + λ|w|² (Hoerl and Kennard 1970), y being the logarithm of one and the steps, in which
        a proof of a thousand steps does not outweigh all others.
        """
        import numpy as np

        if not statements:
            return cls(None, 0.0)
        target = np.log1p(np.asarray(complexities, dtype=np.float64))
        mean = float(target.mean())
        rows = _features(statements)
        gram = rows.T @ rows + RIDGE * np.eye(rows.shape[1])
        return cls(np.linalg.solve(gram, rows.T @ (target - mean)).astype(np.float64), mean)

    def predict(self, statements: Sequence[str]) -> list[float]:
        """The expected steps of each, never negative."""
        import numpy as np

        if self._weights is None:
            return [0.0] * len(statements)
        logs = np.clip(_features(statements) @ self._weights + self._mean, 0.0, 12.0)
        return [float(value) for value in np.expm1(logs)]


def _features(statements: Sequence[str]) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Shape (statements, SLOTS + 2): words by their hash, each row of length 1; the length; and a 1."""
    import numpy as np

    rows = np.zeros((len(statements), SLOTS + 2))
    for row, statement in zip(rows, statements, strict=True):
        words = list(words_in(statement))
        for word in words:
            row[crc32(word.encode()) % SLOTS] += 1.0
        norm = np.linalg.norm(row)
        if norm:
            row /= norm
        row[SLOTS] = len(words) / LENGTH_SCALE
        row[SLOTS + 1] = 1.0
    return rows
