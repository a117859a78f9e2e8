"""Premises: what can be seen from where, how alike two statements are, and that an index is whole or refused."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.corpus import Corpus
from retrieval.encode.encoder import Query, premise_features
from retrieval.encode.hashed import HashedEncoder
from retrieval.errors import CorpusEmpty, IndexBroken, IndexMissing, IndexOutdated
from retrieval.evaluate import Needed, figures
from retrieval.fit import Fusion, RankedGoal, fit
from retrieval.fuse import best, fused
from retrieval.index import EXACT_UP_TO, VectorIndex
from retrieval.lean_text import goal_text, name_words, signature, spoken, symbols, without_names, words_in
from retrieval.lexical import BM25, SymbolOverlap
from retrieval.postings import Postings, bag
from retrieval.premise import Position, Premise
from retrieval.retriever import Retriever
from retrieval.sparse import SparseIndex
from retrieval.stored import IndexKey, damaged, load, read_manifest, save

LIST = "Init.List"
TWO = "(as bs : List α)"
PREMISES = (
    Premise("List.reverse_append", LIST, "theorem", f"{TWO} : (as ++ bs).reverse = bs.reverse ++ as.reverse"),
    Premise("List.length_append", LIST, "theorem", f"{TWO} : (as ++ bs).length = as.length + bs.length", None, 1),
    Premise("Nat.add_comm", "Init.Nat", "theorem", "(n m : Nat) : n + m = m + n"),
    Premise("Nat.add_assoc", "Init.Nat", "theorem", "(n m k : Nat) : n + m + k = n + (m + k)", None, 1),
    Premise("A.double", "A", "definition", "(n : Nat) : Nat", "Twice a number.", 0),
    Premise("A.double_add", "A", "theorem", "(n m : Nat) : double (n + m) = double n + double m", None, 50),
    Premise("B.far", "B", "theorem", "(n : Nat) : double n = n + n", None, 0),
)  # fmt: skip
IMPORTS = {"Init": ("Init.List", "Init.Nat"), "Init.List": (), "Init.Nat": (), "A": ("Init",), "B": ("A",)}
KEY = IndexKey("lean-1", {"here": "r1"})


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Corpus(PREMISES, IMPORTS)


@pytest.fixture(scope="module")
def retriever(corpus: Corpus) -> Retriever:
    return Retriever.build(corpus)


def seen(corpus: Corpus, position: Position) -> set[str]:
    allowed = corpus.visible(position)
    return {premise.name for premise, one in zip(corpus.premises, allowed, strict=True) if one}


def names(retriever: Retriever, query: Query, *more: object) -> list[str]:
    return [found.premise.name for found in retriever.search(query, 3, *more)]  # type: ignore[arg-type]


LIBRARY = {"List.reverse_append", "List.length_append", "Nat.add_comm", "Nat.add_assoc"}


def test_a_place_sees_what_is_imported_and_what_stands_above(corpus: Corpus) -> None:
    assert seen(corpus, Position("A", 50)) == {*LIBRARY, "A.double"}
    assert seen(corpus, Position("A", 0)) == LIBRARY
    assert seen(corpus, Position("B", 0)) == {*LIBRARY, "A.double", "A.double_add"}


def test_a_theorem_sees_neither_itself_nor_its_importers(corpus: Corpus) -> None:
    assert not {"A.double_add", "B.far"} & seen(corpus, Position("A", 50))


def test_a_new_file_sees_what_it_says_it_imports(corpus: Corpus) -> None:
    assert seen(corpus, Position("New", 0, ("Init.Nat",))) == {"Nat.add_comm", "Nat.add_assoc"}
    assert seen(corpus, Position("New", 0)) == LIBRARY


def test_an_updated_corpus_has_a_module_as_it_is_now(corpus: Corpus) -> None:
    now = corpus.updated([Premise("A.new", "A", "theorem", ": True")], {"A": ("Init.Nat",)})
    assert now.number("A.double") is None
    assert seen(now, Position("B", 0)) == {"Nat.add_comm", "Nat.add_assoc", "A.new"}
    assert corpus.number("A.new") is None


def test_circular_imports_end(corpus: Corpus) -> None:
    assert Corpus(PREMISES, {"A": ("B",), "B": ("A",)}).modules_visible(Position("A", 0)) == {"B"}


def test_a_goal_is_taken_apart() -> None:
    read = goal_text("case a\nx y : Nat\nh : x =\n  y\n⊢ y = x\n\ncase b\n⊢ True")
    assert read.hypotheses == (("x", "Nat"), ("y", "Nat"), ("h", "x =\n  y"))
    assert read.target == "y = x"


def test_a_signature_is_taken_apart() -> None:
    read = signature("{α : Type u} [Add α] (f : α → α) : ∀ x : α, f x = x")
    assert read.binders == (("α", "Type u"), ("", "Add α"), ("f", "α → α"))
    assert read.conclusion == "∀ x : α, f x = x"
    assert signature("True").conclusion == "True"


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    goal_text(text)
    signature(text)
    list(spoken(without_names(words_in(text), frozenset({"x"}))))
    symbols(words_in(text))
    premise_features(Premise("x", "M", "theorem", text, text))
    Query(text, text)


def test_fields_of_fields_are_all_symbols() -> None:
    words = without_names(words_in("(xs ++ ys).reverse.length = xs.tail.size"), frozenset({"xs", "ys"}))
    assert symbols(words) == {"++", "reverse", "length", "=", "tail", "size"}


def test_names_are_taken_apart_as_people_read_them() -> None:
    assert name_words("List.getElem?_eq_HTTPServer2") == ["list", "get", "elem", "eq", "http", "server", "2"]
    assert list(spoken(["++", "=", "mapM"])) == ["append", "eq", "map", "m"]


def test_variables_do_not_count_as_symbols() -> None:
    words = without_names(words_in("∀ y, f x y = Nat.succ x.val"), frozenset({"x"}))
    assert symbols(words) == {"∀", "f", "=", "succ", "val"}


def test_bm25_prefers_rare_words_and_short_documents() -> None:
    documents = ["common common rare", "common", "common other other other other", "rare"]
    scores = BM25(Postings.of([bag(text.split()) for text in documents])).scores(["common", "rare"])
    assert list(best(scores, 4))[:2] == [0, 3]
    assert scores[1] > scores[2] > 0


def test_symbol_overlap_prefers_what_says_nothing_else() -> None:
    postings = Postings.of([dict.fromkeys(text.split(), 1.0) for text in ("f g", "f g h i j", "h", "g")])
    scores = SymbolOverlap(postings).scores(["f", "g"])
    assert list(best(scores, 4)) == [0, 3, 1]


@pytest.mark.parametrize("shown", [0.0005, 0.01, 0.7])
def test_the_best_of_very_many_are_those_that_sorting_would_give(shown: float) -> None:
    """A sample says where to look; where scores are few, or all in one place, it must not mislead."""
    chance = np.random.default_rng(7)
    scores = np.where(chance.random(50_000) < shown, chance.random(50_000), 0.0).astype(np.float32)
    scores[20_001:20_090:4] += 5.0  # between the places of the sample
    wanted = np.argsort(-scores, kind="stable")[:100]
    assert list(best(scores, 100)) == [place for place in wanted if scores[place] > 0]


def test_fusion_prefers_what_several_rankings_have() -> None:
    rankings = {"one": np.array([1, 2, 3]), "two": np.array([4, 2, 5])}
    items, scores = fused(rankings, {"one": 1.0, "two": 1.0}, 3)
    assert items[0] == 2
    assert list(items[1:]) == [1, 4]
    assert scores[0] > scores[1]
    assert fused(rankings, {"one": 1.0, "two": 3.0}, 2)[0].tolist() == [2, 4]


def test_words_find_theorems_by_what_they_say(retriever: Retriever) -> None:
    assert names(retriever, Query(words="reverse of an append"))[0] == "List.reverse_append"
    assert names(retriever, Query(words="addComm"))[0] == "Nat.add_comm"
    assert names(retriever, Query(words="twice a number"))[0] == "A.double"


def test_a_goal_finds_the_theorem_that_proves_it(retriever: Retriever) -> None:
    goal = "xs ys : List Nat\n⊢ (xs ++ ys).length = xs.length + ys.length"
    assert names(retriever, Query(goal))[0] == "List.length_append"


def test_only_what_is_visible_is_found(retriever: Retriever) -> None:
    query = Query("n : Nat\n⊢ double n = n + n")
    assert "B.far" in names(retriever, query)
    allowed = retriever.corpus.visible(Position("A", 50))
    assert set(names(retriever, query, allowed)) <= {*LIBRARY, "A.double"}


def test_what_is_near_comes_first(retriever: Retriever) -> None:
    query = Query("n m : Nat\n⊢ n + m = m + n")
    near = retriever.search(query, 7, None, "A")
    far = retriever.search(query, 7)
    place = [[found.premise.name for found in each].index("A.double_add") for each in (near, far)]
    assert place[0] < place[1]


def test_a_find_says_how_it_was_found(retriever: Retriever) -> None:
    (found, *_) = retriever.search(Query(words="reverse append"), 1)
    assert found.ranks["words"] == 1
    assert "symbols" not in found.ranks


@pytest.mark.parametrize(
    "goal", ["", "⊢ ", "no goal at all", "⊢ " + "x + " * 25_000 + "x", "h : «b c»\n⊢ ∀ ε > 0, ∃ δ, 𝔸 δ"]
)
def test_any_goal_is_answered(retriever: Retriever, goal: str) -> None:
    assert len(names(retriever, Query(goal))) <= 3


def test_nothing_can_be_searched_in_nothing() -> None:
    with pytest.raises(CorpusEmpty, match="no premises to search"):
        Retriever.build(Corpus([], {}))


def test_the_hashed_encoder_gives_unit_vectors_that_depend_on_the_text_alone(corpus: Corpus) -> None:
    encoder = HashedEncoder.fit(map(premise_features, corpus.premises))
    rows = encoder.premises(corpus.premises)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    again = HashedEncoder.fit(map(premise_features, corpus.premises))
    assert again.version == encoder.version
    assert np.array_equal(again.premises(corpus.premises), rows)
    assert HashedEncoder.fit(map(premise_features, corpus.premises[:3])).version != encoder.version


def test_renamed_variables_change_no_vector(corpus: Corpus) -> None:
    encoder = HashedEncoder.fit(map(premise_features, corpus.premises))
    one, same = (encoder.query(Query(f"{a} {b} : Nat\n⊢ {a} + {b} = {b} + {a}")) for a, b in ("ab", "xy"))
    assert np.array_equal(one, same)


@pytest.mark.parametrize("count", [200, EXACT_UP_TO + 500], ids=["exact", "lists"])
def test_vectors_are_found_within_what_is_allowed(count: int) -> None:
    draw = np.random.default_rng(0)
    vectors = draw.standard_normal((count, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index = VectorIndex.build(vectors)
    for row in (0, 7, count - 1):
        assert index.search(vectors[row], 1)[0].tolist() == [row]
    allowed = bytes(number % 2 for number in range(count))
    found, scores = index.search(vectors[0], 20, allowed)
    assert len(found) > 0
    assert all(number % 2 for number in found)
    assert list(scores) == sorted(scores, reverse=True)


def test_vectors_come_and_go() -> None:
    vectors = np.eye(4, dtype=np.float32)
    index = VectorIndex.build(vectors[:2], [10, 11])
    index.add(vectors[2:], [12, 13])
    assert index.search(vectors[2], 1)[0].tolist() == [12]
    assert index.remove([12]) == 1
    assert index.search(vectors[2], 4)[0].tolist() != [12]
    assert len(index) == 3


@given(
    st.lists(st.dictionaries(st.integers(0, 30), st.floats(0.1, 2), min_size=1, max_size=6), min_size=1, max_size=12)
)
def test_a_row_is_nearest_to_itself_whenever_it_was_added(bags: list[dict[int, float]]) -> None:
    index = SparseIndex()
    rows = [index.add(added) for added in bags]
    for row, added in zip(rows, bags, strict=True):
        hits = index.search(added, len(bags))
        assert row in {hit.row for hit in hits if hit.score >= hits[0].score - 1e-4}
        assert all(0 < hit.score <= 1.0001 for hit in hits)


def test_a_row_can_be_found_at_once() -> None:
    index = SparseIndex()
    for number in range(50):
        row = index.add({1: 1.0, 100 + number: 1.0})
        assert index.search({100 + number: 1.0}, 1)[0].row == row


def test_rows_that_are_not_allowed_are_not_found() -> None:
    index = SparseIndex()
    for number in range(4):
        index.add({1: 1.0, 10 + number: 1.0})
    assert {hit.row for hit in index.search({1: 1.0, 12: 1.0}, 9, bytes([1, 0, 1]))} == {0, 2}
    assert index.search({99: 1.0}, 9) == []
    assert SparseIndex().search({1: 1.0}, 9) == []


def test_what_is_saved_answers_the_same(retriever: Retriever, tmp_path: Path) -> None:
    save(retriever, KEY, tmp_path / "index")
    again = load(tmp_path / "index", KEY)
    query = Query("xs ys : List Nat\n⊢ (xs ++ ys).length = 3", "append")
    assert again.search(query, 5) == retriever.search(query, 5)
    assert again.corpus.visible(Position("A", 50)) == retriever.corpus.visible(Position("A", 50))
    assert damaged(tmp_path / "index", read_manifest(tmp_path / "index")) == []


def test_saving_takes_the_place_of_what_was_there_and_leaves_nothing_else(retriever: Retriever, tmp_path: Path) -> None:
    save(retriever, KEY, tmp_path / "index")
    smaller = Retriever.build(Corpus(PREMISES[:2], IMPORTS))
    save(smaller, IndexKey("lean-2", {}), tmp_path / "index")
    assert len(load(tmp_path / "index").corpus) == 2
    assert [file.name for file in tmp_path.iterdir()] == ["index"]


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (IndexKey("lean-2", {"here": "r1"}), "was made with lean-1, not lean-2"),
        (IndexKey("lean-1", {"here": "r2"}), "other revisions of here"),
        (IndexKey("lean-1", {"here": "r1"}, encoder="model"), "with the encoder hashed, not model"),
        (IndexKey("lean-1", {"here": "r1"}, version=99), "another version of this program"),
    ],
)
def test_an_index_of_something_else_is_refused(retriever: Retriever, tmp_path: Path, key: IndexKey, said: str) -> None:
    save(retriever, KEY, tmp_path / "index")
    with pytest.raises(IndexOutdated, match=said):
        load(tmp_path / "index", key)


def test_there_may_be_no_index(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="prover index build"):
        load(tmp_path / "index")


@pytest.mark.parametrize("name", ["key.json", "premises.msgpack", "vectors.faiss", "words.documents.npy", "rarity.npy"])
@pytest.mark.parametrize("harm", ["half", "gone", "empty"])
def test_an_index_that_is_not_whole_is_refused(retriever: Retriever, tmp_path: Path, name: str, harm: str) -> None:
    save(retriever, KEY, tmp_path / "index")
    file = tmp_path / "index" / name
    content = file.read_bytes()
    file.unlink()
    if harm != "gone":
        file.write_bytes(content[: len(content) // 2] if harm == "half" else b"")
    with pytest.raises((IndexBroken, IndexMissing), match="prover index build"):
        load(tmp_path / "index", KEY)


def test_a_changed_byte_is_seen_when_it_is_looked_for(retriever: Retriever, tmp_path: Path) -> None:
    save(retriever, KEY, tmp_path / "index")
    file = tmp_path / "index" / "words.weights.npy"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    assert damaged(tmp_path / "index", read_manifest(tmp_path / "index")) == ["words.weights.npy"]


def test_a_disk_that_is_full_leaves_the_old_index(
    retriever: Retriever, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(retriever, KEY, tmp_path / "index")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(VectorIndex, "save", full)
    with pytest.raises(OSError, match="No space"):
        save(retriever, IndexKey("lean-2", {}), tmp_path / "index")
    assert load(tmp_path / "index", KEY)
    assert [file.name for file in tmp_path.iterdir()] == ["index"]


def test_a_moved_index_is_as_good(retriever: Retriever, tmp_path: Path) -> None:
    save(retriever, KEY, tmp_path / "one")
    shutil.move(tmp_path / "one", tmp_path / "two")
    assert load(tmp_path / "two", KEY)


def needed(*premises: str, theorem: str = "t") -> Needed:
    return Needed("⊢ True", frozenset(premises), theorem, Position("A", 0))


def test_the_figures_of_a_perfect_and_of_a_useless_ranking() -> None:
    perfect = figures([(needed("a", "b"), ["a", "b", "c"])])
    assert perfect["R@1"].estimate == 0.5
    assert {perfect[name].estimate for name in ("R@10", "MRR", "nDCG@10", "all@10")} == {1.0}
    useless = figures([(needed("a"), ["x", "y"])])
    assert {interval.estimate for interval in useless.values()} == {0.0}


def test_figures_by_hand() -> None:
    made = figures([(needed("a", "b"), ["x", "a"]), (needed("c"), ["c"])])
    assert made["MRR"].estimate == pytest.approx((0.5 + 1) / 2)
    assert made["R@10"].estimate == pytest.approx((0.5 + 1) / 2)
    assert made["all@10"].estimate == 0.5
    assert made["nDCG@10"].estimate == pytest.approx((0.6309 / 1.6309 + 1) / 2, abs=1e-3)


def test_intervals_hold_the_mean_and_are_wide_where_theorems_differ() -> None:
    rows = [(needed("a", theorem=f"t{i}"), ["a"] if i % 2 else []) for i in range(40)]
    spread = figures(rows)["R@10"]
    assert spread.low < spread.estimate < spread.high
    one = figures([(needed("a", theorem="same"), ["a"] if i % 2 else []) for i in range(40)])["R@10"]
    assert (one.low, one.high) == (0.5, 0.5)
    assert figures(rows, seed=1) == figures(rows, seed=1)


def test_a_goal_of_100_kilobytes_is_answered(retriever: Retriever) -> None:
    hypotheses = "\n".join(f"h{n} : x + {n} = {n} + x" for n in range(5_000))
    goal = f"x : Nat\n{hypotheses}\n⊢ x + 1 = 1 + x"
    assert len(goal) > 100_000
    assert "Nat.add_comm" in names(retriever, Query(goal))


def test_names_need_not_be_ascii(tmp_path: Path) -> None:
    premises = [
        Premise("Größe.«zwei Wörter»", "Ärger", "theorem", "(ξ : ℝ𝔸) : größe ξ = größe ξ", "Σ, ∀ und 𝔘."),
        Premise("命題.交換", "Ärger", "theorem", ": 加法 = 乗法"),
    ]
    save(Retriever.build(Corpus(premises, {"Ärger": ()})), KEY, tmp_path / "größe")
    again = load(tmp_path / "größe", KEY)
    assert names(again, Query("⊢ 加法 = 乗法"))[0] == "命題.交換"
    assert names(again, Query(words="zwei Wörter"))[0] == "Größe.«zwei Wörter»"


def test_a_fit_prefers_the_ranking_that_is_right(corpus: Corpus, retriever: Retriever) -> None:
    needed = Needed("⊢ p", frozenset({"A.double_add"}), "t", Position("Z", 0))
    at = corpus.number("A.double_add")
    assert at is not None
    wrong = np.asarray([n for n in range(len(corpus)) if n != at], dtype=np.int64)
    rankings = {"dense": wrong, "words": np.asarray([at], dtype=np.int64)}
    goals = [RankedGoal(corpus, needed, rankings)]
    start = Fusion({"dense": 1.0, "words": 0.6})
    best, reached = fit([goals], start, 1)
    assert goals[0].recall(start, 1) == 0.0
    assert reached == goals[0].recall(best, 1) == 1.0
    assert best.weights["words"] > start.weights["words"] or best.prior != start.prior
