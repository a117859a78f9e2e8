"""An inverted index as arrays: built once, saved, and memory-mapped when loaded."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    import numpy as np

    BoolArray = np.ndarray[Any, np.dtype[np.bool_]]
    Float32Array = np.ndarray[Any, np.dtype[np.float32]]
    Int32Array = np.ndarray[Any, np.dtype[np.int32]]
    Int64Array = np.ndarray[Any, np.dtype[np.int64]]

ARRAYS = ("starts", "documents", "weights", "lengths")


class Postings:
    """For each term the documents that have it and how often; and how long each document is."""

    def __init__(
        self,
        terms: Mapping[str, int],
        starts: "Int64Array",
        documents: "Int32Array",
        weights: "Float32Array",
        lengths: "Float32Array",
    ) -> None:
        self.terms = terms
        self.starts = starts
        self.documents = documents
        self.weights = weights
        self.lengths = lengths

    @classmethod
    def of(cls, bags: Sequence[Mapping[str, float]]) -> "Postings":
        """The postings of documents, each a bag of terms with counts."""
        import numpy as np

        terms: dict[str, int] = {}
        columns: list[int] = []
        rows: list[int] = []
        weights: list[float] = []
        for row, bag in enumerate(bags):
            for term, weight in bag.items():
                columns.append(terms.setdefault(term, len(terms)))
                rows.append(row)
                weights.append(weight)
        order = np.argsort(np.asarray(columns, dtype=np.int64), kind="stable")
        counts = np.bincount(np.asarray(columns, dtype=np.int64), minlength=len(terms))
        return cls(
            terms,
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            np.asarray(rows, dtype=np.int32)[order],
            np.asarray(weights, dtype=np.float32)[order],
            np.asarray([sum(bag.values()) for bag in bags], dtype=np.float32),
        )

    def extended(self, bags: Sequence[Mapping[str, float]]) -> "Postings":
        """These postings with more documents, numbered after those that are here."""
        import numpy as np

        more = Postings.of(bags)
        terms = dict(self.terms)
        renumbered = np.asarray([terms.setdefault(term, len(terms)) for term in more.terms], dtype=np.int64)
        counts = np.zeros(len(terms), dtype=np.int64)
        counts[: len(self.terms)] = np.diff(self.starts)
        counts[renumbered] += np.diff(more.starts)
        columns = np.concatenate([self._columns(), renumbered[more._columns()]])
        order = np.argsort(columns, kind="stable")
        return Postings(
            terms,
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            np.concatenate([self.documents, more.documents + np.int32(len(self))])[order],
            np.concatenate([self.weights, more.weights])[order],
            np.concatenate([self.lengths, more.lengths]),
        )

    def _columns(self) -> "Int64Array":
        """For each entry the number of its term."""
        import numpy as np

        return np.repeat(np.arange(len(self.terms), dtype=np.int64), np.diff(self.starts))

    def __len__(self) -> int:
        return len(self.lengths)

    def having(self, term: str) -> tuple["Int32Array", "Float32Array"]:
        """The documents that have a term, and its weight in each."""
        place = self.place(term)
        return self.documents[place], self.weights[place]

    def place(self, term: str) -> slice:
        """Returns the slice of a term's entries in `documents` and `weights`."""
        number = self.terms.get(term)
        return slice(0, 0) if number is None else slice(int(self.starts[number]), int(self.starts[number + 1]))

    def frequency(self, term: str) -> int:
        """Returns the number of documents that contain a term."""
        place = self.place(term)
        return int(place.stop - place.start)

    def save(self, directory: Path, name: str) -> None:
        """Writes it to files of a directory that begin with `name`."""
        import numpy as np

        (directory / f"{name}.terms").write_bytes(msgspec.msgpack.encode(list(self.terms)))
        for array in ARRAYS:
            np.save(directory / f"{name}.{array}.npy", getattr(self, array))

    @classmethod
    def load(cls, directory: Path, name: str) -> "Postings":
        """Loads what `save` wrote; the arrays are read when they are needed.

        Raises:
            OSError, ValueError, msgspec.MsgspecError: A file is missing or broken.
        """
        import numpy as np

        words = msgspec.msgpack.decode((directory / f"{name}.terms").read_bytes(), type=list[str])
        arrays = [np.asarray(np.load(directory / f"{name}.{array}.npy", mmap_mode="r")) for array in ARRAYS]
        return cls({word: number for number, word in enumerate(words)}, *arrays)


def bag(words: Iterable[str]) -> dict[str, float]:
    """Returns the number of occurrences of each word."""
    counts: dict[str, float] = {}
    for word in words:
        counts[word] = counts.get(word, 0.0) + 1.0
    return counts
