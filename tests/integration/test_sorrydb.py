"""SorryDB's records with a real Lean: each is one `sorry`, and its proof stands in place of the five letters."""

import json
from pathlib import Path
from typing import Any

import pytest

import prover
from prover.cli.main import run
from tests.unit.test_sorrydb_records import record

pytestmark = [pytest.mark.lean, pytest.mark.usefixtures("toolchain")]

TEXT = """\
theorem both (a b : Nat) : a + 0 = a ∧ (∀ f : Nat → Nat, f a = b) := by
  constructor
  · sorry
  · sorry

theorem one (α : Type) (xs : List α) : xs ++ [] = xs := by sorry
"""
PLACES = [(3, 4), (4, 4), (6, 59), (2, 2)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "small"
    made.mkdir()
    (made / "lakefile.toml").write_text('name = "small"\n[[lean_lib]]\nname = "Small"\n')
    (made / "Small.lean").write_text(TEXT)
    return made


def at(number: int) -> dict[str, Any]:
    line, column = PLACES[number]
    return record(number, path="Small.lean", start_line=line, start_column=column)


def test_records_are_proved_one_by_one(root: Path, tmp_path: Path) -> None:
    data, out = tmp_path / "sorries.json", tmp_path / "results.json"
    data.write_text(json.dumps({"repos": [], "sorries": [at(number) for number in range(4)]}))
    words = ["sorrydb", "prove", "--data", str(data), "--out", str(out), "--repo", str(root), "--timeout", "5"]
    assert run([*words, "--jobs", "1"]) == 1
    results = {result["sorry"]["id"]: result for result in json.loads(out.read_text())}
    assert [results[f"id{number}"]["proof"] is not None for number in range(4)] == [True, False, True, False]
    assert "other `sorry`s" in results["id0"]["verification_message"]
    assert "level 3" in results["id2"]["verification_message"]
    assert "no `sorry` at line 2" in results["id3"]["error_message"]
    lines = TEXT.splitlines(keepends=True)
    line, column = PLACES[2]
    before = "".join(lines[: line - 1]) + lines[line - 1][:column]
    (root / "Small.lean").write_text(before + results["id2"]["proof"] + TEXT[len(before) + 5 :])
    assert run(["check", "one", "--repo", str(root), "--level", "3"]) == 0


def test_the_function_of_strategies_returns_the_text(root: Path) -> None:
    assert prover.prove_sorry(root, at(2), seconds=20)
