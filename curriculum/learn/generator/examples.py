"""Training examples of tactic generators: goals in proofs, each with the tactic that was used on it."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from curriculum.database.steps import OwnProof
from prover.lean.traced import TracedModule
from prover.tactics.language.rejection import rejection_reason
from prover.tactics.memory.neighbour import literal_texts


@dataclass(frozen=True)
class Example:
    """A goal, and the tactic that was used on it."""

    module: str
    declaration: str
    """The full name of the theorem being proved."""
    state: str
    """The goal as Lean prints it."""
    tactic: str


@dataclass(frozen=True)
class Split:
    """Examples to train on, and examples of other theorems to measure with."""

    train: tuple[Example, ...]
    held_out: tuple[Example, ...]


def traced_examples(module: TracedModule) -> Iterator[Example]:
    """Yields the tactics of a module's proofs, each with its goal, in the order of the text.

    Of a tactic that contains others, only the beginning: those are examples of their own.
    """
    for number, step in enumerate(module.steps):
        state = step.before.split("\n\n", 1)[0]
        for text in list(literal_texts(module.steps, number))[-1:]:
            if rejection_reason(text) is None:
                yield Example(module.name, step.declaration, state, text)


def found_examples(proofs: Iterable[OwnProof]) -> list[Example]:
    """Returns the steps of proofs that the prover found; of each statement its shortest proof only.

    Behaviour cloning, filtered by what the gate has accepted (expert iteration, Polu et al. 2022).
    """
    shortest: dict[str, OwnProof] = {}
    for proof in proofs:
        known = shortest.get(proof.statement_key)
        if known is None or _length(proof) < _length(known):
            shortest[proof.statement_key] = proof
    return [
        Example(proof.module, proof.theorem, step.goal, step.tactic)
        for proof in shortest.values()
        for step in proof.steps
        if rejection_reason(step.tactic) is None
    ]


def split(examples: Sequence[Example], share: float, seed: int, named: Sequence[str] = ()) -> Split:
    """Splits examples by theorem: all examples of a theorem are on the same side.

    Args:
        share: the share of theorems to hold out, from 0 to 1; which ones depends on the seed and their names only.
        named: theorems to hold out in any case.
    """
    names = set(named)

    def held(example: Example) -> bool:
        if example.declaration in names:
            return True
        digest = hashlib.sha256(f"{seed} {example.module} {example.declaration}".encode()).digest()
        return int.from_bytes(digest[:8], "big") < share * 2**64

    unique = list(dict.fromkeys(examples))
    train = [example for example in unique if not held(example)]
    return Split(tuple(train), tuple(example for example in unique if held(example)))


def digest_of(examples: Iterable[Example]) -> str:
    """Returns a digest of a set of examples that does not depend on their order."""
    return digest_of_lines(f"{e.module}\0{e.declaration}\0{e.state}\0{e.tactic}" for e in examples)


def digest_of_lines(lines: Iterable[str]) -> str:
    """Returns a digest of a set of lines that does not depend on their order."""
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:16]


def _length(proof: OwnProof) -> tuple[int, int]:
    return len(proof.steps), sum(len(step.tactic) for step in proof.steps)
