"""The memory generator with a real Lean: the proof of a theorem like this one is followed, in this one's constants."""

import json
from pathlib import Path

import pytest

from prover.cli.main import run

pytestmark = [pytest.mark.lean, pytest.mark.usefixtures("toolchain")]

TEXT = """\
namespace Small
inductive Old : Nat → Prop
  | first : Old 3
  | next (n : Nat) (h : Old n) : Old (n + 5)
inductive New : Nat → Prop
  | first : New 3
  | next (n : Nat) (h : New n) : New (n + 5)
theorem old_twice (n : Nat) (known : Old n) : Old (n + 5 + 5) := by
  have once := Old.next n known
  have twice := Old.next (n + 5) once
  exact twice
theorem new_twice (m : Nat) (given : New m) : New (m + 5 + 5) := by sorry
end Small
"""


def test_a_proof_is_followed_in_other_constants(tmp_path: Path) -> None:
    (tmp_path / "lakefile.toml").write_text('name = "small"\n[[lean_lib]]\nname = "Small"\n')
    (tmp_path / "Small.lean").write_text(TEXT, encoding="utf-8")
    report = tmp_path / "report.json"
    prove = ["prove", "--repo", str(tmp_path), "--all", "--generators", "memory", "--jobs", "1", "--json", str(report)]
    assert run([*prove, "--expansions", "1"]) == 1
    assert run(["trace", "--repo", str(tmp_path)]) == 0
    assert run([*prove, "--expansions", "1"]) == 0
    (found,) = json.loads(report.read_text(encoding="utf-8"))["theorems"]
    assert "Small.New.next" in found["proof"]
    assert (found["status"], found["expansions"]) == ("proved", 0)
