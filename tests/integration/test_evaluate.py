"""Evaluation with a real Lean: what runs here, what a killed run comes to, statements of every kind of ground."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from prover.app.environment import home
from prover.cli.main import cli, run
from prover.evaluate.journal import read_proofs
from prover.evaluate.results import read_run
from prover.lean.toolchain.toolchain import EmbeddedToolchain

pytestmark = pytest.mark.lean
ROOT = Path(__file__).parents[2]
HEADER = "import Mathlib\n\nset_option maxHeartbeats 400000\n\nopen BigOperators Real Nat Topology Rat"
STATEMENTS = {
    "sums": "theorem sums (a b : ℕ) (h : a + b = 3) (h' : a = 1) : b = 2",
    "reals": "theorem reals (x : ℝ) (h : x = 1) : x + x = 2",
    "false": "theorem false (n : ℕ) : n + 1 = n",
    "wholes": "theorem wholes (z : ℤ) (h : 2 * z = 6) : z = 3",
    "data": "def data (n : ℕ) : ℕ",
}
RIGHT = {("sums", "proved"), ("false", "open"), ("wholes", "proved")}


@pytest.fixture(scope="module")
def statements(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("statements") / "five.jsonl"
    records = ({"name": n, "header": HEADER, "formal_statement": f"{s} := by\n"} for n, s in STATEMENTS.items())
    file.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    return file


def arguments(file: Path, out: Path, *more: str) -> list[str]:
    """A run that does not depend on the clock: as many expansions as it may have, and more time than they take."""
    budget = [
        "--timeout",
        "120",
        "--expansions",
        "2",
        "--jobs",
        "1",
        "--generators",
        "fixed",
        "--toolchain",
        "embedded",
    ]
    return ["eval", str(file), "--out", str(out), "--baselines", "none", *budget, *more]


@pytest.fixture(scope="module")
def undisturbed(toolchain: EmbeddedToolchain, statements: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a run that nothing disturbed."""
    directory = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROVER_DATABASE", f"sqlite:///{directory}/prover.db")
        assert run(arguments(statements, directory / "run")) == 0
    return directory / "run"


def test_what_does_not_run_here_is_reported_and_what_runs_is_gated(undisturbed: Path) -> None:
    found = read_run(undisturbed)
    assert {name: line.status for name, line in found.survey.items() if line.status != "runnable"} == {
        "reals": "not runnable",
        "data": "not runnable",
    }
    assert found.survey["reals"].reason == "Unknown identifier `ℝ`"
    assert found.survey["data"].reason == "it is a definition, not a theorem"
    assert set(found.survey["sums"].left_out) == {
        "import Mathlib",
        *(f"open {name}" for name in ("BigOperators", "Real", "Topology")),
    }
    assert {(trial.problem, trial.outcome) for trial in found.trials} == RIGHT
    assert all(trial.by for trial in found.trials if trial.outcome == "proved")
    proof = read_proofs(undisturbed)["wholes", "prover", 1]
    assert proof.startswith('notation "ℤ" => Int\n')
    assert "sorry" not in proof
    report = (undisturbed / "report.md").read_text(encoding="utf-8")
    assert "| 5 | 5 | 3 | 2 | 0 |" in report
    (open_trial,) = [trial for trial in found.trials if trial.problem == "false"]
    assert "⊢ n + 1 = n" in open_trial.stuck[0].goal
    assert "**false**: " in report
    assert "⊢ n + 1 = n" in report


BARE = "theorem bare (x y : α) (h : x = y) : y = x"


