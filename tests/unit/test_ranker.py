"""The ranker: it learns, forgets as each strategy allows, and continues from a saved state."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from curriculum.learn.learner import EvaluationTask, Strategy, TrainingTask, held_out
from curriculum.learn.ranker import Ranker, contrast, pairs_of
from prover.lean.traced import PremiseUse, TracedModule, TracedStep
from tests.libraries import needs
from tests.traced_modules import module, theorem

pytestmark = [pytest.mark.slow, needs("torch")]
torch: Any = None


@pytest.fixture(autouse=True, scope="module")
def imported() -> None:
    """Imports torch before the first test, and not already when the tests are collected."""
    global torch
    torch = import_module("torch")


WORDS = (
    "tree",
    "list",
    "graph",
    "ring",
    "field",
    "order",
    "path",
    "word",
    "stack",
    "queue",
    "map",
    "set",
    "sum",
    "bit",
)


def repository(name: str, words: tuple[str, ...] = WORDS) -> TracedModule:
    """Theorems about words, each proved by the lemma of its word."""
    names = [f"{name}.{word}.{n}" for word in words for n in range(9)]
    steps = tuple(
        TracedStep(n, 0, 5, "simp", f"x : Nat\n⊢ {name}{n.split('.')[1]} x = x", "", ("k",), (),
                   (PremiseUse(f"{name}.lemma_{n.split('.')[1]}", name, 0, 5),))
        for n in names
    )  # fmt: skip
    made = module(name, *(theorem(n) for n in names), *(theorem(f"{name}.lemma_{word}") for word in words))
    return TracedModule(made.name, made.path, made.digest, (), made.declarations, steps, ())


FIRST, SECOND = repository("Alpha"), repository("Beta")


def recall(ranker: Ranker, of: TracedModule) -> float:
    values = ranker.performance(EvaluationTask(of.name, (of,)))
    return sum(values) / len(values)


def taught(strategy: Strategy, epochs: int = 12) -> Ranker:
    ranker = Ranker(strategy, epochs=epochs)
    ranker.train(TrainingTask("first", (FIRST,), seed=1))
    ranker.train(TrainingTask("second", (SECOND,), seed=2))
    return ranker


@pytest.mark.slow
def test_it_learns_what_it_is_taught() -> None:
    ranker = Ranker(epochs=12)
    before = recall(ranker, FIRST)
    ranker.train(TrainingTask("first", (FIRST,), seed=1))
    assert recall(ranker, FIRST) > max(0.8, before + 0.3)


def test_what_is_held_out_is_never_learnt_from() -> None:
    names = {pair[0] for pair in pairs_of([FIRST])}
    assert 0 < sum(map(held_out, names)) < len(names) / 2


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["progressive", "merged", "replay", "ewc", "adapters"])
def test_every_strategy_goes_on_from_what_was_saved_as_if_it_had_not_stopped(
    strategy: Strategy, tmp_path: Path
) -> None:
    whole = taught(strategy, epochs=1)
    first = Ranker(strategy, epochs=1)
    first.train(TrainingTask("first", (FIRST,), seed=1))
    first.save(tmp_path)
    other = Ranker(strategy, epochs=1)
    other.load(tmp_path)
    other.train(TrainingTask("second", (SECOND,), seed=2))
    for of in (FIRST, SECOND):
        assert other.performance(EvaluationTask("t", (of,))) == whole.performance(EvaluationTask("t", (of,)))


@pytest.mark.slow
def test_the_penalty_holds_the_weights_that_mattered() -> None:
    """With EWC, what the first repository needed is nearer to where it was after the second."""

    def distance(strategy: Strategy) -> float:
        ranker = Ranker(strategy, epochs=3)
        ranker.train(TrainingTask("first", (FIRST,), seed=1))
        before = ranker._weights["projection"].clone()
        ranker.train(TrainingTask("second", (SECOND,), seed=2))
        return float((ranker._weights["projection"] - before).norm())

    assert distance("ewc") < 0.8 * distance("progressive")


def test_a_study_without_premises_changes_nothing() -> None:
    ranker = Ranker()
    ranker.train(TrainingTask("empty", ()))
    assert ranker.performance(EvaluationTask("empty", ())) == ()


def test_a_damaged_file_is_told_from_a_missing_one(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="ranker"):
        Ranker().load(tmp_path)
    (tmp_path / "ranker.pt").write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="damaged"):
        Ranker().load(tmp_path)


def test_pairs_with_the_same_premise_are_no_negatives_of_each_other() -> None:
    weights = {"words": torch.randn(1 << 13, 48), "projection": torch.eye(48)}
    one, two = ("t", "p", (1,), (2,)), ("u", "p", (3,), (2,))
    assert contrast(weights, [one, two]).item() == pytest.approx(0.0, abs=1e-6)
