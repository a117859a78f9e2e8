"""Declarations as people write them, through the command line, by both kinds of Lean: names, instances, `mutual`."""

import json
from pathlib import Path
from typing import Any

import pytest

from prover.cli.main import run
from tests.integration.computer import PIN

pytestmark = pytest.mark.lean

NAMES = """\
namespace R
theorem _root_.Nat.self_le (n : Nat) : n ≤ n := by sorry
protected theorem _root_.«two words».le (n : Nat) : n ≤ n + 1 := by
  sorry
instance : Nonempty (Fin 3) := by sorry
instance : Std.Commutative (α := Nat) (· + ·) := ⟨by sorry⟩
instance (priority := low) : Std.Associative (α := Nat) (· + ·) where
  assoc := by sorry
end R
"""

MUTUAL = """\
axiom given : ∀ n : Nat, n * 0 = 0
theorem by_axiom : 1 * 0 = 0 := given 1
mutual
inductive Even : Nat → Prop
  | zero : Even 0
  | succ {n} : Odd n → Even (n + 1)
inductive Odd : Nat → Prop
  | succ {n} : Even n → Odd (n + 1)
end

mutual
theorem even_mod {n : Nat} (h : Even n) : n % 2 = 0 := by
  cases h with
  | zero => sorry
  | succ h => have := odd_mod h; omega

theorem odd_mod {n : Nat} (h : Odd n) : n % 2 = 1 := by
  cases h with
  | succ h => have := even_mod h; sorry
end

mutual
theorem small (n : Nat) : n * 0 < 1 := by
  match n with
  | 0 => decide
  | n + 1 => have := smaller n; omega

theorem smaller (n : Nat) : n * 0 < 1 := by
  match n with
  | 0 => decide
  | n + 1 => sorry
end
"""

LAKEFILE = 'name = "small"\n[[lean_lib]]\nname = "Small"\nroots = ["Names", "Mutual"]\n'


@pytest.fixture(params=["embedded", "native"])
def lean(request: pytest.FixtureRequest) -> list[str]:
    """The options that choose a kind of Lean; the native one is the embedded one in disguise."""
    if request.param == "native":
        request.getfixturevalue("at_work")
    return ["--toolchain", request.param]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {"lakefile.toml": LAKEFILE, "lean-toolchain": PIN, "Names.lean": NAMES, "Mutual.lean": MUTUAL}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def check(root: Path, theorem: str, words: list[str], proof: str | None = None) -> tuple[int, dict[str, Any]]:
    if proof is not None:
        (root / "proof").write_text(proof)
        words = [*words, "--proof", str(root / "proof")]
    report = root / "report.json"
    status = run(["check", "--repo", str(root), "--theorem", theorem, "--json", str(report), *words])
    return status, json.loads(report.read_text())


def prove(root: Path, words: list[str]) -> list[dict[str, Any]]:
    report = root / "report.json"
    run(["prove", "--repo", str(root), "--json", str(report), "--timeout", "60", "--jobs", "1", *words])
    rows: list[dict[str, Any]] = json.loads(report.read_text())["theorems"]
    return rows


def test_declarations_are_recognised_by_what_lean_makes_of_them(root: Path, lean: list[str]) -> None:
    rows = prove(root, ["--file", "Names.lean", "--apply", *lean])
    assert [(row["theorem"], row["status"], row["refused"]) for row in rows if row["status"] != "proved"] == []
    names = sorted(row["theorem"] for row in rows)
    assert [names[0], names[-1], len(names)] == ["Nat.self_le", "«two words».le", 5]
    assert all(name.startswith("R.inst") for name in names[1:-1])
    assert "sorry" not in (root / "Names.lean").read_text()


def test_theorems_that_use_each_other_are_proved_together(root: Path, lean: list[str]) -> None:
    status, said = check(root, "even_mod", [*lean, "--level", "3"])
    assert (status, said["levels"][2]["state"]) == (3, "refused")
    assert said["reason"].startswith("it rests on `sorry`, which is in `even_mod`")
    (row,) = prove(root, ["--theorem", "even_mod", "--level", "4", "--apply", *lean])
    assert (row["status"], row["refused"]) == ("proved", None)
    text = (root / "Mutual.lean").read_text()
    assert text.count("sorry") == 1
    assert text.partition("theorem small")[2] == MUTUAL.partition("theorem small")[2]


def test_a_theorem_of_a_mutual_block_is_checked_alone(root: Path, lean: list[str]) -> None:
    recursive = "match n with\n| 0 => decide\n| n + 1 => have := small n; omega\n"
    status, said = check(root, "smaller", [*lean, "--level", "4"], recursive)
    assert (status, said["level"]) == (0, 4)
    status, said = check(root, "smaller", lean, "exact smaller n\n")
    assert (status, said["levels"][0]["state"]) == (3, "refused")
    status, said = check(root, "small", [*lean, "--level", "3"], "exact (by omega)\n")
    assert (status, said["level"]) == (0, 3)


def test_an_axiom_of_the_repository_is_named_where_it_is_not_allowed(root: Path, lean: list[str]) -> None:
    status, said = check(root, "by_axiom", [*lean, "--level", "3"])
    assert (status, said["reason"]) == (3, "it rests on axioms that are not allowed: `given`")
