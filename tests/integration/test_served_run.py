"""`prover serve` as a process of its own, with a real Lean: `prover prove` with it and without it, and its end."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from prover.cli.main import run
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
TIMES = ("seconds", "gate_seconds")


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


def untimed(report: dict[str, Any]) -> Any:
    """A report without what differs from run to run."""
    theorems = [{name: value for name, value in each.items() if name not in TIMES} for each in report["theorems"]]
    generators = {name: {**each, "seconds": 0} for name, each in report["generators"].items()}
    return json.loads(json.dumps({**report, "theorems": theorems, "generators": generators}))


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
