"""Learners: the protocol of what learns from one repository after another, and the learner without weights, memory.

A learner is deterministic: the same training tasks in the same order, with the same seed, make the same learner. A
saved learner can be loaded by another process, and continues there as if it had never stopped.
"""

from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from curriculum.learn.rehearsal import Rehearsal
from curriculum.recollection import module_precedents
from prover.lean.traced import TracedModule, TracedStep
from prover.tactics.generator import Frozen, Generator, TheoremRef
from prover.tactics.memory.goal_features import features_of_text
from prover.tactics.memory.memory import Memory, RememberedModule
from prover.tactics.memory.neighbour import Neighbour, neighbours_of_found_proof

Strategy = Literal["progressive", "merged", "replay", "ewc", "adapters"]
"""How weights are kept from forgetting: plain progressive training (LeanAgent's choice), training on all data so far,
on a bounded buffer of it, elastic weight consolidation, or an averaged adapter for each repository."""

HIT_RANK = 10
"""A suggestion counts as a hit if it is among this many of the best."""
HELD_OUT_DIVISOR = 5
"""Learners with weights never learn from one theorem in this many."""
MAX_TASK_ITEMS = 60
"""The largest number of items of an evaluation task."""


@dataclass(frozen=True)
class ProofExample:
    """A proof that the prover found itself, as a training example."""

    module: str
    theorem: str
    """The theorem's full name."""
    statement_key: str
    start: float
    """The position of the theorem in its file; infinite where it is unknown."""
    steps: tuple[tuple[str, str, str], ...]
    """For each step the goal as printed, the goal's key, and the tactic."""


@dataclass(frozen=True)
class TrainingTask:
    """The material of one training."""

    location: str
    """The repository that the modules are from; empty for found proofs alone."""
    modules: tuple[TracedModule, ...] = ()
    """The traced modules that are new to the learners."""
    found: tuple[ProofExample, ...] = ()
    """The proofs found since the task before, in any repository."""
    seed: int = 0
    """The seed of the training."""


@dataclass(frozen=True)
class EvaluationTask:
    """The material that a learner's performance on a repository is measured on."""

    location: str
    modules: tuple[TracedModule, ...]

    def first_steps(self, limit: int = MAX_TASK_ITEMS) -> list[tuple[TracedModule, TracedStep]]:
        """Returns the first steps of at most `limit` proofs: a sample that depends on the theorems' names only."""
        firsts = []
        for module in self.modules:
            by_declaration = groupby(module.steps, key=lambda step: step.declaration)
            firsts += [(module, next(steps)) for _, steps in by_declaration]
        return sorted(firsts, key=lambda pair: sha256(pair[1].declaration.encode()).digest())[:limit]


def held_out(theorem: str) -> bool:
    """Returns whether learners with weights must not learn from a theorem, which measures them; by its name."""
    return sha256(theorem.encode()).digest()[0] % HELD_OUT_DIVISOR == 0


class Learner(Protocol):
    """Something that learns from one training task after another."""

    name: str
    """The name by which users choose it."""

    def train(self, task: TrainingTask) -> None:
        """Learns from one more task."""
        ...

    def performance(self, task: EvaluationTask) -> tuple[float, ...]:
        """Returns the performance on each item of a task, from 0 to 1; the same items in every call."""
        ...

    def generators(self) -> tuple[Generator, ...]:
        """Returns generators that use what was learned so far; they learn nothing while they are used."""
        ...

    def save(self, directory: Path) -> None:
        """Writes the learner's state into an existing, empty directory."""
        ...

    def load(self, directory: Path) -> None:
        """Restores a saved state.

        Raises:
            OSError: a file is missing.
            ValueError: a file is damaged.
        """
        ...

    def reset(self) -> None:
        """Forgets everything that was learned."""
        ...


class MemoryEntry(msgspec.Struct, frozen=True):
    """A module, or a theorem of one, as the memory learned it."""

    source: RememberedModule
    precedents: list[Neighbour]
    location: str


