"""LeanDojo's benchmark format: what is written can be read by a strict reader, and comes back as it was."""

import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leandojo_reader import Corpus, examples
from leandojo_repositories import LIBRARY, Line, Writing, repositories

from prover.errors import BenchmarkError
from prover.lean.traced import TracedDeclaration, TracedModule, TracedStep
from prover.project.leandojo.catalogue import ImportedSignatures
from prover.project.leandojo.export import BenchmarkOrigin, Exported, export_benchmark
from prover.project.leandojo.modules import traced_modules
from prover.project.leandojo.reading import CHUNK_CHARACTERS, entries, read_benchmark
from prover.project.leandojo.split import Sizes, at_random, by_novel_premise
from tests.properties import with_examples

ORIGIN = BenchmarkOrigin("https://example.org/lib", "c" * 40, "4.28.0-pre")
NONE_HELD = Sizes(0, 0)


def export(written: list[Writing], out: Path, **options: object) -> Exported:
    texts = {module.traced().path: module.text for module in written}
    return export_benchmark((w.traced() for w in written), texts, ORIGIN, out, **options)  # type: ignore[arg-type]


def lines_of(out: Path) -> dict[str, dict[str, object]]:
    found = [json.loads(line) for line in (out / "corpus.jsonl").read_text(encoding="utf-8").splitlines()]
    return {line["path"]: line for line in found}


def small() -> list[Writing]:
    """Two modules: a definition, an inductive type with what is made for it, and theorems."""
    base = Writing("Base")
    base.declare("def", "two", ": Nat", " := 2 -- the number\n  + 0")
    tree = base.declare("inductive", "T", ": Type", " where\n  | leaf")
    base.declarations.append(_part_of(base, tree.name + ".leaf", "constructor"))
    base.declarations.append(_part_of(base, tree.name + ".injEq", "theorem"))
    base.prove("two_eq", ": two = 2", [Line(("rfl",), ())])
    top = Writing("Top", ("Init", "Base"))
    rewrite = Line(
        ("rw [", "two_eq", ", ", "Nat.add_comm", "]"),
        (("Base.two_eq", "Base"), LIBRARY[0]),
        before="x : Nat\n⊢ x + two = 2 + x",
    )
    top.prove("é", "(x : Nat) : x + Base.two = 2 + x", [rewrite])
    top.prove("later", ": True", [Line(("exact ", "é", ".elim"), (("Top.é", "Top"),)), Line(("· rfl",), ())])
    top.prove("open'", ": False", [Line(("sorry",), ())], incomplete=True)
    return [base, top]


def _part_of(module: Writing, name: str, kind: str) -> TracedDeclaration:
    owner = module.declarations[1]
    return TracedDeclaration(
        name, kind, name, "leaf", owner.stop - 4, owner.stop, owner.stop - 4, "public", module.name
    )


def test_the_corpus_says_where_and_what_each_premise_is(tmp_path: Path) -> None:
    exported = export(small(), tmp_path / "out")
    base = lines_of(tmp_path / "out")["Base.lean"]
    assert base["premises"] == [
        {
            "full_name": "Base.two",
            "code": "def two : Nat := 2\n  + 0",
            "start": [1, 1],
            "end": [3, 6],
            "kind": "definition",
        },
        {
            "full_name": "Base.T",
            "code": "inductive T : Type where\n  | leaf",
            "start": [5, 1],
            "end": [7, 9],
            "kind": "inductive",
        },
        {
            "full_name": "Base.two_eq",
            "code": "theorem two_eq : two = 2",
            "start": [9, 1],
            "end": [11, 6],
            "kind": "theorem",
        },
    ]
    assert (exported.theorems, exported.tactics) == (3, 3)
    metadata = json.loads((tmp_path / "out" / "metadata.json").read_text())
    assert metadata["from_repo"] == {"url": ORIGIN.url, "commit": ORIGIN.commit}
    assert metadata["splits"]["random"] == {"train": 3, "val": 0, "test": 0}


def test_a_tactic_is_marked_where_it_names_premises(tmp_path: Path) -> None:
    export(small(), tmp_path / "out")
    theorems = json.loads((tmp_path / "out" / "random" / "train.json").read_text(encoding="utf-8"))
    (tactic,) = next(t for t in theorems if t["full_name"] == "Top.é")["traced_tactics"]
    text, (first, second) = tactic["annotated_tactic"]
    assert text == "rw [<a>two_eq</a>, <a>Nat.add_comm</a>]"
    assert first == {"full_name": "Base.two_eq", "def_path": "Base.lean", "def_pos": [10, 9], "def_end_pos": [10, 15]}
    assert second["def_path"] == ".lake/packages/lean4/src/lean/Init/Data/Nat/Basic.lean"
    assert (tactic["tactic"], tactic["state_after"]) == ("rw [two_eq, Nat.add_comm]", "no goals")


