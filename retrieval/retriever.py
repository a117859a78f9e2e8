"""Premises for a goal or for words: dense, lexical and symbolic rankings of what is visible, fused into one."""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from retrieval.corpus import Corpus
from retrieval.encode.encoder import Encoder, Query, Reading, reading
from retrieval.encode.hashed import HashedEncoder
from retrieval.errors import CorpusEmpty
from retrieval.fuse import best, fused
from retrieval.index import VectorIndex
from retrieval.lexical import BM25, SymbolOverlap
from retrieval.postings import Postings, bag
from retrieval.premise import Premise

if TYPE_CHECKING:
    from retrieval.postings import Floats, Places

DEPTH = 100
"""how far down each ranking is looked at"""
WEIGHTS: Mapping[str, float] = {"dense": 1.0, "words": 1.0, "symbols": 1.0}
"""how much each ranking counts; see `prover eval retrieval --fit`"""


@dataclass(frozen=True)
class Found:
    """A premise, and how it came to be found."""

    premise: Premise
    score: float
    ranks: Mapping[str, int] = field(default_factory=dict)
    """its rank in each ranking that it stands in, from 1"""


class Retriever:
    """Finds premises. Never changes; threads may use it at once."""

    def __init__(
        self,
        corpus: Corpus,
        encoder: Encoder,
        vectors: VectorIndex,
        words: Postings,
        symbols: Postings,
        weights: Mapping[str, float] = WEIGHTS,
    ) -> None:
        self.corpus = corpus
        self.encoder = encoder
        self.vectors = vectors
        self.words = BM25(words)
        self.symbols = SymbolOverlap(symbols)
        self.weights = weights

    @classmethod
    def build(cls, corpus: Corpus, encoder: Encoder | None = None) -> "Retriever":
        """The retriever of a corpus; with the hashed encoder, fitted to it, unless another is given.

        Raises:
            CorpusEmpty: there is nothing in it.
        """
        if not len(corpus):
            raise CorpusEmpty("There are no premises to search: trace a repository, or index the library.")
        readings = [reading(premise) for premise in corpus.premises]
        if encoder is None:
            hashed = HashedEncoder.fit(readings)
            encoder, vectors = hashed, hashed.readings(readings)
        else:
            vectors = encoder.premises(corpus.premises)
        words, symbols = postings_of(readings)
        return cls(corpus, encoder, VectorIndex.build(vectors), words, symbols)

    def search(self, query: Query, count: int, allowed: bytes | None = None) -> list[Found]:
        """The premises most likely to help, the likeliest first.

        Args:
            allowed: a byte for each premise of the corpus, 1 for those that may be found; see `Corpus.visible`.
        """
        rankings = self.rankings(query, allowed)
        items, scores = fused(rankings, self.weights, count)
        places = {name: {int(item): rank for rank, item in enumerate(r, 1)} for name, r in rankings.items()}
        return [
            Found(
                self.corpus.premises[item],
                float(score),
                {name: ranks[int(item)] for name, ranks in places.items() if int(item) in ranks},
            )
            for item, score in zip(items, scores, strict=True)
        ]

    def rankings(self, query: Query, allowed: bytes | None = None, depth: int = DEPTH) -> "dict[str, Places]":
        """Each way's own ranking of the premises, as numbers in the corpus."""
        found: dict[str, Places] = {}
        if self.weights.get("dense"):
            found["dense"] = self.vectors.search(self.encoder.query(query), depth, allowed)[0]
        if query.terms:
            found["words"] = best(_only(self.words.scores(query.terms), allowed), depth)
        if query.symbols:
            found["symbols"] = best(_only(self.symbols.scores(query.symbols), allowed), depth)
        return found


def postings_of(readings: Sequence[Reading]) -> tuple[Postings, Postings]:
    """The words and the symbols of premises that were read."""
    words = Postings.of([bag(read.terms) for read in readings])
    return words, Postings.of([dict.fromkeys(read.symbols, 1.0) for read in readings])


def together(first: Sequence[Found], second: Sequence[Found], count: int) -> list[Found]:
    """Two lists of what was found, as one."""
    return heapq.nlargest(count, [*first, *second], key=lambda found: found.score)


def _only(scores: "Floats", allowed: bytes | None) -> "Floats":
    import numpy as np

    return scores if allowed is None else scores * np.frombuffer(allowed, dtype=np.uint8)
