"""What is a target and what is said of it, through the command line: examples, data, broken files, links, odd names."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from prover.cli.main import run
from tests.integration.computer import PIN, Computer

pytestmark = [pytest.mark.lean, pytest.mark.usefixtures("toolchain")]

QUICK = ["--timeout", "20", "--jobs", "1"]
LIBRARY = 'name = "small"\n[[lean_lib]]\nname = "Small"\n'


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode())
    return root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path / "small", {"lakefile.toml": LIBRARY, "lean-toolchain": PIN})


@pytest.fixture(params=["embedded", "native"])
def toolchain_words(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The embedded toolchain, and the same one disguised as a native one."""
    if request.param == "native":
        computer: Computer = request.getfixturevalue("computer")
        monkeypatch.setenv("PATH", f"{computer.elan / 'bin'}:/usr/bin:/bin")
        monkeypatch.setenv("PROVER_HOME", str(computer.home.root))
        monkeypatch.setenv("ELAN_HOME", str(computer.elan))
    return ["--toolchain", request.param]


def proving(root: Path, *words: str, status: int) -> list[dict[str, Any]]:
    """The rows of the report of `prove`; files with errors are rows without a theorem."""
    report = root.parent / "report.json"
    assert run(["prove", "--repo", str(root), *words, *QUICK, "--json", str(report)]) == status
    rows: list[dict[str, Any]] = json.loads(report.read_text())["theorems"]
    return rows


def listed(root: Path, *words: str) -> list[dict[str, Any]]:
    """What `sorries` lists."""
    report = root.parent / "sorries.json"
    assert run(["sorries", "--repo", str(root), "--jobs", "1", *words, "--json", str(report)]) == 0
    rows: list[dict[str, Any]] = json.loads(report.read_text())
    return rows


# --- examples ---

EXAMPLES = """\
namespace Few
variable (p q : Prop) (hp : p)

/-- A comment. -/
example (hq : q) : q ∧ p := by
  sorry

example : p := sorry

theorem between (n : Nat) : n + 0 = n := by
  sorry

example {α : Type u} (xs : List α) : (xs ++ []).length = xs.length := by
  have h : xs ++ [] = xs := by sorry
  rw [h]

example : 2 + 2 = 4 := rfl
example : Nat := 3
end Few
"""


def test_examples_are_proved_by_their_place(root: Path, toolchain_words: list[str]) -> None:
    write(root, {"Small/Few.lean": EXAMPLES})
    rows = proving(root, "--file", "Small/Few.lean", "--apply", *toolchain_words, status=0)
    assert [(row["theorem"], row["line"]) for row in rows] == [
        ("example", 5), ("example", 8), ("Few.between", 10), ("example", 13),
    ]  # fmt: skip
    assert {row["status"] for row in rows} == {"proved"}
    assert "sorry" not in (root / "Small/Few.lean").read_text()
    assert run(["lean", str(root / "Small/Few.lean"), *toolchain_words]) == 0


