"""Encodes examples for a language model: prompts and tactics as tokens, batches as tensors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from curriculum.learn.generator.examples import Example
from curriculum.learn.generator.training_plan import TrainingPlan
from prover.tactics.language.formats import PromptFields, PromptFormat

if TYPE_CHECKING:
    from retrieval.neural import torch

IGNORED_LABEL = -100
"""The label of a token that is not predicted."""


@dataclass(frozen=True)
class EncodedExample:
    """An example as token ids."""

    given: list[int]
    """The prompt, which the model reads."""
    wanted: list[int]
    """The tactic, which the model should write, with the end-of-text token."""

    @property
    def length(self) -> int:
        """The number of all its tokens."""
        return len(self.given) + len(self.wanted)


class ExampleEncoder:
    """Encodes examples for one model."""

    def __init__(
        self, tokenizer: Any, kind: Literal["seq2seq", "causal"], format: PromptFormat, plan: TrainingPlan
    ) -> None:
        self._tokenizer = tokenizer
        self._kind = kind
        self._format = format
        self._plan = plan

    def row(self, example: Example) -> EncodedExample | None:
        """Returns an example as token ids; None if its tactic is too long."""
        if len(example.tactic.encode()) > self._plan.tactic_bytes:
            return None
        state = example.state.encode()[-self._plan.state_bytes :].decode(errors="ignore")
        prompt = self._format.prompt(PromptFields(state=state, declaration=example.declaration)).text
        given = self._tokenizer(prompt, add_special_tokens=self._kind == "seq2seq")["input_ids"]
        tactic = self._tokenizer(example.tactic, add_special_tokens=False)["input_ids"]
        return EncodedExample(list(given), [*tactic, self._tokenizer.eos_token_id])

    def batch(self, rows: Sequence[EncodedExample], device: str) -> dict[str, "torch.Tensor"]:
        """Returns a batch for the model, int64 tensors of shape (rows, tokens), padded on the right."""
        if self._kind == "seq2seq":
            inputs, labels = [row.given for row in rows], [row.wanted for row in rows]
        else:
            inputs = [row.given + row.wanted for row in rows]
            labels = [[IGNORED_LABEL] * len(row.given) + row.wanted for row in rows]
        padding = self._tokenizer.pad_token_id
        return {
            "input_ids": _padded(inputs, padding if padding is not None else 0, device),
            "attention_mask": _padded([[1] * len(row) for row in inputs], 0, device),
            "labels": _padded(labels, IGNORED_LABEL, device),
        }

    def log_probabilities(self, model: Any, rows: Sequence[EncodedExample], device: str) -> "torch.Tensor":
        """Returns log p of each row's tactic in nats, a float tensor of shape (rows,)."""
        from retrieval.neural import torch

        batch = self.batch(rows, device)
        logits, labels = model(**batch).logits, batch["labels"]
        if self._kind == "causal":  # each token is predicted at the one before it
            logits, labels = logits[:, :-1], labels[:, 1:]
        predicted = labels != IGNORED_LABEL
        of_labels = logits.log_softmax(-1).gather(-1, labels.where(predicted, torch.zeros_like(labels)).unsqueeze(-1))
        return (of_labels.squeeze(-1) * predicted).sum(-1)


def _padded(rows: Sequence[Sequence[int]], padding: int, device: str) -> "torch.Tensor":
    from retrieval.neural import torch

    width = max(len(row) for row in rows)
    return torch.tensor([[*row, *[padding] * (width - len(row))] for row in rows], device=device)
