"""Supervised training of a tactic generator: seeded, checkpointed, and resumed exactly.

`train` is the entry point. The order of the examples and the learning rate follow from the plan and the number of the
step alone, so that a training that was killed and continues ends with the same weights as one that was not killed.
"""

import math
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

import msgspec

from curriculum.learn.generator.encoding import EncodedExample, ExampleEncoder
from curriculum.learn.generator.examples import Example, digest_of
from curriculum.learn.generator.presets import starting
from curriculum.learn.generator.training_plan import TrainingPlan
from prover.errors import ModelMissing, UsageError
from prover.progress import Notify
from prover.tactics.language.formats import DEFAULT_FORMATS, format_named
from retrieval.errors import PackageMissing
from retrieval.files import atomic_path

if TYPE_CHECKING:
    from retrieval.neural import torch

CHECKPOINT = "checkpoint.pt"
CARD = "prover.json"
ADAPTER = "adapter"
SORT_WINDOW_BATCHES = 32
"""The number of batches within which examples are sorted by length, so that there is little padding."""
T = TypeVar("T")
Item = TypeVar("Item", contravariant=True)
Penalty = Callable[[Any], "torch.Tensor"]
"""Computes from the model a scalar that is added to the loss, such as that of elastic weight consolidation."""


@dataclass(frozen=True)
class Card:
    """The description that is written next to a trained model."""

    kind: Literal["seq2seq", "causal"]
    format: str
    """The name of its prompt format."""
    base: str
    plan: dict[str, Any]
    examples: str
    """The digest of the examples that it was trained on."""
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class TrainedGenerator:
    """A trained model on disk."""

    directory: Path
    """Its directory, which loads like any model."""
    card: Card


def train(
    examples: Sequence[Example],
    out: Path,
    plan: TrainingPlan | None = None,
    base: str = "tiny",
    held_out: Sequence[Example] = (),
    notify: Notify = lambda _: None,
    penalty: Penalty | None = None,
    replace_other: bool = False,
) -> TrainedGenerator:
    """Trains a model and writes it into `out`; the same training continues where it was interrupted.

    For progressive training, `base` is the directory of the last model and the plan has one epoch.

    Args:
        base: a preset, a directory, or a name on the hub.
        held_out: examples that the loss is measured on at the end.
        penalty: a term that is added to the loss.
        replace_other: whether whatever else is in `out` is deleted rather than refused.

    Raises:
        UsageError: there is nothing to learn from, or `out` holds something else.
        ModelMissing: the base cannot be loaded, or a package is missing.
    """
    plan = plan or TrainingPlan()
    model, tokenizer = starting(base, plan.seed)
    card = card_of(base, model, plan, digest_of(examples))
    encoder = ExampleEncoder(tokenizer, card.kind, format_named(card.format), plan)
    rows = [row for example in examples if (row := encoder.row(example)) is not None]
    if not rows:
        raise UsageError("There are no examples to train on: trace a repository that has finished tactic proofs.")
    identity = f"{card.examples} {base} {msgspec.json.encode(plan).decode()}"
    claim(out, identity, replace_other)
    training = Training(
        prepared(model, plan), Imitation(encoder, plan.device), plan, rows, out, identity, notify, penalty
    )
    started = time.monotonic()
    training.go()
    seconds = training.seconds + time.monotonic() - started
    metrics = {"train_loss": training.recent_loss, "train_seconds": round(seconds, 1)}
    if held := [row for example in held_out if (row := encoder.row(example)) is not None]:
        metrics["held_out_loss"] = _loss_on(training.model, encoder, held, plan)
    return write(out, training.finished(), tokenizer, card, metrics)


def card_of(base: str, model: Any, plan: TrainingPlan, examples: str) -> Card:
    """Returns the card of a model that is to be trained from `base`, with the base's prompt format if it has one."""
    kind: Literal["seq2seq", "causal"] = "seq2seq" if model.config.is_encoder_decoder else "causal"
    known = read_card(base)
    format = format_named(known.format if known is not None else DEFAULT_FORMATS[kind, "tactic"])
    return Card(kind, format.name, base, asdict(plan), examples)


def read_card(directory: str | Path) -> Card | None:
    """Returns the card of a model that was trained here; None for any other model."""
    try:
        return msgspec.json.decode((Path(directory) / CARD).read_bytes(), type=Card)
    except (OSError, msgspec.MsgspecError):
        return None


class Objective(Protocol[Item]):
    """The loss of a training."""

    def length(self, item: Item) -> int:
        """Returns the length of an item in tokens; batches have items of similar length."""

    def loss(self, model: Any, items: Sequence[Item]) -> "torch.Tensor":
        """Returns the mean loss of items, a scalar."""


