"""Models that run here: real ones, tiny and with random weights."""

import math
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from prover.errors import ModelError, ModelMissing
from prover.tactics.language.model import Decoding, Prompt, until_stop
from prover.tactics.language.transformer import Loading, Transformer, load
from tests.tiny_models import tiny_causal, tiny_seq2seq

pytestmark = pytest.mark.slow  # models are trained or run

PROMPTS = [Prompt("⊢ a = a"), Prompt("h : p\n⊢ p"), Prompt("n : Nat\n⊢ n + 0 = n")]
"""the shortest first, as they are generated"""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Transformer]:
    root = tmp_path_factory.mktemp("models")
    made = {
        "seq2seq": tiny_seq2seq(root / "seq2seq"),
        "causal": tiny_causal(root / "causal"),
        "chat": tiny_causal(root / "chat", chat=True),
    }
    return {kind: load(str(directory), Loading("cpu", offline=True)) for kind, directory in made.items()}


def scored_by_hand(model: Transformer, prompt: str, said: list[int]) -> float:
    """The sum of the log-probabilities of the tokens that were said, one at a time."""
    import torch

    asked = model.tokenizer(prompt, add_special_tokens=model.kind == "seq2seq")["input_ids"]
    total = 0.0
    with torch.inference_mode():
        for place, token in enumerate(said):
            arguments: dict[str, Any] = {"input_ids": torch.tensor([asked])}
            if model.kind == "seq2seq":
                arguments["decoder_input_ids"] = torch.tensor([[0, *said[:place]]])
            else:
                arguments["input_ids"] = torch.tensor([[*asked, *said[:place]]])
            total += float(model.model(**arguments).logits[0, -1].log_softmax(-1)[token])
    return total


