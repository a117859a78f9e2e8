"""A small learner with weights that ranks premises for a goal. Strategies against forgetting are measured on it.

A shared encoder for goals and premises: embeddings of hashed words, averaged and projected. It is trained by InfoNCE
(van den Oord et al. 2018) with the premises of the batch, and others of the repository, as negatives; by default for
one epoch a task, as in LeanAgent. It has under half a million weights and is trained in seconds; it proves nothing.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

from curriculum.learn.averaging import LowRank, averaged_updates
from curriculum.learn.ewc import Anchor, anchor, penalty
from curriculum.learn.learner import HIT_RANK, MAX_TASK_ITEMS, EvaluationTask, Strategy, TrainingTask, held_out
from curriculum.learn.rehearsal import Rehearsal
from prover.errors import UsageError
from prover.lean.traced import TracedModule
from prover.tactics.generator import Generator
from retrieval.errors import PackageMissing
from retrieval.lean_text import name_words, words_in
from retrieval.neural import require

if TYPE_CHECKING:
    from retrieval.neural import torch

HASH_SLOTS, DIMENSIONS, ADAPTER_RANK = 1 << 13, 48, 8
BATCH_SIZE, EXTRA_NEGATIVES = 32, 64
LEARNING_RATE, INVERSE_TEMPERATURE = 0.1, 12.0
REPLAY_CAPACITY, FISHER_EXAMPLES, EWC_STRENGTH = 1_000, 150, 2_000.0

Pair = tuple[str, str, tuple[int, ...], tuple[int, ...]]
"""The theorem that it is from, the premise's name, and the hashed words of the goal and of the premise."""


