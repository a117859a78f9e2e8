"""Whole proofs from a language model, which revises them with Lean's messages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from prover.errors import ModelError
from prover.tactics.language.answers import Answer, read_answer
from prover.tactics.language.formats import PromptFields, PromptFormat
from prover.tactics.language.model import Completion, Decoding, LanguageModel, Prompt
from prover.tactics.language.rejection import MAX_PROOF_BYTES, rejection_reason

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
        return self._answers(fields, self.format.prompt(fields))

    def revise(self, fields: PromptFields, fault: ProofFault) -> list[str]:
        """Returns revised proofs.

        A chat model gets Lean's message in its prompt; another model continues the part of the proof that held.
        """
        prompt = self.format.prompt(fields)
        if self.model.kind == "chat":
            return self._answers(fields, replace(prompt, text=prompt.text + _fault_text(fault)))
        begun = "".join(f"  {line}\n" for line in fault.held.splitlines())
        return [f"{fault.held}\n{rest}" for rest in self._answers(fields, replace(prompt, text=prompt.text + begun))]

    def _answers(self, fields: PromptFields, prompt: Prompt) -> list[str]:
        try:
            (answer,) = self.model.complete([prompt], self.decoding)
        except ModelError as error:
            self._note(str(error))
            return []
        return list(dict.fromkeys(proof for each in answer if (proof := proof_in(each, fields).proof)))


def proof_in(completion: Completion, fields: PromptFields) -> Answer:
    """Returns the proof in a completion, or the reason why it has none that is worth running."""
    answer = read_answer(completion.text, fields.declaration, fields.header)
    if answer.refused is not None:
        return answer
    reason = rejection_reason(answer.proof, MAX_PROOF_BYTES, holes=True)
    return answer if reason is None else Answer(refused=f"its proof is not run: {reason}")


def _fault_text(fault: ProofFault) -> str:
    return (
        f"\n\nThis proof was tried:\n```lean4\n{fault.draft}\n```\n"
        f"Lean does not accept:\n```lean4\n{fault.failed}\n```\n"
        f"It says:\n{fault.message[:MAX_MESSAGE_CHARACTERS]}\nWrite the whole proof again."
    )


def fields_above(text: bytes, start: int, place: int, name: str = "") -> PromptFields:
    """Returns the fields of a prompt for a proof that is missing in a file.

    Args:
        start: the byte at which the theorem starts.
        place: the byte at which its proof is inserted.
        name: the full name of the theorem.
    """
    statement = text[start:place].decode(errors="ignore").rstrip()
    if not statement.endswith(("by", "=>", "·")):
        statement = statement.removesuffix(":=").rstrip() + " := by"
    return PromptFields(declaration=name, header=text[:start].decode(errors="ignore"), statement=statement)


def longest_held(faults: Sequence[ProofFault]) -> ProofFault:
    """Returns the fault of the proof of which the longest part held."""
    return max(faults, key=lambda fault: len(fault.held))
