"""The contract of everything that proposes tactics: generators, and generators bound to one theorem."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prover.lean.protocol import Goal
from prover.lean.session import TacticOutcome
from prover.project.contents import FileContents


@dataclass(frozen=True)
class Suggestion:
    """A tactic that might help."""

    tactic: str
    log_probability: float
    """natural logarithm; generators need not normalise"""
    sources: tuple[str, ...] = ()
    """the names of the generators that proposed it, where several were mixed"""
    log_milliseconds: float | None = None
    """the natural logarithm of the milliseconds that it is expected to take, if a policy has judged it"""


@dataclass(frozen=True)
class TheoremRef:
    """Identifies a theorem by its place and statement, so that a generator learns nothing from what comes after it."""

    module: str
    name: str
    """full name of the declaration"""
    start: int
    """first byte of the declaration in its file"""
    statement_key: str
    """key of the elaborated type; equal for equal statements"""


@dataclass(frozen=True)
class ProofStep:
    """A goal on the way of an accepted proof, and the tactic that was used on it."""

    goal: Goal
    tactic: str
    sources: tuple[str, ...] = ()
    """the names of the generators that proposed it, where several were mixed"""


class BoundGenerator(ABC):
    """A generator bound to one theorem. One search calls it, from one thread."""

    name: str

    @abstractmethod
    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        """Returns tactics for a goal, in any order, each text at most once."""

    def prefetch(self, goals: Sequence[Goal]) -> None:
        """Prepares suggestions for goals that are likely to be asked about soon; for models that answer in batches."""
        return

    def whole_proofs(self, goal: Goal) -> Sequence[Suggestion]:
        """Returns whole proofs of the theorem's first goal that may hold in part, the most promising first."""
        return ()

    def on_result(self, goal: Goal, suggestion: Suggestion, outcome: TacticOutcome) -> None:
        """Observes the outcome of a suggestion of this generator that Lean has run."""
        return


class Generator(ABC):
    """Proposes tactics for any theorem. Several threads may use one generator at the same time."""

    name: str
    reads_files: bool = False
    """whether `read_file` must be called for the file of a theorem before the theorem is proved"""

    @abstractmethod
    def for_theorem(self, theorem: TheoremRef) -> BoundGenerator:
        """Returns this generator bound to one theorem."""

    def names(self) -> tuple[str, ...]:
        """Returns its name, or the names of the generators that it mixes."""
        return (self.name,)

    def facts(self) -> Mapping[str, Any]:
        """Returns facts on which its suggestions depend and which the report of a run states, by their names."""
        return {}

    def read_file(self, file: FileContents) -> None:
        """Takes note of the declarations and imports of a file whose theorems are about to be proved."""
        return

    def learn(self, theorem: TheoremRef, steps: Sequence[ProofStep]) -> None:
        """Learns from a proof of a theorem that the gate has accepted."""
        return


class StatelessGenerator(Generator, BoundGenerator):
    """A generator whose suggestions depend on the goal alone, and so is bound to every theorem."""

    def for_theorem(self, theorem: TheoremRef) -> BoundGenerator:
        """Returns itself."""
        return self


class WrappedGenerator(Generator):
    """Forwards everything to another generator. An adapter overrides only what it changes."""

    def __init__(self, inner: Generator) -> None:
        self.inner = inner
        self.name = inner.name
        self.reads_files = inner.reads_files

    def for_theorem(self, theorem: TheoremRef) -> BoundGenerator:
        """See `Generator`."""
        return self.inner.for_theorem(theorem)

    def names(self) -> tuple[str, ...]:
        """See `Generator`."""
        return self.inner.names()

    def facts(self) -> Mapping[str, Any]:
        """See `Generator`."""
        return self.inner.facts()

    def read_file(self, file: FileContents) -> None:
        """See `Generator`."""
        self.inner.read_file(file)

    def learn(self, theorem: TheoremRef, steps: Sequence[ProofStep]) -> None:
        """See `Generator`."""
        self.inner.learn(theorem, steps)


class Frozen(WrappedGenerator):
    """A generator that learns nothing from the proofs that are found with it.

    Its suggestions therefore do not depend on the order in which theorems are tried, or on the processes that try them.
    """

    def learn(self, theorem: TheoremRef, steps: Sequence[ProofStep]) -> None:
        """Does nothing."""
        return


class Wrapped(BoundGenerator):
    """Forwards everything to another bound generator. An adapter overrides only what it changes."""

    def __init__(self, inner: BoundGenerator) -> None:
        self.inner = inner
        self.name = inner.name

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        """See `BoundGenerator`."""
        return self.inner.suggest(goal)

    def prefetch(self, goals: Sequence[Goal]) -> None:
        """See `BoundGenerator`."""
        self.inner.prefetch(goals)

    def whole_proofs(self, goal: Goal) -> Sequence[Suggestion]:
        """See `BoundGenerator`."""
        return self.inner.whole_proofs(goal)

    def on_result(self, goal: Goal, suggestion: Suggestion, outcome: TacticOutcome) -> None:
        """See `BoundGenerator`."""
        self.inner.on_result(goal, suggestion, outcome)


def merge(generators: Sequence[BoundGenerator], goal: Goal) -> list[Suggestion]:
    """Returns the suggestions of all generators, each text once with its best probability, the most probable first."""
    best: dict[str, Suggestion] = {}
    for generator in generators:
        for suggestion in generator.suggest(goal):
            known = best.get(suggestion.tactic)
            if known is None or suggestion.log_probability > known.log_probability:
                best[suggestion.tactic] = suggestion
    return sorted(best.values(), key=lambda suggestion: -suggestion.log_probability)
