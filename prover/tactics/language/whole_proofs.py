"""Whole proofs from a language model, which revises them with Lean's messages."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from textwrap import dedent

from prover.errors import ModelError
from prover.tactics.language.formats import PromptFields, PromptFormat
from prover.tactics.language.model import Completion, Decoding, LanguageModel, Prompt
from prover.tactics.language.rejection import COMMAND, MAX_PROOF_BYTES, in_code_block, rejection_reason

BODY = re.compile(r":=\s*(by\b)?[ \t]*")
MAX_MESSAGE_CHARACTERS = 1_000
"""the maximum number of characters of Lean's message in a prompt"""


@dataclass(frozen=True)
class ProofFault:
    """The reason why a proof does not hold."""

    draft: str
    held: str
    """the tactics of the proof that Lean accepted"""
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
        """Creates a writer; a proof that fails is revised at most `revisions` times."""
        self.model = model
        self.format = format
        self.decoding = replace(decoding, tokens=format.answer_tokens, stops=(*decoding.stops, *format.stops))
        self.revisions = revisions
        self._note = note

    def write(self, fields: PromptFields) -> list[str]:
        """Returns proofs as blocks of tactics, the most probable first, without duplicates."""
        return self._answers(self.format.prompt(fields))

    def revise(self, fields: PromptFields, fault: ProofFault) -> list[str]:
        """Returns revised proofs.

        A chat model gets Lean's message in its prompt; another model continues the part of the proof that held.
        """
        prompt = self.format.prompt(fields)
        if self.model.kind == "chat":
            return self._answers(replace(prompt, text=prompt.text + _fault_text(fault)))
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
        """Returns the tactics of an answer, or an empty text if they are not worth running."""
        text = in_code_block(completion.text) if self.model.kind == "chat" else completion.text
        proof = dedent(without_statement(text))
        return "" if rejection_reason(proof, MAX_PROOF_BYTES, holes=True) else proof


def without_statement(text: str) -> str:
    """Returns the proof without the theorem's statement before it and without later commands."""
    first = COMMAND.search(text)
    if first is not None and not text[: first.start()].strip() and (body := BODY.search(text, first.end())):
        after = text[body.end() :]
        proof = _until_command(after)
        return proof.strip("\n") if body[1] else f"exact {proof.strip()}"
    return _until_command(text).strip("\n")


def _until_command(text: str) -> str:
    following = COMMAND.search(text)
    return text if following is None else text[: following.start()]


def _fault_text(fault: ProofFault) -> str:
    return (
        f"\n\nThis proof was tried:\n```lean4\n{fault.draft}\n```\n"
        f"Lean does not accept:\n```lean4\n{fault.failed}\n```\n"
        f"It says:\n{fault.message[:MAX_MESSAGE_CHARACTERS]}\nWrite the whole proof again."
    )


def fields_above(text: bytes, start: int, place: int) -> PromptFields:
    """Returns the fields of a prompt for a proof that is missing in a file.

    Args:
        start: the byte at which the theorem starts.
        place: the byte at which its proof is inserted.
    """
    statement = text[start:place].decode(errors="ignore").rstrip()
    if not statement.endswith(("by", "=>", "·")):
        statement = statement.removesuffix(":=").rstrip() + " := by"
    return PromptFields(header=text[:start].decode(errors="ignore"), statement=statement)


def longest_held(faults: Sequence[ProofFault]) -> ProofFault:
    """Returns the fault of the proof of which the longest part held."""
    return max(faults, key=lambda fault: len(fault.held))
