"""Nearest-neighbour recall of tactics: what was done on the goals most like this one, and on the theorems.

The family of TacticToe (Gauthier et al. 2017) and Tactician (Blaauwbroek et al. 2020): no weights, no training;
a proof is known the moment that it is learnt. Does no input or output: `curriculum/recollection.py` reads the database.
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

NEIGHBOURS = 96
SUGGESTIONS = 12
ALIKE = 0.15
"""how like this one another theorem must be for its proof to be followed"""
FOLLOWED = 4
"""proofs of theorems like the one to be proved that are followed as far as they hold"""
SAME_GOAL = 1.0
SAME_MODULE = 1.15
"""how much more a precedent of the same file counts"""
SAME_NAME = 0.3
"""how much more one counts from a theorem of a like name"""
SHARPNESS = 2.0
"""the power of likeness that a precedent votes with"""
SURE = -0.15
"""log-probability of the best suggestion from the very same goal"""


@dataclass(frozen=True)
class RememberedModule:
    """A module whose proofs are remembered."""

    name: str
    imports: tuple[str, ...]
    declarations: Mapping[str, float]
    """from the names of what it declares to where each starts"""
    statements: Mapping[str, str] = field(default_factory=dict)
    """from those names to the keys of their statements"""
    part: bool = False
    """only some of its declarations are known: those of proofs that were found"""


class Memory(Generator):
    """All that is remembered. Threads may learn and recall at once."""

    name = "memory"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._index = SparseIndex()
        self._precedents: list[Neighbour] = []
        self._sources: list[RememberedModule] = []
        self._source_of: list[int] = []
        """by precedent"""
        self._by_key: dict[str, list[int]] = defaultdict(list)

    def __len__(self) -> int:
        return len(self._precedents)

    def facts(self) -> Mapping[str, Any]:
        """See `Generator`."""
        return {"goals": len(self)}

    def remember(self, source: RememberedModule, precedents: Iterable[Neighbour]) -> None:
        """Remembers the proofs of a module, or of a theorem of it."""
        with self._lock:
            self._sources.append(source)
            for precedent in precedents:
                row = self._index.add(precedent.bag)
                self._precedents.append(precedent)
                self._source_of.append(len(self._sources) - 1)
                if precedent.key:
                    self._by_key[precedent.key].append(row)

    def for_theorem(self, theorem: TheoremRef) -> "BoundMemory":
        """Returns the part of the memory that may be used while a theorem is proved."""
        with self._lock:
            return BoundMemory(self, theorem, self._allowed(theorem))

    def learn(self, theorem: TheoremRef, steps: Sequence[ProofStep]) -> None:
        """Remembers a proof of a theorem."""
        name = theorem.name
        source = RememberedModule(theorem.module, (), {name: theorem.start}, {name: theorem.statement_key}, part=True)
        found = [(step.goal.key, features_of(step.goal), step.tactic) for step in steps]
        self.remember(source, neighbours_of_found_proof(name, found))

    def nearest(self, goal: GoalFeatures, key: str, allowed: bytes) -> list[tuple[Neighbour, str, float]]:
        """The precedents most like a goal, with the module that each is from and how alike it is, from 0 to 1."""
        with self._lock:
            found = {hit.row: hit.score for hit in self._index.search(goal.bag, NEIGHBOURS, allowed)}
            for row in self._by_key.get(key, ()) if key else ():
                if row < len(allowed) and allowed[row]:
                    found[row] = SAME_GOAL
            return [
                (self._precedents[row], self._sources[self._source_of[row]].name, score) for row, score in found.items()
            ]

    def _allowed(self, theorem: TheoremRef) -> bytes:
        """1 for each precedent known now, 0 for those of the theorem itself and of what comes after it."""
        after = _importers(self._sources, theorem.module)
        bans = [_ban(source, theorem, source.name in after) for source in self._sources]
        rows = zip(self._precedents, self._source_of, strict=True)
        return bytes(not bans[source](precedent.declaration) for precedent, source in rows)


class BoundMemory(BoundGenerator):
    """The generator for one theorem: it sees neither that theorem's proof nor what comes after it."""

    name = "memory"

    def __init__(self, memory: Memory, theorem: TheoremRef, allowed: bytes) -> None:
        self._memory = memory
        self._theorem = theorem
        self._allowed = allowed
        self._words = _words_of(theorem.name)

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        """What was done on the goals most like this one, in its names."""
        return self.suggest_for(features_of(goal), goal.key)

    def suggest_for(self, here: GoalFeatures, key: str) -> Sequence[Suggestion]:
        """The same for a goal of which no more than this is known."""
        votes: dict[str, float] = defaultdict(float)
        best: dict[str, float] = defaultdict(float)
        for known, near in self._near(here, key):
            for rank, one in enumerate(known.templates):
                for made in adapted(one, here):
                    vote = near * made.fit * 0.9**rank
                    votes[made.text] += vote**SHARPNESS
                    best[made.text] = max(best[made.text], vote)
        return _weighed(votes, best)

    def whole_proofs(self, goal: Goal) -> Sequence[Suggestion]:
        """The proofs of the theorems most like a goal, in its names, the most alike first."""
        here = features_of(goal)
        found: dict[str, float] = defaultdict(float)
        for known, near in self._near(here, goal.key):
            if known.whole is None:
                continue
            same = same_places(known.whole.target, here.target)  # much where constants are others, but nothing else
            for made in adapted(known.whole, here)[:1]:
                found[made.text] = max(found[made.text], math.sqrt(near * max(near, same)) * made.fit)
        alike = sorted((text for text in found if found[text] >= ALIKE), key=lambda text: (-found[text], text))
        return [Suggestion(text, min(SURE, math.log(found[text]))) for text in alike[:FOLLOWED]]

    def _near(self, here: GoalFeatures, key: str) -> Iterator[tuple[Neighbour, float]]:
        """The precedents most like a goal, and how much each counts."""
        for known, module, alike in self._memory.nearest(here, key, self._allowed):
            same = SAME_MODULE if module == self._theorem.module else 1.0
            yield known, alike * same * (1 + SAME_NAME * self._called_alike(known.declaration))

    def _called_alike(self, declaration: str) -> float:
        """How like this theorem's name another's is, from 0 to 1."""
        other = _words_of(declaration)
        either = other | self._words
        return len(other & self._words) / len(either) if either else 0.0


def _words_of(declaration: str) -> frozenset[str]:
    """The words that the last part of a name is made of."""
    return frozenset(name_words(declaration.rsplit(".", 1)[-1]))


def _weighed(votes: Mapping[str, float], best: Mapping[str, float]) -> list[Suggestion]:
    """The tactics with the most votes. Likeness of the nearest and share of the votes both count."""
    ranked = sorted(votes, key=lambda text: (-votes[text], text))[:SUGGESTIONS]
    total = sum(votes[text] for text in ranked)
    return [
        Suggestion(text, min(SURE, math.log(min(1.0, best[text])) + 0.5 * math.log(votes[text] / total)))
        for text in ranked
    ]


def _importers(sources: Sequence[RememberedModule], module: str) -> frozenset[str]:
    """The modules that import a module, directly or not, as far as is known."""
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
    """Which declarations of a module the theorem must not learn from."""
    if after:
        return lambda _: True
    same = {name for name, key in source.statements.items() if key and key == theorem.statement_key}
    if source.name != theorem.module:
        return same.__contains__
    own = source.declarations.get(theorem.name, theorem.start if source.part else -math.inf)
    return lambda name: name in same or source.declarations.get(name, math.inf) >= own
