"""`prover prove` and `prover lean` on a small repository of two modules, with the real Lean."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from prover.cli.main import run

pytestmark = [pytest.mark.lean, pytest.mark.usefixtures("toolchain")]

BASE = """\
namespace Small
def double (n : Nat) : Nat := n + n
theorem double_eq (n : Nat) : double n = 2 * n := by
  sorry
end Small
"""
MAIN = """\
import Small.Base
open Small

theorem both (p q : Prop) (hp : p) (hq : q) : q ∧ p := sorry
theorem finished (n : Nat) : n + 0 = n := rfl
"""
HARD = "theorem hard (a b c n : Nat) (h : n > 2) (h₀ : a * b * c ≠ 0) : a ^ n + b ^ n ≠ c ^ n := sorry\n"
QUICK = ["--timeout", "30", "--jobs", "1"]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return write(
        tmp_path / "small",
        {
            "lakefile.toml": 'name = "small"\n[[lean_lib]]\nname = "Small"\n',
            "Small/Base.lean": BASE,
            "Small/Main.lean": MAIN,
        },
    )


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode())
    return root


def children() -> list[str]:
    """Lean processes that this one has started and that still run."""
    found = psutil.Process().children(recursive=True)
    return [
        " ".join(p.cmdline()) for p in found if p.status() != psutil.STATUS_ZOMBIE and "program.lean" in p.cmdline()
    ]


@pytest.fixture(autouse=True)
def no_process_is_left():  # type: ignore[no-untyped-def]
    before = sorted(children())
    yield
    assert sorted(children()) == before


def test_a_theorem_is_proved_and_its_patch_printed(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (repository / "Small/Main.lean").read_bytes()
    assert run(["prove", "--repo", str(repository), "--theorem", "both", *QUICK]) == 0
    printed = capsys.readouterr().out
    assert "--- a/Small/Main.lean" in printed
    assert "1 of 1 proved" in printed
    assert (repository / "Small/Main.lean").read_bytes() == before
    diff = printed[printed.index("--- a/") : printed.index("1 of 1 proved")]
    subprocess.run(["git", "apply", "-"], cwd=repository, input=diff.encode(), check=True)
    assert (
        b"theorem both (p q : Prop) (hp : p) (hq : q) : q \xe2\x88\xa7 p := by"
        in (repository / "Small/Main.lean").read_bytes()
    )


def test_all_theorems_are_proved_reported_and_applied(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    assert run(["prove", "--repo", str(repository), "--all", "--apply", "--json", str(report), *QUICK]) == 0
    rows = {row["theorem"]: row for row in json.loads(report.read_text())["theorems"]}
    assert set(rows) == {"Small.double_eq", "both"}
    assert {row["status"] for row in rows.values()} == {"proved"}
    assert rows["Small.double_eq"]["file"] == "Small/Base.lean"
    assert rows["both"]["tactics_run"] > 0
    for row in rows.values():
        assert (row["proof"].splitlines()[0]) in (repository / row["file"]).read_text()
    capsys.readouterr()
    for name in ("Base", "Main"):
        assert run(["lean", str(repository / "Small" / f"{name}.lean")]) == 0
        assert "sorry" not in capsys.readouterr().out


def test_a_finished_theorem_is_proved_anew(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prove", "--repo", str(repository), "--theorem", "finished", *QUICK]) == 0
    assert "1 of 1 proved" in capsys.readouterr().out


def test_a_theorem_that_is_too_hard_stays_open(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(repository, {"Small/Main.lean": HARD})
    assert run(["prove", "--repo", str(repository), "--theorem", "hard", "--expansions", "1", *QUICK]) == 1
    printed = capsys.readouterr().out
    assert "open: the budget is spent" in printed
    assert "0 of 1 proved" in printed


def test_an_unknown_theorem_is_named_beside_the_nearest(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prove", "--repo", str(repository), "--theorem", "double_eq", *QUICK]) == 2
    message = capsys.readouterr().err
    assert "There is no theorem double_eq: did you mean Small.double_eq" in message


def test_a_definition_is_nothing_to_prove(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prove", "--repo", str(repository), "--theorem", "Small.double", *QUICK]) == 2
    assert "nothing to prove" in capsys.readouterr().err


def test_the_errors_of_a_file_are_shown_in_leans_words(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(repository, {"Small/Main.lean": MAIN + "theorem bad : 1 = 2 := missing\n"})
    assert run(["prove", "--repo", str(repository), "--theorem", "both", *QUICK]) == 1
    printed = capsys.readouterr().out
    assert "✗ Small/Main.lean has 1 error" in printed
    assert "    Small/Main.lean:6:" in printed
    assert "1 of 1 proved; 1 file with errors" in printed
    assert run(["lean", str(repository / "Small/Main.lean")]) == 1
    assert "Small/Main.lean:6:" in capsys.readouterr().out
    write(repository, {"Small/Main.lean": MAIN + 'theorem unread : (1 : Nat) = "one" := rfl\n'})
    assert run(["prove", "--repo", str(repository), "--theorem", "unread", *QUICK]) == 2
    assert "Small/Main.lean has errors, and does not declare unread" in capsys.readouterr().err


def test_a_broken_file_does_not_hide_the_others(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(repository, {"Small/Main.lean": "theorem bad : 1 = 2 := missing\n"})
    assert run(["prove", "--repo", str(repository), "--all", *QUICK]) == 1
    printed = capsys.readouterr().out
    assert "Small.double_eq" in printed
    assert "1 of 1 proved; 1 file with errors" in printed
    assert "Small/Main.lean has 1 error" in printed


def test_a_file_that_needs_mathlib_says_so(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(repository, {"Small/Main.lean": "import Mathlib.Tactic\ntheorem t : True := sorry\n"})
    assert run(["prove", "--repo", str(repository), "--theorem", "t", *QUICK]) == 2
    message = capsys.readouterr().err
    assert "imports Mathlib.Tactic" in message
    assert "has no Mathlib" in message


def test_an_import_that_is_nowhere_is_named(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(repository, {"Small/Main.lean": "import Small.Bse\ntheorem t : True := sorry\n"})
    assert run(["prove", "--repo", str(repository), "--theorem", "t", *QUICK]) == 2
    assert "Small.Bse" in capsys.readouterr().err


def test_modules_in_a_cycle_are_named(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(repository, {"Small/Base.lean": "import Small.Main\n" + BASE})
    assert run(["prove", "--repo", str(repository), "--theorem", "both", *QUICK]) == 2
    message = capsys.readouterr().err
    assert "in a cycle" in message
    assert "Small.Base" in message


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_with_130_and_leaves_no_process(repository: Path, number: signal.Signals) -> None:
    write(repository, {"Small/Main.lean": HARD})
    command = [sys.executable, "-c", "from prover.cli.main import main; main()", "prove"]
    started = psutil.Popen(
        [*command, "--repo", str(repository), "--theorem", "hard", "--timeout", "300", "--jobs", "1"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ,
    )  # fmt: skip
    assert started.stderr is not None
    for line in started.stderr:
        if "to prove" in line:
            break
    time.sleep(2.0)
    below = started.children(recursive=True)
    assert below
    started.send_signal(number)
    out, _ = started.communicate(timeout=60)
    assert started.returncode == 130
    assert "interrupted" in out
    _, alive = psutil.wait_procs(below, timeout=10)
    assert alive == []


ABOVE = """
def rev : List α → List α
  | [] => []
  | x :: xs => rev xs ++ [x]

theorem rev_append (xs ys : List α) : rev (xs ++ ys) = rev ys ++ rev xs := by
  sorry

theorem rev_rev (xs : List α) : rev (rev xs) = xs := by
  sorry
"""


def test_a_theorem_uses_the_one_above_it_that_the_same_run_has_proved(tmp_path: Path) -> None:
    lakefile = 'name = "p"\n[[lean_lib]]\nname = "P"\n'
    place = write(tmp_path / "p", {"lakefile.toml": lakefile, "P.lean": ABOVE})
    report = tmp_path / "report.json"
    limits = ["--timeout", "60", "--expansions", "12"]
    assert run(["prove", "--repo", str(place), "--all", "--apply", "--json", str(report), *limits]) == 0
    statuses = {each["theorem"]: each["status"] for each in json.loads(report.read_text())["theorems"]}
    assert statuses == {"rev_append": "proved", "rev_rev": "proved"}
    assert "sorry" not in (place / "P.lean").read_text()