class Ranker:
    """Ranks premises for a goal; see `Learner`."""

    name = "ranker"

    def __init__(self, strategy: Strategy = "progressive", seed: int = 0, epochs: int = 1) -> None:
        """
        Raises:
            UsageError: torch is not installed.
        """
        try:
            require("torch")
        except PackageMissing as error:
            raise UsageError(f"The learner `ranker` cannot be used. {error}") from None
        self._strategy = strategy
        self._seed = seed
        self._epochs = epochs
        self.reset()

    def reset(self) -> None:
        """See `Trainable`."""
        from retrieval.neural import torch

        rng = torch.Generator().manual_seed(self._seed)
        self._weights = {
            "words": 0.3 * torch.randn(HASH_SLOTS, DIMENSIONS, generator=rng),
            "projection": torch.eye(DIMENSIONS),
        }
        self._squares = {name: torch.full_like(value, 1e-3) for name, value in self._weights.items()}
        self._past: list[Pair] = []
        self._others: list[Pair] = []
        self._anchor: Anchor | None = None
        self._updates: list[LowRank] = []

    def train(self, task: TrainingTask) -> None:
        """Learns from the goals of a repository's finished proofs and the premises that their tactics name."""
        pairs = [pair for pair in pairs_of(task.modules) if not held_out(pair[0])]
        if not pairs:
            return
        self._others = [("", name, (0,), words) for name, words in premises_of(task.modules).items()]
        match self._strategy:
            case "progressive":
                self._train(pairs, task.seed)
            case "merged":
                self._past += pairs
                self._train(self._past, task.seed)
            case "replay":
                self._train([*pairs, *self._past], task.seed)
                self._past = self._sampled([*self._past, *pairs])
            case "ewc":
                self._train(pairs, task.seed)
                self._hold(pairs)
            case "adapters":
                self._adapt(pairs, task.seed)

    def performance(self, task: EvaluationTask) -> tuple[float, ...]:
        """Returns R@10 for the goals of held-out theorems.

        This is the share of the premises named there that are among the ten best of all that the repository names or
        declares.
        """
        from retrieval.neural import torch

        pool = premises_of(task.modules)
        if not pool:
            return ()
        with torch.no_grad():
            rows = self._encoded([words for _, words in pool.items()])
            names = list(pool)
            return tuple(self._recall(goal, wanted, names, rows) for goal, wanted in _questions(task.modules))

    def generators(self) -> tuple[Generator, ...]:
        """Returns none: it knows premises, not tactics."""
        return ()

    def save(self, directory: Path) -> None:
        """Writes one file."""
        from retrieval.neural import torch

        torch.save(
            {
                "weights": self._weights,
                "squares": self._squares,
                "past": [list(map(_plain, pair)) for pair in self._past],
                "anchor": None if self._anchor is None else [dict(self._anchor.values), dict(self._anchor.fisher)],
                "updates": [[update.down, update.up] for update in self._updates],
            },
            directory / "ranker.pt",
        )

    def load(self, directory: Path) -> None:
        """See `Trainable`."""
        from retrieval.neural import torch

        file = directory / "ranker.pt"
        try:
            kept: dict[str, Any] = torch.load(file, weights_only=True)
            self._weights, self._squares = kept["weights"], kept["squares"]
            self._past = [(a, b, tuple(c), tuple(d)) for a, b, c, d in kept["past"]]
            self._anchor = None if kept["anchor"] is None else Anchor(*kept["anchor"])
            self._updates = [LowRank(*pair) for pair in kept["updates"]]
        except OSError:
            raise
        except Exception as error:  # torch raises whatever its reading of a damaged file comes upon
            raise ValueError(f"{file} is damaged: {error}") from None

    # --- training ---

    def _train(self, pairs: Sequence[Pair], seed: int) -> None:
        """Trains by Adagrad (Duchi et al. 2011), which has no state that a new task would disturb."""
        past = self._anchor

        def loss(weights: Mapping[str, "torch.Tensor"], batch: Sequence[Pair]) -> "torch.Tensor":
            plain = contrast(weights, batch, sum(1 for pair in batch if pair[0]))
            return plain if past is None else plain + penalty(weights, past, EWC_STRENGTH)

        for batch in _batches(pairs, self._others, seed, self._epochs):
            self._descend(self._weights, self._squares, lambda weights, b=batch: loss(weights, b))  # type: ignore[misc]

    def _adapt(self, pairs: Sequence[Pair], seed: int) -> None:
        """Trains all weights on the first repository, and a low-rank update of the projection on each later one.

        Ranking uses the average of the updates.
        """
        from retrieval.neural import torch

        if not self._updates:
            self._train(pairs, seed)
            self._updates.append(LowRank(torch.zeros(1, DIMENSIONS), torch.zeros(DIMENSIONS, 1)))
            return
        rng = torch.Generator().manual_seed(seed)
        factors = {
            "down": torch.randn(ADAPTER_RANK, DIMENSIONS, generator=rng) / DIMENSIONS**0.5,
            "up": torch.zeros(DIMENSIONS, ADAPTER_RANK),
        }
        squares = {name: torch.full_like(value, 1e-3) for name, value in factors.items()}

        def loss(weights: Mapping[str, "torch.Tensor"], batch: Sequence[Pair]) -> "torch.Tensor":
            projection = self._weights["projection"] + weights["up"] @ weights["down"]
            count = sum(1 for pair in batch if pair[0])
            return contrast({"words": self._weights["words"], "projection": projection}, batch, count)

        for batch in _batches(pairs, self._others, seed, self._epochs):
            self._descend(factors, squares, lambda weights, b=batch: loss(weights, b))  # type: ignore[misc]
        self._updates.append(LowRank(factors["down"], factors["up"]))

    def _descend(
        self,
        weights: dict[str, "torch.Tensor"],
        squares: dict[str, "torch.Tensor"],
        loss: Callable[[Mapping[str, "torch.Tensor"]], "torch.Tensor"],
    ) -> None:
        from retrieval.neural import torch

        live = {name: value.detach().requires_grad_(True) for name, value in weights.items()}
        gradients = torch.autograd.grad(loss(live), list(live.values()))
        for name, gradient in zip(live, gradients, strict=True):
            squares[name] += gradient.square()
            weights[name] = weights[name].detach() - LEARNING_RATE * gradient / squares[name].sqrt()

    def _hold(self, pairs: Sequence[Pair]) -> None:
        """Anchors the weights that matter for this repository, on a sample of its pairs."""
        sample = random.Random(self._seed).sample(list(pairs), min(FISHER_EXAMPLES, len(pairs)))
        live = {name: value.detach().requires_grad_(True) for name, value in self._weights.items()}
        others = sample[:BATCH_SIZE]
        made = anchor(
            live, sample, lambda pair: -contrast(live, [pair, *(o for o in others if o[1] != pair[1])], first=1)
        )
        self._anchor = made if self._anchor is None else self._anchor.then(made)

    def _sampled(self, pairs: Sequence[Pair]) -> list[Pair]:
        buffer = Rehearsal[Pair](REPLAY_CAPACITY, self._seed, lambda pair: f"{pair[0]} {pair[1]} {pair[2]}")
        buffer.offer(pairs)
        return list(buffer)

    # --- ranking ---

    def _encoded(self, texts: Sequence[Sequence[int]]) -> "torch.Tensor":
        projection = self._weights["projection"]
        if self._updates:
            projection = projection + averaged_updates(self._updates).delta()
        return encode({"words": self._weights["words"], "projection": projection}, texts)

    def _recall(
        self, goal: tuple[int, ...], wanted: frozenset[str], names: Sequence[str], rows: "torch.Tensor"
    ) -> float:
        scores = rows @ self._encoded([goal])[0]
        best = {names[i] for i in scores.topk(min(HIT_RANK, len(names))).indices.tolist()}
        return len(best & wanted) / len(wanted)


