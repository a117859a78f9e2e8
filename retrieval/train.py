"""Contrastive training of a transformer encoder on the premises that traced proofs used.

As ReProver (Yang et al. 2023): in-batch negatives, and hard ones from the file that the right premise is in. Otherwise
than there, the loss is the cross-entropy over all candidates of a batch (InfoNCE, van den Oord et al. 2018; DPR,
Karpukhin et al. 2020), not a squared error of each pair: it stops pushing away what is far off already and spends
itself on what ranks too high, which is what retrieval is judged by. And what is no negative is not used as one: other
premises that the same step needs, and those that could not be named there.
"""

import hashlib
import math
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from retrieval.corpus import Corpus
from retrieval.encode.encoder import Query
from retrieval.errors import TrainingRefused
from retrieval.evaluate import Needed
from retrieval.files import atomic_path

if TYPE_CHECKING:
    from retrieval.encode.transformer import TransformerEncoder
    from retrieval.neural import torch

CHECKPOINT, RECORD = "checkpoint.pt", "training.json"
MAX_GRADIENT_NORM = 1.0


@dataclass(frozen=True)
class RetrieverSettings:
    """The settings of a training."""

    epochs: int = 1
    batch: int = 16
    """The number of proof steps in a batch."""
    hard: int = 2
    """The number of hard negatives for each step: premises of the same file as the right one."""
    learning_rate: float = 1e-4
    warm_up: float = 0.1
    """The share of updates during which the learning rate rises; it falls linearly afterwards."""
    temperature: float = 0.05
    seed: int = 0
    checkpoint_every: int = 100
    """The number of updates between checkpoints."""
    patience: int | None = None
    """The number of epochs without a better score after which training stops; requires a score."""


@dataclass(frozen=True)
class RetrieverTraining:
    """The result of a training."""

    updates: int
    losses: tuple[float, ...]
    """The mean loss of each tenth of the updates, or of each update if there are fewer than ten."""
    seconds: float
    """The duration of this process in seconds; a resumed training took longer."""
    scores: tuple[float, ...] = ()
    """The score after each epoch, if scores were requested; the weights are those of the best epoch."""


@dataclass(frozen=True)
class TrainingPair:
    """A step of a proof, and one premise that it needs."""

    needed: Needed
    premise: int
    """The index of the premise in the corpus."""


@dataclass(frozen=True)
class ContrastiveBatch:
    """The data of one update: goals, candidate premises, and masks of the candidates for each goal."""

    goals: tuple[str, ...]
    candidates: tuple[int, ...]
    """The indices of the candidates in the corpus, each once."""
    right: tuple[int, ...]
    """The position of each goal's premise among the candidates."""
    counted: tuple[tuple[bool, ...], ...]
    """For each goal and candidate, whether the candidate is the right premise, or a wrong one that is in scope."""


def train(
    encoder: "TransformerEncoder",
    corpus: Corpus,
    needed: Sequence[Needed],
    out: Path,
    settings: RetrieverSettings = RetrieverSettings(),  # frozen
    progress: Callable[[int, int, float], None] = lambda *_: None,
    until: int | None = None,
    scored: Callable[["TransformerEncoder"], float] | None = None,
) -> RetrieverTraining:
    """Trains the encoder in place and writes it to a directory that `TransformerEncoder.load` reads.

    An interrupted training resumes from its last checkpoint when it is called again with the same base, settings and
    data, and ends with the same weights as an uninterrupted one.

    Args:
        progress: receives the updates done, the number of all updates, and the loss.
        until: the number of updates after which to stop with a checkpoint.
        scored: returns the score of the encoder after an epoch on held-out data: R@10, for early stopping.

    Raises:
        TrainingRefused: there are no data to train on, or `out` contains the checkpoint of another training.
        OSError: the directory cannot be written.
    """
    from retrieval.neural import torch

    pairs = list(_pairs(corpus, needed))
    if not pairs:
        raise TrainingRefused("There is nothing to train on: no traced proof names a premise of the index.")
    each = math.ceil(len(pairs) / settings.batch)
    total = settings.epochs * each
    identity = _identity(encoder, pairs, settings)
    out.mkdir(parents=True, exist_ok=True)
    began, losses, chosen = time.monotonic(), list[float](), _Chosen(settings.patience)
    optimizer = torch.optim.AdamW(encoder.model.parameters(), lr=settings.learning_rate)
    torch.manual_seed(settings.seed)
    if (found := _checkpoint(out / CHECKPOINT, identity)) is not None:
        encoder.model.load_state_dict(found["model"])
        optimizer.load_state_dict(found["optimizer"])
        torch.set_rng_state(found["chance"])
        losses, chosen = found["losses"], _Chosen(settings.patience, found.get("scores", ()), found.get("best"))
    encoder.model.train()
    for batch in () if chosen.settled else _batches(corpus, pairs, settings, len(losses)):
        _learning_rate(optimizer, settings, len(losses), total)
        losses.append(_update(encoder, corpus, batch, optimizer, settings.temperature))
        progress(len(losses), total, losses[-1])
        if scored is not None and len(losses) % each == 0:
            chosen.consider(encoder, scored)
        last = len(losses) in (total, until) or chosen.settled
        if last or len(losses) % settings.checkpoint_every == 0:
            _keep(out / CHECKPOINT, encoder, optimizer, losses, chosen, identity)
        if last:
            break
    if chosen.best is not None:
        encoder.model.load_state_dict(chosen.best)
    encoder.weights_changed()
    trained = RetrieverTraining(len(losses), tuple(_tenths(losses)), time.monotonic() - began, tuple(chosen.scores))
    encoder.save(out)
    record = {"settings": asdict(settings), "identity": identity, "pairs": len(pairs), **asdict(trained)}
    (out / RECORD).write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")
    return trained


