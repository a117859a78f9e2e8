"""Loaders: each form that benchmarks come in, and each way in which a file may be bad."""

import json
from pathlib import Path

import pytest

from prover.errors import DatasetError
from prover.evaluate.commands import commands, proof_start, theorem_name, tokens, without_ending
from prover.evaluate.json_lines import read_json_lines
from prover.evaluate.lean_files import read_directory, read_lean_file
from prover.evaluate.loading import load
from prover.evaluate.problem import LocatedProblem, WrittenProblem, one_line

HEADER = "import Mathlib\n\nset_option maxHeartbeats 0\n\nopen BigOperators Real Nat"
SQUARE = "theorem square (n : ℕ) (h : n = 2) : n ^ 2 = 4"


def lines(path: Path, *records: object) -> Path:
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "record",
    [
        {"name": "square", "split": "valid", "header": HEADER, "statement": SQUARE},
        {"name": "square", "split": "valid", "header": HEADER, "formal_statement": f"{SQUARE} := by\n"},
        {"name": "square", "split": "valid", "header": HEADER, "formal_statement": f"{SQUARE} := sorry"},
        {"problem_name": "square", "split": "valid", "lean4_statement": f"{HEADER}\n\n{SQUARE} := by\n  sorry"},
        {"split": "valid", "header": f"{HEADER}\n\n/-- Two squared. -/\n", "formal_statement": f"{SQUARE} :=\n  by"},
        {"split": "valid", "formal_statement": f"{HEADER}\n/-- Two := squared. -/\n{SQUARE} := by sorry -- no proof"},
    ],
    ids=["ours", "DeepSeek's", "sorry", "whole text", "docstring in the header", "all in one"],
)
def test_common_copies_come_to_the_same_problem(tmp_path: Path, record: dict[str, str]) -> None:
    (problem,) = load("minif2f", lines(tmp_path / "a.jsonl", record), "valid").problems
    assert isinstance(problem, WrittenProblem)
    assert (problem.name, problem.statement, problem.split) == ("square", SQUARE, "valid")
    assert one_line(problem.header) == one_line(HEADER)


def test_layouts_and_lines_have_equal_digests(tmp_path: Path) -> None:
    record = {"name": "square", "split": "valid", "header": HEADER, "statement": SQUARE}
    listed = load("minif2f", lines(tmp_path / "a.jsonl", record), "valid")
    one = tmp_path / "one file"
    (one / "MiniF2F").mkdir(parents=True)
    (one / "MiniF2F" / "Valid.lean").write_text(f"{HEADER}\n\n{SQUARE} := by sorry\n", encoding="utf-8")
    many = tmp_path / "many files"
    (many / "MiniF2F" / "Valid").mkdir(parents=True)
    (many / "MiniF2F" / "Valid.lean").write_text("import MiniF2F.Valid.square\n", encoding="utf-8")
    (many / "MiniF2F" / "Valid" / "square.lean").write_text(f"{HEADER}\n\n{SQUARE} := by sorry", encoding="utf-8")
    assert {load("minif2f", root, "valid").digest for root in (one, many)} == {listed.digest}


def test_a_theorem_keeps_what_stands_above_it_but_no_other_theorem() -> None:
    text = (
        "import Mathlib\nopen Nat\nnamespace A\n/-- doc -/\n@[simp]\ndef two : ℕ := 2\n"
        "theorem first : two = 2 := sorry\nlemma second :\n  two ≤ 3 := by\n  sorry\nend A\n"
    )
    first, second = (problem for _, problem in read_lean_file(text, "a.lean"))
    assert (first.name, second.name) == ("first", "second")
    assert second.statement == "lemma second :\n  two ≤ 3"
    assert "def two" in second.header
    assert "first" not in second.header
    assert second.header.endswith("def two : ℕ := 2")


def test_putnam_answers_come_from_the_comment(tmp_path: Path) -> None:
    source = tmp_path / "lean4" / "src"
    source.mkdir(parents=True)
    answered = "abbrev putnam_solution : ℤ := sorry\n-- -1\n/--\nFind it.\n-/\n"
    answered += "theorem putnam_1 : putnam_solution = -1 :=\nsorry\n"
    unanswered = "abbrev putnam_2_solution : ℤ := sorry\ntheorem putnam_2 : putnam_2_solution = -1 :=\nsorry\n"
    (source / "putnam_1.lean").write_text(f"import Mathlib\n\n{answered}", encoding="utf-8")
    (source / "putnam_2.lean").write_text(f"import Mathlib\n\n{unanswered}", encoding="utf-8")
    first, second = read_directory(tmp_path, ("lean4/src",), by_file=False)
    assert first.header == "import Mathlib\n\nabbrev putnam_solution : ℤ := -1"
    assert first.informal == "Find it."
    assert second.header == "import Mathlib"