def test_an_example_is_named_by_a_line_of_it(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(root, {"Small/Few.lean": EXAMPLES})
    rows = proving(root, "--file", "Small/Few.lean", "--line", "14", status=0)
    rows += proving(root, "--theorem", "Small/Few.lean#8", status=0)
    rows += proving(root, "--theorem", "Small/Few.lean#17", status=0)
    assert [row["line"] for row in rows] == [13, 8, 17]
    assert run(["prove", "--repo", str(root), "--theorem", "Small/Few.lean#11", *QUICK, "--timeout", "1"]) in (0, 1)
    assert "Few.between" in capsys.readouterr().out


def test_proofs_of_examples_are_checked_like_others(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(root, {"Small/Few.lean": EXAMPLES})
    proof = tmp_path / "proof"
    for line, text, status, said in (
        (5, "exact ⟨hq, hp⟩", 0, "verified to level 4"),
        (8, "sorry", 3, "rests on `sorry`"),
        (8, "exact hp\nexample : True := trivial", 3, "stands after the proof"),
        (13, "native_decide", 3, "trusts the compiler"),
    ):
        proof.write_text(text)
        place = f"Small/Few.lean#{line}"
        assert run(["check", "--repo", str(root), "--theorem", place, "--proof", str(proof), "--level", "4"]) == status
        printed = capsys.readouterr().out
        assert said in printed
        assert f"example  Small/Few.lean:{line}" in printed


def test_an_audit_sees_examples(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    axioms = "axiom lie : False\nexample : 1 = 2 := lie.elim\nexample : 2 + 2 = 4 := rfl\n"
    write(root, {"Small/Few.lean": EXAMPLES, "Small/Ax.lean": axioms})
    assert run(["check", "--repo", str(root), "--all", "--jobs", "1"]) == 3
    printed = capsys.readouterr().out
    for line in (5, 8, 13):
        assert f"Small/Few.lean:{line}  refused: example: it rests on `sorry`" in printed
    assert "Small/Ax.lean:2  refused: example: it rests on axioms that are not allowed: `lie`" in printed
    assert "Small/Ax.lean:3" not in printed


def test_sorries_of_examples_are_listed(root: Path) -> None:
    write(root, {"Small/Few.lean": EXAMPLES})
    rows = listed(root)
    assert [(row["declaration"], row["line"]) for row in rows] == [
        ("example", 6), ("example", 8), ("Few.between", 11), ("example", 14),
    ]  # fmt: skip


# --- data ---

DATA = """\
def f : Nat → Nat := sorry
def g : Nat → Nat := fun n => f n + 1
def small : { n : Nat // n < 5 } := ⟨3, by sorry⟩
structure Point where
  x : Nat
  y : Nat
def origin : Point := { x := 0, y := by sorry }
theorem about (n : Nat) : g n = f n + 1 := by sorry
theorem of_small : small.val < 6 := by sorry
theorem beside (n : Nat) : n + 0 = n := by sorry
example : Nat := sorry
def mapped (h : Array α → Array α) (xs : Array α) : Array α := sorry
private def Inner.hidden : Nat := sorry
theorem about_hidden : Inner.hidden = Inner.hidden + 0 := by sorry
"""


def test_data_is_left_and_what_rests_on_it_says_so(root: Path, toolchain_words: list[str]) -> None:
    write(root, {"Small/Data.lean": DATA})
    rows = {(row["theorem"], row["line"]): row for row in proving(root, "--all", *toolchain_words, status=1)}
    for name, line in (("f", 1), ("origin", 7), ("example", 11), ("mapped", 12)):
        assert "needs a value" in rows[name, line]["reason"]
        assert (rows[name, line]["status"], rows[name, line]["tactics_run"]) == ("open", 0)
    assert "rests on `f`, left to `sorry`" in rows["about", 8]["reason"]
    assert rows["about", 8]["tactics_run"] == 0
    assert "rests on `Inner.hidden`, left to `sorry`" in rows["about_hidden", 14]["reason"]
    assert rows["small", 3]["status"] == rows["beside", 10]["status"] == "proved"
    assert rows["of_small", 9]["status"] == "proved"  # once `small` is


def test_sorries_says_where_a_value_is_missing(root: Path) -> None:
    write(root, {"Small/Data.lean": DATA})
    assert {row["line"] for row in listed(root) if row["value"]} == {1, 7, 11, 12, 13}


# --- files with errors ---

BROKEN = """\
theorem wrong : 1 = 2 := rfl
theorem first (n : Nat) : n + 0 = n := by
  sorry
theorem second (p : Prop) (h : p) : p := by
  exact nothing
theorem third (p q : Prop) (hp : p) (hq : q) : p ∧ q := by sorry

theorem fourth (n : Nat) : n = := by sorry
theorem fifth : 2 + 2 = 4 := by sorry
"""


def test_the_other_theorems_of_a_broken_file_are_proved(
    root: Path, toolchain_words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    write(root, {"Small/Broken.lean": BROKEN, "Small/Fine.lean": "theorem fine : True := by sorry\n"})
    rows = proving(root, "--all", *toolchain_words, status=1)
    printed = capsys.readouterr().out
    assert {row["theorem"]: row["status"] for row in rows if row["theorem"]} == {
        "first": "proved", "third": "proved", "fifth": "proved", "fine": "proved",
    }  # fmt: skip
    (broken,) = [row for row in rows if not row["theorem"]]
    assert broken["file"] == "Small/Broken.lean"
    assert len(broken["messages"]) == 4
    assert "4 of 4 proved; 1 file with errors" in printed
    assert "note: the file has 4 errors elsewhere" in printed


def test_a_broken_proof_is_replaced_when_it_is_named(root: Path) -> None:
    write(root, {"Small/Broken.lean": BROKEN})
    rows = proving(root, "--theorem", "second", "--apply", status=1)
    assert [row["status"] for row in rows] == ["error", "proved"]
    assert "nothing" not in (root / "Small/Broken.lean").read_text()


def test_a_proof_that_breaks_what_comes_after_it_is_refused(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(root, {"Small/Broken.lean": BROKEN})
    proof = tmp_path / "proof"
    for text, status in (("rfl", 0), ("exact rfl'", 3), ("have := 1\n  trivial )", 3)):
        proof.write_text(text)
        words = ["check", "--repo", str(root), "--theorem", "first", "--proof", str(proof), "--level", "3"]
        assert run(words) == status
        assert ("the file has 4 errors elsewhere" in capsys.readouterr().out) == (status == 0)


# --- patches ---


@pytest.mark.parametrize("end", ["\n", ""])
def test_the_patches_of_a_run_apply_one_after_the_other(
    root: Path, end: str, capsys: pytest.CaptureFixture[str]
) -> None:
    close = [f"theorem t{n} (n : Nat) : n + {n} = {n} + n := by\n  sorry" for n in range(4)]
    write(root, {"Small/A.lean": "\n".join(close) + end, "Small/B.lean": "theorem b : True ∧ True := sorry\n"})
    rows = proving(root, "--all", "--jobs", "2", status=0)
    printed = capsys.readouterr().out
    original = (root / "Small/A.lean").read_bytes()
    for row in rows:
        subprocess.run(["git", "apply", "-"], cwd=root, input=row["patch"].encode(), check=True)
    for name in ("A", "B"):
        assert "sorry" not in (root / f"Small/{name}.lean").read_text()
    one_by_one = (root / "Small/A.lean").read_bytes()
    (root / "Small/A.lean").write_bytes(original)
    write(root, {"Small/B.lean": "theorem b : True ∧ True := sorry\n"})
    subprocess.run(["git", "apply", "-"], cwd=root, input="".join(row["patch"] for row in rows).encode(), check=True)
    assert (root / "Small/A.lean").read_bytes() == one_by_one
    assert all(row["patch"].splitlines()[-1] in printed for row in rows)


# --- names ---


def test_modules_whose_names_are_no_identifiers(root: Path, toolchain_words: list[str]) -> None:
    lakefile = 'name = "book"\n[[lean_lib]]\nname = "Book"\n'
    files = {
        "lakefile.toml": lakefile,
        "Book/3.lean": "def three := 3\ntheorem three_pos : 0 < three := by\n  sorry\n",
        "Book/Über uns.lean": "import Book.«3»\ntheorem about_us : three = 3 := by\n  sorry\n",
        "Book/v1.2.lean": "import Book.«Über uns»\ntheorem last : three + 1 = 4 ∧ three = 3 := by\n  sorry\n",
        "Book/a-b/c d.lean": "import Book.«v1.2»\nprivate theorem p : three ≠ 4 := by\n  sorry\n",
    }
    write(root, files)
    rows = proving(root, "--all", "--level", "4", "--apply", *toolchain_words, status=0)
    assert len(rows) == 4
    assert {row["status"] for row in rows} == {"proved"}
    for name in ("Book/v1.2.lean", "Book/a-b/c d.lean"):
        assert run(["lean", str(root / name), *toolchain_words]) == 0
        assert "sorry" not in (root / name).read_text()


def test_sorries_and_checks_of_such_modules(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {
        "lakefile.toml": 'name = "book"\n[[lean_lib]]\nname = "«1-2»"\n',
        "1-2/x y.lean": "theorem t : True := by\n  sorry\n",
        "1-2.lean": "import «1-2».«x y»\ntheorem u : True ∧ True := ⟨t, by sorry⟩\n",
    }
    write(root, files)
    assert [row["file"] for row in listed(root)] == ["1-2.lean", "1-2/x y.lean"]
    assert run(["check", "--repo", str(root), "--theorem", "t", "--level", "3"]) == 3
    assert run(["check", "--repo", str(root), "--all"]) == 3
    assert "1-2/x y.lean  1 declaration;" in capsys.readouterr().out


def test_a_name_that_two_files_declare_is_asked_for_by_its_place(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    same = "theorem same (n : Nat) : n + 0 = n := by\n  sorry\n"
    files = {
        "Small/A.lean": same,
        "Small/B.lean": f"-- same\n{same}",
        "Small/C.lean": "import Small.A\ntheorem uses : 1 + 0 = 1 := same 1\n",
    }
    write(root, files)
    for words in (["prove", *QUICK], ["check", "--level", "1"], ["suggest"]):
        assert run([words[0], "--repo", str(root), "--theorem", "same", *words[1:]]) == 2
        message = capsys.readouterr().err
        assert "same is declared at Small/A.lean#1 and at Small/B.lean#2: name one of these places" in message
    (row,) = proving(root, "--theorem", "Small/B.lean#2", status=0)
    assert (row["theorem"], row["file"]) == ("same", "Small/B.lean")


# --- symbolic links ---


def test_proofs_are_written_through_links_and_once(root: Path, tmp_path: Path) -> None:
    text = "theorem {} (n : Nat) : n + 0 = n := by\n  sorry\n"
    elsewhere = write(tmp_path, {"elsewhere.lean": text.format("outside")}) / "elsewhere.lean"
    files = {
        "Small/Real.lean": text.format("inside"),
        "notes/N.lean": text.format("noted"),
        "Small/Uses.lean": "import Small.Link\ntheorem uses : 1 + 0 = 1 := inside 1\n",
    }
    write(root, files)
    (root / "Small/Link.lean").symlink_to("Real.lean")
    (root / "Small/N.lean").symlink_to("../notes/N.lean")
    (root / "Small/Out.lean").symlink_to(elsewhere)
    (root / "Small/Out2.lean").symlink_to(elsewhere)
    rows = proving(root, "--all", "--apply", status=0)
    assert sorted((row["theorem"], row["file"]) for row in rows) == [
        ("inside", "Small/Real.lean"), ("noted", "notes/N.lean"), ("outside", "Small/Out.lean"),
    ]  # fmt: skip
    for name in ("Link", "N", "Out", "Out2"):
        assert (root / f"Small/{name}.lean").is_symlink()
    for file in (root / "Small/Real.lean", root / "notes/N.lean", elsewhere):
        assert "sorry" not in file.read_text()
    (row,) = proving(root, "--file", "Small/Link.lean", "--line", "1", status=0)
    assert row["file"] == "Small/Real.lean"
    assert run(["lean", str(root / "Small/Uses.lean")]) == 0


# --- warnings as errors ---

STRICT = [
    'name = "small"\nleanOptions = {warningAsError = true}\n[[lean_lib]]\nname = "Small"\n',
    'name = "small"\n[[lean_lib]]\nname = "Small"\n[lean_lib.leanOptions]\nweak.warningAsError = true\n',
    'name = "small"\n[[lean_lib]]\nname = "Small"\nmoreLeanArgs = ["-DwarningAsError=true"]\n',
]
WARNED = """\
theorem first (n : Nat) : n + 0 = n := by
  sorry
theorem second (p q : Prop) (hp : p) (unused : q) : p := by
  sorry
"""


@pytest.mark.parametrize("lakefile", STRICT, ids=["package", "library", "arguments"])
def test_files_whose_warnings_are_errors_are_opened(
    root: Path, lakefile: str, toolchain_words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(root, {"lakefile.toml": lakefile, "Small/W.lean": WARNED})
    assert run(["lean", str(root / "Small/W.lean"), *toolchain_words]) == 1
    assert "error: declaration uses" in capsys.readouterr().out
    rows = proving(root, "--all", "--apply", *toolchain_words, status=0)
    assert {row["theorem"]: row["status"] for row in rows} == {"first": "proved", "second": "proved"}
    (second,) = [row for row in rows if row["theorem"] == "second"]
    assert "unused variable" in second["remarks"][0]
    assert run(["lean", str(root / "Small/W.lean"), *toolchain_words]) == 0


# --- proofs from the database, and the gate's time ---

TRUSTED = """\
structure P (n : Nat) : Prop where
  out : n ^ 5 % 7 < 7
@[simp] {key}
theorem {name} : P {a} ∧ P {b} := by
  sorry
"""
HONEST, LIE = "theorem key (n : Nat) : P n := ⟨Nat.mod_lt _ (by decide)⟩", "axiom key (n : Nat) : P n"


@pytest.mark.parametrize(("a", "b"), [(3, 4), (1, 1), (10, 2)])
def test_a_known_proof_that_the_gate_refuses_is_reported_with_the_reason(
    root: Path, a: int, b: int, capsys: pytest.CaptureFixture[str]
) -> None:
    write(root, {"Small/K.lean": TRUSTED.format(key=HONEST, name="t", a=a, b=b)})
    (row,) = proving(root, "--all", status=0)
    assert (row["recalled"], row["remarks"]) == (False, [])
    assert row["gate_seconds"] > 0
    write(root, {"Small/K.lean": TRUSTED.format(key=LIE, name="t", a=a, b=b)})
    capsys.readouterr()
    (row,) = proving(root, "--all", "--expansions", "1", status=3)
    assert "it rests on axioms that are not allowed: `key`" in row["refused"]
    assert "a proof was refused: it rests on axioms that are not allowed: `key`" in capsys.readouterr().out


SLOW = """\
def spin : Nat → Nat | 0 => 0 | n + 1 => spin n
#eval spin 3000000
theorem t (n : Nat) : n + 0 = n := by
  sorry
"""


def test_the_gate_has_a_time_limit_of_its_own(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(root, {"Small/Slow.lean": SLOW})
    (row,) = proving(root, "--all", "--gate-timeout", "1", "--expansions", "2", status=1)
    assert (row["status"], row["refused"]) == ("open", None)
    assert "it took longer than 1 s (see --gate-timeout)" in row["undecided"]
    assert row["gate_seconds"] > row["seconds"]
    assert "could not be checked" in capsys.readouterr().out
