"""A course and the daemon with a real Lean: from a list of one repository to proofs, patches, and a broken proof."""

import json
import subprocess
from pathlib import Path

import pytest

from curriculum.daemon.configuration import DaemonConfig, ExclusionRule, LimitsConfig, WorkConfig
from curriculum.database.courses import courses, finished_steps
from curriculum.database.history import histories
from curriculum.database.records import FoundProof
from curriculum.lifelong.executor import AttemptRequest, LearnedState
from curriculum.lifelong.summary import summary_of
from prover.app.daemon.process import DaemonProcess
from prover.app.environment import database
from prover.app.learning import ExecutorOptions, LeanExecutor
from prover.cli.main import run
from prover.errors import UsageError
from prover.lean.toolchain.toolchain import EmbeddedToolchain
from prover.progress import Reporter
from prover.project.location import parse_location

pytestmark = pytest.mark.lean

FIRST = """theorem told (p : Prop) (h : p) : p := by
  exact h

theorem easy (n : Nat) : n + 0 = n := by
  sorry

theorem never (n : Nat) : n = n + 1 := by
  sorry
"""


def git(root: Path, *words: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *who, *words], cwd=root, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path, toolchain: EmbeddedToolchain) -> Path:
    root = tmp_path / "small"
    root.mkdir()
    (root / "lakefile.toml").write_text('name = "Small"\n[[lean_lib]]\nname = "Small"\n')
    (root / "Small.lean").write_text(FIRST)
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    return root


def test_a_course_and_then_the_daemon(repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text(f"{repository}\n")
    words = ["--repos", str(listed), "--tactics", "8", "--timeout", "20", "--jobs", "1", "--toolchain", "embedded"]
    assert run(["learn", *words, "--dry-run"]) == 0
    assert "nothing was done" in capsys.readouterr().out
    assert run(["learn", *words, "--no-baseline"]) == 0
    location = parse_location(str(repository)).canonical
    with database() as db, db.reading() as connection:
        (course,) = courses(connection)
        summary = summary_of(finished_steps(connection, course.run))
    assert (course.status, summary.proved(location, 1)) == ("finished", {"easy"})
    assert summary.visits[0].tried == 2

    (repository / "Small.lean").write_text(FIRST.replace("n + 0 = n", "0 + n = n"))
    git(repository, "commit", "-qam", "restated")
    configuration = DaemonConfig(
        WorkConfig(
            str(listed), batch=1, seconds=20, tactics=8, jobs=1, toolchain="embedded", patches=str(tmp_path / "out")
        ),
        LimitsConfig(free_disk_gb=0, free_memory_gb=0, nice=0),
        leave=(ExclusionRule("small", ("never",)),),
    )
    (tmp_path / "daemon").mkdir()
    process = DaemonProcess(configuration, tmp_path / "daemon")
    process.run(until_idle=True)
    process.end()
    events = [json.loads(line) for line in (tmp_path / "daemon" / "log").read_text().splitlines()]
    assert ("broken", "easy") in [(e.get("change"), e.get("theorem")) for e in events]
    assert [e["theorem"] for e in events if e["event"] == "proved"] == ["easy"]
    assert "never" not in [e.get("theorem") for e in events], "it is to be left alone"
    (patch,) = (tmp_path / "out").rglob("*.patch")
    assert patch.read_text().startswith("This proof was found by a program")
    git(repository, "apply", str(patch))
    assert "easy (n : Nat) : 0 + n = n := by\n  sorry" not in (repository / "Small.lean").read_text()
    with database() as db, db.reading() as connection:
        assert [e.event for e in histories(connection, location, "easy")[0].lineage] == ["found", "broken", "found"]


def test_a_repository_that_goes_on_is_worked_on_as_it_was_traced(repository: Path) -> None:
    place = parse_location(str(repository))
    with database() as db:
        executor = LeanExecutor({"here": place}, ExecutorOptions("embedded", 1, 20.0), db, Reporter())
        revision = executor.trace("here")
        (repository / "Small.lean").write_text(FIRST.replace("n + 0 = n", "0 + n = n"))
        git(repository, "commit", "-qam", "restated")
        (result,) = executor.attempt("here", revision, [AttemptRequest("Small", "easy", 8)], LearnedState())
        assert isinstance(result.result, FoundProof)
        (repository / "Small.lean").write_text(FIRST)
        unsaved = executor.trace("here")
        (repository / "Small.lean").write_text(FIRST + "-- more\n")
        with pytest.raises(UsageError, match="has changed"):
            next(iter(executor.attempt("here", unsaved, [AttemptRequest("Small", "easy", 8)], LearnedState())))
