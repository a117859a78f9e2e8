"""Training of tactic generators: what is learnt from, exact resumption, what is written. The models are tiny."""

from pathlib import Path
from typing import Any

import pytest

from curriculum.database.records import GoalStep
from curriculum.database.steps import OwnProof
from curriculum.learn.generator.examples import Example, digest_of, found_examples, split, traced_examples
from curriculum.learn.generator.presets import fresh
from curriculum.learn.generator.training import ADAPTER, CHECKPOINT, read_card, train
from curriculum.learn.generator.training_plan import Lora, TrainingPlan
from prover.errors import ModelMissing, UsageError
from prover.lean.traced import TracedModule, TracedStep
from prover.tactics.language.model import Decoding, Prompt
from prover.tactics.language.transformer import Loading, load
from tests.tiny_models import tiny_causal, tiny_seq2seq

pytestmark = pytest.mark.slow  # models are trained or run

EXAMPLES = [Example("M", f"t{n}", f"x{n} : Nat\n⊢ x{n} = x{n}", f"exact x{n}") for n in range(12)]
QUICK = TrainingPlan(epochs=2, batch=4, learning_rate=1e-2, state_bytes=60)


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    root = tmp_path_factory.mktemp("bases")
    return {"seq2seq": str(tiny_seq2seq(root / "seq2seq")), "causal": str(tiny_causal(root / "causal"))}


def weights(directory: Path) -> dict[str, Any]:
    found: dict[str, Any] = load(str(directory), Loading("cpu", offline=True)).model.state_dict()
    return found


def step(declaration: str, text: str, before: str, start: int, stop: int, after: str = "") -> TracedStep:
    return TracedStep(declaration, start, stop, text, before, after, ("k",), ())


# --- what is learnt from ---


def test_traced_tactics_are_examples_with_the_first_of_their_goals() -> None:
    steps = (
        step("t", "constructor", "⊢ p ∧ q", 0, 11, "⊢ p\n\n⊢ q"),
        step("t", "exact hp", "hp : p\n⊢ p\n\n⊢ q", 20, 28),
        step("t", "sorry", "⊢ q", 30, 35),
        step("t", "· exact hq", "⊢ q", 40, 50),
        step("t", "exact hq", "⊢ q", 42, 50),
    )
    found = list(traced_examples(TracedModule("M", "M.lean", "d", (), (), steps, ())))
    assert found == [
        Example("M", "t", "⊢ p ∧ q", "constructor"),
        Example("M", "t", "hp : p\n⊢ p", "exact hp"),
        Example("M", "t", "⊢ q", "exact hq"),
    ]


def test_of_a_tactic_with_others_in_it_the_beginning_is_an_example() -> None:
    text = "induction n with\n| zero => rfl"
    steps = (step("t", text, "⊢ p n", 0, len(text)), step("t", "rfl", "⊢ p 0", 26, 29))
    found = list(traced_examples(TracedModule("M", "M.lean", "d", (), (), steps, ())))
    assert [example.tactic for example in found] == ["induction n", "rfl"]


def test_of_the_proofs_that_were_found_the_shortest_of_a_statement_counts() -> None:
    long = OwnProof("M", "t", "key", [GoalStep("⊢ p", "g", "intro"), GoalStep("⊢ q", "g", "simp")])
    short = OwnProof("M", "t", "key", [GoalStep("⊢ p", "g", "omega")])
    other = OwnProof("M", "u", "other", [GoalStep("⊢ r", "g", "exact f"), GoalStep("⊢ s", "g", "sorry")])
    assert [e.tactic for e in found_examples([long, short, other])] == ["omega", "exact f"]


def test_theorems_are_held_out_whole_and_always_the_same() -> None:
    examples = [Example("M", f"t{n}", f"⊢ {k}", "simp") for n in range(200) for k in range(3)]
    parts = split(examples, 0.25, seed=1)
    held = {example.declaration for example in parts.held_out}
    assert not held & {example.declaration for example in parts.train}
    assert 30 <= len(held) <= 70
    assert split(examples[::-1], 0.25, seed=1).held_out == parts.held_out[::-1]
    assert {e.declaration for e in split(examples, 0.25, seed=2).held_out} != held


def test_a_theorem_that_is_named_is_held_out() -> None:
    assert [e.declaration for e in split(EXAMPLES, 0.0, 0, ["t3"]).held_out] == ["t3"]


def test_the_digest_of_examples_does_not_depend_on_their_order() -> None:
    assert digest_of(EXAMPLES) == digest_of(EXAMPLES[::-1]) != digest_of(EXAMPLES[1:])


# --- training ---


@pytest.mark.parametrize("kind", ["seq2seq", "causal"])
def test_a_trained_model_has_learnt_and_loads(bases: dict[str, str], tmp_path: Path, kind: str) -> None:
    short = train(
        EXAMPLES, tmp_path / "short", TrainingPlan(epochs=1, batch=4, learning_rate=1e-6), bases[kind], EXAMPLES
    )
    long = train(
        EXAMPLES, tmp_path / "long", TrainingPlan(epochs=25, batch=4, learning_rate=1e-2), bases[kind], EXAMPLES
    )
    assert long.card.metrics["held_out_loss"] < 0.7 * short.card.metrics["held_out_loss"]
    card = read_card(long.directory)
    assert card is not None
    assert (card.kind, card.format) == (kind, {"seq2seq": "reprover", "causal": "bfs-prover"}[kind])
    assert card.examples == digest_of(EXAMPLES)
    model = load(str(long.directory), Loading("cpu", offline=True))
    assert model.complete([Prompt("x1 : Nat\n⊢ x1 = x1")], Decoding(1, tokens=3))
    assert sorted(file.name for file in long.directory.iterdir() if "checkpoint" in file.name) == []


