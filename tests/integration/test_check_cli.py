"""`prover check` and `prover audit`, as a user calls them."""

import json
from pathlib import Path
from typing import Any

import pytest

from prover.cli.main import run

pytestmark = pytest.mark.lean

SANE = """\
def twice (n : Nat) := n + n
theorem twice_eq (n : Nat) : twice n = 2 * n := by unfold twice; omega
theorem open_one (n : Nat) : twice n = n + n := by sorry
theorem careless (n : Nat) (h : n < 0) : n = 5 := by omega
theorem wrong (n : Nat) : n = n + 1 := by sorry
namespace Here
private theorem hidden (xs : List Nat) : (xs ++ []) = xs := by simp
end Here
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sane")
    (root / "lean-toolchain").write_text("leanprover/lean4:v4.28.0\n")
    (root / "lakefile.toml").write_text('name = "sane"\n[[lean_lib]]\nname = "Sane"\nroots = ["Sane", "Uses"]\n')
    (root / "Sane.lean").write_text(SANE)
    (root / "Uses.lean").write_text("import Sane\ntheorem uses (n : Nat) : twice n = 2 * n := twice_eq n\n")
    return root


def check(
    capsys: pytest.CaptureFixture[str], repository: Path, theorem: str, *options: str
) -> tuple[int, dict[str, Any]]:
    status = run(["check", "--repo", str(repository), "--theorem", theorem, "--json", *options])
    return status, json.loads(capsys.readouterr().out)


def test_a_proof_is_verified_to_the_highest_level(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, said = check(capsys, repository, "uses")
    assert status == 0
    assert (said["accepted"], said["level"]) == (True, 5)
    assert [level["state"] for level in said["levels"]] == ["passed"] * 5
    assert said["kernels"] == ["Lean's kernel"]
    assert said["findings"] == []
    assert "held: writes" in said["isolation"]


def test_a_proof_that_is_handed_in(repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "proof").write_text("rfl\n")
    status, said = check(capsys, repository, "open_one", "--proof", str(tmp_path / "proof"), "--level", "3")
    assert (status, said["level"]) == (0, 3)
    (tmp_path / "proof").write_text("omega\n")
    status, said = check(capsys, repository, "open_one", "--proof", str(tmp_path / "proof"), "--level", "3")
    assert (status, said["accepted"]) == (3, False)
    assert said["reason"].startswith("the file does not compile with it: line 3, `theorem open_one (n : Nat)")
    assert said["reason"].endswith("omega could not prove the goal")
    assert (repository / "Sane.lean").read_text() == SANE


@pytest.mark.parametrize(
    ("theorem", "status", "finding"),
    [("careless", 0, "its hypotheses contradict each other"), ("wrong", 3, "its negation can be proved")],
)
def test_a_statement_that_misleads_is_reported(
    repository: Path, capsys: pytest.CaptureFixture[str], theorem: str, status: int, finding: str
) -> None:
    got, said = check(capsys, repository, theorem)
    assert got == status
    assert [found.partition(":")[0] for found in said["findings"]] == [finding]


@pytest.mark.parametrize(
    "words",
    [
        ["--theorem", "nowhere"],
        ["--theorem", "twice_eq", "--proof", "/no/such/file"],
        ["--theorem", "twice_eq", "--term"],
        ["--theorem", "twice_eq", "--all"],
        [],
    ],
)
def test_wrong_input_is_one_sentence(repository: Path, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert run(["check", "--repo", str(repository), *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.strip().splitlines()[-1].endswith((".", "?"))


def test_a_file_is_audited(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", str(repository / "Sane.lean")]) == 3
    assert "open_one" in capsys.readouterr().out
    assert run(["audit", str(repository / "Uses.lean")]) == 0