class _Chosen:
    """The weights of the best epoch so far."""

    def __init__(
        self, patience: int | None, scores: Sequence[float] = (), best: "dict[str, torch.Tensor] | None" = None
    ) -> None:
        self.scores = list(scores)
        self.best = best
        self._patience = patience

    def consider(self, encoder: "TransformerEncoder", scored: Callable[["TransformerEncoder"], float]) -> None:
        """Scores the encoder as it is, and keeps its weights if none were better."""
        encoder.weights_changed()
        encoder.model.eval()
        score = scored(encoder)
        encoder.model.train()
        if not self.scores or score > max(self.scores):
            self.best = {name: value.detach().cpu().clone() for name, value in encoder.model.state_dict().items()}
        self.scores.append(score)

    @property
    def settled(self) -> bool:
        """Whether better weights are no longer expected."""
        if self._patience is None or not self.scores:
            return False
        return len(self.scores) - 1 - self.scores.index(max(self.scores)) >= self._patience


def fresh(seed: int = 0, width: int = 128, layers: int = 3) -> "TransformerEncoder":
    """An untrained encoder of ReProver's kind, a small one: for where there are no weights to begin with."""
    from retrieval.encode.transformer import EncoderFormat, TransformerEncoder
    from retrieval.neural import torch, transformers

    torch.manual_seed(seed)
    config = transformers.T5Config(
        vocab_size=384, d_model=width, d_kv=width // 4, d_ff=2 * width, num_layers=layers, num_heads=4,
        feed_forward_proj="gated-gelu", dropout_rate=0.1,
    )  # fmt: skip
    return TransformerEncoder(
        transformers.T5EncoderModel(config), transformers.ByT5Tokenizer(), EncoderFormat(marked=True)
    )


def _pairs(corpus: Corpus, needed: Sequence[Needed]) -> Iterator[TrainingPair]:
    for each in needed:
        numbers = (corpus.number(name) for name in sorted(each.premises))
        yield from (TrainingPair(each, number) for number in numbers if number is not None)


def _batches(
    corpus: Corpus, pairs: Sequence[TrainingPair], settings: RetrieverSettings, done: int
) -> Iterator[ContrastiveBatch]:
    """The batches of all epochs but for those that are done; they depend on the seed, not on what went before."""
    in_module: dict[str, list[int]] = defaultdict(list)
    for number, premise in enumerate(corpus.premises):
        in_module[premise.module].append(number)
    each = math.ceil(len(pairs) / settings.batch)
    for update in range(done, settings.epochs * each):
        epoch, place = divmod(update, each)
        order = random.Random(f"{settings.seed} {epoch}").sample(range(len(pairs)), len(pairs))
        chosen = [pairs[i] for i in order[place * settings.batch : (place + 1) * settings.batch]]
        yield _batch(corpus, chosen, in_module, settings.hard, random.Random(f"{settings.seed} {update} hard"))