def encode(weights: Mapping[str, "torch.Tensor"], texts: Sequence[Sequence[int]]) -> "torch.Tensor":
    """Returns embeddings of shape (texts, DIMENSIONS), float32; each row has length 1."""
    from retrieval.neural import torch

    flat = torch.tensor([word for text in texts for word in text], dtype=torch.long)
    starts = torch.tensor([0, *(len(text) for text in texts)], dtype=torch.long).cumsum(0)[:-1]
    rows = torch.nn.functional.embedding_bag(flat, weights["words"], starts, mode="mean")
    return torch.nn.functional.normalize(rows @ weights["projection"].T, dim=1)


def contrast(weights: Mapping[str, "torch.Tensor"], batch: Sequence[Pair], first: int | None = None) -> "torch.Tensor":
    """Returns the mean of −log p(premise | goal) among the premises of the batch; a scalar.

    Pairs with the same premise are not each other's negatives.

    Args:
        first: the number of pairs whose goals count; later pairs add their premises only. All if not given.
    """
    from retrieval.neural import torch

    count = len(batch) if first is None else first
    goals = encode(weights, [pair[2] for pair in batch[:count]])
    premises = encode(weights, [pair[3] for pair in batch])
    scores = INVERSE_TEMPERATURE * goals @ premises.T
    same = torch.tensor([[i != j and a[1] == b[1] for j, b in enumerate(batch)] for i, a in enumerate(batch[:count])])
    return torch.nn.functional.cross_entropy(scores.masked_fill(same, -1e9), torch.arange(count))


def pairs_of(modules: Sequence[TracedModule]) -> list[Pair]:
    """Returns every goal at which a premise was named, with that premise."""
    pool = premises_of(modules)
    return [
        (step.declaration, use.name, hashed(words_in(step.before)), pool[use.name])
        for module in modules
        for step in module.steps
        for use in step.premises
    ]


def premises_of(modules: Sequence[TracedModule]) -> dict[str, tuple[int, ...]]:
    """Returns the hashed words of all that modules declare or name; of other modules' names only the name is known."""
    statements = {d.name: d.statement for module in modules for d in module.declarations}
    named = {use.name for module in modules for step in module.steps for use in step.premises}
    return {
        name: hashed([*name_words(name), *words_in(statements.get(name, "").removeprefix(name))])
        for name in sorted(statements.keys() | named)
    }


def hashed(words: Sequence[str]) -> tuple[int, ...]:
    """Returns the hash slots of words; never empty."""
    return tuple(crc32(word.encode()) % HASH_SLOTS for word in words) or (0,)


def _questions(modules: Sequence[TracedModule]) -> list[tuple[tuple[int, ...], frozenset[str]]]:
    """Returns the goals of an evaluation task, with the premises that were named there."""
    asked = [
        (f"{step.declaration} {number}", hashed(words_in(step.before)), frozenset(use.name for use in step.premises))
        for module in modules
        for number, step in enumerate(module.steps)
        if step.premises and held_out(step.declaration)
    ]
    chosen = sorted(asked, key=lambda each: sha256(each[0].encode()).digest())[:MAX_TASK_ITEMS]
    return [(goal, wanted) for _, goal, wanted in chosen]


def _batches(pairs: Sequence[Pair], others: Sequence[Pair], seed: int, epochs: int) -> Iterator[list[Pair]]:
    """Pairs in an order of rng, behind each batch some premises that were not named there."""
    for epoch in range(epochs):
        mixed = sorted(pairs)
        rng = random.Random(f"{seed} {epoch}")
        rng.shuffle(mixed)
        for start in range(0, len(mixed), BATCH_SIZE):
            batch = mixed[start : start + BATCH_SIZE]
            yield batch + rng.sample(others, min(EXTRA_NEGATIVES, len(others)))


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
