"""Predicts the number of steps of a statement's proof: ridge regression on hashed words, fitted when it is needed.

Theorems without a proof have no complexity, and still need a place in the order of trying.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from zlib import crc32

from retrieval.lean_text import words_in

if TYPE_CHECKING:
    import numpy as np

HASH_SLOTS = 256
LENGTH_SCALE_WORDS = 100.0
"""Divides the length of a statement, in words, so that it has the size of the other features."""
RIDGE_PENALTY = 4.0


class StepCritic:
    """Predicts the log complexity (the steps) of a statement's proof."""

    def __init__(self, weights: "np.ndarray[Any, np.dtype[np.float64]] | None", mean: float) -> None:
        """Takes the weights of the `HASH_SLOTS + 2` features, or None where nothing was fitted; see `fit`."""
        self._weights = weights
        self._mean = mean

    @classmethod
    def fit(cls, statements: Sequence[str], complexities: Sequence[float]) -> "StepCritic":
        """Fits a critic to theorems whose complexity is known; without any, it predicts 0.

        Minimises Σ (w·x − y)² + λ|w|² (Hoerl and Kennard 1970) with y = log(1 + steps), so that a proof of a thousand
        steps does not outweigh all others.
        """
        import numpy as np

        if not statements:
            return cls(None, 0.0)
        target = np.log1p(np.asarray(complexities, dtype=np.float64))
        mean = float(target.mean())
        rows = _features(statements)
        gram = rows.T @ rows + RIDGE_PENALTY * np.eye(rows.shape[1])
        return cls(np.linalg.solve(gram, rows.T @ (target - mean)).astype(np.float64), mean)

    def predict(self, statements: Sequence[str]) -> list[float]:
        """Returns the expected number of steps of each statement's proof, never negative."""
        import numpy as np

        if self._weights is None:
            return [0.0] * len(statements)
        logs = np.clip(_features(statements) @ self._weights + self._mean, 0.0, 12.0)
        return [float(value) for value in np.expm1(logs)]


def _features(statements: Sequence[str]) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Returns features of shape (statements, HASH_SLOTS + 2), float64: normalised hashed words, the length, and 1."""
    import numpy as np

    rows = np.zeros((len(statements), HASH_SLOTS + 2))
    for row, statement in zip(rows, statements, strict=True):
        words = list(words_in(statement))
        for word in words:
            row[crc32(word.encode()) % HASH_SLOTS] += 1.0
        norm = np.linalg.norm(row)
        if norm:
            row /= norm
        row[HASH_SLOTS] = len(words) / LENGTH_SCALE_WORDS
        row[HASH_SLOTS + 1] = 1.0
    return rows
