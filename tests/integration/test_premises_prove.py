"""The premises generator with a real Lean: what a file can name is found, what it cannot name is not."""

import json
from pathlib import Path

import pytest

from prover.app import premises
from prover.cli.main import run
from prover.evaluate.results import read_run
from prover.lean.toolchain.home import Home

pytestmark = [pytest.mark.lean, pytest.mark.usefixtures("toolchain")]

FILES = {
    "lakefile.toml": 'name = "small"\n[[lean_lib]]\nname = "Small"\n',
    "Small/Base.lean": """\
namespace Small
opaque Ωmega : Nat → Prop
def Big (n : Nat) : Prop := Ωmega n ∨ n = n
theorem «big each» (n : Nat) : Big n := Or.inr rfl
def Deep (n : Nat) : Prop := Big n
theorem broken (n : Nat) : Ωmega n := by sorry
theorem on_broken (n : Nat) : Ωmega (n + 1) := broken _
end Small
""",
    "Small/Main.lean": """\
import Small.Base
namespace Small
theorem imported (n : Nat) : Big (n + n) := by sorry
theorem needs_below (n : Nat) : Deep (n + n) := by sorry
theorem below (n : Nat) : Deep n := «big each» n
private theorem above (n : Nat) (h : Ωmega n) : Ωmega n ∧ Big n := ⟨h, «big each» n⟩
theorem from_above (n : Nat) (h : Ωmega n) : Ωmega n ∧ Big n := by sorry
theorem rests_on_sorry (n : Nat) : Ωmega (n + 1) := by sorry
end Small
""",
}
PROVED = {
    "Small.imported": "«big each»",
    "Small.from_above": "above",
}


def test_premises_prove_what_can_be_named_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(premises, "home", lambda: Home(tmp_path / "home"))
    monkeypatch.setattr(premises, "roots_of", lambda _: ("Init.Data.Option.Basic",))
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    report = tmp_path / "report.json"
    arguments = ["--generators", "premises", "--raw", "--jobs", "1", "--expansions", "3", "--json", str(report)]
    assert run(["prove", "--repo", str(tmp_path), "--file", "Small/Main.lean", *arguments]) == 1
    found = {each["theorem"]: each for each in json.loads(report.read_text(encoding="utf-8"))["theorems"]}
    for theorem, premise in PROVED.items():
        assert found[theorem]["status"] == "proved"
        assert premise in found[theorem]["proof"]
    assert found["Small.needs_below"]["status"] == found["Small.rests_on_sorry"]["status"] == "open"
    suggest = ["suggest", "--repo", str(tmp_path), "--theorem", "Small.from_above", "--generators", "premises"]
    assert run([*suggest, "-k", "5"]) == 0
    assert "above" in capsys.readouterr().out
    evaluation = tmp_path / "evaluation"
    hidden = ["eval", "repository", "--repo", str(tmp_path), "--only", "Small.from_above", "--out", str(evaluation)]
    budget = ["--generators", "premises,memory", "--baselines", "none", "--jobs", "1", "--timeout", "60"]
    assert run([*hidden, *budget]) == 0
    (trial,) = read_run(evaluation).trials
    assert (trial.outcome, trial.by) == ("proved", ("premises",))
    (index,) = (tmp_path / "home" / "indexes").iterdir()
    (index / "vectors.faiss").write_bytes(b"half")
    again = ["--theorem", "Small.rests_on_sorry", *arguments]
    assert run(["prove", "--repo", str(tmp_path), *again]) == 1
    assert (index / "vectors.faiss").stat().st_size > 4
