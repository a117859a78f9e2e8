"""Training an encoder on a corpus made up for it: it learns, it goes on exactly where it was, it refuses the rest."""

from dataclasses import replace
from pathlib import Path

import pytest

from prover.app.premise_needs import divided, needs_of, spread
from prover.app.retrieval import encoder_figures
from prover.lean.traced import PremiseUse, TracedDeclaration, TracedModule, TracedStep
from retrieval.corpus import Corpus
from retrieval.encode.transformer import TransformerEncoder
from retrieval.errors import TrainingRefused
from retrieval.evaluate import Needed
from retrieval.premise import Position, Premise
from retrieval.train import CHECKPOINT, RECORD, RetrieverSettings, _batch, _pairs, fresh, train
from tests.libraries import needs
from tests.tiny_encoders import save_t5

pytestmark = [pytest.mark.slow, needs("torch", "transformers")]

SUBJECTS = ("add", "reverse", "union", "graph", "order", "prime", "sum", "path")
PREMISES = [
    Premise(f"{subject}_{way}", f"M.{subject}", "theorem", f": {subject} {way} = {way}", None, place)
    for subject in SUBJECTS
    for place, way in enumerate(("zero", "one"))
]
IMPORTS = {"Use": tuple(f"M.{subject}" for subject in SUBJECTS), **{f"M.{subject}": () for subject in SUBJECTS}}
CORPUS = Corpus([*PREMISES, Premise("later", "Use", "theorem", ": add zero", None, 900)], IMPORTS)
NEEDED = [
    Needed(f"x : Nat\n⊢ {subject} {way} x", frozenset({f"{subject}_{way}"}), f"t_{subject}_{way}", Position("Use", 10))
    for subject in SUBJECTS
    for way in ("zero", "one")
]
SETTINGS = RetrieverSettings(epochs=2, batch=4, hard=1, learning_rate=3e-3, checkpoint_every=3)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_t5(tmp_path_factory.mktemp("models") / "t5"))


def test_what_is_learnt_is_found(base: str, tmp_path: Path) -> None:
    encoder = TransformerEncoder.load(base)
    before = encoder_figures(encoder, CORPUS, NEEDED, NEEDED, 0)
    trained = train(encoder, CORPUS, NEEDED, tmp_path, replace(SETTINGS, epochs=6))
    after = encoder_figures(TransformerEncoder.load(str(tmp_path)), CORPUS, NEEDED, NEEDED, 0)
    assert trained.updates == 24
    assert trained.losses[-1] < trained.losses[0]
    assert after["R@1"].estimate > before["R@1"].estimate
    assert (tmp_path / RECORD).is_file()


def test_an_interrupted_training_ends_as_one_that_was_not(base: str, tmp_path: Path) -> None:
    whole, parts = TransformerEncoder.load(base), TransformerEncoder.load(base)
    train(whole, CORPUS, NEEDED, tmp_path / "whole", SETTINGS)
    assert train(parts, CORPUS, NEEDED, tmp_path / "parts", SETTINGS, until=5).updates == 5
    resumed = TransformerEncoder.load(base)
    assert train(resumed, CORPUS, NEEDED, tmp_path / "parts", SETTINGS).updates == 8
    assert resumed.version == whole.version != parts.version


def test_training_stops_when_nothing_gets_better_and_keeps_the_best(base: str, tmp_path: Path) -> None:
    seen: list[str] = []
    settings = replace(SETTINGS, epochs=9, patience=2)

    def scored(encoder: TransformerEncoder) -> float:
        seen.append(encoder.version)
        return (0.5, 0.7, 0.6, 0.7, 0.9)[(len(seen) - 1) % 5]

    whole = TransformerEncoder.load(base)
    trained = train(whole, CORPUS, NEEDED, tmp_path / "whole", settings, scored=scored)
    assert (trained.updates, trained.scores) == (16, (0.5, 0.7, 0.6, 0.7))
    assert whole.version == seen[1] == TransformerEncoder.load(str(tmp_path / "whole")).version
    assert len(set(seen)) == 4
    seen.clear()
    parts = tmp_path / "parts"
    train(TransformerEncoder.load(base), CORPUS, NEEDED, parts, settings, until=10, scored=scored)
    resumed = TransformerEncoder.load(base)
    assert train(resumed, CORPUS, NEEDED, parts, settings, scored=scored).scores == trained.scores
    assert resumed.version == whole.version
    done = TransformerEncoder.load(base)
    assert train(done, CORPUS, NEEDED, parts, settings, scored=scored).updates == 16
    assert done.version == whole.version


