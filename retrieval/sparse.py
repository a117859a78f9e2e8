"""An inverted index over bags of weighted features: rare features count more, and rows can be added at any time.

Knows neither what a row is nor where its features come from. Not thread-safe.
"""

import math
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Float32Array = np.ndarray[Any, np.dtype[np.float32]]

MAX_ROW_SHARE = 0.25
"""The share of rows above which a feature is ignored, because it is not informative."""
EXACT_UP_TO_ROWS = 2_000
"""The number of rows below which every feature is used."""


@dataclass(frozen=True)
class Hit:
    """A row that was found."""

    row: int
    score: float
    """The cosine similarity of the two bags of features, from 0 to 1."""


class SparseIndex:
    """Rows of features with weights, compared by the cosine of their rarity-weighted bags (tf-idf)."""

    def __init__(self) -> None:
        self._rows: dict[int, array[int]] = {}
        """The rows that contain a feature, by feature."""
        self._weights: dict[int, array[float]] = {}
        self._bags: list[tuple[array[int], array[float]]] = []
        """The features and weights of the rows whose norm is not computed yet."""
        self._lengths: array[float] = array("f")

    def __len__(self) -> int:
        return len(self._lengths) + len(self._bags)

    def add(self, bag: Mapping[int, float]) -> int:
        """Adds a row; its number."""
        row = len(self)
        for feature, weight in bag.items():
            rows = self._rows.get(feature)
            if rows is None:
                rows, self._weights[feature] = self._rows.setdefault(feature, array("i")), array("f")
            rows.append(row)
            self._weights[feature].append(weight)
        self._bags.append((array("Q", bag.keys()), array("f", bag.values())))
        return row

    def rarity(self, feature: int) -> float:
        """The natural logarithm of how many rows there are for one that has the feature; 0 when none has it."""
        rows = self._rows.get(feature)
        return math.log((1 + len(self)) / len(rows)) if rows else 0.0

    def search(self, bag: Mapping[int, float], count: int, allowed: bytes | bytearray | None = None) -> list[Hit]:
        """The rows nearest to a bag, the nearest first; those that share nothing with it are left out.

        Args:
            allowed: a byte for each row, 1 for those that may be found; rows that have none may not.
        """
        import numpy as np

        self._measure()
        if not len(self) or count <= 0:
            return []
        scores = self._scores(bag)
        if allowed is not None:
            scores[: len(allowed)] *= np.frombuffer(allowed, dtype=np.uint8)
            scores[len(allowed) :] = 0.0
        found = np.flatnonzero(scores)
        if len(found) > count:
            found = found[np.argpartition(scores[found], -count)[-count:]]
        order = found[np.lexsort((found, -scores[found]))]
        return [Hit(int(row), float(scores[row])) for row in order]

    def _scores(self, bag: Mapping[int, float]) -> "Float32Array":
        import numpy as np

        total = len(self)
        scores = np.zeros(total, dtype=np.float32)
        length = 0.0
        for feature, weight in bag.items():
            rarity = self.rarity(feature)
            if not rarity:
                length += (weight * self._unseen()) ** 2
                continue
            length += (weight * rarity) ** 2
            rows = self._rows[feature]
            if total > EXACT_UP_TO_ROWS and len(rows) > MAX_ROW_SHARE * total:
                continue
            at = np.frombuffer(rows, dtype=np.int32)
            scores[at] += np.frombuffer(self._weights[feature], dtype=np.float32) * np.float32(weight * rarity**2)
        lengths = np.frombuffer(self._lengths, dtype=np.float32)
        scores /= np.maximum(lengths * np.float32(length**0.5), 1e-9)
        return scores

    def _unseen(self) -> float:
        """The rarity of a feature that no row has."""
        return math.log(1 + len(self))

    def _measure(self) -> None:
        """Gives the rows added since the last search their length, by the rarities of now."""
        lengths = [
            math.sqrt(sum((w * self.rarity(f)) ** 2 for f, w in zip(features, weights, strict=True)))
            for features, weights in self._bags
        ]
        self._bags.clear()
        self._lengths.extend(lengths)
