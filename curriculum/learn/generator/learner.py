"""The learner `generator`: a small language model that is trained on one repository after another.

LeanAgent's progressive training (one epoch over each repository, from the last checkpoint), applied to a generator,
with the same strategies against forgetting as other learners. A model that begins with random weights is trained for
more epochs on the first repository: one would teach it nothing.
"""

import shutil
import tempfile
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curriculum.learn.averaging import averaged_parameters
from curriculum.learn.ewc import Anchor, anchor, penalty
from curriculum.learn.generator.encoding import ExampleEncoder
from curriculum.learn.generator.examples import Example, traced_examples
from curriculum.learn.generator.presets import PRESETS, starting
from curriculum.learn.generator.training import CHECKPOINT, read_card, train
from curriculum.learn.generator.training_plan import Lora, TrainingPlan
from curriculum.learn.learner import MAX_TASK_ITEMS, EvaluationTask, Strategy, TrainingTask, held_out
from curriculum.learn.rehearsal import Rehearsal
from prover.errors import ModelMissing, UsageError
from prover.tactics.generator import Generator
from prover.tactics.language.formats import DEFAULT_FORMATS, PromptFields, PromptFormat, format_named
from prover.tactics.language.model import Decoding
from prover.tactics.language.rejection import rejection_reason
from retrieval.errors import PackageMissing
from retrieval.neural import require

if TYPE_CHECKING:
    from prover.tactics.language.transformer import Transformer
    from retrieval.neural import torch

FIRST_EPOCHS = 20
FIRST_RATE, FURTHER_RATE, ADAPTER_RATE = 2e-3, 5e-4, 1e-3
"""Learning rates: of a model with random weights, of later trainings, and of adapters."""
REPLAY_CAPACITY, FISHER_EXAMPLES, EWC_STRENGTH = 2_000, 64, 1_000.0
ANCHOR, PAST, FIRST, UNFINISHED = "anchor.pt", "past.json", "first", "next"
SAMPLES = 8
"""The number of answers that the model is asked for."""


