"""Mixes generators, weighting each by its success rate.

The log-probabilities of the generators are put on one scale. Then each generator is weighted by the share of its
tactics that became part of a proof, among those that were run. (That Lean accepts a tactic says little: a case split
is always accepted.) These rates are specific to goals of the same shape: counts of this repository come first, then
those of other repositories, then those of goals of any shape. No generator is silenced: weights are bounded,
generators with few tries get an exploration bonus (upper confidence bounds, Auer et al. 2002), and the best suggestion
of each is among the first.
"""

import math
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from prover.lean.protocol import Goal
from prover.lean.session import Advanced, TacticOutcome
from prover.project.contents import FileContents
from prover.tactics.generator import BoundGenerator, Generator, ProofStep, Suggestion, TheoremRef

Counts = Mapping[tuple[str, str], tuple[int, int, int]]
"""By the shape of a goal and the generator: the numbers of tactics run, of accepted ones, and of those in proofs."""

PRIOR_TRIES = 200.0
"""the number of tries that the rate of the wider level counts for"""
PRIOR_SUCCESS_RATE = 0.02
"""the assumed share of tries that become part of a proof, before anything was tried"""
UCB_EXPLORATION = 0.2
"""the exploration constant of the upper confidence bound"""
MAX_WEIGHT = 1.0
"""the bound on a generator's weight, which is added to log-probabilities, in either direction"""
REFERENCE_SURPRISAL = 1.0
"""the mean -log p of a generator's best suggestions, in nats, above which its log-probabilities are scaled down"""
REPRESENTED_RANKS = 8
"""the number of first ranks among which the best suggestion of each generator is placed"""


def shape_of(goal: Goal) -> str:
    """Returns the shape of a goal: the head of its target, and whether it has hypotheses that are propositions."""
    return f"{goal.head or '_'}{'+' if goal.facts else ''}"


@dataclass
class GeneratorUsage:
    """Counts of one generator in one run."""

    proposed: int = 0
    tried: int = 0
    valid: int = 0
    """the number of tried tactics that Lean accepted"""
    used: int = 0
    """the number of tried tactics that became part of a proof that the gate accepted"""
    seconds: float = 0.0
    """the time that its suggestions took"""


@dataclass
class _Scale:
    """The mean -log p of a generator's best suggestions."""

    total: float = 10 * REFERENCE_SURPRISAL
    count: int = 10

    def add(self, best: float) -> None:
        self.total += min(-best, 100.0)
        self.count += 1

    def factor(self) -> float:
        """Returns the factor for its log-probabilities; at most 1."""
        return min(1.0, REFERENCE_SURPRISAL * self.count / self.total) if self.total > 0 else 1.0