def test_the_seed_decides(base: str, tmp_path: Path) -> None:
    versions = []
    for place, seed in enumerate((0, 0, 1)):
        encoder = TransformerEncoder.load(base)
        train(encoder, CORPUS, NEEDED, tmp_path / str(place), replace(SETTINGS, epochs=1, seed=seed))
        versions.append(encoder.version)
    assert versions[0] == versions[1] != versions[2]


def test_another_training_is_not_gone_on_with(base: str, tmp_path: Path) -> None:
    train(TransformerEncoder.load(base), CORPUS, NEEDED, tmp_path, SETTINGS, until=1)
    with pytest.raises(TrainingRefused, match="another base, data or settings"):
        train(TransformerEncoder.load(base), CORPUS, NEEDED[:8], tmp_path, SETTINGS)
    (tmp_path / CHECKPOINT).write_bytes(b"half")
    with pytest.raises(TrainingRefused, match="remove it"):
        train(TransformerEncoder.load(base), CORPUS, NEEDED, tmp_path, SETTINGS)


def test_nothing_to_learn_is_said(base: str, tmp_path: Path) -> None:
    with pytest.raises(TrainingRefused, match="nothing to train on"):
        train(TransformerEncoder.load(base), Corpus(PREMISES[:1], {}), NEEDED[2:], tmp_path, SETTINGS)


def test_negatives_are_wrong_and_could_be_named() -> None:
    import random

    both = Needed("⊢ p", frozenset({"add_zero", "add_one"}), "t", Position("Use", 10))
    pairs = list(_pairs(CORPUS, [both, NEEDED[2]]))
    assert [CORPUS.premises[pair.premise].name for pair in pairs] == ["add_one", "add_zero", "reverse_zero"]
    in_module: dict[str, list[int]] = {}
    for number, premise in enumerate(CORPUS.premises):
        in_module.setdefault(premise.module, []).append(number)
    batch = _batch(CORPUS, pairs, in_module, 2, random.Random(0))
    named = [CORPUS.premises[number].name for number in batch.candidates]
    assert sorted(named) == ["add_one", "add_zero", "reverse_one", "reverse_zero"]  # a hard one, from the same file
    for goal in (0, 1):
        counted = {name for name, counts in zip(named, batch.counted[goal], strict=True) if counts}
        assert counted == {named[batch.right[goal]], "reverse_one", "reverse_zero"}
    assert all(batch.counted[2])


def test_a_small_model_can_be_made_from_nothing(tmp_path: Path) -> None:
    assert fresh(0, 16, 1).version == fresh(0, 16, 1).version != fresh(1, 16, 1).version
    fresh(0, 16, 1).save(tmp_path)
    assert TransformerEncoder.load(str(tmp_path)).version == fresh(0, 16, 1).version


def test_what_a_step_needs_is_read_from_its_trace() -> None:
    declared = TracedDeclaration("t", "theorem", "t : p", "", 10, 20, 12, "public", "")
    uses = (PremiseUse("add_zero", "M.add", 15, 16), PremiseUse("unknown", "M", 16, 17))
    step = TracedStep("t", 13, 20, "rw [add_zero]", "⊢ p", "", ("k",), (), uses)
    module = TracedModule("Use", "Use.lean", "", (), (declared,), (step, replace_premises(step)), ())
    assert list(needs_of(module, CORPUS)) == [Needed("⊢ p", frozenset({"add_zero"}), "t", Position("Use", 10))]


def replace_premises(step: TracedStep) -> TracedStep:
    import msgspec

    return msgspec.structs.replace(step, premises=())


def test_splits_hold_out_whole_theorems() -> None:
    for split in ("random", "novel_premises"):
        learnt, held = divided(NEEDED, split, 0)
        assert held
        assert not {goal.theorem for goal in learnt} & {goal.theorem for goal in held}
        assert len(learnt) + len(held) == len(NEEDED)
    learnt, held = divided(NEEDED, "novel_premises", 0)
    assert all(goal.premises - {name for one in learnt for name in one.premises} for goal in held)
    assert divided(NEEDED, "all", 0) == (NEEDED, NEEDED)
    assert spread(NEEDED, 2) == [NEEDED[0], NEEDED[8]]
