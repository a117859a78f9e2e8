"""Theorems that rest on open ones, and on what the same run has proved in other modules, with the real Lean."""

import io
import json
import subprocess
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from curriculum.database.database import Database
from curriculum.database.records import RunProof
from prover.cli.main import run
from prover.lean.gateway_session import LeanSession
from prover.lean.session import SourceText
from tests.integration.test_prove_cli import write

pytestmark = [pytest.mark.lean, pytest.mark.usefixtures("toolchain")]

BASE = """\
namespace Small
def rev : List α → List α
  | [] => []
  | x :: xs => rev xs ++ [x]

theorem rev_append (xs ys : List α) : rev (xs ++ ys) = rev ys ++ rev xs := by
  sorry

def f (n : Nat) : Nat := if n % 2 = 0 then n / 2 else 3 * n + 1

def reaches : Nat → Nat → Prop
  | 0, n => n = 1
  | k + 1, n => reaches k (f n)

theorem collatz (n : Nat) (h : 0 < n) : ∃ k, reaches k n := by
  sorry

theorem collatz_seven : ∃ k, reaches k (7 + 10 ^ 60) := by
  sorry
end Small
"""
MAIN = """\
import Small.Base
namespace Small

theorem rev_rev (xs : List α) : rev (rev xs) = xs := by
  sorry

theorem far (n : Nat) : ∃ k, reaches k (n + 1) := by
  sorry
end Small
"""
ODD = """\
import Lean
open Lean Elab Tactic

elab "needs_open " name:ident : tactic => do
  let some (.thmInfo info) := (← getEnv).find? name.getId | throwError "no theorem"
  unless info.value.hasSorry do throwError "it is proved"
  closeMainGoal `needs_open (mkConst ``trivial)

theorem plain : 2 + 2 = 4 := by
  sorry

theorem spoilt : True := by
  sorry
"""
WRONG = """\
opaque P : Nat → Prop
theorem wrong (n : Nat) : n < 5 := by
  sorry

theorem from_wrong (n : Nat) : n * n < 5 ∨ P n := by
  sorry
"""
OPTIONS = ["--timeout", "60", "--expansions", "16", "--jobs", "2"]
LAKEFILE = 'name = "small"\n[[lean_lib]]\nname = "Small"\n'
FILES = {"lakefile.toml": LAKEFILE, "Small/Base.lean": BASE, "Small/Main.lean": MAIN}


@dataclass(frozen=True)
class ProvedRun:
    """A run of `prove --all` on a repository with a commit."""

    root: Path
    database: str
    status: int
    report: dict[str, Any]
    printed: str


@pytest.fixture(scope="module")
def proved(tmp_path_factory: pytest.TempPathFactory) -> ProvedRun:
    root = write(tmp_path_factory.mktemp("given") / "small", FILES)
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "first")
    for key, value in (("user.name", "a"), ("user.email", "a@b")):
        git(root, "config", key, value)
    database = f"sqlite:///{root.parent / 'prover.db'}"
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed):
        patch.setenv("PROVER_DATABASE", database)
        status, report = json_of(["prove", "--repo", str(root), "--all", *OPTIONS], root.parent)
    return ProvedRun(root, database, status, report, printed.getvalue())