def test_columns_are_counted_in_characters(tmp_path: Path) -> None:
    export(small(), tmp_path / "out")
    theorems = json.loads((tmp_path / "out" / "random" / "train.json").read_text(encoding="utf-8"))
    (tactic,) = next(t for t in theorems if t["full_name"] == "Top.later")["traced_tactics"]
    assert tactic["annotated_tactic"][1][0]["def_end_pos"] == [2, 10]


def test_an_open_theorem_is_a_premise_and_in_no_split(tmp_path: Path) -> None:
    export(small(), tmp_path / "out")
    assert "Top.open'" in {p["full_name"] for p in lines_of(tmp_path / "out")["Top.lean"]["premises"]}  # type: ignore[attr-defined]
    assert "open'" not in (tmp_path / "out" / "random" / "train.json").read_text(encoding="utf-8")


def test_library_premises_have_a_file_a_line_and_the_code_that_is_known(tmp_path: Path) -> None:
    known = "theorem Nat.add_comm (n m : Nat) : n + m = m + n"
    export(small(), tmp_path / "out", library=ImportedSignatures({"Nat.add_comm": known}))
    corpus = Corpus(tmp_path / "out" / "corpus.jsonl")
    (example,) = [e for e in examples(corpus, tmp_path / "out" / "random" / "train.json") if e.theorem == "Top.é"]
    assert [p.full_name for p in example.premises] == ["Base.two_eq", "Nat.add_comm"]
    assert set(example.premises) <= example.accessible
    assert example.premises[1].serialize() == "theorem <a>Nat.add_comm</a> (n m : Nat) : n + m = m + n"


def test_the_library_imports_are_followed_where_they_are_known(tmp_path: Path) -> None:
    graph = {"Init": ("Init.Data.Nat",), "Init.Data.Nat": ("Init.Data.Nat.Basic",)}
    export(small(), tmp_path / "out", library=ImportedSignatures(imports=graph))
    lines = lines_of(tmp_path / "out")
    assert lines["Top.lean"]["imports"] == [".lake/packages/lean4/src/lean/Init.lean", "Base.lean"]
    export(small(), tmp_path / "unknown")
    assert lines_of(tmp_path / "unknown")["Top.lean"]["imports"] == [
        ".lake/packages/lean4/src/lean/Init.lean",
        "Base.lean",
        ".lake/packages/lean4/src/lean/Init/Data/Nat/Basic.lean",
    ]


@with_examples(60)
@given(written=repositories(), seed=st.integers(0, 3))
def test_a_strict_reader_accepts_what_is_written(written: list[Writing], seed: int) -> None:
    codes = {name: f"theorem {name} : True" for name, _ in LIBRARY}
    with TemporaryDirectory() as scratch:
        exported = export(written, Path(scratch) / "out", seed=seed, library=ImportedSignatures(codes))
        corpus = Corpus(Path(scratch) / "out" / "corpus.jsonl")
        for strategy in ("random", "novel_premises"):
            found = [e for part in ("train", "val", "test") for e in _examples(corpus, scratch, strategy, part)]
            assert len(found) == exported.tactics
            for example in found:
                assert set(example.premises) <= example.accessible
        assert all("<a>" in p.serialize() for premises in corpus.premises.values() for p in premises)


def _examples(corpus: Corpus, scratch: str, strategy: str, part: str) -> list[object]:
    return list(examples(corpus, Path(scratch) / "out" / strategy / f"{part}.json"))


@with_examples(60)
@given(written=repositories(), with_texts=st.booleans())
def test_what_is_written_comes_back(written: list[Writing], with_texts: bool) -> None:
    texts = {module.traced().path: module.text for module in written}
    with TemporaryDirectory() as scratch:
        export(written, Path(scratch) / "out")
        read = read_benchmark(Path(scratch) / "out")
        assert read.strategies == ("random", "novel_premises")
        assert read.metadata.lean_version == "4.28.0-pre"
        back = {module.name: module for module in traced_modules(read, texts if with_texts else None)}
    for module in (w.traced() for w in written):
        same = back[module.name]
        assert same.path == module.path
        assert same.imports[: len(module.imports)] == module.imports
        assert [(d.name, d.kind) for d in same.declarations] == [(d.name, d.kind) for d in module.declarations]
        assert same.digest == (module.digest if with_texts else "")
        if with_texts:
            assert [(d.start, d.stop) for d in same.declarations] == [(d.start, d.stop) for d in module.declarations]
        spans = [place for d in same.declarations for place in (d.start, d.stop)]
        assert spans == sorted(spans)
        assert [_essence(s) for s in same.steps] == _told(module)