def _batch(
    corpus: Corpus, pairs: Sequence[TrainingPair], in_module: dict[str, list[int]], hard: int, chance: random.Random
) -> ContrastiveBatch:
    visible = [corpus.visible(pair.needed.position) for pair in pairs]
    candidates = [pair.premise for pair in pairs]
    for pair, allowed in zip(pairs, visible, strict=True):
        near = in_module[corpus.premises[pair.premise].module]
        wrong = [n for n in near if allowed[n] and corpus.premises[n].name not in pair.needed.premises]
        candidates += chance.sample(wrong, min(hard, len(wrong)))
    places = {number: place for place, number in enumerate(dict.fromkeys(candidates))}

    def counts(pair: TrainingPair, allowed: bytes, number: int) -> bool:
        if number == pair.premise:
            return True
        return bool(allowed[number]) and corpus.premises[number].name not in pair.needed.premises

    return ContrastiveBatch(
        tuple(pair.needed.goal for pair in pairs),
        tuple(places),
        tuple(places[pair.premise] for pair in pairs),
        tuple(
            tuple(counts(pair, allowed, number) for number in places)
            for pair, allowed in zip(pairs, visible, strict=True)
        ),
    )


def _update(
    encoder: "TransformerEncoder",
    corpus: Corpus,
    batch: ContrastiveBatch,
    optimizer: "torch.optim.Optimizer",
    temperature: float,
) -> float:
    """One step of gradient descent; the loss before it."""
    from retrieval.neural import torch

    goals = encoder.embed([encoder.format.query(Query(goal)) for goal in batch.goals])
    premises = encoder.embed([encoder.format.premise(corpus.premises[number]) for number in batch.candidates])
    likeness = goals @ premises.T / temperature
    counted = torch.tensor(batch.counted, device=likeness.device)
    loss = torch.nn.functional.cross_entropy(
        likeness.masked_fill(~counted, -math.inf), torch.tensor(batch.right, device=likeness.device)
    )
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(encoder.model.parameters(), MAX_GRADIENT_NORM)
    optimizer.step()
    return float(loss.item())


def _learning_rate(optimizer: "torch.optim.Optimizer", settings: RetrieverSettings, done: int, total: int) -> None:
    rising = max(1.0, settings.warm_up * total)
    share = (done + 1) / rising if done < rising else (total - done) / max(1.0, total - rising)
    for group in optimizer.param_groups:
        group["lr"] = settings.learning_rate * min(1.0, share)


def _identity(encoder: "TransformerEncoder", pairs: Sequence[TrainingPair], settings: RetrieverSettings) -> str:
    """Returns a digest of base, data and settings, except the interval of checkpoints, that identifies a training."""
    digest = hashlib.sha256(encoder.version.encode())
    digest.update(repr({**asdict(settings), "checkpoint_every": None}).encode())
    for pair in pairs:
        digest.update(f"{pair.needed.theorem}\n{pair.needed.goal}\n{pair.premise}\n".encode())
    return digest.hexdigest()


def _checkpoint(file: Path, identity: str) -> dict[str, Any] | None:
    """Returns the checkpoint of this training; None if there is none.

    Raises:
        TrainingRefused: The checkpoint cannot be read, or belongs to another training.
    """
    from retrieval.neural import torch

    if not file.is_file():
        return None
    try:
        found: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError) as error:
        raise TrainingRefused(f"{file} cannot be read ({error}): remove it to train again.") from None
    except Exception as error:  # pickle's own, of which there is no root
        raise TrainingRefused(f"{file} is no checkpoint ({type(error).__name__}): remove it to train again.") from None
    if found.get("identity") != identity:
        raise TrainingRefused(f"{file} is of another base, data or settings: choose another directory, or remove it.")
    return found


def _keep(
    file: Path,
    encoder: "TransformerEncoder",
    optimizer: "torch.optim.Optimizer",
    losses: list[float],
    chosen: _Chosen,
    identity: str,
) -> None:
    """Writes a checkpoint whole or not at all."""
    from retrieval.neural import torch

    state = {
        "model": encoder.model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "chance": torch.get_rng_state(),
        "losses": losses,
        "scores": chosen.scores,
        "best": chosen.best,
        "identity": identity,
    }
    with atomic_path(file) as scratch:
        torch.save(state, scratch)


def _tenths(losses: Sequence[float]) -> Iterator[float]:
    count = min(10, len(losses))
    for part in range(count):
        own = losses[part * len(losses) // count : (part + 1) * len(losses) // count]
        yield round(sum(own) / len(own), 5)
