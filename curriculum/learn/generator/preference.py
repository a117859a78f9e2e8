"""Direct preference optimisation: trains a generator to prefer tactics that Lean accepts to ones that Lean rejects.

DPO (Rafailov et al., NeurIPS 2023) with pairs of the model's own suggestions, as BFS-Prover trains on the failed
siblings of a proof's tactics (Xin et al. 2025). The base model is the reference; its log-probabilities of each pair are
computed once, before the first step.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from curriculum.learn.generator.encoding import EncodedExample, ExampleEncoder
from curriculum.learn.generator.examples import Example, digest_of_lines
from curriculum.learn.generator.presets import starting
from curriculum.learn.generator.training import (
    TrainedGenerator,
    Training,
    card_of,
    claim,
    prepared,
    write,
)
from curriculum.learn.generator.training_plan import TrainingPlan
from prover.attempt import Task, forget
from prover.errors import LeanError, UsageError
from prover.lean.session import Advanced, Failed, Session, State, TacticLimits
from prover.progress import Notify
from prover.tactics.generator import BoundGenerator, Generator
from prover.tactics.language.formats import format_named, state_text

if TYPE_CHECKING:
    from retrieval.neural import torch

BETA = 0.1
"""The strength of DPO's implicit KL penalty towards the reference."""
MAX_CHOSEN, MAX_REJECTED = 2, 3
"""The largest numbers of accepted and rejected tactics that pairs are made of at one goal."""
MAX_GOALS = 12
"""The largest number of goals of one proof that pairs are made at."""
TACTIC_LIMITS = TacticLimits(milliseconds=1_500)


class PreferencePair(msgspec.Struct, frozen=True):
    """Two tactics for a goal, of which Lean accepts the first."""

    module: str
    declaration: str
    state: str
    chosen: str
    rejected: str


def judged_pairs(
    session: Session, tasks: Iterable[Task], generator: Generator, proofs: Mapping[str, Sequence[Example]]
) -> Iterator[list[PreferencePair]]:
    """Yields for each goal on the proofs of theorems pairs of suggestions of which Lean accepts the first only.

    The proof's own tactic is the first one chosen. A theorem that cannot be opened is skipped.

    Args:
        proofs: by full name, the goals and tactics of the theorem's proof.
    """
    for task in tasks:
        own = {example.state: example for example in proofs.get(task.declaration.name, ())}
        try:
            asked = generator.for_theorem(task.ref())
            opened = session.statement(task.source, task.declaration.selection).state
            for printed, contrasts in _along(session, opened, asked, own):
                yield [PreferencePair(task.source.module, task.declaration.name, printed, *both) for both in contrasts]
        except LeanError:
            continue
        finally:
            forget(session)


def prefer(
    pairs: Sequence[PreferencePair],
    out: Path,
    base: str,
    plan: TrainingPlan | None = None,
    beta: float = BETA,
    notify: Notify = lambda _: None,
) -> TrainedGenerator:
    """Trains the model `base` and writes the result into `out`; an interrupted training continues.

    Raises:
        UsageError: there are no pairs, or `out` holds something else.
        ModelMissing: the base cannot be loaded.
    """
    plan = plan or TrainingPlan(epochs=1, batch=8, learning_rate=5e-5)
    model, tokenizer = starting(base, plan.seed)
    card = card_of(base, model, plan, digest_of(pairs))
    encoder = ExampleEncoder(tokenizer, card.kind, format_named(card.format), plan)
    rows = [both for pair in pairs if (both := _rows(encoder, pair)) is not None]
    if not rows:
        raise UsageError("There are no preference pairs: on no goal did Lean accept one tactic and reject another.")
    identity = f"{card.examples} {base} {beta} {msgspec.json.encode(plan).decode()}"
    claim(out, identity)
    preference = Preference(encoder, plan.device, beta)
    with_margin = [preference.with_margin(model, *both) for both in rows]
    training = Training(prepared(model, plan), preference, plan, with_margin, out, identity, notify)
    training.go()
    metrics = {"preference_loss": training.recent_loss, "pairs": len(rows)}
    return write(out, training.finished(), tokenizer, card, metrics)


def _along(
    session: Session, state: State, asked: BoundGenerator, own: Mapping[str, Example]
) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yields pairs of tactics at a goal, and at the goals that the proof's own tactics lead to."""
    waiting = [state]
    for _ in range(MAX_GOALS):
        if not waiting:
            return
        state = waiting.pop()
        printed = state_text(state.goals[0])
        known = own.get(printed)
        suggested = (suggestion.tactic for suggestion in asked.suggest(state.goals[0]))
        tactics = list(dict.fromkeys([*([known.tactic] if known else []), *suggested]))
        outcomes = dict(zip(tactics, session.run(state, tactics, TACTIC_LIMITS), strict=True))
        accepted = [tactic for tactic in tactics if isinstance(outcomes[tactic], Advanced)]
        refused = [tactic for tactic in tactics if isinstance(outcomes[tactic], Failed)]
        if contrasts := list(product(accepted[:MAX_CHOSEN], refused[:MAX_REJECTED])):
            yield printed, contrasts
        if known and isinstance(led := outcomes[known.tactic], Advanced):
            waiting += reversed(led.states)


def digest_of(pairs: Iterable[PreferencePair]) -> str:
    """Returns a digest of a set of pairs that does not depend on their order."""
    return digest_of_lines(repr(msgspec.structs.astuple(pair)) for pair in pairs)


def _rows(encoder: ExampleEncoder, pair: PreferencePair) -> tuple[EncodedExample, EncodedExample] | None:
    """Returns both tactics of a pair as token ids; None if one is too long."""
    chosen, rejected = (
        encoder.row(Example(pair.module, pair.declaration, pair.state, tactic))
        for tactic in (pair.chosen, pair.rejected)
    )
    return None if chosen is None or rejected is None else (chosen, rejected)


@dataclass(frozen=True)
class ReferencePair:
    """A pair as token ids, with the reference's preference for the first."""

    chosen: EncodedExample
    rejected: EncodedExample
    margin: float
    """The reference's log p(chosen) − log p(rejected), in nats."""


class Preference:
    """DPO's loss: −log σ(β ((log π(chosen) − log π(rejected)) − margin))."""

    def __init__(self, encoder: ExampleEncoder, device: str, beta: float) -> None:
        self._encoder = encoder
        self._device = device
        self._beta = beta

    def length(self, item: ReferencePair) -> int:
        """See `Objective`."""
        return max(row.length for row in (item.chosen, item.rejected))

    def loss(self, model: Any, items: Sequence[ReferencePair]) -> "torch.Tensor":
        """See `Objective`."""
        from retrieval.neural import torch

        rows = [row for item in items for row in (item.chosen, item.rejected)]
        logs = self._encoder.log_probabilities(model, rows, self._device)
        margins = torch.tensor([item.margin for item in items], device=self._device)
        return -torch.nn.functional.logsigmoid(self._beta * (logs[0::2] - logs[1::2] - margins)).mean()

    def with_margin(self, model: Any, chosen: EncodedExample, rejected: EncodedExample) -> ReferencePair:
        """Returns a pair with the margin of a model, the reference."""
        from retrieval.neural import torch

        model.to(self._device).eval()
        with torch.inference_mode():
            first, second = self._encoder.log_probabilities(model, [chosen, rejected], self._device).tolist()
        return ReferencePair(chosen, rejected, first - second)