@pytest.fixture(autouse=True)
def same_database(proved: ProvedRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVER_DATABASE", proved.database)


def git(root: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True).stdout


def json_of(words: list[str], place: Path) -> tuple[int, dict[str, Any]]:
    """Runs a command; returns its status and its JSON report."""
    file = place / "report.json"
    status = run([*words, "--json", str(file)])
    report: dict[str, Any] = json.loads(file.read_text())
    return status, report


def by_name(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["theorem"].removeprefix("Small."): row for row in report["theorems"]}


def test_a_run_proves_across_modules_and_says_what_rests_on_open_theorems(proved: ProvedRun, tmp_path: Path) -> None:
    rows = by_name(proved.report)
    assert {name: row["status"] for name, row in rows.items()} == {
        "rev_append": "proved",
        "collatz": "open",
        "collatz_seven": "proved_given",
        "rev_rev": "proved",
        "far": "proved_given",
    }
    assert {name: row["rests_on"] for name, row in rows.items() if row["rests_on"]} == {
        "collatz_seven": ["Small.collatz"],
        "far": ["Small.collatz"],
    }
    assert "given Small.collatz, still open" in rows["far"]["verified"]
    assert proved.status == 1
    assert "2 of 5 proved, 2 more given open theorems" in proved.printed
    assert git(proved.root, "status", "--porcelain") == ""
    copy = write(tmp_path / "copy", FILES)
    subprocess.run(["git", "apply", "-"], cwd=copy, input=proved.report["patch"].encode(), check=True)
    assert "sorry" not in (copy / "Small/Main.lean").read_text()
    assert (copy / "Small/Base.lean").read_text().count("sorry") == 1
    status, report = json_of(["status", "--repo", str(copy)], tmp_path)
    assert status == 1
    assert (report["proved"], report["unreadable"]) == (2, {})
    found = by_name(report)
    assert {name: (row["status"], row["rests_on"]) for name, row in found.items()} == {
        "collatz": ("open", []),
        "collatz_seven": ("proved_given", ["Small.collatz"]),
        "far": ("proved_given", ["Small.collatz"]),
    }
    assert found["collatz"]["unlocks"] == found["collatz"]["needed_by"] == ["Small.collatz_seven", "Small.far"]


def test_only_what_is_assumed_may_be_open(proved: ProvedRun, tmp_path: Path) -> None:
    far = ["prove", "--repo", str(proved.root), "--theorem", "Small.far", *OPTIONS]
    status, report = json_of([*far, "--assume", "none", "--expansions", "4"], tmp_path)
    assert (status, by_name(report)["far"]["status"], by_name(report)["far"]["rests_on"]) == (1, "open", [])
    status, report = json_of([*far, "--assume", "Small.collatz", "--level", "4"], tmp_path)
    row = by_name(report)["far"]
    assert (status, row["status"], row["rests_on"]) == (1, "proved_given", ["Small.collatz"])
    assert row["verified"].startswith("verified to level 4 of 5")


def test_a_proof_that_is_handed_in_may_rest_on_what_is_assumed(
    proved: ProvedRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "proof").write_text("exact collatz (n + 1) (Nat.succ_pos n)")
    words = ["check", "--repo", str(proved.root), "--theorem", "Small.far", "--proof", str(tmp_path / "proof")]
    words += ["--level", "3"]
    status, verdict = json_of([*words, "--assume", "Small.collatz"], tmp_path)
    assert (status, verdict["accepted"], verdict["rests_on"]) == (1, False, ["Small.collatz"])
    assert verdict["reason"] == "it is proved given Small.collatz, still open"
    assert ":= by exact collatz (n + 1)" in verdict["patch"]
    status, verdict = json_of(words, tmp_path)
    assert (status, verdict["rests_on"], verdict["patch"]) == (3, [], None)
    capsys.readouterr()
    assert run([*words, "--assume", "all"]) == 1
    assert "(✓) Small.far" in (printed := capsys.readouterr().out)
    assert "given Small.collatz, still open" in printed


def test_proofs_of_a_run_are_committed_and_applied_where_the_theorems_are_now(
    proved: ProvedRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, number = proved.root, str(proved.report["run"])
    apply = ["apply", number, "--repo", str(root)]
    assert run([*apply, "--commit", "each", "--branch", "proofs"]) == 0
    assert git(root, "status", "--porcelain") == ""
    assert git(root, "worktree", "list").count("\n") == 1
    subjects = git(root, "log", "--reverse", "--format=%s", "HEAD..proofs").splitlines()
    assert subjects == [
        "Prove Small.rev_append",
        "Prove Small.collatz_seven, given Small.collatz",
        "Prove Small.rev_rev",
        "Prove Small.far, given Small.collatz",
    ]
    assert "verified to level 3 of 5" in git(root, "log", "-1", "--format=%b", "proofs")
    assert git(root, "diff", "HEAD", "proofs").count("-  sorry") == 4
    assert run([*apply, "--commit", "one", "--branch", "proofs"]) == 2
    assert "There is a branch proofs already" in capsys.readouterr().err
    main = MAIN.replace("namespace Small\n", "namespace Small\n\n/-- new -/\ntheorem new : True := trivial\n")
    write(root, {"Small/Main.lean": main.replace("reaches k (n + 1)", "reaches k (n + 2)").replace("\n", "\r\n")})
    assert run([*apply, "--commit", "one"]) == 2
    assert "Small/Main.lean differs from the last commit" in capsys.readouterr().err
    status, report = json_of(apply, tmp_path)
    assert (status, report["left_out"]) == (
        1,
        {"Small.far": "its statement has changed since the run: prove it again"},
    )
    written = (root / "Small/Main.lean").read_bytes()
    assert written.count(b"sorry") == 1
    assert written.count(b"\n") == written.count(b"\r\n")
    assert "sorry" in (root / "Small/Base.lean").read_text().partition("theorem collatz (n")[2]
    assert run(apply) == 1
    assert "it has a proof already" in capsys.readouterr().out


def test_a_proof_that_others_break_is_left_out(
    tmp_path: Path, lean_session: LeanSession, own_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVER_DATABASE", f"sqlite:///{own_database}")
    root = write(tmp_path / "odd", {"lakefile.toml": LAKEFILE, "Small/Odd.lean": ODD})
    declared = lean_session.declarations(SourceText(ODD, "Small/Odd.lean", "Small.Odd"), detail=True)
    keys = {each.name: each.key for each in declared}
    proofs = [
        RunProof(name, "Small/Odd.lean", keys[name], (script,), whole=True)
        for name, script in (("plain", "rfl"), ("spoilt", "needs_open plain"))
    ]
    with Database(f"sqlite:///{own_database}") as database, database.unit_of_work() as work:
        number = work.results.begin_run("prove", [])
        work.results.record_run_proofs(number, work.traces.record_repository(str(root.resolve())), proofs)
    status, report = json_of(["apply", str(number), "--repo", str(root)], tmp_path)
    assert [each["theorem"] for each in report["theorems"]] == ["plain"]
    assert "with the others it no longer compiles" in report["left_out"]["spoilt"]
    assert status == 1
    assert (root / "Small/Odd.lean").read_text() == ODD.replace("  sorry", "  rfl", 1)


STUCK = """\
def rev : List α → List α
  | [] => []
  | x :: xs => rev xs ++ [x]

theorem rev_rev (xs : List α) : rev (rev xs) = xs := by
  sorry
"""


def test_what_a_stuck_theorem_lacks_is_stated_and_completes_its_proof(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = write(tmp_path / "stuck", {"lakefile.toml": LAKEFILE, "Small/Stuck.lean": STUCK})
    words = ["prove", "--repo", str(root), "--all", "--expansions", "4", "--invent", "none", "--timeout", "20"]
    _, report = json_of(words, tmp_path)
    (row,) = report["theorems"]
    assert (row["status"], len(row["facts"])) == ("open", 1)
    assert "it follows from" in capsys.readouterr().out
    proof = "\n".join(f"  {line}" for line in row["partial"].splitlines())
    before, after = STUCK.split("theorem rev_rev")
    text = f"{before}{row['facts'][0]}\n\ntheorem rev_rev{after}".replace("xs := by\n  sorry", f"xs := by\n{proof}")
    write(root, {"Small/Stuck.lean": text})
    assert run(["lean", str(root / "Small/Stuck.lean")]) == 0
    printed = capsys.readouterr().out
    assert printed.count("declaration uses `sorry`") == 1
    assert "error" not in printed


def test_nothing_is_proved_given_a_refuted_theorem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, {"lakefile.toml": LAKEFILE, "Small.lean": WRONG})
    report = tmp_path / "report.json"
    assert run(["prove", "--repo", str(tmp_path), "--all", *OPTIONS, "--json", str(report)]) == 1
    found = {each["theorem"]: each for each in json.loads(report.read_text())["theorems"]}
    assert {name: each["status"] for name, each in found.items()} == {"wrong": "refuted", "from_wrong": "open"}
    assert "it rests on wrong, which is refuted" in capsys.readouterr().out


ONE = """\
def value (n : Nat) : Nat := sorry
theorem about_value : value 1 = value 1 := rfl
"""
TWO = """\
def value (n : Nat) : Nat := sorry
macro "unfinished" : term => sorry
theorem wrong_proof : value 1 = value 1 := "one"
theorem wrong_statement : value 1 = "one" := sorry
"""


def test_the_status_of_files_that_declare_the_same_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = write(tmp_path / "same", {"lakefile.toml": LAKEFILE, "Small/One.lean": ONE, "Small/Two.lean": TWO})
    status, report = json_of(["status", "--repo", str(root)], tmp_path)
    found = {(row["file"], row["line"]): row for row in report["theorems"]}
    assert found["Small/One.lean", 1]["needed_by"] == found["Small/One.lean", 1]["unlocks"] == ["about_value"]
    assert (found["Small/Two.lean", 1]["needed_by"], found["Small/Two.lean", 1]["unlocks"]) == (["wrong_proof"], [])
    assert found["Small/Two.lean", 2]["theorem"] == found["Small/Two.lean", 2]["kind"] == "definition"
    assert (found["Small/Two.lean", 3]["status"], status) == ("error", 1)
    assert found["Small/Two.lean", 3]["error"].startswith("line 3: ")
    printed = capsys.readouterr().out
    assert "· value  Small/One.lean:1  definition; needed by about_value; would unlock about_value" in printed
    assert "✗ Small/Two.lean  2 errors, the first: Small/Two.lean:3:" in printed
    assert "4 open, 1 with errors, 0 theorems proved given open ones, 0 proved" in printed