@dataclass
class GeneratorStatistics:
    """Success counts of generators, by the shape of goals. Thread-safe."""

    here: Counts = field(default_factory=dict)
    """the counts of this repository from earlier runs"""
    elsewhere: Counts = field(default_factory=dict)
    """the counts of other repositories"""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._all: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
        """by shape and generator, in this repository: the numbers of tries and of tactics in proofs"""
        self._others: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
        self._overall: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        self._new: Counter[tuple[str, str, int]] = Counter()
        for counts, kept in ((self.here, self._all), (self.elsewhere, self._others)):
            for (shape, generator), (tried, _, used) in counts.items():
                for row in (kept[shape, generator], self._overall[generator]):
                    row[0] += tried
                    row[1] += used

    def tried(self, shape: str, generators: Sequence[str], advanced: bool) -> None:
        """Counts a tactic that was run."""
        self._count(shape, generators, (1, int(advanced), 0))

    def used(self, shape: str, generators: Sequence[str]) -> None:
        """Counts a tactic that is part of a proof."""
        self._count(shape, generators, (0, 0, 1))

    def weights(self, shape: str, generators: Sequence[str]) -> dict[str, float]:
        """Returns the weight of each generator on goals of a shape, which is added to its log-probabilities."""
        with self._lock:
            rates = {name: self._rate(shape, name) for name in generators}
            tries = {name: self._all[shape, name][0] for name in generators}
        mean = sum(rates.values()) / max(1, len(rates))
        log_tries = math.log1p(sum(tries.values()))
        return {
            name: max(
                -MAX_WEIGHT,
                min(
                    MAX_WEIGHT,
                    math.log(rates[name] / mean) + UCB_EXPLORATION * math.sqrt(log_tries / (1 + tries[name])),
                ),
            )
            for name in generators
        }

    def digest(self) -> str:
        """Returns a digest of the counts from earlier runs; empty without any."""
        if not self.here and not self.elsewhere:
            return ""
        text = repr((sorted(self.here.items()), sorted(self.elsewhere.items())))
        return sha256(text.encode()).hexdigest()[:16]

    def news(self) -> Counts:
        """Returns what was counted since the last call."""
        with self._lock:
            new, self._new = self._new, Counter()
        return {
            key: (new[*key, 0], new[*key, 1], new[*key, 2])
            for key in dict.fromkeys((shape, generator) for shape, generator, _ in new)
        }

    def _rate(self, shape: str, name: str) -> float:
        """Returns the success rate of a generator; each level is shrunk towards the wider one by `PRIOR_TRIES`."""
        rate = PRIOR_SUCCESS_RATE
        for tries, worth in (self._overall[name], self._others[shape, name], self._all[shape, name]):
            rate = (worth + PRIOR_TRIES * rate) / (tries + PRIOR_TRIES)
        return rate

    def _count(self, shape: str, generators: Sequence[str], more: tuple[int, int, int]) -> None:
        tried, _, used = more
        with self._lock:
            for generator in generators:
                for row in (self._all[shape, generator], self._overall[generator]):
                    row[0] += tried
                    row[1] += used
                for place, value in enumerate(more):
                    self._new[shape, generator, place] += value


class Ensemble(Generator):
    """A mixture of generators. Its weights are updated while it is used, and its members learn from proofs.

    A frozen mixture learns nothing: its suggestions for a theorem do not depend on which theorems were tried before.
    Evaluations and courses use one, so that their results do not depend on the order of their trials.
    """

    name = "ensemble"

    def __init__(
        self, generators: Sequence[Generator], statistics: GeneratorStatistics | None = None, frozen: bool = False
    ) -> None:
        self.generators = tuple(generators)
        self.statistics = statistics or GeneratorStatistics()
        self.frozen = frozen
        self.reads_files = any(generator.reads_files for generator in generators)
        self.usage = {generator.name: GeneratorUsage() for generator in generators}
        self._scales = self._new_scales()
        self._lock = threading.Lock()

    def for_theorem(self, theorem: TheoremRef) -> "BoundEnsemble":
        """Returns the mixture bound to one theorem."""
        members = [generator.for_theorem(theorem) for generator in self.generators]
        return BoundEnsemble(self, members, self._new_scales() if self.frozen else self._scales)

    def names(self) -> tuple[str, ...]:
        """See `Generator`."""
        return tuple(generator.name for generator in self.generators)

    def read_file(self, file: FileContents) -> None:
        """See `Generator`."""
        for generator in self.generators:
            generator.read_file(file)

    def learn(self, theorem: TheoremRef, steps: Sequence[ProofStep]) -> None:
        """Credits the generators that proposed the steps of a proof, and lets the members learn it."""
        for step in steps:
            members = [source for source in step.sources if source in self.usage]
            if not self.frozen:
                self.statistics.used(shape_of(step.goal), members)
            with self._lock:
                for source in members:
                    self.usage[source].used += 1
        if not self.frozen:
            for generator in self.generators:
                generator.learn(theorem, steps)

    def mixed(
        self, goal: Goal, suggested: Mapping[str, Sequence[Suggestion]], scales: Mapping[str, "_Scale"]
    ) -> list[Suggestion]:
        """Returns all suggestions on one scale, each text once, the most promising first."""
        weights = self.statistics.weights(shape_of(goal), list(suggested))
        best: dict[str, Suggestion] = {}
        for name, suggestions in suggested.items():
            if not suggestions:
                continue
            with self._lock:
                scale = scales[name]
                scale.add(max(suggestion.log_probability for suggestion in suggestions))
                factor = scale.factor()
            for suggestion in suggestions:
                score = min(-0.01, factor * suggestion.log_probability + weights[name])
                known = best.get(suggestion.tactic)
                sources = (*known.sources, name) if known is not None else (name,)
                if known is not None:
                    score = max(score, known.log_probability)
                best[suggestion.tactic] = Suggestion(suggestion.tactic, score, sources)
        return _represent_all(sorted(best.values(), key=lambda suggestion: -suggestion.log_probability))

    def count(self, name: str, proposed: int, seconds: float) -> None:
        """Counts what a generator proposed."""
        with self._lock:
            self.usage[name].proposed += proposed
            self.usage[name].seconds += seconds

    def count_result(self, goal: Goal, suggestion: Suggestion, advanced: bool) -> None:
        """Counts a tactic that was run."""
        if not self.frozen:
            self.statistics.tried(shape_of(goal), suggestion.sources, advanced)
        with self._lock:
            for source in suggestion.sources:
                self.usage[source].tried += 1
                self.usage[source].valid += advanced

    def _new_scales(self) -> dict[str, "_Scale"]:
        return {generator.name: _Scale() for generator in self.generators}