class GeneratorLearner:
    """See `Trainable`."""

    name = "generator"

    def __init__(
        self,
        strategy: Strategy = "progressive",
        seed: int = 0,
        base: str = "tiny",
        epochs: int = 1,
        learning_rate: float | None = None,
        directory: Path | None = None,
    ) -> None:
        """
        Args:
            base: the model to start from: a preset, a directory, or a name on the hub.
            epochs: epochs over each repository, but for the first of a model that begins with random weights.
            learning_rate: the learning rate of every training; None for the defaults.
            directory: the learner's own directory for its model, and for a training that was interrupted, which
                continues there; a temporary one if not given.

        Raises:
            UsageError: torch or transformers is not installed.
        """
        try:
            require("torch", "transformers")
        except PackageMissing as error:
            raise UsageError(f"The learner `generator` cannot be used. {error}") from None
        self._strategy = strategy
        self._seed = seed
        self._base = base
        self._epochs = epochs
        self._learning_rate = learning_rate
        self._temporary = None if directory else tempfile.TemporaryDirectory(prefix="prover-generator-")
        self._directory = Path(self._temporary.name) if self._temporary else directory or Path()
        self._directory.mkdir(parents=True, exist_ok=True)
        self.reset()

    def reset(self) -> None:
        """See `Trainable`."""
        self._trainings = 0
        self._past: list[Example] = []
        self._anchor: Anchor | None = None
        for directory in self._directory.iterdir():
            if directory.name != UNFINISHED:
                shutil.rmtree(directory)
        self._asked: Transformer | None = None

    @property
    def _model(self) -> Path:
        """The directory of the present model; it does not exist before the first training."""
        return self._directory / "model"

    @property
    def _first(self) -> Path:
        """The directory of the model after the first training, on which adapters are trained."""
        return self._directory / FIRST

    def train(self, task: TrainingTask) -> None:
        """Learns from the tactics of a repository's proofs, and from the proofs that were found since.

        A proof that the prover found replaces the repository's proof of the same theorem: a model's own answers change
        its weights less (selective self-to-supervised fine-tuning, Gupta et al. 2025).
        """
        traced = [example for module in task.modules for example in traced_examples(module)]
        found = [
            Example(proof.module, proof.theorem, goal, tactic)
            for proof in task.found
            for goal, _, tactic in proof.steps
            if rejection_reason(tactic) is None
        ]
        own = {(example.module, example.declaration) for example in found}
        others = [example for example in traced if (example.module, example.declaration) not in own]
        self._past = [example for example in self._past if (example.module, example.declaration) not in own]
        new = [each for each in dict.fromkeys([*others, *found]) if _is_trained_on(each)]
        if not new:
            return
        match self._strategy:
            case "merged":
                self._past = list(dict.fromkeys([*self._past, *new]))
                self._train(self._past, task.seed)
            case "replay":
                self._train([*new, *self._past], task.seed)
                self._past = self._sampled([*self._past, *new])
            case "ewc":
                self._train(new, task.seed)
                self._hold(new)
            case "adapters" if self._model.is_dir():
                self._adapt(new, task.seed)
            case _:
                self._train(new, task.seed)
        self._trainings += 1
        self._asked = None

    def performance(self, task: EvaluationTask) -> tuple[float, ...]:
        """Returns for each held-out theorem whether its proof's first tactic is among eight answers (hit@8)."""
        firsts: dict[str, Example] = {}
        for module in task.modules:
            for example in traced_examples(module):
                if held_out(example.declaration):
                    firsts.setdefault(example.declaration, example)
        chosen = sorted(firsts.values(), key=lambda each: sha256(each.declaration.encode()).digest())[:MAX_TASK_ITEMS]
        if not chosen or not self._model.is_dir():
            return (0.0,) * len(chosen)
        model, format = self._loaded(), self._format()
        decoding = Decoding(SAMPLES, tokens=TrainingPlan().tactic_bytes, stops=format.stops)
        prompts = [format.prompt(PromptFields(state=each.state, declaration=each.declaration)) for each in chosen]
        answers = model.complete(prompts, decoding)
        tactics_given = [{_plain(format.answer(each.text)) for each in answer} for answer in answers]
        return tuple(float(_plain(each.tactic) in given) for each, given in zip(chosen, tactics_given, strict=True))

    def generators(self) -> tuple[Generator, ...]:
        """Returns a generator that asks the present model; none before the first training."""
        from prover.tactics.language.model_tactics import ModelTactics

        if not self._model.is_dir():
            return ()
        return (ModelTactics(self._loaded(), self._format(), Decoding(SAMPLES)),)

    def save(self, directory: Path) -> None:
        """Writes the model's files, and the state of the strategy."""
        import msgspec

        from retrieval.neural import torch

        for kept in (self._model, self._first):
            if kept.is_dir():
                shutil.copytree(kept, directory / kept.name)
        (directory / PAST).write_bytes(msgspec.json.encode([self._trainings, self._past]))
        if self._anchor is not None:
            torch.save([dict(self._anchor.values), dict(self._anchor.fisher)], directory / ANCHOR)

    def load(self, directory: Path) -> None:
        """See `Trainable`."""
        import msgspec

        from retrieval.neural import torch

        self.reset()
        try:
            kept_past = (directory / PAST).read_bytes()
            self._trainings, self._past = msgspec.json.decode(kept_past, type=tuple[int, list[Example]])
        except msgspec.MsgspecError as error:
            raise ValueError(f"{directory / PAST} is damaged: {error}") from None
        for kept in (self._model, self._first):
            if (directory / kept.name).is_dir():
                shutil.copytree(directory / kept.name, kept)
        if self._trainings and not self._model.is_dir():
            raise ValueError(f"{directory} has no model")
        if (directory / ANCHOR).is_file():
            try:
                self._anchor = Anchor(*torch.load(directory / ANCHOR, weights_only=True))
            except Exception as error:  # torch raises whatever its reading of a damaged file comes upon
                raise ValueError(f"{directory / ANCHOR} is damaged: {error}") from None
        try:
            self._asked = self._loaded() if self._trainings else None
        except ModelMissing as error:
            raise ValueError(str(error)) from None

    # --- training ---

    def _train(self, examples: Sequence[Example], seed: int) -> None:
        begun = self._model.is_dir()
        fresh = not begun and self._base in PRESETS
        epochs, rate = (FIRST_EPOCHS, FIRST_RATE) if fresh else (self._epochs, FURTHER_RATE)
        rate = self._learning_rate or rate
        base = str(self._model) if begun else self._base
        self._replace(self._trained(examples, base, TrainingPlan(epochs, learning_rate=rate, seed=seed)))

    def _trained(self, examples: Sequence[Example], base: str, plan: TrainingPlan) -> Path:
        out = self._directory / UNFINISHED
        train(examples, out, plan, base, penalty=None if self._anchor is None else self._held, replace_other=True)
        (out / CHECKPOINT).unlink(missing_ok=True)
        return out

    def _held(self, model: Any) -> "torch.Tensor":
        assert self._anchor is not None
        return penalty(dict(model.named_parameters()), self._anchor, EWC_STRENGTH)

    def _replace(self, made: Path) -> None:
        if self._model.is_dir():
            shutil.rmtree(self._model)
        made.rename(self._model)

    def _adapt(self, examples: Sequence[Example], seed: int) -> None:
        """Trains a low-rank adapter of the first model; the present model has the average of all adapters."""
        if not self._first.is_dir():
            shutil.copytree(self._model, self._first)
        made = self._trained(
            examples,
            str(self._first),
            TrainingPlan(self._epochs, learning_rate=self._learning_rate or ADAPTER_RATE, seed=seed, lora=Lora()),
        )
        before, _ = starting(str(self._model), self._seed)
        after, _ = starting(str(made), self._seed)
        adapted = self._trainings - 1  # the first study has no adapter
        after.load_state_dict(averaged_parameters([before.state_dict(), after.state_dict()], [adapted, 1]))
        after.save_pretrained(made)
        self._replace(made)

    def _hold(self, examples: Sequence[Example]) -> None:
        """Anchors the weights that matter for this repository, on a sample of its tactics."""
        model, tokenizer = starting(str(self._model), self._seed)
        kind: Any = "seq2seq" if model.config.is_encoder_decoder else "causal"
        plan = TrainingPlan()
        encoder = ExampleEncoder(tokenizer, kind, self._format(), plan)
        chosen = sorted(examples, key=lambda each: sha256(f"{each}".encode()).digest())[:FISHER_EXAMPLES]
        rows = [row for each in chosen if (row := encoder.row(each)) is not None]
        if not rows:
            return
        made = anchor(
            dict(model.named_parameters()),
            rows,
            lambda row: -model(**encoder.batch([row], plan.device)).loss * len(row.wanted),
        )
        self._anchor = made if self._anchor is None else self._anchor.then(made)

    def _sampled(self, examples: Sequence[Example]) -> list[Example]:
        buffer = Rehearsal[Example](REPLAY_CAPACITY, self._seed, str)
        buffer.offer(examples)
        return list(buffer)

    # --- asking ---

    def _loaded(self) -> "Transformer":
        from prover.tactics.language.transformer import Loading, load

        if self._asked is None:
            self._asked = load(str(self._model), Loading("cpu", offline=True))
        return self._asked

    def _format(self) -> PromptFormat:
        card = read_card(self._model)
        return format_named(card.format if card is not None else DEFAULT_FORMATS["seq2seq", "tactic"])


def _is_trained_on(example: Example) -> bool:
    """Returns whether an example is trained on: it is not held out, and short enough."""
    return not held_out(example.declaration) and len(example.tactic.encode()) <= TrainingPlan.tactic_bytes


def _plain(text: str) -> str:
    return " ".join(text.split())
