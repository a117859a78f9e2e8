"""Ensembles of regression trees as arrays, evaluated for all rows at once. Training is elsewhere.

Evaluation needs nothing but numpy: the library that trains the trees brings further ones, and is loaded by none who
only prove.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]


class MalformedTrees(ValueError):
    """Arrays are not those of trees."""


@dataclass(frozen=True)
class Trees:
    """An ensemble of trees, whose values are added. Nodes of all trees are numbered in a row, leaves included."""

    roots: Integers
    """The root of each tree."""
    features: Integers
    """The feature on which each node splits; 0 for a leaf."""
    thresholds: Floats
    """Rows whose feature is at most this go left; a leaf's is infinite."""
    left: Integers
    """The left child of each node; a leaf's is itself."""
    right: Integers
    values: Floats
    """The value of each leaf; 0 for other nodes."""
    depth: int
    """The number of steps from a root that reach every leaf."""

    def scores(self, rows: npt.NDArray[np.float32]) -> Floats:
        """Returns the value of each row."""
        if not len(self.roots):
            return np.zeros(len(rows))
        count = len(rows)
        flat, width = rows.astype(np.float64).ravel(), rows.shape[1]
        offsets = (np.arange(count, dtype=np.int32) * width)[:, None]
        nodes = np.broadcast_to(self.roots, (count, len(self.roots))).copy()
        for _ in range(self.depth):
            goes_left = flat[offsets + self.features[nodes]] <= self.thresholds[nodes]
            nodes = np.where(goes_left, self.left[nodes], self.right[nodes])
        return np.asarray(self.values[nodes].sum(axis=1))

    def check(self, width: int) -> None:
        """Checks that the arrays are those of trees over rows of a width.

        Raises:
            MalformedTrees: they are not.
        """
        count = len(self.features)
        arrays = (self.thresholds, self.left, self.right, self.values)
        if any(len(array) != count for array in arrays) or not 0 <= self.depth <= 64:
            raise MalformedTrees("its arrays differ in length")
        for array, bound in ((self.roots, count), (self.left, count), (self.right, count), (self.features, width)):
            if array.ndim != 1 or (len(array) and (array.min() < 0 or array.max() >= bound)):
                raise MalformedTrees("a node or feature is out of range")
        if not np.isfinite(self.values).all():
            raise MalformedTrees("a value is not a number")

    def arrays(self, name: str) -> dict[str, npt.NDArray[Any]]:
        """Returns the arrays under names that begin with `name`, as they are stored."""
        return {
            f"{name}_roots": self.roots,
            f"{name}_features": self.features.astype(np.int16),
            f"{name}_thresholds": self.thresholds,
            f"{name}_left": self.left,
            f"{name}_right": self.right,
            f"{name}_values": self.values.astype(np.float32),
            f"{name}_depth": np.array(self.depth, dtype=np.int32),
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], name: str, width: int) -> "Trees":
        """Returns the trees that `arrays` stored.

        Raises:
            MalformedTrees: they are not those of trees over rows of a width.
        """
        try:
            trees = cls(
                arrays[f"{name}_roots"].astype(np.int32),
                arrays[f"{name}_features"].astype(np.int32),
                arrays[f"{name}_thresholds"].astype(np.float64),
                arrays[f"{name}_left"].astype(np.int32),
                arrays[f"{name}_right"].astype(np.int32),
                arrays[f"{name}_values"].astype(np.float64),
                int(arrays[f"{name}_depth"]),
            )
        except (KeyError, ValueError, TypeError) as error:
            raise MalformedTrees(f"an array is missing or has another type ({error})") from None
        trees.check(width)
        return trees


class _Builder:
    """Numbers the nodes of nested trees."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, float, int, int, float]] = []
        self.depth = 0

    def add(self, node: Mapping[str, Any], depth: int = 0) -> int:
        number = len(self.rows)
        self.depth = max(self.depth, depth)
        if "leaf_value" in node and "split_feature" not in node:
            self.rows.append((0, float("inf"), number, number, float(node["leaf_value"])))
            return number
        self.rows.append((0, 0.0, 0, 0, 0.0))
        left, right = (self.add(node[f"{side}_child"], depth + 1) for side in ("left", "right"))
        self.rows[number] = (int(node["split_feature"]), float(node["threshold"]), left, right, 0.0)
        return number


def trees_of(structures: Sequence[Mapping[str, Any]]) -> Trees:
    """Returns an ensemble from nested descriptions of trees, as LightGBM's `dump_model` has them."""
    builder = _Builder()
    roots = [builder.add(structure) for structure in structures]
    features, thresholds, left, right, values = zip(*builder.rows, strict=True) if builder.rows else ((),) * 5
    return Trees(
        np.array(roots, dtype=np.int32),
        np.array(features, dtype=np.int32),
        np.array(thresholds, dtype=np.float64),
        np.array(left, dtype=np.int32),
        np.array(right, dtype=np.int32),
        np.array(values, dtype=np.float64),
        builder.depth,
    )
