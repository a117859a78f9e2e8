"""Direct preference optimisation: a generator learns to prefer what Lean accepts to what Lean refuses on the same goal.

DPO (Rafailov et al., NeurIPS 2023) with pairs of the model's own making, as BFS-Prover trains on the failed siblings
of the tactics on a proof (Xin et al. 2025). The model that it begins with is the reference; what that thinks of each
pair is computed once, before the first step.
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
    Progress,
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
from prover.tactics.generator import BoundGenerator, Generator
from prover.tactics.language.formats import format_named, state_text

if TYPE_CHECKING:
    import torch

BETA = 0.1
"""how dear it is to go away from the reference"""
CHOSEN, REJECTED = 2, 3
"""tactics of each kind that pairs are made of at one goal, at most"""
GOALS = 12
"""of one proof that are looked at, at most"""
LIMITS = TacticLimits(milliseconds=1_500)


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
    """What the generator suggests along the proofs of theorems, paired by what Lean says of it: the pairs of each goal.

    What is chosen is the proof's own tactic first; a theorem that cannot be opened is passed over.

    Args:
        proofs: by full name, the goals of the proof and what was done.
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
    progress: Progress = lambda _: None,
) -> TrainedGenerator:
    """Trains on from the model `base` and writes what comes of it into `out`; goes on where it was interrupted.

    Raises:
        UsageError: there are no pairs, or `out` holds something else.
        ModelMissing: the base cannot be loaded.
    """
    plan = plan or TrainingPlan(epochs=1, batch=8, rate=5e-5)
    model, tokenizer = starting(base, plan.seed)
    card = card_of(base, model, plan, digest_of(pairs))
    encoder = ExampleEncoder(tokenizer, card.kind, format_named(card.format), plan)
    rows = [both for pair in pairs if (both := _rows(encoder, pair)) is not None]
    if not rows:
        raise UsageError("There is nothing to prefer: on no goal did Lean accept one tactic and refuse another.")
    identity = f"{card.examples} {base} {beta} {msgspec.json.encode(plan).decode()}"
    claim(out, identity)
    preference = Preference(encoder, plan.device, beta)
    believed = [preference.believed(model, *both) for both in rows]
    training = Training(prepared(model, plan), preference, plan, believed, out, identity, progress)
    training.go()
    metrics = {"preference_loss": training.recent_loss, "pairs": len(rows)}
    return write(out, training.finished(), tokenizer, card, metrics)


def _along(
    session: Session, state: State, asked: BoundGenerator, own: Mapping[str, Example]
) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """What is chosen and rejected at a goal, and at those that the proof's own tactics lead to, where there is both."""
    waiting = [state]
    for _ in range(GOALS):
        if not waiting:
            return
        state = waiting.pop()
        printed = state_text(state.goals[0])
        known = own.get(printed)
        suggested = (suggestion.tactic for suggestion in asked.suggest(state.goals[0]))
        tactics = list(dict.fromkeys([*([known.tactic] if known else []), *suggested]))
        outcomes = dict(zip(tactics, session.run(state, tactics, LIMITS), strict=True))
        accepted = [tactic for tactic in tactics if isinstance(outcomes[tactic], Advanced)]
        refused = [tactic for tactic in tactics if isinstance(outcomes[tactic], Failed)]
        if contrasts := list(product(accepted[:CHOSEN], refused[:REJECTED])):
            yield printed, contrasts
        if known and isinstance(led := outcomes[known.tactic], Advanced):
            waiting += reversed(led.states)


def digest_of(pairs: Iterable[PreferencePair]) -> str:
    """Names a set of pairs, whatever their order."""
    return digest_of_lines(repr(msgspec.structs.astuple(pair)) for pair in pairs)


def _rows(encoder: ExampleEncoder, pair: PreferencePair) -> tuple[EncodedExample, EncodedExample] | None:
    """Both tactics as numbers; None where one is too long."""
    chosen, rejected = (
        encoder.row(Example(pair.module, pair.declaration, pair.state, tactic))
        for tactic in (pair.chosen, pair.rejected)
    )
    return None if chosen is None or rejected is None else (chosen, rejected)


@dataclass(frozen=True)
class Believed:
    """A pair as numbers, and how much more probable the reference finds the first."""

    chosen: EncodedExample
    rejected: EncodedExample
    margin: float
    """log p(chosen) − log p(rejected), in nats"""


class Preference:
    """DPO's loss: −log σ(β ((log π(chosen) − log π(rejected)) − margin))."""

    def __init__(self, encoder: ExampleEncoder, device: str, beta: float) -> None:
        self._encoder = encoder
        self._device = device
        self._beta = beta

    def length(self, item: Believed) -> int:
        """See `Objective`."""
        return max(row.length for row in (item.chosen, item.rejected))

    def loss(self, model: Any, items: Sequence[Believed]) -> "torch.Tensor":
        """See `Objective`."""
        import torch

        rows = [row for item in items for row in (item.chosen, item.rejected)]
        said = self._encoder.log_probabilities(model, rows, self._device)
        margins = torch.tensor([item.margin for item in items], device=self._device)
        return -torch.nn.functional.logsigmoid(self._beta * (said[0::2] - said[1::2] - margins)).mean()

    def believed(self, model: Any, chosen: EncodedExample, rejected: EncodedExample) -> Believed:
        """A pair with what a model thinks of it now."""
        import torch

        model.to(self._device).eval()
        with torch.inference_mode():
            first, second = self._encoder.log_probabilities(model, [chosen, rejected], self._device).tolist()
        return Believed(chosen, rejected, first - second)
