"""Nearest-neighbour retrieval of tactics and proofs: those that were used on similar goals and similar theorems.

The method is that of TacticToe (Gauthier et al. 2017) and Tactician (Blaauwbroek et al. 2020): without weights and
training, a proof is usable as soon as it is learnt. No I/O: `curriculum/recollection.py` reads the database.
"""

import math
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from prover.lean.protocol import Goal
from prover.tactics.generator import BoundGenerator, Generator, ProofStep, Suggestion, TheoremRef
from prover.tactics.memory.adapting import adapted, same_places
from prover.tactics.memory.goal_features import GoalFeatures, features_of
from prover.tactics.memory.neighbour import Neighbour, neighbours_of_found_proof
from retrieval.lean_text import name_words
from retrieval.sparse import SparseIndex

MAX_NEIGHBOURS = 96
MAX_SUGGESTIONS = 12
MIN_PROOF_SIMILARITY = 0.15
"""the similarity that a theorem needs for its whole proof to be suggested"""
MAX_WHOLE_PROOFS = 4
"""the maximum number of proofs of similar theorems that are suggested"""
SAME_GOAL_SIMILARITY = 1.0
SAME_MODULE_FACTOR = 1.15
"""the factor for the similarity of a neighbour from the same module"""
NAME_BONUS = 0.3
"""the relative bonus for a neighbour from a theorem with the same words in its name"""
VOTE_EXPONENT = 2.0
"""the power of the similarity with which a neighbour votes for its tactics"""
MAX_LOG_PROBABILITY = -0.15
"""the log-probability of the best suggestion from an equal goal"""


@dataclass(frozen=True)
class RememberedModule:
    """A module whose proofs are remembered."""

    name: str
    imports: tuple[str, ...]
    declarations: Mapping[str, float]
    """the start of each declaration, by its name"""
    statements: Mapping[str, str] = field(default_factory=dict)
    """the key of the statement of each declaration, by its name"""
    part: bool = False
    """whether only some of its declarations are known, namely those with proofs that were found"""


class Memory(Generator):
    """Remembers the goals of known proofs, and suggests what was used on similar ones. Thread-safe."""

    name = "memory"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._index = SparseIndex()
        self._neighbours: list[Neighbour] = []
        self._sources: list[RememberedModule] = []
        self._source_of: list[int] = []
        """for each row the number of its module"""
        self._by_key: dict[str, list[int]] = defaultdict(list)

    def __len__(self) -> int:
        return len(self._neighbours)

    def facts(self) -> Mapping[str, Any]:
        """See `Generator`."""
        return {"goals": len(self)}

    def remember(self, source: RememberedModule, neighbours: Iterable[Neighbour]) -> None:
        """Remembers the proofs of a module, or of one of its theorems."""
        with self._lock:
            self._sources.append(source)
            for neighbour in neighbours:
                row = self._index.add(neighbour.bag)
                self._neighbours.append(neighbour)
                self._source_of.append(len(self._sources) - 1)
                if neighbour.key:
                    self._by_key[neighbour.key].append(row)

    def for_theorem(self, theorem: TheoremRef) -> "BoundMemory":
        """Returns the memory restricted to what a proof of the theorem may use."""
        with self._lock:
            return BoundMemory(self, theorem, self._allowed(theorem))

    def learn(self, theorem: TheoremRef, steps: Sequence[ProofStep]) -> None:
        """Remembers a proof of a theorem."""
        name = theorem.name
        source = RememberedModule(theorem.module, (), {name: theorem.start}, {name: theorem.statement_key}, part=True)
        found = [(step.goal.key, features_of(step.goal), step.tactic) for step in steps]
        self.remember(source, neighbours_of_found_proof(name, found))

    def nearest(self, goal: GoalFeatures, key: str, allowed: bytes) -> list[tuple[Neighbour, str, float]]:
        """Returns the nearest neighbours of a goal, each with its module and its similarity, from 0 to 1."""
        with self._lock:
            found = {hit.row: hit.score for hit in self._index.search(goal.bag, MAX_NEIGHBOURS, allowed)}
            for row in self._by_key.get(key, ()) if key else ():
                if row < len(allowed) and allowed[row]:
                    found[row] = SAME_GOAL_SIMILARITY
            return [
                (self._neighbours[row], self._sources[self._source_of[row]].name, score) for row, score in found.items()
            ]

    def _allowed(self, theorem: TheoremRef) -> bytes:
        """Returns a byte for each neighbour: 0 for those of the theorem itself and of later ones, otherwise 1."""
        after = _importers(self._sources, theorem.module)
        bans = [_ban(source, theorem, source.name in after) for source in self._sources]
        rows = zip(self._neighbours, self._source_of, strict=True)
        return bytes(not bans[source](neighbour.declaration) for neighbour, source in rows)


