"""Transformer encoders, on tiny models that the tests save: what is read, how it is pooled, what is kept."""

from pathlib import Path

import numpy as np
import pytest

from retrieval.corpus import Corpus
from retrieval.encode.encoder import Query
from retrieval.encode.transformer import EncoderFormat, TransformerEncoder
from retrieval.errors import EncoderMissing, IndexOutdated
from retrieval.premise import Premise
from retrieval.retriever import Retriever
from retrieval.stored import IndexKey, load, save
from tests.libraries import needs
from tests.tiny_encoders import save_bert, save_t5
from tests.unit.test_retrieval import IMPORTS, PREMISES

pytestmark = [pytest.mark.slow, needs("torch", "transformers")]


@pytest.fixture(scope="module")
def t5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_t5(tmp_path_factory.mktemp("models") / "t5")


@pytest.fixture(scope="module")
def encoder(t5: Path) -> TransformerEncoder:
    return TransformerEncoder.load(str(t5))


def test_reprover_reads_premises_with_marks_and_states_as_they_are() -> None:
    form = EncoderFormat(marked=True)
    premise = Premise("Nat.add_comm", "M", "theorem", "(n m : Nat) : n + m = m + n", "Told.")
    assert form.premise(premise) == "theorem <a>Nat.add_comm</a> (n m : Nat) : n + m = m + n"
    assert form.query(Query("n : Nat\n⊢ n = n")) == "n : Nat\n⊢ n = n"


def test_t5_is_read_as_reprover_and_others_as_they_say(t5: Path, tmp_path: Path) -> None:
    assert TransformerEncoder.load(str(t5)).format == EncoderFormat(marked=True)
    bert = save_bert(tmp_path / "bert", True, {"query": "q: ", "document": "d: "})
    assert TransformerEncoder.load(str(bert)).format == EncoderFormat(False, "q: ", "d: ", True)


def test_vectors_are_means_over_what_is_not_padding_and_of_length_1(encoder: TransformerEncoder) -> None:
    import torch

    texts = ["⊢ True", "x y z : List Nat\n⊢ x ++ y = z"]
    rows = encoder.texts(texts)
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1.0, 1.0], abs=1e-5)
    tokens = encoder.tokenizer([texts[0]], return_tensors="pt")
    with torch.inference_mode():
        mean = encoder.model(**tokens).last_hidden_state[0].mean(dim=0)
    assert rows[0] == pytest.approx((mean / mean.norm()).numpy(), abs=1e-5)


def test_the_first_token_is_pooled_where_the_model_says_so(tmp_path: Path) -> None:
    first = TransformerEncoder.load(str(save_bert(tmp_path / "first", True)))
    mean = TransformerEncoder.load(str(save_bert(tmp_path / "mean", False)))
    assert not np.allclose(first.texts(["list nat add"]), mean.texts(["list nat add"]))
    assert first.version != mean.version


def test_what_a_text_is_batched_with_does_not_matter(encoder: TransformerEncoder) -> None:
    texts = [f"⊢ {'x + ' * (n % 3)}{n} = {n}" for n in range(5)]
    together = encoder.texts(texts)
    assert np.allclose(together, np.concatenate([encoder.texts([text]) for text in texts]), atol=1e-5)
    assert encoder.texts([]).shape == (0, encoder.dimensions)


def test_long_and_strange_texts_are_cut_not_refused(encoder: TransformerEncoder, tmp_path: Path) -> None:
    long = "⊢ " + "Ωμέγα𝔸 = " * 7_000
    assert np.isfinite(encoder.query(Query(long))).all()
    assert np.array_equal(encoder.texts(["x" * 1_023]), encoder.texts(["x" * 5_000]))
    assert np.isfinite(TransformerEncoder.load(str(save_bert(tmp_path / "bert"))).query(Query(long))).all()


def test_vectors_are_kept_and_made_again_where_the_file_is_damaged(t5: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept" / "vectors.db"
    first = TransformerEncoder.load(str(t5), kept)
    rows = first.premises(PREMISES)
    second = TransformerEncoder.load(str(t5), kept)
    second.model = None  # nothing is left that could make them
    assert np.array_equal(second.premises(PREMISES), rows)
    kept.write_bytes(b"no database")
    assert np.allclose(TransformerEncoder.load(str(t5), kept).premises(PREMISES), rows)
    assert np.allclose(TransformerEncoder.load(str(t5), kept).premises(PREMISES), rows)


def test_vectors_of_other_weights_are_not_taken(t5: Path, tmp_path: Path) -> None:
    other = TransformerEncoder.load(str(save_t5(tmp_path / "other", seed=1)), tmp_path / "kept.db")
    mine = TransformerEncoder.load(str(t5), tmp_path / "kept.db")
    assert mine.version != other.version
    assert not np.allclose(mine.premises(PREMISES), other.premises(PREMISES))


@pytest.mark.parametrize("what", ["nowhere", "empty", "half"])
def test_an_encoder_that_is_not_there_is_named(
    what: str, t5: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    place = tmp_path / "models" / what
    if what != "nowhere":
        place.mkdir(parents=True)
    if what == "half":
        (place / "config.json").write_bytes((t5 / "config.json").read_bytes())
    with pytest.raises(EncoderMissing, match=f"{what} is not here"):
        TransformerEncoder.load(str(place))


def test_an_index_with_a_transformer_is_saved_and_refused_with_other_weights(
    encoder: TransformerEncoder, t5: Path, tmp_path: Path
) -> None:
    built = Retriever.build(Corpus(PREMISES[:5], IMPORTS), encoder)
    key = IndexKey("lean-1", {"here": "r1"}, str(t5), encoder.version)
    save(built, key, tmp_path / "index")
    there = load(tmp_path / "index", key, encoder).extended(PREMISES[5:], {})
    assert len(there.vectors) == len(PREMISES)
    query = Query("n m : Nat\n⊢ n + m = m + n")
    assert there.search(query, 1)[0].premise.name == built.search(query, 1)[0].premise.name
    with pytest.raises(IndexOutdated, match="weights"):
        load(tmp_path / "index", IndexKey("lean-1", {"here": "r1"}, str(t5), "transformer-other"), encoder)
