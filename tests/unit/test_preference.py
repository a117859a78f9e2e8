"""Direct preference optimisation: pairs along proofs, the loss, and resumed training. The models are tiny."""

import math
from pathlib import Path
from typing import Any

import pytest

from curriculum.learn.generator.encoding import ExampleEncoder
from curriculum.learn.generator.examples import Example
from curriculum.learn.generator.preference import Preference, PreferencePair, judged_pairs, prefer
from curriculum.learn.generator.presets import starting
from curriculum.learn.generator.training import read_card
from curriculum.learn.generator.training_plan import TrainingPlan
from prover.attempt import Task
from prover.errors import UsageError
from prover.lean.protocol import Declaration, Goal, Place
from prover.lean.session import Advanced, Failed, Origin, SorryGoal, SourceText, State, TacticLimits
from prover.tactics.generator import StatelessGenerator, Suggestion
from prover.tactics.language.formats import format_named, state_text
from tests.tiny_models import tiny_causal, tiny_seq2seq

pytestmark = pytest.mark.slow  # models are trained or run

PAIRS = [PreferencePair("M", f"t{n}", f"⊢ {n} = {n}", "rfl", "omega") for n in range(8)]
QUICK = TrainingPlan(epochs=6, batch=4, learning_rate=1e-2, state_bytes=60)
SOURCE = SourceText("theorem t : p ∧ q := by sorry", "M.lean", "M")


@pytest.fixture(scope="module", params=["seq2seq", "causal"])
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    make = tiny_seq2seq if request.param == "seq2seq" else tiny_causal
    return str(make(tmp_path_factory.mktemp("bases") / request.param))


def margins(directory: str) -> list[float]:
    """How much more probable a model finds what was chosen."""
    model, tokenizer = starting(directory, 0)
    kind, format = ("seq2seq", "reprover") if model.config.is_encoder_decoder else ("causal", "bfs-prover")
    encoder = ExampleEncoder(tokenizer, kind, format_named(format), QUICK)  # type: ignore[arg-type]
    preference = Preference(encoder, "cpu", 0.1)
    found = []
    for pair in PAIRS:
        chosen, rejected = (encoder.row(Example("M", "t", pair.state, text)) for text in (pair.chosen, pair.rejected))
        assert chosen is not None
        assert rejected is not None
        found.append(preference.with_margin(model, chosen, rejected).margin)
    return found


def test_what_is_chosen_becomes_more_probable(base: str, tmp_path: Path) -> None:
    trained = prefer(PAIRS, tmp_path / "new", base, QUICK)
    assert all(
        after > before + 0.5 for before, after in zip(margins(base), margins(str(trained.directory)), strict=True)
    )
    assert trained.card.metrics["preference_loss"] < 0.69  # log 2: where it begins
    card = read_card(trained.directory)
    assert card is not None
    assert card.base == base


def test_the_loss_begins_at_log_two_and_falls_with_the_margin(base: str) -> None:
    model, tokenizer = starting(base, 0)
    kind = "seq2seq" if model.config.is_encoder_decoder else "causal"
    encoder = ExampleEncoder(tokenizer, kind, format_named("reprover" if kind == "seq2seq" else "bfs-prover"), QUICK)  # type: ignore[arg-type]
    rows = [encoder.row(Example("M", "t", "⊢ p", text)) for text in ("rfl", "a much longer tactic")]
    preference = Preference(encoder, "cpu", 0.5)
    both = preference.with_margin(model, *rows)  # type: ignore[arg-type]
    assert float(preference.loss(model, [both])) == pytest.approx(math.log(2), abs=1e-4)
    swapped = preference.with_margin(model, *reversed(rows))  # type: ignore[arg-type]
    assert swapped.margin == pytest.approx(-both.margin, abs=1e-4)


def test_a_training_that_was_interrupted_ends_with_the_same_weights(base: str, tmp_path: Path) -> None:
    whole = prefer(PAIRS, tmp_path / "whole", base, QUICK)

    class Interrupted(Exception):
        pass

    calls = 0

    def interrupt(self: Preference, model: object, items: object) -> Any:
        nonlocal calls
        calls += 1
        if calls == 5:
            raise Interrupted
        return original(self, model, items)  # type: ignore[arg-type]

    original = Preference.loss
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Preference, "loss", interrupt)
        with pytest.raises(Interrupted):
            prefer(PAIRS, tmp_path / "parts", base, QUICK)
    parts = prefer(PAIRS, tmp_path / "parts", base, QUICK)
    ours, theirs = (starting(str(each.directory), 0)[0].state_dict() for each in (whole, parts))
    assert all(ours[name].equal(theirs[name]) for name in ours)


def test_without_pairs_nothing_is_trained(base: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no preference pairs"):
        prefer([], tmp_path / "new", base, QUICK)
    assert not (tmp_path / "new").exists()


class Answering:
    """A session in which `constructor` leaves p and q, and only `exact` proves anything."""

    def statement(self, source: SourceText, selection: int) -> SorryGoal:
        return SorryGoal(self.state("p ∧ q"), 0, 0, Place("step"), command=(0, 0), declaration="t")

    def state(self, target: str) -> State:
        return State((Goal(key=target, target=target),), Origin(SOURCE, 0, statement=True))

    def run(self, state: State, tactics: list[str], limits: TacticLimits) -> list[Advanced | Failed]:
        def outcome(tactic: str) -> Advanced | Failed:
            if tactic == "constructor" and "∧" in state.goals[0].target:
                return Advanced((self.state("p"), self.state("q")), None, 1)
            return Advanced((), None, 1) if tactic.startswith("exact") else Failed("elaboration", "no", 1)

        return [outcome(tactic) for tactic in tactics]

    def forget(self) -> None: ...


class Guessing(StatelessGenerator):
    name = "guessing"

    def suggest(self, goal: Goal) -> list[Suggestion]:
        return [Suggestion("simp", -0.1), Suggestion("exact h", -0.2), Suggestion("omega", -0.3)]


def test_pairs_are_made_along_the_proof() -> None:
    declaration = Declaration("t", "theorem", "p ∧ q", False, 0, 28, 8, True)
    goals = {target: state_text(Goal(key="", target=target)) for target in ("p ∧ q", "p", "q")}
    proof = [Example("M", "t", goals["p ∧ q"], "constructor"), Example("M", "t", goals["p"], "exact hp")]
    judged = list(judged_pairs(Answering(), [Task(SOURCE, declaration)], Guessing(), {"t": proof}))  # type: ignore[arg-type,list-item]
    assert len(judged) == 3
    found = [pair for goal in judged for pair in goal]
    assert {(pair.state, pair.chosen) for pair in found} == {
        (goals["p ∧ q"], "constructor"),
        (goals["p ∧ q"], "exact h"),
        (goals["p"], "exact hp"),
        (goals["p"], "exact h"),
        (goals["q"], "exact h"),
    }
    assert {pair.rejected for pair in found} == {"simp", "omega"}
    assert {(pair.module, pair.declaration) for pair in found} == {("M", "t")}