def _told(module: TracedModule) -> list[tuple[object, ...]]:
    """What the format has of a module's steps: each once in its theorem, and none that does nothing."""
    return list(dict.fromkeys(_essence(s) for s in module.steps if s.before != s.after))


def _essence(step: TracedStep) -> tuple[object, ...]:
    premises = tuple((use.name, use.module, use.start - step.start, use.stop - step.start) for use in step.premises)
    return step.declaration, step.text, step.before, step.after, premises


@with_examples(30)
@given(written=repositories())
def test_a_benchmark_of_what_was_read_is_the_same_benchmark(written: list[Writing]) -> None:
    texts = {module.traced().path: module.text for module in written}
    with TemporaryDirectory() as scratch:
        first, second = Path(scratch) / "first", Path(scratch) / "second"
        export(written, first, seed=7)
        own = [module for module in traced_modules(read_benchmark(first), texts) if module.path in texts]
        export_benchmark(own, texts, ORIGIN, second, seed=7)
        for file in first.glob("*/*.json"):
            old, new = (json.loads((root / file.relative_to(first)).read_text()) for root in (first, second))
            assert [t["full_name"] for t in old] == [t["full_name"] for t in new]
        assert _without_positions(lines_of(first)) == _without_positions(lines_of(second))


def _without_positions(lines: dict[str, dict[str, object]]) -> dict[str, object]:
    return {path: (line["imports"], [p["full_name"] for p in line["premises"]]) for path, line in lines.items()}  # type: ignore[attr-defined]


PREMISES = st.lists(st.sets(st.sampled_from("abcdefgh"), max_size=4), min_size=3, max_size=40)


@given(premises=PREMISES, seed=st.integers(0, 5), val=st.integers(0, 4), test=st.integers(0, 4))
def test_a_held_out_theorem_uses_a_premise_that_no_training_theorem_does(
    premises: list[set[str]], seed: int, val: int, test: int
) -> None:
    split = by_novel_premise(premises, Sizes(val, test), seed)
    trained = set().union(*(premises[n] for n in split["train"]))
    assert all(premises[n] - trained for part in ("val", "test") for n in split[part])
    assert sorted(n for part in split.values() for n in part) == list(range(len(premises)))
    assert split["train"]
    assert len(split["val"]) <= val
    assert split == by_novel_premise(premises, Sizes(val, test), seed)


@given(count=st.integers(1, 60), seed=st.integers(0, 5), data=st.data())
def test_a_random_split_has_the_sizes_asked_for(count: int, seed: int, data: st.DataObject) -> None:
    val = data.draw(st.integers(0, count - 1))
    test = data.draw(st.integers(0, count - 1 - val))
    split = at_random(count, Sizes(val, test), seed)
    assert (len(split["val"]), len(split["test"])) == (val, test)
    assert sorted(n for part in split.values() for n in part) == list(range(count))
    assert split == at_random(count, Sizes(val, test), seed)


def test_the_seed_decides() -> None:
    assert at_random(50, Sizes(5, 5), 1) != at_random(50, Sizes(5, 5), 2)
    premises = [{str(n)} for n in range(50)]
    assert by_novel_premise(premises, Sizes(5, 5), 1) != by_novel_premise(premises, Sizes(5, 5), 2)


def test_a_large_list_is_read_a_piece_at_a_time(tmp_path: Path) -> None:
    items = [{"n": n, "text": '⟨é]}{[\\" ' * 40_000} for n in range(12)]
    (tmp_path / "large.json").write_text(json.dumps(items, ensure_ascii=False), encoding="utf-8")
    assert (tmp_path / "large.json").stat().st_size > 3 * CHUNK_CHARACTERS
    assert list(entries(tmp_path / "large.json")) == items


@pytest.mark.parametrize("text", ["", "[", "[{}", "[{},", "[{}}", "[{} {}]", "[1]", "{}", "[{}] x", '[{"a": "'])
def test_a_list_that_is_cut_short_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "cut.json").write_text(text)
    with pytest.raises(BenchmarkError, match=r"cut\.json"):
        list(entries(tmp_path / "cut.json"))