@dataclass(frozen=True)
class Imitation:
    """Imitation of tactics: cross-entropy over their tokens."""

    encoder: ExampleEncoder
    device: str

    def length(self, item: EncodedExample) -> int:
        """See `Objective`."""
        return item.length

    def loss(self, model: Any, items: Sequence[EncodedExample]) -> "torch.Tensor":
        """See `Objective`."""
        loss: torch.Tensor = model(**self.encoder.batch(items, self.device)).loss
        return loss


class Training(Generic[T]):
    """One training, from its first step or a checkpoint to its last step."""

    def __init__(
        self,
        model: Any,
        objective: Objective[T],
        plan: TrainingPlan,
        rows: Sequence[T],
        out: Path,
        identity: str,
        notify: Notify,
        penalty: Penalty | None = None,
    ) -> None:
        from retrieval.neural import torch

        self.model = model
        self._objective = objective
        self._plan = plan
        self._rows = rows
        self._file = out / CHECKPOINT
        self._identity = identity
        self._notify = notify
        self._penalty = penalty
        self._weights = [weight for weight in model.parameters() if weight.requires_grad]
        self._optimizer = torch.optim.AdamW(self._weights, lr=plan.learning_rate, weight_decay=plan.weight_decay)
        self._batches = math.ceil(len(rows) / plan.batch)
        self._steps = plan.epochs * math.ceil(self._batches / plan.accumulate)
        self._step = 0
        self._changing = False
        """Whether an optimizer step is under way, so that the weights belong to no step."""
        self._rng_state = torch.get_rng_state()
        """The state of torch's random number generator after the last step."""
        self.recent_loss = math.nan
        self.seconds = 0.0
        """The time spent before the last interruption, in seconds."""

    def go(self) -> None:
        """Performs the remaining steps. An interruption leaves a checkpoint."""
        from retrieval.neural import torch

        torch.manual_seed(self._plan.seed)
        self._rng_state = torch.get_rng_state()
        self._restore()
        saved = started = time.monotonic()
        before = self.seconds
        self.model.train()
        try:
            for group in self._groups():
                self._take(group)
                now = time.monotonic()
                self.seconds = before + now - started
                if now - saved > self._plan.checkpoint_seconds:
                    self._save()
                    saved = now
                    self._notify(f"step {self._step} of {self._steps}, loss {self.recent_loss:.3f}")
        except BaseException:
            if not self._changing:  # half a step could not be continued exactly
                self._save()
            raise
        self.seconds = before
        self.model.eval()

    def finished(self) -> Any:
        """Returns the model to be saved; an adapter is saved by itself, and merged into the weights."""
        if self._plan.lora is None:
            return self.model
        self.model.save_pretrained(self._file.with_name(ADAPTER))
        return self.model.merge_and_unload()

    def _take(self, group: Sequence[Sequence[T]]) -> None:
        """Performs one step with the summed gradients of several batches."""
        from retrieval.neural import torch

        total = 0.0
        for rows in group:
            with torch.autocast(
                self._plan.device.split(":")[0], torch.bfloat16, enabled=self._plan.precision == "bfloat16"
            ):
                loss = self._objective.loss(self.model, rows) / len(group)
            total += float(loss.detach())
            loss.backward()
        if self._penalty is not None:
            self._penalty(self.model).backward()
        torch.nn.utils.clip_grad_norm_(self._weights, self._plan.clip)
        for group_options in self._optimizer.param_groups:
            group_options["lr"] = self._rate(self._step)
        self._changing = True
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        self._step += 1
        self._rng_state = torch.get_rng_state()
        self._changing = False
        self.recent_loss = total if math.isnan(self.recent_loss) else 0.95 * self.recent_loss + 0.05 * total

    def _rate(self, step: int) -> float:
        rising = max(1, int(self._plan.warm_up * self._steps))
        if step < rising:
            return self._plan.learning_rate * (step + 1) / rising
        along = (step - rising) / max(1, self._steps - rising)
        return self._plan.learning_rate * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * along)))

    def _groups(self) -> Iterator[list[list[T]]]:
        """Yields the batches of each remaining step."""
        each = math.ceil(self._batches / self._plan.accumulate)
        for epoch in range(self._step // each, self._plan.epochs):
            batches = self._shuffled(epoch)
            first = self._step - epoch * each
            for number in range(first, each):
                yield batches[number * self._plan.accumulate : (number + 1) * self._plan.accumulate]

    def _shuffled(self, epoch: int) -> list[list[T]]:
        """Returns the batches of an epoch in a seeded order; the items of a batch have similar lengths."""
        rng = random.Random(self._plan.seed * 1_000_003 + epoch)
        order = list(self._rows)
        rng.shuffle(order)
        size = self._plan.batch
        batches: list[list[T]] = []
        for start in range(0, len(order), size * SORT_WINDOW_BATCHES):
            window = sorted(order[start : start + size * SORT_WINDOW_BATCHES], key=self._objective.length)
            batches += [window[place : place + size] for place in range(0, len(window), size)]
        rng.shuffle(batches)
        return batches

    def _save(self) -> None:
        from retrieval.neural import torch

        with atomic_path(self._file) as scratch:
            torch.save(
                {
                    "identity": self._identity,
                    "step": self._step,
                    "seconds": self.seconds,
                    "loss": self.recent_loss,
                    "chance": self._rng_state,
                    "model": self.model.state_dict(),
                    "optimizer": self._optimizer.state_dict(),
                },
                scratch,
            )

    def _restore(self) -> None:
        from retrieval.neural import torch

        if not self._file.is_file():
            return
        kept = torch.load(self._file, map_location=self._plan.device, weights_only=True)
        self._step, self.seconds, self.recent_loss = kept["step"], kept["seconds"], kept["loss"]
        self.model.load_state_dict(kept["model"])
        self._optimizer.load_state_dict(kept["optimizer"])
        self._rng_state = kept["chance"].cpu()
        torch.set_rng_state(self._rng_state)
        self._notify(f"continues at step {self._step} of {self._steps}")


def prepared(model: Any, plan: TrainingPlan) -> Any:
    """Returns the model on its device, with an adapter if the plan trains one."""
    if plan.lora is not None:
        try:
            from retrieval.neural import peft, torch
        except PackageMissing as error:
            raise ModelMissing(f"LoRA cannot be used. {error}") from None
        torch.manual_seed(plan.seed)
        chosen = peft.LoraConfig(r=plan.lora.rank, lora_alpha=plan.lora.alpha, target_modules="all-linear")
        model = peft.get_peft_model(model, chosen)
    return model.to(plan.device)


def claim(out: Path, identity: str, replace_other: bool = False) -> None:
    """Prepares the directory `out` for a training.

    Args:
        replace_other: whether other content is deleted.

    Raises:
        UsageError: there is another training's checkpoint in it, a model, or something else.
    """
    if replace_other and out.exists() and _identity_in(out) != identity:
        shutil.rmtree(out)
    if not out.exists():
        out.mkdir(parents=True)
    if (file := out / CHECKPOINT).is_file():
        kept = _identity_in(out)
        if kept is None:
            raise UsageError(f"{file} is damaged: delete it, and training starts over.")
        if kept != identity:
            raise UsageError(f"{out} holds another training that was interrupted: choose another --out, or delete it.")
        return
    if any(out.iterdir()):
        raise UsageError(f"{out} is not empty: choose another --out.")


def _identity_in(out: Path) -> str | None:
    """Returns the identity of the interrupted training in a directory; None without a whole checkpoint."""
    from retrieval.neural import torch

    try:
        identity: str = torch.load(out / CHECKPOINT, map_location="cpu", weights_only=True)["identity"]
    except Exception:  # torch raises whatever its reading of a damaged file comes upon
        return None
    return identity


def _loss_on(model: Any, encoder: ExampleEncoder, rows: Sequence[EncodedExample], plan: TrainingPlan) -> float:
    """Returns the mean over tokens of −log p, in nats."""
    from retrieval.neural import torch

    model.eval()
    with torch.inference_mode():
        parts = (rows[start : start + plan.batch] for start in range(0, len(rows), plan.batch))
        total = sum(float(encoder.log_probabilities(model, part, plan.device).sum()) for part in parts)
    return -total / sum(len(row.wanted) for row in rows)


def write(out: Path, model: Any, tokenizer: Any, card: Card, metrics: dict[str, float]) -> TrainedGenerator:
    """Writes a trained model into `out` in place of the checkpoint, its card last."""
    card = replace(card, metrics=metrics)
    scratch = out / "new"
    shutil.rmtree(scratch, ignore_errors=True)
    model.save_pretrained(scratch)
    tokenizer.save_pretrained(scratch)
    (scratch / CARD).write_bytes(msgspec.json.format(msgspec.json.encode(card)))
    for file in sorted(scratch.iterdir(), key=lambda file: file.name == CARD):  # the card last
        os.replace(file, out / file.name)
    scratch.rmdir()
    (out / CHECKPOINT).unlink(missing_ok=True)
    return TrainedGenerator(out, card)