class BoundEnsemble(BoundGenerator):
    """A mixture bound to one theorem."""

    name = Ensemble.name

    def __init__(
        self, ensemble: Ensemble, generators: Sequence[BoundGenerator], scales: Mapping[str, "_Scale"]
    ) -> None:
        self._ensemble = ensemble
        self._generators = generators
        self._scales = scales

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        """Returns the mixed suggestions of all members."""
        suggested = {}
        for generator in self._generators:
            started = time.perf_counter()
            suggested[generator.name] = generator.suggest(goal)
            self._ensemble.count(generator.name, len(suggested[generator.name]), time.perf_counter() - started)
        return self._ensemble.mixed(goal, suggested, self._scales)

    def whole_proofs(self, goal: Goal) -> Sequence[Suggestion]:
        """Returns the whole proofs of all members."""
        return [replace(known, sources=(each.name,)) for each in self._generators for known in each.whole_proofs(goal)]

    def prefetch(self, goals: Sequence[Goal]) -> None:
        """See `BoundGenerator`."""
        for generator in self._generators:
            started = time.perf_counter()
            generator.prefetch(goals)
            self._ensemble.count(generator.name, 0, time.perf_counter() - started)

    def on_result(self, goal: Goal, suggestion: Suggestion, outcome: TacticOutcome) -> None:
        """Counts the outcome, and lets the members that proposed the tactic observe it."""
        self._ensemble.count_result(goal, suggestion, isinstance(outcome, Advanced))
        for generator in self._generators:
            if generator.name in suggestion.sources:
                generator.on_result(goal, suggestion, outcome)


def _represent_all(ranked: list[Suggestion]) -> list[Suggestion]:
    """Returns the suggestions with the best one of each generator among the first `REPRESENTED_RANKS`."""
    if len(ranked) <= REPRESENTED_RANKS:
        return ranked
    represented = {source for suggestion in ranked[:REPRESENTED_RANKS] for source in suggestion.sources}
    floor = ranked[REPRESENTED_RANKS - 1].log_probability
    late = []
    for suggestion in ranked[REPRESENTED_RANKS:]:
        if not represented.issuperset(suggestion.sources):
            represented.update(suggestion.sources)
            late.append(suggestion)
    first = ranked[: REPRESENTED_RANKS - len(late)]
    lifted = [replace(suggestion, log_probability=floor) for suggestion in late]
    rest = [suggestion for suggestion in ranked[len(first) :] if suggestion not in late]
    return sorted([*first, *lifted, *rest], key=lambda suggestion: -suggestion.log_probability)
