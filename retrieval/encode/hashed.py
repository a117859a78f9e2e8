"""A training-free encoder: features of names, symbols and type structure, hashed into a few hundred dimensions.

Feature hashing with signs after Weinberger et al. 2009. Needs no weights; how rare a feature is it learns from the
premises that it is fitted to, and carries in its version.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zlib import crc32

from retrieval.encode.encoder import PremiseFeatures, Query, premise_features
from retrieval.lean_text import CLOSING, OPENING
from retrieval.premise import Premise

if TYPE_CHECKING:
    import numpy as np

    from retrieval.postings import Float32Array

DIMENSIONS = 256
SLOTS = 1 << 18
"""The number of slots into which features are hashed."""
HASHES = 2
"""The number of components of the vector to which a feature contributes."""


class HashedEncoder:
    """Vectors of hashed features, weighted by how rare each is among the premises that it was fitted to."""

    def __init__(self, rarity: "np.ndarray[Any, np.dtype[np.float32]]", dimensions: int = DIMENSIONS) -> None:
        """Creates an encoder from the rarity of each slot; see `fit`."""
        self.rarity = rarity
        self.dimensions = dimensions
        self.version = f"hashed-3-{dimensions}-{hashlib.sha256(rarity.tobytes()).hexdigest()[:12]}"

    @classmethod
    def fit(cls, features: Iterable[PremiseFeatures], dimensions: int = DIMENSIONS) -> "HashedEncoder":
        """The encoder for a collection of premises."""
        import numpy as np

        counts = np.ones(SLOTS, dtype=np.float32)
        total = 1
        for read in features:
            total += 1
            for feature in set(_features_of(read)):
                counts[feature % SLOTS] += 1
        return cls(np.log((1 + total) / counts).astype(np.float32), dimensions)

    def premises(self, premises: Sequence[Premise]) -> "Float32Array":
        """A row for each premise."""
        return self.encoded([premise_features(premise) for premise in premises])

    def encoded(self, features: Sequence[PremiseFeatures]) -> "Float32Array":
        """A row for each premise that was read."""
        return self._rows([Counter(_features_of(read)) for read in features])

    def query(self, query: Query) -> "Float32Array":
        """One row."""
        return self._rows([Counter(_features_of_query(query))])

    def _rows(self, bags: Sequence[Mapping[int, int]]) -> "Float32Array":
        import numpy as np

        rows = np.zeros((len(bags), self.dimensions), dtype=np.float32)
        for row, bag in zip(rows, bags, strict=True):
            features = np.fromiter(bag.keys(), dtype=np.int64, count=len(bag))
            counts = np.fromiter(bag.values(), dtype=np.float32, count=len(bag))
            weights = self.rarity[features % SLOTS] * np.sqrt(counts)
            for turn in range(HASHES):
                mixed = (features * 2654435761 + turn * 40503) & 0xFFFFFFFF
                signs = np.where((mixed >> 13) & 1, 1.0, -1.0).astype(np.float32)
                np.add.at(row, (mixed >> 15) % self.dimensions, weights * signs)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.asarray(rows / np.maximum(lengths, 1e-9), dtype=np.float32)


def _features_of(read: PremiseFeatures) -> Iterator[int]:
    yield from (_hashed("symbol", symbol) for symbol in read.symbols)
    yield from (_hashed("word", word) for word in set(read.terms))
    yield from _structure(read.conclusion)


def _features_of_query(query: Query) -> Iterator[int]:
    yield from (_hashed("symbol", symbol) for symbol in query.symbols)
    yield from (_hashed("word", word) for word in set(query.terms))
    yield from _structure(query.target)


def _structure(words: Sequence[str]) -> Iterator[int]:
    """Neighbouring words of a statement, and what its sides begin with."""
    if not words:
        return
    for pair in pairwise(words):
        yield _hashed("pair", " ".join(pair))
    for side in _sides(words):
        yield _hashed("head", next((word for word in side if word not in OPENING), ""))


def _sides(words: Sequence[str]) -> Iterator[Sequence[str]]:
    """The parts of a statement between relations that stand outside all brackets."""
    depth, start = 0, 0
    for index, word in enumerate(words):
        depth += (word in OPENING) - (word in CLOSING)
        if depth == 0 and word in ("=", "↔", "≤", "<", "→", "∈", "⊆", "∣"):
            yield words[start:index]
            start = index + 1
    yield words[start:]


def _hashed(kind: str, text: str) -> int:
    return crc32(f"{kind}:{text}".encode())
