"""What a generator is trained on: goals that were met in proofs, and the tactics that were used on them."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from curriculum.database.steps import OwnProof
from prover.lean.traced import TracedModule
from prover.tactics.language.refusal import why_refused
from prover.tactics.memory.precedent import literal_texts


@dataclass(frozen=True)
class Example:
    """A goal, and what was done."""

    module: str
    declaration: str
    """the full name of what was being proved"""
    state: str
    """the goal as Lean prints it"""
    tactic: str


@dataclass(frozen=True)
class Split:
    """Examples to learn from, and examples of other theorems to be judged by."""

    train: tuple[Example, ...]
    held_out: tuple[Example, ...]


def traced_examples(module: TracedModule) -> Iterator[Example]:
    """The tactics of a module's proofs, each with the goal that it was used on, in the order of the text.

    Of a tactic that has others in it, only the beginning: they are examples of their own.
    """
    for number, step in enumerate(module.steps):
        state = step.before.split("\n\n", 1)[0]
        for text in list(literal_texts(module.steps, number))[-1:]:
            if why_refused(text) is None:
                yield Example(module.name, step.declaration, state, text)


def found_examples(proofs: Iterable[OwnProof]) -> list[Example]:
    """The steps of proofs that the prover has found itself: of each statement its shortest proof only.

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
        if why_refused(step.tactic) is None
    ]


def split(examples: Sequence[Example], share: float, seed: int, named: Sequence[str] = ()) -> Split:
    """Holds theorems out, all examples of one together.

    Args:
        share: of the theorems, from 0 to 1; which ones depends on the seed and their names only.
        named: theorems that are held out whatever the share.
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
    """Names a set of examples, whatever their order."""
    return digest_of_lines(f"{e.module}\0{e.declaration}\0{e.state}\0{e.tactic}" for e in examples)


def digest_of_lines(lines: Iterable[str]) -> str:
    """Names a set of lines, whatever their order."""
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:16]


def _length(proof: OwnProof) -> tuple[int, int]:
    return len(proof.steps), sum(len(step.tactic) for step in proof.steps)