class BoundMemory(BoundGenerator):
    """The memory bound to one theorem. It sees neither that theorem's proof nor later declarations."""

    name = "memory"

    def __init__(self, memory: Memory, theorem: TheoremRef, allowed: bytes) -> None:
        self._memory = memory
        self._theorem = theorem
        self._allowed = allowed
        self._words = _words_of(theorem.name)

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        """Returns the tactics that were used on the most similar goals, with the names of this goal."""
        return self.suggest_for(features_of(goal), goal.key)

    def suggest_for(self, here: GoalFeatures, key: str) -> Sequence[Suggestion]:
        """Returns the same as `suggest`, for a goal of which only the features are known."""
        votes: dict[str, float] = defaultdict(float)
        best: dict[str, float] = defaultdict(float)
        for known, near in self._near(here, key):
            for rank, one in enumerate(known.templates):
                for made in adapted(one, here):
                    vote = near * made.fit * 0.9**rank
                    votes[made.text] += vote**VOTE_EXPONENT
                    best[made.text] = max(best[made.text], vote)
        return _weighed(votes, best)

    def whole_proofs(self, goal: Goal) -> Sequence[Suggestion]:
        """Returns the proofs of the most similar theorems, with the names of this goal, the most similar first."""
        here = features_of(goal)
        found: dict[str, float] = defaultdict(float)
        for known, near in self._near(here, goal.key):
            if known.whole is None:
                continue
            same = same_places(known.whole.target, here.target)  # high if only constants differ
            for made in adapted(known.whole, here)[:1]:
                found[made.text] = max(found[made.text], math.sqrt(near * max(near, same)) * made.fit)
        similar = [text for text in found if found[text] >= MIN_PROOF_SIMILARITY]
        ranked = sorted(similar, key=lambda text: (-found[text], text))[:MAX_WHOLE_PROOFS]
        return [Suggestion(text, min(MAX_LOG_PROBABILITY, math.log(found[text]))) for text in ranked]

    def _near(self, here: GoalFeatures, key: str) -> Iterator[tuple[Neighbour, float]]:
        """Yields the nearest neighbours of a goal and their weights."""
        for known, module, alike in self._memory.nearest(here, key, self._allowed):
            same = SAME_MODULE_FACTOR if module == self._theorem.module else 1.0
            yield known, alike * same * (1 + NAME_BONUS * self._name_similarity(known.declaration))

    def _name_similarity(self, declaration: str) -> float:
        """Returns the similarity of another theorem's name to this one's, from 0 to 1."""
        other = _words_of(declaration)
        either = other | self._words
        return len(other & self._words) / len(either) if either else 0.0


def _words_of(declaration: str) -> frozenset[str]:
    """Returns the words of the last part of a name."""
    return frozenset(name_words(declaration.rsplit(".", 1)[-1]))


def _weighed(votes: Mapping[str, float], best: Mapping[str, float]) -> list[Suggestion]:
    """Returns the tactics with the most votes, weighted by the best similarity and by the share of votes."""
    ranked = sorted(votes, key=lambda text: (-votes[text], text))[:MAX_SUGGESTIONS]
    total = sum(votes[text] for text in ranked)
    return [
        Suggestion(text, min(MAX_LOG_PROBABILITY, math.log(min(1.0, best[text])) + 0.5 * math.log(votes[text] / total)))
        for text in ranked
    ]


def _importers(sources: Sequence[RememberedModule], module: str) -> frozenset[str]:
    """Returns the modules that import a module, directly or not, as far as is known."""
    direct: dict[str, set[str]] = defaultdict(set)
    for source in sources:
        for name in source.imports:
            direct[name].add(source.name)
    found: set[str] = set()
    waiting = [module]
    while waiting:
        for name in direct.get(waiting.pop(), ()):
            if name not in found:
                found.add(name)
                waiting.append(name)
    return frozenset(found)


def _ban(source: RememberedModule, theorem: TheoremRef, after: bool) -> Callable[[str], bool]:
    """Returns a predicate for the declarations of a module whose proofs the theorem must not use."""
    if after:
        return lambda _: True
    same = {name for name, key in source.statements.items() if key and key == theorem.statement_key}
    if source.name != theorem.module:
        return same.__contains__
    own = source.declarations.get(theorem.name, theorem.start if source.part else -math.inf)
    return lambda name: name in same or source.declarations.get(name, math.inf) >= own