def test_optional_fields_may_be_missing(tmp_path: Path) -> None:
    """As in the files that people make with their own scripts."""
    (tmp_path / "random").mkdir()
    premise = {"full_name": "A.f", "code": "@[simp] theorem f : True", "start": [2, 3], "end": [4, 1], "extra": 1}
    nameless = {"full_name": None, "code": "x", "start": [1, 1], "end": [1, 2], "kind": "commanddeclaration"}
    (tmp_path / "corpus.jsonl").write_text(json.dumps({"path": "A.lean", "premises": [nameless, premise]}) + "\n\n")
    tactic = {"tactic": "trivial", "state_before": "⊢ True", "state_after": "no goals", "annotated_tactic": None}
    theorem = {"file_path": "A.lean", "full_name": "A.f", "start": [2, 3], "end": [4, 1], "traced_tactics": [tactic]}
    for part in ("train", "val", "test"):
        (tmp_path / "random" / f"{part}.json").write_text(json.dumps([theorem] if part == "val" else []))
    (module,) = traced_modules(read_benchmark(tmp_path))
    (declaration,) = module.declarations
    assert (declaration.kind, declaration.statement) == ("theorem", "f : True")
    assert [(step.text, step.after) for step in module.steps] == [("trivial", "")]


def spoil(file: str, change: Callable[[bytes], bytes | None]) -> Callable[[Path], None]:
    def act(root: Path) -> None:
        changed = change((root / file).read_bytes())
        (root / file).unlink()
        if changed is not None:
            (root / file).write_bytes(changed)

    return act


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        (spoil("corpus.jsonl", lambda _: None), "corpus.jsonl"),
        (spoil("corpus.jsonl", lambda b: b[:-30]), r"corpus\.jsonl, line"),
        (spoil("corpus.jsonl", lambda b: b.replace(b'"path"', b'"file"')), r"corpus\.jsonl, line 1"),
        (spoil("corpus.jsonl", lambda b: b"\xff" + b), r"corpus\.jsonl, line 1"),
        (spoil("random/val.json", lambda _: None), r"random has no val\.json"),
        (spoil("random/train.json", lambda b: b[: len(b) // 2]), r"train\.json"),
        (spoil("random/train.json", lambda b: b.replace(b'"full_name"', b'"name"')), r"train\.json, theorem 1"),
        (spoil("random/train.json", lambda b: b"\xff" + b), r"train\.json is not UTF-8"),
        (spoil("metadata.json", lambda b: b[:-5]), r"metadata\.json"),
    ],
)
def test_a_damaged_benchmark_is_refused_with_the_place(
    tmp_path: Path, fault: Callable[[Path], None], named: str
) -> None:
    export(small(), tmp_path / "out")
    fault(tmp_path / "out")
    with pytest.raises(BenchmarkError, match=named):
        list(traced_modules(read_benchmark(tmp_path / "out")))


def test_nothing_is_left_where_an_export_failed(tmp_path: Path) -> None:
    changed = small()
    texts = {"Base.lean": changed[0].text, "Top.lean": changed[1].text + "x"}
    with pytest.raises(BenchmarkError, match=r"Top\.lean has changed"):
        export_benchmark((w.traced() for w in changed), texts, ORIGIN, tmp_path / "out")
    with pytest.raises(BenchmarkError, match=r"text of Top\.lean is missing"):
        export_benchmark((w.traced() for w in changed), {"Base.lean": changed[0].text}, ORIGIN, tmp_path / "out")
    with pytest.raises(BenchmarkError, match="none to train on"):
        export(changed, tmp_path / "out", sizes=Sizes(2, 1))
    assert list(tmp_path.iterdir()) == []


def test_bad_input_is_named(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").touch()
    with pytest.raises(BenchmarkError, match="exists already"):
        export(small(), tmp_path / "full")
    with pytest.raises(BenchmarkError, match="traced twice"):
        export([small()[0], small()[0]], tmp_path / "out")
    with pytest.raises(BenchmarkError, match=r"Left → Right → Left|Right → Left → Right"):
        export([Writing("Left", ("Right",)), Writing("Right", ("Left",))], tmp_path / "out")
    with pytest.raises(BenchmarkError, match="is not a benchmark"):
        read_benchmark(tmp_path)


def test_a_repository_of_no_theorems_makes_an_empty_benchmark(tmp_path: Path) -> None:
    assert export([Writing("Empty")], tmp_path / "out").theorems == 0
    assert json.loads((tmp_path / "out" / "random" / "train.json").read_text()) == []
    assert [m.name for m in traced_modules(read_benchmark(tmp_path / "out"))] == ["Init", "Empty"]