def test_options_that_a_header_implies_are_said_and_can_be_set(
    toolchain: EmbeddedToolchain, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    headers = {
        "implied": "import Mathlib\nopen Nat",
        "given": "import Mathlib\nset_option autoImplicit true",
        "none": "open Nat",
    }
    records = (
        {"id": name, "code": BARE.replace("bare", name), "top": header, "set": split}
        for (name, header), split in zip(headers.items(), ("dev", "dev", "test"), strict=True)
    )
    file = tmp_path / "foreign.jsonl"
    file.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    fields = [f"--field={part}={name}" for part, name in
              {"name": "id", "statement": "code", "header": "top", "split": "set"}.items()]  # fmt: skip
    out = tmp_path / "run"
    assert run(arguments(file, out, *fields, "--split", "all", "--survey")) == 0
    assert "its header implies autoImplicit false" in capsys.readouterr().err
    found = read_run(out)
    assert {name: line.status for name, line in found.survey.items()} == {
        "implied": "not runnable",
        "given": "runnable",
        "none": "runnable",
    }
    assert found.survey["implied"].options == ("autoImplicit false",)
    assert found.survey["given"].options == found.survey["none"].options == ()
    assert found.trials == ()
    assert "`autoImplicit false` in 1 problems" in (out / "report.md").read_text(encoding="utf-8")
    more = [*fields, "--split", "all", "--resume"]
    assert run(arguments(file, out, *more, "--limit-seconds", "0")) == 1
    assert "the time is over" in capsys.readouterr().err
    assert read_run(out).trials == ()
    assert run(arguments(file, out, *more)) == 0
    assert {(t.problem, t.outcome) for t in read_run(out).trials} == {("given", "proved"), ("none", "proved")}
    assert "| test | 1 | 1 | 100.0%" in (out / "report.md").read_text(encoding="utf-8")


def test_killed_and_interrupted_runs_come_to_the_same(statements: Path, undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "killed"
    command = [sys.executable, "-c", "from prover.cli.main import main; main()", *arguments(statements, out)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PROVER_HOME": str(home().root)}
    chance = random.Random(0)
    kills = 0
    for fatal in (signal.SIGKILL, signal.SIGINT):
        more = ["--resume"] if (out / "run.json").is_file() else []
        process = subprocess.Popen(
            [*command, *more], env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        size, end = _size(out), time.monotonic() + 120
        while process.poll() is None and _size(out) == size and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(chance.uniform(0, 1.5))
        if process.poll() is None:
            process.send_signal(fatal)
            kills += 1
        process.wait(60)
    assert kills > 0
    assert run(arguments(statements, out, "--resume")) == 0
    expected, killed = read_run(undisturbed), read_run(out)
    assert killed.verdicts() == expected.verdicts()
    assert killed.digest() == expected.digest()


def _size(out: Path) -> int:
    return sum(file.stat().st_size for file in (out / "survey.jsonl", out / "trials.jsonl") if file.is_file())


def test_proofs_of_a_repository_are_hidden(toolchain: EmbeddedToolchain, tmp_path: Path) -> None:
    repository = tmp_path / "small"
    repository.mkdir()
    (repository / "lakefile.toml").write_text('name = "Small"\n[[lean_lib]]\nname = "Small"\n')
    text = "theorem one (n : Nat) (h : n < 1) : n = 0 := by\n  cases n <;> omega\n\ntheorem two : 1 + 1 = 2 := rfl\n"
    (repository / "Small.lean").write_text(text)
    out = tmp_path / "run"
    more = ["--out", str(out), "--baselines", "none", "--timeout", "60", "--expansions", "2", "--toolchain", "embedded"]
    assert run(["eval", "repository", "--repo", str(repository), *more]) == 0
    found = read_run(out)
    assert {(trial.problem, trial.outcome) for trial in found.trials} == {("one", "proved"), ("two", "proved")}
    assert (repository / "Small.lean").read_text() == text


def test_a_project_s_modules_are_imported(toolchain: EmbeddedToolchain, statements: Path, tmp_path: Path) -> None:
    project = tmp_path / "mathlib"
    project.mkdir()
    (project / "lakefile.toml").write_text('name = "Mathlib"\n[[lean_lib]]\nname = "Mathlib"\n')
    namespaces = "\n".join(f"namespace {name}\nend {name}" for name in ("BigOperators", "Real", "Topology"))
    notations = "\n".join(f'notation "{sign}" => {name}' for sign, name in (("ℕ", "Nat"), ("ℤ", "Int"), ("ℝ", "Int")))
    opaque = "\n".join(f"def {name}.zero := 0" for name in ("BigOperators", "Real", "Topology"))
    (project / "Mathlib.lean").write_text(f"{notations}\n{namespaces}\n{opaque}\n", encoding="utf-8")
    out = tmp_path / "run"
    assert run(arguments(statements, out, "--repo", str(project), "--only", "reals")) == 0
    found = read_run(out)
    assert found.survey["reals"].left_out == ()
    assert [trial.outcome for trial in found.trials] == ["proved"]
    proof = read_proofs(out)["reals", "prover", 1]
    assert proof.startswith(HEADER)


GAME = """
axiom World : Type
axiom World.start : World
axiom World.next : World → World
@[simp] axiom World.periodic : ∀ w : World, World.next (World.next w) = w
"""
TWICE = "theorem twice (w : World) : World.next (World.next (World.next (World.next w))) = w"


@pytest.mark.parametrize(("place", "level"), [("project", "3"), ("header", "4")])
def test_axioms_that_are_allowed_may_be_used_and_stand_beside_the_figures(
    toolchain: EmbeddedToolchain, tmp_path: Path, place: str, level: str
) -> None:
    more = []
    if place == "project":
        project = tmp_path / "game"
        project.mkdir()
        (project / "lakefile.toml").write_text('name = "Game"\n[[lean_lib]]\nname = "Game"\n')
        (project / "Game.lean").write_text(GAME, encoding="utf-8")
        more = ["--repo", str(project)]
    header = "import Game" if place == "project" else GAME
    file = tmp_path / "game.jsonl"
    file.write_text(json.dumps({"name": "twice", "header": header, "formal_statement": TWICE}), encoding="utf-8")
    more += ["--level", level]
    allowed = ["--allow-axiom", "World", "--allow-axiom", "World.next", "--allow-axiom", "World.periodic"]
    if place == "header":
        assert run(arguments(file, tmp_path / "refused", *more, *allowed[:4])) == 0
        (refused,) = read_run(tmp_path / "refused").trials
        assert refused.outcome == "refused"
        assert "axioms that are not allowed: `World.periodic`" in refused.reason
    assert run(arguments(file, tmp_path / "run", *more, *allowed)) == 0
    found = read_run(tmp_path / "run")
    assert [trial.outcome for trial in found.trials] == ["proved"], found.trials
    assert set(found.trials[0].axioms) >= {"World", "World.next", "World.periodic"}
    assert found.manifest.axioms == ("World", "World.next", "World.periodic")
    report = (tmp_path / "run" / "report.md").read_text(encoding="utf-8")
    assert "## Systems (with the axioms `World`, `World.next`, `World.periodic`)" in report


def test_a_repository_that_cannot_be_had_makes_its_problems_not_runnable(tmp_path: Path) -> None:
    place = {
        "repo": {"remote": str(tmp_path / "gone"), "commit": "0" * 40},
        "location": {"path": "A.lean", "start_line": 1},
    }
    (tmp_path / "sorries.json").write_text(json.dumps({"sorries": [{**place, "id": "one"}]}))
    out = tmp_path / "run"
    result = CliRunner().invoke(cli, ["eval", "sorrydb", "--data", str(tmp_path / "sorries.json"), "--out", str(out)])
    assert result.exit_code == 0
    line = read_run(out).survey["one"]
    assert line.status == "not runnable"
    assert "gone" in line.reason
