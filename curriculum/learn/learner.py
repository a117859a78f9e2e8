"""What can learn from one repository after another: the protocol, and the learner without weights, the memory.

A learner is deterministic: the same studies in the same order, with the same seed, make the same learner. What is
saved can be loaded by another process, and goes on as if it had never stopped.
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
from prover.tactics.memory.memory import Memory, Source
from prover.tactics.memory.precedent import Precedent, found_precedents
from prover.tactics.memory.sketch import sketch_of_text

Strategy = Literal["progressive", "merged", "replay", "ewc", "adapters"]
"""plain progressive training (LeanAgent's choice); all data so far; a bounded buffer of it; elastic weight
consolidation; an adapter for each repository, averaged"""

TOP = 10
HELD_OUT = 5
"""one theorem in so many is never learnt from by what has weights"""
ITEMS = 60
"""of a task, at most"""


@dataclass(frozen=True)
class ProofExample:
    """A proof that the prover has found itself."""

    module: str
    theorem: str
    statement_key: str
    start: float
    """where the theorem stands; infinite where that is not known"""
    steps: tuple[tuple[str, str, str], ...]
    """goal as printed, its key, and the tactic"""


@dataclass(frozen=True)
class TrainingTask:
    """What there is to learn at one step of a course."""

    location: str
    """the repository that it is about"""
    modules: tuple[TracedModule, ...] = ()
    """what was traced of it; nothing where it was studied before"""
    found: tuple[ProofExample, ...] = ()
    """proofs found since the last study, in whichever repository"""
    seed: int = 0


@dataclass(frozen=True)
class EvaluationTask:
    """What a learner's knowledge of a repository is measured on."""

    location: str
    modules: tuple[TracedModule, ...]

    def held_out(self, limit: int = ITEMS) -> list[tuple[TracedModule, TracedStep]]:
        """First steps of proofs, at most `limit`: a sample that depends on the names of the theorems only."""
        firsts = []
        for module in self.modules:
            by_declaration = groupby(module.steps, key=lambda step: step.declaration)
            firsts += [(module, next(steps)) for _, steps in by_declaration]
        return sorted(firsts, key=lambda pair: sha256(pair[1].declaration.encode()).digest())[:limit]


def held_out(theorem: str) -> bool:
    """Whether learners with weights must not learn from a theorem, so that it can measure them: by its name."""
    return sha256(theorem.encode()).digest()[0] % HELD_OUT == 0


class Learner(Protocol):
    """A learner."""

    name: str

    def train(self, task: TrainingTask) -> None:
        """Learns one more thing."""
        ...

    def performance(self, task: EvaluationTask) -> tuple[float, ...]:
        """How well it does on a task: from 0 to 1 for each of its items, the same items whenever it is asked."""
        ...

    def generators(self) -> tuple[Generator, ...]:
        """What proposes tactics from what it knows now; it learns nothing while it is used."""
        ...

    def save(self, directory: Path) -> None:
        """Writes all that it is into a directory that is there, and empty."""
        ...

    def load(self, directory: Path) -> None:
        """Becomes what was saved.

        Raises:
            OSError, ValueError: a file is not there, or is not whole.
        """
        ...

    def reset(self) -> None:
        """Forgets everything."""
        ...


class MemoryEntry(msgspec.Struct, frozen=True):
    """A module, or a theorem of one, as the memory learnt it."""

    source: Source
    precedents: list[Precedent]
    location: str


class MemoryLearner:
    """The memory of tactics. Has no weights, so that there is nothing to consolidate or to average.

    Every strategy but `replay` remembers everything; with `replay` at most `capacity` precedents of earlier studies
    are kept beside those of the latest.
    """

    name = "memory"

    def __init__(self, strategy: Strategy = "progressive", capacity: int = 5_000, seed: int = 0) -> None:
        self._capacity = capacity if strategy == "replay" else None
        self._seed = seed
        self._known: list[MemoryEntry] = []
        self._memory: Memory | None = None

    def train(self, task: TrainingTask) -> None:
        """Remembers the proofs of modules, and those that were found."""
        if self._capacity is not None:
            self._known = _bounded(self._known, self._capacity, self._seed)
        for module in task.modules:
            lesson = module_precedents(module)
            self._known.append(MemoryEntry(lesson.source, lesson.precedents, task.location))
        self._known += [_known(found, task.location) for found in task.found]
        self._memory = None

    def performance(self, task: EvaluationTask) -> tuple[float, ...]:
        """Whether the tactic that begins a proof is among the ten best suggestions (hit@10).

        The memory sees neither that proof nor what comes after it in the import order; of a repository that it has
        not studied it sees nothing.
        """
        memory = self.memory()
        return tuple(_hit(memory, module, step) for module, step in task.held_out())

    def generators(self) -> tuple[Generator, ...]:
        """The memory, which stays as it is."""
        return (Frozen(self.memory()),)

    def save(self, directory: Path) -> None:
        """One file."""
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
        """All that it knows."""
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
    suggested = memory.for_theorem(theorem).suggest_for(sketch_of_text(_first_goal(step.before)), key)
    best = sorted(suggested, key=lambda s: -s.log_probability)[:TOP]
    wanted = " ".join(step.text.split())
    return float(any(" ".join(s.tactic.split()) == wanted for s in best))


def _first_goal(state: str) -> str:
    return state.split("\n\n", 1)[0]


def _known(found: ProofExample, location: str) -> MemoryEntry:
    name = found.theorem
    source = Source(found.module, (), {name: found.start}, {name: found.statement_key}, part=True)
    steps = [(key, sketch_of_text(goal), tactic) for goal, key, tactic in found.steps]
    return MemoryEntry(source, found_precedents(name, steps), location)


def _bounded(known: list[MemoryEntry], capacity: int, seed: int) -> list[MemoryEntry]:
    """The same with at most so many precedents, a uniform sample of all of them."""
    numbered = [(i, j) for i, each in enumerate(known) for j in range(len(each.precedents))]
    buffer = Rehearsal[tuple[int, int]](capacity, seed, lambda pair: _content(known[pair[0]], pair[1]))
    buffer.offer(numbered)
    kept = set(buffer)
    return [
        MemoryEntry(each.source, [p for j, p in enumerate(each.precedents) if (i, j) in kept], each.location)
        for i, each in enumerate(known)
    ]


def _content(known: MemoryEntry, number: int) -> str:
    """All that a precedent is: where it stands among others changes as they are forgotten."""
    return f"{known.location} {known.source.name} {msgspec.json.encode(known.precedents[number]).decode()}"