class MemoryLearner:
    """The memory of tactics. It has no weights: there is nothing to consolidate or to average.

    Every strategy but `replay` remembers everything. With `replay`, at most `capacity` precedents of earlier tasks are
    remembered in addition to those of the latest task.
    """

    name = "memory"

    def __init__(self, strategy: Strategy = "progressive", capacity: int = 5_000, seed: int = 0) -> None:
        self._capacity = capacity if strategy == "replay" else None
        self._seed = seed
        self._known: list[MemoryEntry] = []
        self._memory: Memory | None = None

    def train(self, task: TrainingTask) -> None:
        """Remembers the proofs of traced modules, and those that were found."""
        if self._capacity is not None:
            self._known = _bounded(self._known, self._capacity, self._seed)
        for module in task.modules:
            lesson = module_precedents(module)
            self._known.append(MemoryEntry(lesson.source, lesson.precedents, task.location))
        self._known += [_known(found, task.location) for found in task.found]
        self._memory = None

    def performance(self, task: EvaluationTask) -> tuple[float, ...]:
        """Returns for each proof whether its first tactic is among the ten best suggestions (hit@10).

        The memory sees neither that proof nor what comes after it in the import order, and nothing of a repository that
        it was not trained on.
        """
        memory = self.memory()
        return tuple(_hit(memory, module, step) for module, step in task.first_steps())

    def generators(self) -> tuple[Generator, ...]:
        """Returns the memory, frozen."""
        return (Frozen(self.memory()),)

    def save(self, directory: Path) -> None:
        """Writes one file."""
        (directory / "memory").write_bytes(msgspec.msgpack.encode(self._known))

    def load(self, directory: Path) -> None:
        """See `Learner`."""
        try:
            self._known = msgspec.msgpack.decode((directory / "memory").read_bytes(), type=list[MemoryEntry])
        except msgspec.MsgspecError as error:
            raise ValueError(f"{directory / 'memory'} is damaged: {error}") from None
        self._memory = None

    def reset(self) -> None:
        """See `Learner`."""
        self._known, self._memory = [], None

    def memory(self) -> Memory:
        """Returns the memory of everything learned so far."""
        if self._memory is None:
            self._memory = Memory()
            for known in self._known:
                self._memory.remember(known.source, known.precedents)
        return self._memory


def _hit(memory: Memory, module: TracedModule, step: TracedStep) -> float:
    declared = next((d for d in module.declarations if d.name == step.declaration), None)
    if declared is None:
        return 0.0
    theorem = TheoremRef(module.name, declared.name, declared.start, declared.statement_key)
    key = step.keys_before[0] if step.keys_before else ""
    suggested = memory.for_theorem(theorem).suggest_for(features_of_text(_first_goal(step.before)), key)
    best = sorted(suggested, key=lambda s: -s.log_probability)[:HIT_RANK]
    wanted = " ".join(step.text.split())
    return float(any(" ".join(s.tactic.split()) == wanted for s in best))


def _first_goal(state: str) -> str:
    return state.split("\n\n", 1)[0]


def _known(found: ProofExample, location: str) -> MemoryEntry:
    name = found.theorem
    source = RememberedModule(found.module, (), {name: found.start}, {name: found.statement_key}, part=True)
    steps = [(key, features_of_text(goal), tactic) for goal, key, tactic in found.steps]
    return MemoryEntry(source, neighbours_of_found_proof(name, steps), location)


def _bounded(known: list[MemoryEntry], capacity: int, seed: int) -> list[MemoryEntry]:
    """Returns the entries with at most `capacity` precedents, a uniform sample of all of them."""
    numbered = [(i, j) for i, each in enumerate(known) for j in range(len(each.precedents))]
    buffer = Rehearsal[tuple[int, int]](capacity, seed, lambda pair: _content(known[pair[0]], pair[1]))
    buffer.offer(numbered)
    kept = set(buffer)
    return [
        MemoryEntry(each.source, [p for j, p in enumerate(each.precedents) if (i, j) in kept], each.location)
        for i, each in enumerate(known)
    ]


def _content(known: MemoryEntry, number: int) -> str:
    """Returns the whole content of a precedent; its position among others changes as those are forgotten."""
    return f"{known.location} {known.source.name} {msgspec.json.encode(known.precedents[number]).decode()}"
