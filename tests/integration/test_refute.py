"""Small instances refute false statements, and a fresh Lean accepts the proof of the negation."""

import json
from pathlib import Path

import pytest

from prover.check.gate import Accepted, Gate
from prover.check.refutation import Refuter
from prover.cli.main import EXIT_USAGE, run
from prover.lean.gateway_session import LeanSession
from prover.lean.pool import Pool
from prover.lean.session import Counterexample, SourceText

pytestmark = pytest.mark.lean

CLAIMS = Path(__file__).parents[1] / "claims" / "Claims"
MILLISECONDS = 20_000
"""more than usual, since tests run beside each other; evaluation ends when the instances do"""
SPINNING_MILLISECONDS = 2_000
"""the time of a theorem whose evaluation does not end"""
TEXT = """\
namespace Ref
inductive Colour | red | green
inductive Vec (α : Type) : Nat → Type | nil : Vec α 0 | cons {n} : α → Vec α n → Vec α (n + 1)
def Vec.len {α n} : Vec α n → Nat | .nil => 0 | .cons _ xs => xs.len + 1
axiom Magic : Type 1
noncomputable def odd : Nat := Classical.choice ⟨3⟩
partial def spin (n : Nat) : Nat := spin (n + 1)

theorem colours (c d : Colour) : c = d := by sorry
theorem vectors (v : Vec Nat 2) : v.len = 3 := by sorry
theorem conclusion : ∃ n : Nat, n + 1 = n := by sorry
theorem universes.{u} {α : Type u} (xs : List α) : xs ++ xs = xs := by sorry
theorem open_types (m : Magic) : False := by sorry
theorem no_value : odd = 4 := by sorry
theorem spinning (n : Nat) : spin n = n := by sorry
theorem impossible (n : Nat) (h : n < n) : n = 7 := by sorry
theorem right (a b : Nat) : a + b = b + a := by sorry
theorem rests (a b : Nat) : a = b := by sorry
end Ref
"""
SOURCE = SourceText(TEXT, "Ref.lean", "Ref")


@pytest.fixture(scope="module")
def found(lean_session: LeanSession) -> dict[str, Counterexample]:
    declared = [each for each in lean_session.declarations(SOURCE) if each.kind == "theorem"]
    return {
        each.name.removeprefix("Ref."): lean_session.refute(
            lean_session.statement(SOURCE, each.selection).state,
            SPINNING_MILLISECONDS if each.name == "Ref.spinning" else MILLISECONDS,
            prove=True,
        )
        for each in declared
    }


@pytest.mark.parametrize("theorem", ["colours", "vectors", "conclusion", "universes", "rests"])
def test_a_false_statement_is_refuted(
    lean_session: LeanSession, found: dict[str, Counterexample], theorem: str
) -> None:
    declared = next(each for each in lean_session.declarations(SOURCE) if each.name == f"Ref.{theorem}")
    reply = lean_session.disprove(SOURCE, declared.selection, "\n".join(found[theorem].script))
    assert reply.refused is None, found[theorem]


def test_the_counterexample_names_its_values(found: dict[str, Counterexample]) -> None:
    assert found["colours"].values is not None
    assert {name for name, _ in found["colours"].values} == {"c", "d"}
    assert dict(found["universes"].values or ())["α"] == "Fin 2"


@pytest.mark.parametrize("theorem", ["no_value", "spinning", "right", "impossible"])
def test_what_is_true_or_cannot_be_evaluated_is_not_refuted(found: dict[str, Counterexample], theorem: str) -> None:
    assert found[theorem].script == ()


def test_types_without_known_values_are_named(found: dict[str, Counterexample]) -> None:
    assert found["open_types"].uncovered == ("Magic",)
    assert found["open_types"].tried == 0


def test_no_instance_satisfies_contradictory_hypotheses(found: dict[str, Counterexample]) -> None:
    assert not found["impossible"].satisfied
    assert found["right"].satisfied