def test_a_training_that_was_interrupted_ends_with_the_same_weights(bases: dict[str, str], tmp_path: Path) -> None:
    class Interrupting:
        """Adds nothing to the loss, and interrupts the fourth step."""

        steps = 0

        def __call__(self, model: Any) -> Any:
            self.steps += 1
            if self.steps == 4:
                raise KeyboardInterrupt
            return 0.0 * next(model.parameters()).sum()

    plan = TrainingPlan(epochs=3, batch=4, accumulate=2, learning_rate=1e-2)
    whole = train(EXAMPLES, tmp_path / "whole", plan, bases["seq2seq"])
    lines: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        train(EXAMPLES, tmp_path / "parts", plan, bases["seq2seq"], penalty=Interrupting())
    assert (tmp_path / "parts" / CHECKPOINT).is_file()
    parts = train(EXAMPLES, tmp_path / "parts", plan, bases["seq2seq"], notify=lines.append)
    assert lines[0] == "continues at step 3 of 6"
    a, b = weights(whole.directory), weights(parts.directory)
    assert all((a[name] == b[name]).all() for name in a)


def test_a_seed_decides_the_weights(bases: dict[str, str], tmp_path: Path) -> None:
    made = [
        train(EXAMPLES, tmp_path / str(number), TrainingPlan(epochs=1, batch=4, seed=seed), bases["seq2seq"])
        for number, seed in enumerate((1, 1, 2))
    ]
    a, b, c = (weights(trained.directory) for trained in made)
    assert all((a[name] == b[name]).all() for name in a)
    assert not all((a[name] == c[name]).all() for name in a)


def test_progressive_training_goes_on_from_the_last_model(bases: dict[str, str], tmp_path: Path) -> None:
    first = train(
        EXAMPLES, tmp_path / "first", TrainingPlan(epochs=15, batch=4, learning_rate=1e-2), bases["seq2seq"], EXAMPLES
    )
    still = TrainingPlan(epochs=1, batch=4, learning_rate=1e-9)
    second = train(EXAMPLES, tmp_path / "second", still, str(first.directory), EXAMPLES)
    assert second.card.metrics["held_out_loss"] == pytest.approx(first.card.metrics["held_out_loss"], abs=1e-3)
    assert second.card.base == str(first.directory)


@pytest.mark.parametrize("kind", ["seq2seq", "causal"])
def test_low_rank_adapters_are_trained_and_added(bases: dict[str, str], tmp_path: Path, kind: str) -> None:
    plan = TrainingPlan(epochs=2, batch=4, learning_rate=1e-2, lora=Lora(rank=2, alpha=4))
    trained = train(EXAMPLES, tmp_path / "lora", plan, bases[kind])
    before, after = weights(Path(bases[kind])), weights(trained.directory)
    changed = {name for name in before if (before[name] != after[name]).any()}
    assert changed
    assert not any("norm" in name or "ln_" in name or name.endswith("shared.weight") for name in changed)
    assert (trained.directory / ADAPTER / "adapter_model.safetensors").is_file()


def test_a_penalty_is_part_of_the_loss(bases: dict[str, str], tmp_path: Path) -> None:
    def large(model: Any) -> Any:
        return 1e6 * sum((weight**2).sum() for weight in model.parameters())

    plan = TrainingPlan(epochs=3, batch=4, learning_rate=1e-2, weight_decay=0.0)
    free = train(EXAMPLES, tmp_path / "free", plan, bases["seq2seq"])
    held = train(EXAMPLES, tmp_path / "held", plan, bases["seq2seq"], penalty=large)
    sizes = [sum(float((w.float() ** 2).sum()) for w in weights(t.directory).values()) for t in (free, held)]
    assert sizes[1] < sizes[0]


def test_longer_tactics_are_left_out(bases: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no examples"):
        train([Example("M", "t", "⊢ p", "simp " * 99)], tmp_path / "none", QUICK, bases["seq2seq"])


def test_nothing_to_learn_from_is_refused(bases: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no examples"):
        train([], tmp_path / "none", QUICK, bases["seq2seq"])


def test_a_directory_that_holds_something_else_is_left_alone(bases: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(UsageError, match="not empty"):
        train(EXAMPLES, tmp_path, QUICK, bases["seq2seq"])
    assert (tmp_path / "thesis.txt").read_text() == "precious"


def test_another_trainings_checkpoint_is_not_gone_on_with(bases: dict[str, str], tmp_path: Path) -> None:
    def interrupt(_: Any) -> Any:
        raise KeyboardInterrupt

    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        train(EXAMPLES, out, QUICK, bases["seq2seq"], penalty=interrupt)
    with pytest.raises(UsageError, match="another training"):
        train(EXAMPLES[1:], out, QUICK, bases["seq2seq"])
    (out / CHECKPOINT).write_bytes(b"half")
    with pytest.raises(UsageError, match="is damaged"):
        train(EXAMPLES, out, QUICK, bases["seq2seq"])


def test_a_base_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelMissing, match="no-such"):
        train(EXAMPLES, tmp_path / "out", QUICK, str(tmp_path / "no-such"))


@pytest.mark.parametrize("name", ["tiny", "tiny-causal"])
def test_a_preset_is_a_model_whose_weights_the_seed_decides(name: str) -> None:
    one, tokenizer = fresh(name, 1)
    again, other = fresh(name, 1)[0], fresh(name, 2)[0]
    values = [next(iter(model.parameters())) for model in (one, again, other)]
    assert (values[0] == values[1]).all()
    assert not (values[0] == values[2]).all()
    assert tokenizer.decode(tokenizer("∀ x")["input_ids"], skip_special_tokens=True) == "∀ x"
    assert sum(parameter.numel() for parameter in one.parameters()) < 1_000_000
