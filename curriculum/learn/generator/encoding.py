"""Examples as a language model takes them: prompts and tactics as tokens, batches as tensors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from curriculum.learn.generator.examples import Example
from curriculum.learn.generator.training_plan import TrainingPlan
from prover.tactics.language.formats import Asked, PromptFormat

if TYPE_CHECKING:
    import torch

IGNORED = -100
"""the label of a token that is not to be predicted"""


@dataclass(frozen=True)
class EncodedExample:
    """An example as numbers."""

    given: list[int]
    """what the model reads"""
    wanted: list[int]
    """what it should say, its end included"""

    @property
    def length(self) -> int:
        """All its tokens."""
        return len(self.given) + len(self.wanted)


class ExampleEncoder:
    """From examples to tensors."""

    def __init__(
        self, tokenizer: Any, kind: Literal["seq2seq", "causal"], format: PromptFormat, plan: TrainingPlan
    ) -> None:
        self._tokenizer = tokenizer
        self._kind = kind
        self._format = format
        self._plan = plan

    def row(self, example: Example) -> EncodedExample | None:
        """An example as numbers; None for one that is too long."""
        if len(example.tactic.encode()) > self._plan.tactic_bytes:
            return None
        state = example.state.encode()[-self._plan.state_bytes :].decode(errors="ignore")
        prompt = self._format.prompt(Asked(state=state, declaration=example.declaration)).text
        given = self._tokenizer(prompt, add_special_tokens=self._kind == "seq2seq")["input_ids"]
        said = self._tokenizer(example.tactic, add_special_tokens=False)["input_ids"]
        return EncodedExample(list(given), [*said, self._tokenizer.eos_token_id])

    def batch(self, rows: Sequence[EncodedExample], device: str) -> dict[str, "torch.Tensor"]:
        """Rows as the model takes them, padded on the right to one length."""
        if self._kind == "seq2seq":
            inputs, labels = [row.given for row in rows], [row.wanted for row in rows]
        else:
            inputs = [row.given + row.wanted for row in rows]
            labels = [[IGNORED] * len(row.given) + row.wanted for row in rows]
        padding = self._tokenizer.pad_token_id
        return {
            "input_ids": _padded(inputs, padding if padding is not None else 0, device),
            "attention_mask": _padded([[1] * len(row) for row in inputs], 0, device),
            "labels": _padded(labels, IGNORED, device),
        }

    def log_probabilities(self, model: Any, rows: Sequence[EncodedExample], device: str) -> "torch.Tensor":
        """log p of all that is said in each row, of shape (rows,), in nats."""
        import torch

        batch = self.batch(rows, device)
        logits, labels = model(**batch).logits, batch["labels"]
        if self._kind == "causal":  # each token is foretold by the one before it
            logits, labels = logits[:, :-1], labels[:, 1:]
        spoken = labels != IGNORED
        of_labels = logits.log_softmax(-1).gather(-1, labels.where(spoken, torch.zeros_like(labels)).unsqueeze(-1))
        return (of_labels.squeeze(-1) * spoken).sum(-1)


def _padded(rows: Sequence[Sequence[int]], padding: int, device: str) -> "torch.Tensor":
    import torch

    width = max(len(row) for row in rows)
    return torch.tensor([[*row, *[padding] * (width - len(row))] for row in rows], device=device)
