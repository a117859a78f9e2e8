"""Lean's module system, through the command line, by both kinds of Lean: what is not exported cannot be used."""

import json
from pathlib import Path
from typing import Any

import pytest

from prover.cli.main import run
from tests.integration.computer import PIN

pytestmark = pytest.mark.lean

FILES = {
    "lakefile.toml": 'name = "small"\n[[lean_lib]]\nname = "Small"\n',
    "lean-toolchain": PIN,
    "Small/Api.lean": """\
module

public def closed (n : Nat) : Nat := n + 1
@[expose] public def exposed (n : Nat) : Nat := n + 1

public theorem closed_one : closed 1 = 2 := by simp [closed]
theorem hidden : closed 2 = 3 := by simp [closed]
public theorem closed_pos (n : Nat) : 0 < closed n := by sorry
public theorem closed_two : closed 2 = 3 := by
  sorry
""",
    "Small/Use.lean": """\
module
import Small.Api

theorem closed_here : closed 1 = 2 := by
  sorry
theorem exposed_here : exposed 1 = 2 := by
  sorry
theorem pos_here : 0 < closed 5 := by sorry
""",
    "Small/All.lean": """\
module
import all Small.Api

theorem closed_inside : closed 1 = 2 := by
  sorry
""",
    "Small/Plain.lean": """\
import Small.Api

theorem closed_plain : closed 1 = 2 := by
  sorry
""",
}


@pytest.fixture(params=["embedded", "native"])
def lean(request: pytest.FixtureRequest) -> list[str]:
    """The options that choose a kind of Lean; the native one is the embedded one in disguise."""
    if request.param == "native":
        request.getfixturevalue("at_work")
    return ["--toolchain", request.param]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def check(root: Path, theorem: str, proof: str, *words: str) -> tuple[int, dict[str, Any]]:
    (root / "proof").write_text(proof)
    report = root / "report.json"
    chosen = ["--theorem", theorem, "--proof", str(root / "proof"), "--json", str(report)]
    status = run(["check", "--repo", str(root), *chosen, *words])
    return status, json.loads(report.read_text())


@pytest.mark.parametrize(
    ("theorem", "refused", "accepted"),
    [
        ("closed_here", "rfl", "exact closed_one"),
        ("closed_here", "simp [closed]", "rw [closed_one]"),
        ("closed_here", "exact absurd hidden (by decide)", "exact closed_one"),
        ("exposed_here", "exact closed_one", "rfl"),
    ],
)
def test_what_another_module_does_not_export_cannot_be_used(
    root: Path, lean: list[str], theorem: str, refused: str, accepted: str
) -> None:
    status, said = check(root, theorem, refused, "--level", "3", *lean)
    assert (status, said["levels"][0]["state"]) == (3, "refused")
    assert said["reason"].startswith("the file does not compile with it")
    status, said = check(root, theorem, accepted, "--level", "4", *lean)
    assert (status, said["level"], said["unchecked"]) == (0, 4, [])


def test_a_public_theorem_says_what_holds_outside(root: Path, lean: list[str]) -> None:
    status, said = check(root, "closed_two", "rfl", "--term", "--level", "3", *lean)
    assert status == 3
    assert said["reason"].startswith("the file does not compile with it")
    status, said = check(root, "closed_two", "simp [closed]", "--level", "4", *lean)
    assert (status, said["level"]) == (0, 4)


@pytest.mark.parametrize("theorem", ["closed_inside", "closed_plain"])
def test_import_all_and_files_that_are_no_modules_see_everything(root: Path, lean: list[str], theorem: str) -> None:
    status, said = check(root, theorem, "rfl", "--level", "4", *lean)
    assert (status, said["level"]) == (0, 4)


def test_an_open_lemma_of_another_module_is_noticed(root: Path, lean: list[str]) -> None:
    status, said = check(root, "pos_here", "exact closed_pos 5", "--level", "3", *lean)
    assert (status, said["reason"]) == (3, "it rests on `sorry`, which is in `closed_pos`")


def test_a_module_is_searched_as_it_sees_its_imports(root: Path, lean: list[str]) -> None:
    report = root / "report.json"
    words = ["--theorem", "closed_here", "--theorem", "exposed_here", "--json", str(report), "--timeout", "60"]
    assert run(["prove", "--repo", str(root), *words, *lean]) == 0
    rows = json.loads(report.read_text())["theorems"]
    assert [row["status"] for row in rows] == ["proved", "proved"]


def test_what_the_toolchain_cannot_check_is_said_and_refused_at_level_4(root: Path, lean: list[str]) -> None:
    text = "module\nimport all Init.Data.List.Basic\ntheorem t : [1].length = 1 := by sorry\n"
    (root / "Small/Library.lean").write_text(text)
    status, said = check(root, "t", "rfl", "--level", "3", *lean)
    (gap,) = said["unchecked"]
    assert (status, said["level"]) == (0, 3)
    assert gap.startswith("module visibility not checked by this toolchain")
    status, said = check(root, "t", "rfl", "--level", "4", *lean)
    assert (status, said["levels"][3]["state"], said["reason"]) == (3, "refused", gap)


PRIVATE = """\
module
public section
set_option backward.privateInPublic true in
private theorem le_self (n : Nat) : n ≤ n := Nat.le_refl n
set_option backward.privateInPublic true in
private theorem wrong (n : Nat) : n = 2 := by omega
structure Bounded where
  n : Nat
  le : n ≤ n
set_option backward.privateInPublic true in
set_option backward.privateInPublic.warn false in
@[expose] def one : Bounded := ⟨1, le_self 1⟩
set_option Elab.async true
theorem late (n : Nat) : n = 2 := by omega
"""


def test_private_theorems_are_exported_where_the_file_says_so(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "Small/Private.lean").write_text(PRIVATE)
    assert run(["lean", str(root / "Small/Private.lean"), "--toolchain", "embedded"]) == 1
    printed = capsys.readouterr().out
    assert [line.split(":")[1] for line in printed.splitlines() if ": error" in line] == ["6", "14"]
