"""Whole proofs from a language model: written, and written anew when Lean has said what is wrong."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from textwrap import dedent

from prover.errors import ModelError
from prover.tactics.language.formats import PromptFields, PromptFormat
from prover.tactics.language.model import Completion, Decoding, LanguageModel, Prompt
from prover.tactics.language.rejection import COMMAND, LONGEST_PROOF, in_code_block, rejection_reason

BODY = re.compile(r":=\s*(by\b)?[ \t]*")
SAID = 1_000
"""characters of Lean's message that a model is shown"""


@dataclass(frozen=True)
class ProofFault:
    """Why a proof does not hold."""

    draft: str
    held: str
    """what of it Lean accepted"""
    failed: str
    message: str


class WholeProofWriter:
    """Asks a model for whole proofs. A model that fails costs its proofs, not the search."""

    name = "drafts"

    def __init__(
        self,
        model: LanguageModel,
        format: PromptFormat,
        decoding: Decoding,
        revisions: int = 1,
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`revisions`: how many times a proof that fails is written anew."""
        self.model = model
        self.format = format
        self.decoding = replace(decoding, tokens=format.answer_tokens, stops=(*decoding.stops, *format.stops))
        self.revisions = revisions
        self._note = note

    def write(self, asked: PromptFields) -> list[str]:
        """Proofs as blocks of tactics, the most probable first, each once."""
        return self._answers(self.format.prompt(asked))

    def revise(self, asked: PromptFields, fault: ProofFault) -> list[str]:
        """Proofs in the knowledge of what was wrong with one.

        A model that answers is told what Lean said; one that continues goes on from what held.
        """
        prompt = self.format.prompt(asked)
        if self.model.kind == "chat":
            return self._answers(replace(prompt, text=prompt.text + _told(fault)))
        begun = "".join(f"  {line}\n" for line in fault.held.splitlines())
        return [f"{fault.held}\n{rest}" for rest in self._answers(replace(prompt, text=prompt.text + begun))]

    def _answers(self, prompt: Prompt) -> list[str]:
        try:
            (answer,) = self.model.complete([prompt], self.decoding)
        except ModelError as error:
            self._note(str(error))
            return []
        return list(dict.fromkeys(proof for proof in map(self._proof, answer) if proof))

    def _proof(self, completion: Completion) -> str:
        """The tactics in an answer; nothing where it is not worth showing to Lean."""
        text = in_code_block(completion.text) if self.model.kind == "chat" else completion.text
        proof = dedent(without_statement(text))
        return "" if rejection_reason(proof, LONGEST_PROOF, holes=True) else proof


def without_statement(text: str) -> str:
    """The proof where the theorem is repeated before it; what follows the theorem is left out."""
    first = COMMAND.search(text)
    if first is not None and not text[: first.start()].strip() and (body := BODY.search(text, first.end())):
        after = text[body.end() :]
        proof = _until_command(after)
        return proof.strip("\n") if body[1] else f"exact {proof.strip()}"
    return _until_command(text).strip("\n")


def _until_command(text: str) -> str:
    following = COMMAND.search(text)
    return text if following is None else text[: following.start()]


def _told(fault: ProofFault) -> str:
    return (
        f"\n\nThis proof was tried:\n```lean4\n{fault.draft}\n```\n"
        f"Lean does not accept:\n```lean4\n{fault.failed}\n```\n"
        f"It says:\n{fault.message[:SAID]}\nWrite the whole proof again."
    )


def above(text: bytes, start: int, place: int) -> PromptFields:
    """What a prompt says of a place in a file where a proof is missing.

    Args:
        start: where the theorem starts.
        place: where its proof is to stand.
    """
    statement = text[start:place].decode(errors="ignore").rstrip()
    if not statement.endswith(("by", "=>", "·")):
        statement = statement.removesuffix(":=").rstrip() + " := by"
    return PromptFields(header=text[:start].decode(errors="ignore"), statement=statement)


def longest_held(faults: Sequence[ProofFault]) -> ProofFault:
    """The fault of the proof of which the most held."""
    return max(faults, key=lambda fault: len(fault.held))
