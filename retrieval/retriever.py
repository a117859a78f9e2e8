"""Premises for a goal or for words: dense, lexical and symbolic rankings of what is visible, fused into one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from retrieval.corpus import Corpus
from retrieval.encode.encoder import Encoder, PremiseFeatures, Query, premise_features
from retrieval.encode.hashed import HashedEncoder
from retrieval.errors import CorpusEmpty
from retrieval.fuse import best, fused, ranks
from retrieval.index import VectorIndex
from retrieval.lexical import BM25, SymbolOverlap
from retrieval.postings import Postings, bag
from retrieval.premise import Premise

if TYPE_CHECKING:
    from retrieval.postings import Float32Array, Int64Array

RANKING_DEPTH = 100
"""The depth to which each ranking is examined."""
WEIGHTS: Mapping[str, float] = {"dense": 1.0, "words": 0.71, "symbols": 1.06}
"""The weight of each ranking; fitted, like `Prior`, to lean_projects and focil-lean4 by `benchmarks/fusion.py`."""


@dataclass(frozen=True)
class Prior:
    """The prior odds of kinds of premises, independent of the goal."""

    same_module: float = 3.6
    same_root: float = 2.9
    """The factor for modules whose names have the same first component: mostly the same repository."""
    theorem: float = 6.0
    """The factor for theorems, relative to definitions."""

    def of(self, corpus: Corpus, numbers: "Int64Array", module: str | None) -> "Float32Array":
        """The factor for each of some premises; `module` is where the goal stands."""
        import numpy as np

        factors = np.where(corpus.theorems[numbers], self.theorem, 1.0)
        if module is not None:
            own, alike = corpus.near(numbers, module)
            factors = factors * np.where(own, self.same_module, np.where(alike, self.same_root, 1.0))
        return factors.astype(np.float32)


PRIOR = Prior()
UNIFORM_PRIOR = Prior(1.0, 1.0, 1.0)
"""The prior for queries of words, which may refer to a definition of another library."""


@dataclass(frozen=True)
class RetrievedPremise:
    """A retrieved premise, with its ranks."""

    premise: Premise
    score: float
    ranks: Mapping[str, int] = field(default_factory=dict)
    """The rank in each ranking that contains it, from 1."""


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
        prior: Prior = PRIOR,
    ) -> None:
        self.corpus = corpus
        self.encoder = encoder
        self.vectors = vectors
        self.words = BM25(words)
        self.symbols = SymbolOverlap(symbols)
        self.weights = weights
        self.prior = prior

    @classmethod
    def build(cls, corpus: Corpus, encoder: Encoder | None = None) -> "Retriever":
        """The retriever of a corpus; with the hashed encoder, fitted to it, unless another is given.

        Raises:
            CorpusEmpty: there is nothing in it.
        """
        if not len(corpus):
            raise CorpusEmpty("There are no premises to search: trace a repository, or index the library.")
        features = [premise_features(premise) for premise in corpus.premises]
        if encoder is None:
            hashed = HashedEncoder.fit(features)
            encoder, vectors = hashed, hashed.encoded(features)
        else:
            vectors = encoder.premises(corpus.premises)
        words, symbols = postings_of(features)
        return cls(corpus, encoder, VectorIndex.build(vectors), words, symbols)

    def extended(self, premises: Iterable[Premise], imports: Mapping[str, tuple[str, ...]]) -> "Retriever":
        """The retriever with more modules, their premises embedded here and now; for the file that is being proved."""
        corpus = self.corpus.extended(premises, imports)
        new = corpus.premises[len(self.corpus) :]
        features = [_cached_features(premise) for premise in new]
        encoder = self.encoder
        vectors = encoder.encoded(features) if isinstance(encoder, HashedEncoder) else encoder.premises(new)
        words, symbols = bags_of(features)
        return Retriever(
            corpus,
            encoder,
            self.vectors.extended(vectors, range(len(self.corpus), len(corpus))),
            self.words.postings.extended(words),
            self.symbols.postings.extended(symbols),
            self.weights,
            self.prior,
        )

    def weighed(self, weights: Mapping[str, float], prior: Prior) -> "Retriever":
        """The same premises, ranked by other weights."""
        return Retriever(
            self.corpus, self.encoder, self.vectors, self.words.postings, self.symbols.postings, weights, prior
        )

    def search(
        self, query: Query, count: int, allowed: bytes | None = None, module: str | None = None
    ) -> list[RetrievedPremise]:
        """The premises most likely to help, the likeliest first.

        Args:
            allowed: a byte for each premise of the corpus, 1 for those that may be found; see `Corpus.visible`.
            module: where the goal stands; what is near it is likelier.
        """
        rankings = self.rankings(query, allowed)
        prior = self.prior if query.goal else UNIFORM_PRIOR
        items, scores = ordered(self.corpus, rankings, self.weights, prior, module, count)
        places = {name: ranks(ranking.tolist()) for name, ranking in rankings.items()}
        return [
            RetrievedPremise(
                self.corpus.premises[item],
                score,
                {name: there[item] for name, there in places.items() if item in there},
            )
            for item, score in zip(items.tolist(), scores.tolist(), strict=True)
        ]

    def rankings(
        self, query: Query, allowed: bytes | None = None, depth: int = RANKING_DEPTH
    ) -> "dict[str, Int64Array]":
        """Each way's own ranking of the premises, as numbers in the corpus."""
        found: dict[str, Int64Array] = {}
        if self.weights.get("dense"):
            found["dense"] = self.vectors.search(self.encoder.query(query), depth, allowed)[0]
        if query.terms and self.weights.get("words"):
            found["words"] = best(_only(self.words.scores(query.terms), allowed), depth)
        if query.symbols and self.weights.get("symbols"):
            found["symbols"] = best(_only(self.symbols.scores(query.symbols), allowed), depth)
        return found


def ordered(
    corpus: Corpus,
    rankings: "Mapping[str, Int64Array]",
    weights: Mapping[str, float],
    prior: Prior,
    module: str | None,
    count: int,
) -> "tuple[Int64Array, Float32Array]":
    """The best premises by several rankings and what is known beforehand, and their scores."""
    import numpy as np

    items, scores = fused(rankings, weights, 3 * RANKING_DEPTH)
    scores = scores * prior.of(corpus, items, module)
    order = np.lexsort((items, -scores))[:count]
    return items[order], scores[order]


def postings_of(features: Sequence[PremiseFeatures]) -> tuple[Postings, Postings]:
    """The words and the symbols of premises that were read."""
    words, symbols = bags_of(features)
    return Postings.of(words), Postings.of(symbols)


def bags_of(features: Sequence[PremiseFeatures]) -> tuple[list[dict[str, float]], list[dict[str, float]]]:
    """The words and the symbols of each premise that was read, with how often each occurs."""
    return [bag(each.terms) for each in features], [dict.fromkeys(each.symbols, 1.0) for each in features]


@lru_cache(maxsize=20_000)
def _cached_features(premise: Premise) -> PremiseFeatures:
    """`premise_features`, once for premises that one file after another of a repository sees."""
    return premise_features(premise)


def _only(scores: "Float32Array", allowed: bytes | None) -> "Float32Array":
    import numpy as np

    return scores if allowed is None else scores * np.frombuffer(allowed, dtype=np.uint8)