def test_proofnet_names_are_by_file(tmp_path: Path) -> None:
    (tmp_path / "formal").mkdir()
    for book in ("Artin", "Rudin"):
        text = f"import Mathlib\ntheorem exercise_1 : {len(book)} = {book} :=\nsorry\n"
        (tmp_path / "formal" / f"{book}.lean").write_text(text, encoding="utf-8")
    found = load("proofnet", tmp_path, "").problems
    assert [problem.name for problem in found] == ["Artin.exercise_1", "Rudin.exercise_1"]


def test_sorrydb_records_are_places(tmp_path: Path) -> None:
    sorry = {
        "repo": {"remote": "https://example.org/r", "branch": "main", "commit": "abc", "lean_version": "v4.28.0"},
        "location": {"path": "R/A.lean", "start_line": 4, "start_column": 2, "end_line": 4, "end_column": 7},
        "debug_info": {"goal": "⊢ 1 + 1 = 2", "url": ""},
        "metadata": {},
        "id": "id0",
    }
    file = tmp_path / "sorries.json"
    file.write_text(json.dumps({"doc": "a sample", "sorries": [sorry]}), encoding="utf-8")
    (problem,) = load("sorrydb", file, "").problems
    assert problem == LocatedProblem("id0", "https://example.org/r", "abc", "R/A.lean", 4, "", "⊢ 1 + 1 = 2")
    del sorry["repo"]["commit"]  # type: ignore[attr-defined]  # it is a dictionary
    file.write_text(json.dumps({"sorries": [sorry]}), encoding="utf-8")
    with pytest.raises(DatasetError, match=r"entry 1, is not in SorryDB's format .*commit"):
        load("sorrydb", file, "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '{"name": "a", "statement": "theorem a : 1 = 1"}\n{"name": "b", "sta',
            "line 2, is no JSON object or cut short",
        ),
        ('{"name": "a", "statement": "theorem a : 1 = 1"}\n[1]\n', "line 2, is no JSON object"),
        ('{"name": "a"}\n', "line 1, has no statement"),
        ('{"name": "a", "statement": "theorem a : 1 = 1 := by norm_num"}\n', "a has its proof left in"),
        ('{"name": "a", "statement": "theorem a : let x := 1; x = 1 := rfl"}\n', "a has its proof left in"),
        ('{"statement": "example : 1 = 1"}\n', "line 1, has no name"),
        (
            '{"name": "a", "statement": "theorem a : 1 = 1"}\n{"name": "a", "statement": "theorem a : 2 = 2"}\n',
            "line 1 and .*line 2 are different problems named a",
        ),
        ('{"name": "a", "split": "valid", "statement": "theorem a : 1 = 1"}\n', "has no split test: choose from valid"),
        ("", "has no problems"),
    ],
    ids=[
        "half a line",
        "no object",
        "no statement",
        "proof",
        "proof after let",
        "no name",
        "duplicates",
        "split",
        "empty",
    ],
)
def test_bad_files_are_one_clear_sentence(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DatasetError, match=message):
        load("mine", file, "test" if "split" in text else "")


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    (tmp_path / "binary.jsonl").write_bytes(b"\xff\xfe{}")
    (tmp_path / "notes.txt").write_text("{}")
    for data, name, split, message in (
        (tmp_path / "none.jsonl", "x", "", "There is no .*none.jsonl"),
        (tmp_path / "binary.jsonl", "x", "", "not UTF-8"),
        (tmp_path / "notes.txt", "x", "", "should end in .jsonl"),
        (tmp_path, "minif2f", "valid", "has neither MiniF2F/Valid.lean nor"),
        (tmp_path, "minif2f", "", "several splits: say --split valid or --split test"),
        (tmp_path, "minif2f", "train", "no split train"),
        (tmp_path, "proofnet", "", "has no theorem in any Lean file"),
        (tmp_path, "other", "", "is a directory"),
    ):
        with pytest.raises(DatasetError, match=message):
            load(name, data, split)


def test_equal_lines_are_one_problem_and_a_let_is_no_proof(tmp_path: Path) -> None:
    record = {"name": "a", "statement": "theorem a : let x := 1; x = 1"}
    (problem,) = read_json_lines(lines(tmp_path / "a.jsonl", record, record))
    assert problem.statement == record["statement"]


def test_numbered_names_keep_all_of_proofnet(tmp_path: Path) -> None:
    records = [{"name": "e", "statement": f"theorem e : {n} = {n}"} for n in range(2)]
    assert [p.name for p in load("proofnet", lines(tmp_path / "a.jsonl", *records), "").problems] == ["e", "e#2"]


