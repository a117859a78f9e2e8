"""Scores that read a statement as words: BM25, and symbol overlap in the manner of MePo.

Each gives every document of a collection a score for a query, as an array; zero where nothing is shared. A term names
each of its documents once, so its entries are added where they stand.
"""

import math
from collections.abc import Collection
from typing import TYPE_CHECKING

from retrieval.postings import Postings

if TYPE_CHECKING:
    from retrieval.postings import BoolArray, Float32Array

K1, B = 1.2, 0.6
SMOOTHING = 1.0
"""Added to the total weight of a statement, so that one shared symbol out of one is not the best possible score."""
MASK_ABOVE_ONE_IN = 16
"""A symbol that occurs in more than one in this many statements is stored as a Boolean for each statement."""


class BM25:
    """Robertson and Zaragoza's ranking of documents by the words of a query."""

    def __init__(self, postings: Postings) -> None:
        import numpy as np

        self.postings = postings
        average = float(postings.lengths.mean()) if len(postings) else 1.0
        norms = np.asarray(K1 * (1 - B + B * postings.lengths / max(average, 1e-9)), dtype=np.float32)
        self._worth: Float32Array = (
            np.float32(K1 + 1) * postings.weights / (postings.weights + norms[postings.documents])
        )

    def scores(self, words: Collection[str]) -> "Float32Array":
        """The score of each document for a query's words."""
        import numpy as np

        total = len(self.postings)
        scores = np.zeros(total, dtype=np.float32)
        for word in sorted(set(words)):
            place = self.postings.place(word)
            if count := place.stop - place.start:
                rarity = math.log(1 + (total - count + 0.5) / (count + 0.5))
                scores[self.postings.documents[place]] += self._worth[place] * np.float32(rarity)
        return scores


class SymbolOverlap:
    """The relevance filter of Meng and Paulson (MePo, 2009), one round of it: the share of a statement's symbols that
    the goal has too, rare ones counting more. A symbol counts 1 + 2 / log(1 + frequency), as there.
    """

    def __init__(self, postings: Postings) -> None:
        import numpy as np

        self.postings = postings
        weights = np.zeros(len(postings), dtype=np.float32)
        for term in postings.terms:
            documents, _ = postings.having(term)
            weights[documents] += np.float32(self.weight(term))
        self._all = weights
        self._marked: dict[str, BoolArray] = {}

    def weight(self, symbol: str) -> float:
        """Returns the weight of a symbol, which decreases with the number of statements that contain it."""
        return 1.0 + 2.0 / math.log(1.0 + max(1, self.postings.frequency(symbol)))

    def scores(self, symbols: Collection[str]) -> "Float32Array":
        """The score of each document for a goal's symbols, between 0 and 1."""
        import numpy as np

        scores = np.zeros(len(self.postings), dtype=np.float32)
        for symbol in sorted(set(symbols)):
            weight = np.float32(self.weight(symbol))
            if self.postings.frequency(symbol) * MASK_ABOVE_ONE_IN > len(scores):
                scores += weight * self._marks(symbol)
            else:
                scores[self.postings.having(symbol)[0]] += weight
        return np.asarray(scores / (self._all + np.float32(SMOOTHING)))

    def _marks(self, symbol: str) -> "BoolArray":
        """Returns the documents that contain a frequent symbol, as Booleans, which add up faster than indices."""
        import numpy as np

        if symbol not in self._marked:
            marks = np.zeros(len(self.postings), dtype=np.bool_)
            marks[self.postings.having(symbol)[0]] = True
            self._marked[symbol] = marks
        return self._marked[symbol]