def test_a_proof_of_the_negation_that_rests_on_sorry_does_not_count(lean_session: LeanSession) -> None:
    declared = next(each for each in lean_session.declarations(SOURCE) if each.name == "Ref.rests")
    reply = lean_session.disprove(SOURCE, declared.selection, "intro h\nexact absurd (Ref.colours .red .green) nofun")
    assert "sorry" in (reply.refused or "")


def test_a_refutation_is_checked_in_another_process(lean_session: LeanSession) -> None:
    declared = next(each for each in lean_session.declarations(SOURCE) if each.name == "Ref.colours")
    with Pool(lean_session.toolchain, (), 1) as pool:
        refuter = Refuter(pool.fresh_for)
        assert refuter.accepted(SOURCE, declared.selection, (), ("intro h", "exact h")) is None
        script = ("intro h", "exact absurd (@h .red .green) nofun")
        refuted = refuter.accepted(SOURCE, declared.selection, (("c", "red"), ("d", "green")), script)
    assert refuted is not None
    assert refuted.described() == "false for c := red, d := green"


@pytest.mark.slow
@pytest.mark.parametrize("module", ["Programs", "Numbers", "Structures"])
def test_claims(lean_session: LeanSession, module: str) -> None:
    """No true claim is refuted; at most two false ones of each file are not."""
    source = SourceText((CLAIMS / f"{module}.lean").read_text(), f"{module}.lean", f"Claims.{module}")
    missed = []
    for declared in lean_session.declarations(source):
        if declared.kind == "theorem" and (".Right." in declared.name or ".Wrong." in declared.name):
            state = lean_session.statement(source, declared.selection).state
            script = lean_session.refute(state, MILLISECONDS, prove=True).script
            accepted = script and lean_session.disprove(source, declared.selection, "\n".join(script)).refused is None
            assert not (accepted and ".Right." in declared.name), (declared.name, script)
            if not accepted and ".Wrong." in declared.name:
                missed.append(declared.name)
    assert len(missed) <= 2, missed


def test_the_command_decides_each_theorem(tmp_path: Path) -> None:
    repository = tmp_path / "claims"
    repository.mkdir()
    (repository / "Three.lean").write_text(
        "theorem wrong (a b : Nat) : a - b + b = a := by sorry\n"
        "theorem right (a : Nat) : a + 0 = a := by sorry\n"
        "theorem empty (a : Nat) (h : a < 0) : a = 1 := by sorry\n"
    )
    file = tmp_path / "decided.json"
    assert run(["refute", "--repo", str(repository), "--all", "--timeout", "20", "--json", str(file)]) == 0
    decided = {each["theorem"]: each for each in json.loads(file.read_text())["theorems"]}
    assert {name: each["status"] for name, each in decided.items()} == {
        "wrong": "refuted", "right": "proved", "empty": "proved",
    }  # fmt: skip
    assert dict(decided["wrong"]["counterexample"]).keys() == {"a", "b"}
    assert decided["empty"]["vacuous"]
    assert decided["right"]["vacuous"] is None
    proved = tmp_path / "proved.json"
    assert run(["prove", "--repo", str(repository), "--all", "--timeout", "20", "--json", str(proved)]) == 1
    outcomes = {each["theorem"]: each for each in json.loads(proved.read_text())["theorems"]}
    assert [outcomes[name]["status"] for name in ("wrong", "right", "empty")] == ["refuted", "proved", "proved"]
    assert outcomes["wrong"]["refutation"]


def test_a_theorem_that_is_proved_and_refuted_stops_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Both.lean").write_text(
        "axiom wrong (a b : Nat) : a = b\n\ntheorem both (a b : Nat) : a = b := wrong a b\n"
    )
    arguments = ["refute", "--repo", str(tmp_path), "--theorem", "both"]
    assert run(arguments) == 0  # its proof rests on an axiom that is not allowed
    assert "refuted" in capsys.readouterr().out
    monkeypatch.setattr(Gate, "judge", lambda *_: Accepted((), 0))
    assert run(arguments) == EXIT_USAGE
    said = capsys.readouterr().err
    assert "both is both proved and refuted" in said
    assert "intro h" in said