@pytest.fixture
def rows(models: dict[str, Transformer], monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """The token numbers of whatever is generated during a test."""
    seen: list[list[int]] = []
    for model in models.values():

        def generate(ask: Any = model.model.generate, **options: Any) -> Any:
            made = ask(**options)
            seen.extend(made.sequences.tolist())
            return made

        monkeypatch.setattr(model.model, "generate", generate)
    return seen


def test_the_kind_of_a_model_is_read_from_its_files(models: dict[str, Transformer]) -> None:
    assert {name: model.kind for name, model in models.items()} == {n: n for n in models}


@pytest.mark.parametrize(("way", "count"), [("beam", 4), ("beam", 1), ("sample", 4)])
@pytest.mark.parametrize("kind", ["seq2seq", "causal"])
def test_log_probabilities_are_the_models_own(
    models: dict[str, Transformer], rows: list[list[int]], kind: str, way: Any, count: int
) -> None:
    """Whatever the temperature and the padding of a batch; a sequence counts up to its end or its first stop."""
    model = models[kind]
    decoding = Decoding(count, way, temperature=0.7, tokens=6, seed=3, stops=("e",) if kind == "causal" else ())
    answers = model.complete(PROMPTS, decoding)
    width = max(len(prompt.text.encode()) for prompt in PROMPTS) if kind == "causal" else 1
    for number, (prompt, answer) in enumerate(zip(PROMPTS, answers, strict=True)):
        scores: dict[str, list[float]] = {}
        for row in rows[number * count : (number + 1) * count]:
            said = ended(model, row[width:], decoding.stops)
            text = until_stop(model.tokenizer.decode(said, skip_special_tokens=True), decoding.stops)[0]
            scores.setdefault(text, []).append(scored_by_hand(model, prompt.text, said))
        assert {c.text: pytest.approx(c.log_probability, abs=2e-3) for c in answer} == {
            text: max(found) for text, found in scores.items()
        }


def ended(model: Transformer, said: list[int], stops: tuple[str, ...]) -> list[int]:
    """The tokens up to the end token, or to the first after which there is a stop."""
    for length in range(1, len(said) + 1):
        text = model.tokenizer.decode(said[:length], skip_special_tokens=True)
        if said[length - 1] == model.tokenizer.eos_token_id or any(stop in text for stop in stops):
            return said[:length]
    return said


@pytest.mark.parametrize("kind", ["seq2seq", "causal", "chat"])
def test_a_batch_says_what_one_by_one_says(models: dict[str, Transformer], kind: str) -> None:
    decoding = Decoding(3, tokens=6)
    together = models[kind].complete(PROMPTS, decoding)
    alone = [models[kind].complete([prompt], decoding)[0] for prompt in PROMPTS]
    assert [[c.text for c in answer] for answer in together] == [[c.text for c in answer] for answer in alone]
    for a, b in zip(chain(*together), chain(*alone), strict=True):
        assert a.log_probability == pytest.approx(b.log_probability, abs=1e-3)


@pytest.mark.parametrize("way", ["beam", "sample"])
def test_each_text_is_given_once_and_the_most_probable_first(models: dict[str, Transformer], way: Any) -> None:
    for answer in models["causal"].complete(PROMPTS, Decoding(16, way, temperature=0.5, tokens=2)):
        texts = [completion.text for completion in answer]
        scores = [completion.log_probability for completion in answer]
        assert len(set(texts)) == len(texts)
        assert scores == sorted(scores, reverse=True)


def test_a_seed_decides_what_is_drawn(models: dict[str, Transformer]) -> None:
    def drawn(seed: int) -> list[str]:
        return [c.text for c in models["causal"].complete(PROMPTS[:1], Decoding(8, "sample", tokens=8, seed=seed))[0]]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_prompts_are_answered_in_their_order_whatever_their_lengths(models: dict[str, Transformer]) -> None:
    prompts = [Prompt("x" * length) for length in (40, 1, 90, 7, 20)]
    small = Transformer("small", models["causal"].model, models["causal"].tokenizer, batch=4)
    decoding = Decoding(2, tokens=4)
    assert [[c.text for c in a] for a in small.complete(prompts, decoding)] == [
        [c.text for c in models["causal"].complete([prompt], decoding)[0]] for prompt in prompts
    ]


@pytest.mark.parametrize("way", ["beam", "sample"])
def test_a_completion_ends_before_the_first_stop(models: dict[str, Transformer], way: Any) -> None:
    free = models["causal"].complete(PROMPTS[:1], Decoding(1, way, tokens=12, seed=5))[0][0].text
    stop = free[3]
    cut = models["causal"].complete(PROMPTS[:1], Decoding(1, way, tokens=12, stops=(stop,), seed=5))[0][0]
    assert cut.text == free[: free.index(stop)]
    assert cut.finished


def test_a_prompt_longer_than_the_model_is_cut_at_its_front(models: dict[str, Transformer]) -> None:
    decoding = Decoding(1, tokens=6)
    long = models["causal"].complete([Prompt("y" * 3000 + "⊢ p")], decoding)[0]
    cut = models["causal"].complete([Prompt("y" * 245 + "⊢ p")], decoding)[0]  # 250 tokens, as ⊢ has three
    assert [c.text for c in long] == [c.text for c in cut]


def test_a_chat_template_is_the_tokenizers(models: dict[str, Transformer]) -> None:
    asked = Prompt("⊢ p", system="Prove.")
    written = Prompt("<system>Prove.<user>⊢ p<assistant>")
    plain = Transformer("plain", models["chat"].model, models["chat"].tokenizer)
    plain.kind = "causal"
    decoding = Decoding(2, tokens=6)
    assert models["chat"].complete([asked], decoding) == plain.complete([written], decoding)


@pytest.mark.parametrize("kind", ["seq2seq", "causal"])
def test_completions_have_probabilities_and_no_special_tokens(models: dict[str, Transformer], kind: str) -> None:
    for answer in models[kind].complete(PROMPTS, Decoding(4, tokens=8)):
        for completion in answer:
            assert math.isfinite(completion.log_probability)
            assert completion.log_probability < 0
            assert "<pad>" not in completion.text
            assert "</s>" not in completion.text


@pytest.mark.parametrize(
    ("name", "files", "word"),
    [
        ("nothing", {}, "nothing"),
        ("empty", {"readme": "x"}, "empty"),
        ("half", {"config.json": '{"model_type": "t5"'}, "half"),
        ("unknown", {"config.json": '{"model_type": "no such kind"}'}, "no such kind"),
        ("noweights", {"config.json": '{"model_type": "gpt2"}'}, "noweights"),
    ],
)
def test_what_is_no_model_is_refused_in_one_sentence(
    tmp_path: Path, name: str, files: dict[str, str], word: str
) -> None:
    directory = tmp_path / name
    directory.mkdir()
    for file, text in files.items():
        (directory / file).write_text(text)
    with pytest.raises(ModelMissing, match=word) as caught:
        load(str(directory), Loading(offline=True))
    assert "\n" not in str(caught.value)


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    directory = tiny_causal(tmp_path / "damaged")
    weights = directory / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ModelMissing, match="cannot be loaded"):
        load(str(directory), Loading(offline=True))


def test_a_model_that_fails_says_so(models: dict[str, Transformer], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise RuntimeError("out of memory\nand more")

    monkeypatch.setattr(models["causal"].model, "generate", fail)
    with pytest.raises(ModelError, match="out of memory"):
        models["causal"].complete(PROMPTS, Decoding(2))
