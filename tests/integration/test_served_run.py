"""`prover serve` as a process of its own, with a real Lean: `prover prove` with it and without it, and its end."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
import pytest

from prover.app.served_run import RunArguments
from prover.cli.main import run
from prover.cli.served import served_report
from prover.lean.session import TacticLimits
from prover.search.engine import Strategy
from prover.server.client import SOCKET_NAME, Client
from tests.processes import ends

pytestmark = [pytest.mark.lean, pytest.mark.usefixtures("toolchain")]

TEXT = """\
def double (n : Nat) : Nat := n + n

theorem double_eq (n : Nat) : double n = 2 * n := by
  sorry

theorem small (n : Nat) : double n < 4 := by
  sorry
"""
HARD = "theorem hard : ∀ a b c n : Nat, 2 < n → a ^ n + b ^ n = c ^ n → a * b * c = 0 := by\n  sorry\n"
SAME = ("theorem", "file", "line", "status", "statement", "toolchain", "counterexample")
"""The fields of a result that do not depend on how fast the search was."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "pair"
    made.mkdir()
    (made / "lakefile.toml").write_text('name = "pair"\n[[lean_lib]]\nname = "Pair"\n')
    (made / "Pair.lean").write_text(TEXT)
    (made / "Hard.lean").write_text(HARD)
    return made


@contextmanager
def serving(directory: Path) -> Iterator[subprocess.Popen[str]]:
    """A server of the repositories below a directory, with its socket there."""
    program = "from prover.cli.main import main; main()"
    options = ["serve", "--repo", str(directory), "--socket", str(directory / SOCKET_NAME)]
    with subprocess.Popen([sys.executable, "-c", program, *options], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("listening")
            yield process
        finally:
            process.kill()


def lasting(report: dict[str, Any]) -> Any:
    """What a report says that does not depend on the time."""
    theorems = [{name: each[name] for name in SAME} for each in report["theorems"]]
    theorems.sort(key=lambda each: str(each["theorem"]))  # they stand in the order in which they were decided
    rest = {name: value for name, value in report.items() if name not in ("theorems", "patch", "generators")}
    return json.loads(json.dumps({**rest, "theorems": theorems, "generators": sorted(report["generators"])}))


def test_the_report_of_a_server_is_that_of_the_command(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("Pair:double_eq", "Pair.lean#L6")
    strategy = Strategy(limits=TacticLimits(milliseconds=1_500))
    wanted = RunArguments(
        str(root), "automation,structure", 30.0, strategy.limits, strategy.width, strategy.invent, names
    )
    with serving(tmp_path):
        served = served_report(wanted, tmp_path, print, lambda _: None)
    assert served is not None
    assert sorted(theorem.status for theorem in served.theorems) == ["proved", "refuted"]
    monkeypatch.setenv("PROVER_DATABASE", f"sqlite:///{tmp_path / 'other.db'}")  # in which nothing is known
    out = tmp_path / "report.json"
    assert run(["prove", "--no-server", "--repo", str(root), *names, "--timeout", "30", "--json", str(out)]) == 1
    local = json.loads(out.read_text())
    assert lasting(asdict(served)) == lasting(local)
    assert set(asdict(served)["theorems"][0]) == set(local["theorems"][0])


def test_a_terminated_server_ends_its_jobs_and_their_processes(root: Path, tmp_path: Path) -> None:
    with serving(tmp_path) as process:
        client = Client(tmp_path / SOCKET_NAME)
        place = {"file_path": str(root / "Hard.lean"), "theorem_name": "hard", "timeout_s": 300}
        job = client.start("prove", place)
        for event in client.events(job):
            if event.kind == "progress" and event.value["tactics"] > 0:
                break
        lean = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
        assert lean
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(10) == 0
        assert all(ends(pid) for pid in lean)
        assert not (tmp_path / SOCKET_NAME).exists()


def test_one_theorem_alone_is_judged_by_a_process_that_was_prepared_for_it(root: Path) -> None:
    assert run(["prove", "--no-server", "--repo", str(root), "Pair:double_eq", "--timeout", "30", "--jobs", "2"]) == 0
