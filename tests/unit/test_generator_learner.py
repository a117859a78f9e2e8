"""The generator as a learner: every strategy studies, is measured, and comes back from what was saved."""

from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from curriculum.learn.generator.learner import GeneratorLearner
from curriculum.learn.generator.training import Training
from curriculum.learn.learner import EvaluationTask, ProofExample, Strategy, TrainingTask, held_out
from prover.lean.traced import TracedModule, TracedStep
from prover.tactics.language.transformer import Loading, load
from tests.tiny_models import tiny_seq2seq

pytestmark = pytest.mark.slow  # models are trained or run

HELD = next(f"held{n}" for n in range(100) if held_out(f"held{n}"))
LEARNT = [f"t{n}" for n in range(40) if not held_out(f"t{n}")][:12]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_seq2seq(tmp_path_factory.mktemp("base")))


def module(name: str, tactic: str) -> TracedModule:
    steps = [
        TracedStep(theorem, 10 * n, 10 * n + 9, tactic, f"x : Nat\n⊢ x = x + {n}", "", ("k",), ())
        for n, theorem in enumerate([*LEARNT, HELD])
    ]
    return TracedModule(name, f"{name}.lean", "d", (), (), tuple(steps), ())


def study(name: str, tactic: str, *found: ProofExample) -> TrainingTask:
    return TrainingTask(f"/{name}", (module(name, tactic),), found, seed=3)


def weights(learner: GeneratorLearner, place: Path) -> dict[str, Any]:
    place.mkdir()
    learner.save(place)
    found: dict[str, Any] = load(str(place / "model"), Loading("cpu", offline=True)).model.state_dict()
    return found


@pytest.mark.parametrize("strategy", get_args(Strategy))
def test_every_strategy_learns_and_goes_on_from_what_was_saved(base: str, tmp_path: Path, strategy: Strategy) -> None:
    learner = GeneratorLearner(strategy, base=base)
    task = EvaluationTask("/A", (module("A", "rfl"),))
    assert learner.performance(task) == (0.0,)
    assert learner.generators() == ()
    learner.train(study("A", "rfl"))
    first = weights(learner, tmp_path / "one")
    learner.train(study("B", "omega"))
    again = GeneratorLearner(strategy, base=base)
    again.load(tmp_path / "one")
    again.train(study("B", "omega"))
    second, same = weights(learner, tmp_path / "two"), weights(again, tmp_path / "again")
    assert all(bool((second[name] == same[name]).all()) for name in second)
    assert any(bool((second[name] != first[name]).any()) for name in second)
    assert len(learner.performance(task)) == 1
    assert [generator.name for generator in learner.generators()] == ["model"]


def test_it_becomes_able_to_say_what_it_was_taught(base: str) -> None:
    learner = GeneratorLearner(base="tiny")
    for seed in range(3):
        learner.train(TrainingTask("/A", (module("A", "rfl"),), seed=seed))
    assert learner.performance(EvaluationTask("/A", (module("A", "rfl"),))) == (1.0,)
    learner.reset()
    assert learner.performance(EvaluationTask("/A", (module("A", "rfl"),))) == (0.0,)


def test_proofs_that_were_found_are_learnt_and_what_is_held_out_is_not(base: str, tmp_path: Path) -> None:
    learner = GeneratorLearner(base=base)
    learner.train(TrainingTask("/A", (), (ProofExample("A", HELD, "k", 0.0, (("⊢ p", "k", "rfl"),)),)))
    assert learner.generators() == ()
    learner.train(
        TrainingTask("/A", (), (ProofExample("A", LEARNT[0], "k", 0.0, (("⊢ p", "k", "rfl"), ("⊢ q", "k", "sorry"))),))
    )
    assert len(learner.generators()) == 1


def test_a_proof_of_its_own_takes_the_place_of_anothers(base: str, tmp_path: Path) -> None:
    learner = GeneratorLearner("merged", base=base)
    learner.train(study("A", "rfl"))
    learner.train(TrainingTask("/A", (), (ProofExample("A", LEARNT[0], "k", 0.0, (("⊢ p", "k", "omega"),)),)))
    learner.save(tmp_path)
    _, past = msgspec.json.decode((tmp_path / "past.json").read_bytes())
    tactics = {(each["declaration"], each["tactic"]) for each in past}
    assert (LEARNT[0], "omega") in tactics
    assert (LEARNT[0], "rfl") not in tactics
    assert (LEARNT[1], "rfl") in tactics


def test_a_training_that_was_killed_continues_in_the_learners_directory(
    base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """The process ends here."""

    whole = GeneratorLearner(base=base, epochs=3, directory=tmp_path / "whole")
    whole.train(study("A", "rfl"))
    steps: list[int] = []
    take = Training._take

    def killed_at_third(training: Training[Any], group: Any) -> None:
        steps.append(training._step)
        if len(steps) == 3:
            raise Killed
        take(training, group)

    monkeypatch.setattr(Training, "_take", killed_at_third)
    with pytest.raises(Killed):
        GeneratorLearner(base=base, epochs=3, directory=tmp_path / "killed").train(study("A", "rfl"))
    again = GeneratorLearner(base=base, epochs=3, directory=tmp_path / "killed")
    again.train(study("A", "rfl"))
    assert steps == [0, 1, 2, 2], "the steps before the kill are not taken again"
    first, second = weights(whole, tmp_path / "one"), weights(again, tmp_path / "two")
    assert all(bool((first[name] == second[name]).all()) for name in first)
    again.train(study("B", "omega"))
    assert again.generators() != (), "what another training has left is replaced"


@pytest.mark.parametrize(("damage", "message"), [("past.json", "damaged"), ("model/config.json", "cannot be loaded")])
def test_what_is_damaged_is_not_loaded(base: str, tmp_path: Path, damage: str, message: str) -> None:
    learner = GeneratorLearner(base=base)
    learner.train(study("A", "rfl"))
    learner.save(tmp_path)
    (tmp_path / damage).write_text("{")
    with pytest.raises(ValueError, match=message):
        GeneratorLearner(base=base).load(tmp_path)


def test_a_study_of_nothing_but_long_tactics_teaches_nothing(base: str) -> None:
    learner = GeneratorLearner(base=base)
    learner.train(TrainingTask("/A", (module("A", "simp [" + 100 * "aa, " + "b]"),)))
    assert learner.generators() == ()