def test_tokens_are_the_text() -> None:
    text = 'theorem a\' (c : Char) : /- x /- y -/ := -/ c = \'"\' ∧ "-- \\" := " = s -- end := here\n:= by\n  f x'
    assert "".join(token.text for token in tokens(text)) == text
    start = proof_start(text)
    assert start is not None
    assert text[start:].startswith(":= by")


def test_commands_begin_at_the_margin() -> None:
    text = "import A\n/-! theorem not -/\n-- theorem nor this\nopen B in\ntheorem c :\n    1 = 1 := by\n  sorry\n"
    assert [theorem_name(command) for command in commands(text)][-1] == "c"
    assert commands(text)[-1].startswith("open B in\ntheorem c")
    assert theorem_name("example : True") is None
    assert theorem_name("def theorem_like := 1") is None
    assert without_ending("theorem c : 1 = 1 :=\nsorry") == "theorem c : 1 = 1"


def test_a_selection_is_by_name_or_evenly_spread(tmp_path: Path) -> None:
    records = [{"name": f"a{n}", "statement": f"theorem a{n} : {n} = {n}"} for n in range(10)]
    found = load("x", lines(tmp_path / "a.jsonl", *records), "")
    assert [p.name for p in found.spread(3).problems] == ["a0", "a3", "a6"]
    assert [p.name for p in found.only(["a4"]).problems] == ["a4"]
    with pytest.raises(DatasetError, match="no problem b"):
        found.only(["b"])


def test_all_splits_of_a_file_are_one_benchmark(tmp_path: Path) -> None:
    records = [{"name": f"a{n}", "split": split, "statement": f"theorem a{n} : {n} = {n}"}
               for n, split in enumerate(("valid", "test", "valid"))]  # fmt: skip
    file = lines(tmp_path / "a.jsonl", *records)
    found = load("x", file, "all")
    assert [(p.name, p.split) for p in found.problems] == [("a0", "valid"), ("a1", "test"), ("a2", "valid")]
    assert found.split == "all"
    assert [p.name for p in load("x", file, "test").problems] == ["a1"]
    with pytest.raises(DatasetError, match="several splits: say --split valid or --split test or --split all"):
        load("x", file, "")
    named = lines(tmp_path / "b.jsonl", *records, {**records[0], "name": "b", "split": "all"})
    assert [p.name for p in load("x", named, "all").problems] == ["b"], "a split of that name is meant"


def test_all_splits_of_a_checkout_are_one_benchmark(tmp_path: Path) -> None:
    (tmp_path / "MiniF2F").mkdir()
    for part in ("Valid", "Test"):
        (tmp_path / "MiniF2F" / f"{part}.lean").write_text(f"import Mathlib\ntheorem {part.lower()} : 1 = 1 := sorry\n")
    assert [(p.name, p.split) for p in load("minif2f", tmp_path, "all").problems] == [
        ("valid", "valid"),
        ("test", "test"),
    ]


def test_fields_of_foreign_files_are_named(tmp_path: Path) -> None:
    record = {
        "no": 7,
        "lean": {"code": f"{SQUARE} := by sorry", "top": HEADER},
        "set": "dev",
        "question": "Two squared?",
    }
    file = lines(tmp_path / "a.jsonl", record)
    names = {"name": "no", "statement": "lean.code", "header": "lean.top", "split": "set", "informal": "question"}
    (problem,) = load("x", file, "dev", fields=names).problems
    assert problem == WrittenProblem("7", SQUARE, HEADER, "dev", "Two squared?")
    dotted = lines(tmp_path / "b.jsonl", {"lean.code": SQUARE})
    assert load("x", dotted, "", fields={"statement": "lean.code"}).problems[0].name == "square"
    with pytest.raises(DatasetError, match=r"has no field lean\.text, which --field names: it has no, lean, set"):
        load("x", file, "", fields={"statement": "lean.text"})
    with pytest.raises(DatasetError, match="no text in lean, which"):
        load("x", file, "", fields={"statement": "lean"})
    with pytest.raises(DatasetError, match="--field statement=NAME; it has no, lean, set, question"):
        load("x", file, "")
    (tmp_path / "formal").mkdir()
    with pytest.raises(DatasetError, match="leave out --field"):
        load("proofnet", tmp_path, "", fields=names)


def test_a_sample_is_determined_by_its_seed(tmp_path: Path) -> None:
    records = [{"name": f"a{n}", "statement": f"theorem a{n} : {n} = {n}"} for n in range(20)]
    found = load("x", lines(tmp_path / "a.jsonl", *records), "")
    drawn = [[p.name for p in found.sample(5, seed).problems] for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(set(drawn[0])) == 5
    assert drawn[0] == sorted(drawn[0], key=lambda name: int(name[1:]))
    assert found.sample(5, 0).sampled_from == 20
    with pytest.raises(DatasetError, match="--sample can be at most 20"):
        found.sample(21, 0)
