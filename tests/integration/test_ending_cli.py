"""Every command that works for long ends soon after a signal, and leaves no process behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from prover.app.environment import home
from prover.lean.toolchain.toolchain import EmbeddedToolchain
from tests.processes import ends

pytestmark = [pytest.mark.lean, pytest.mark.slow]
ROOT = Path(__file__).parents[2]
ENDLESS = "#eval show IO Unit from do\n  let mut i := 0\n  while true do\n    i := i + 1\n"
"""A command with which Lean is never done."""
BUSY_S = 8.0
"""Processor seconds after which a Lean process has started and elaborates."""
START_S, END_S = 300.0, 30.0
"""Times after which the test gives up; a command that does not end by itself would need minutes more."""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose only file is never elaborated."""
    root = tmp_path / "endless"
    root.mkdir()
    (root / "lakefile.toml").write_text('name = "Endless"\n[[lean_lib]]\nname = "Endless"\n')
    (root / "Endless.lean").write_text(f"theorem t (n : Nat) : n + 0 = n := by\n  sorry\n\n{ENDLESS}", encoding="utf-8")
    (root / "list.txt").write_text(f"{root}\n")
    (root / "prover.toml").write_text(
        f'[daemon]\nrepositories = "{root}/list.txt"\n'
        "[limits]\nfree_disk_gb = 0\nfree_memory_gb = 0\n[server]\nport = 0\n"
    )
    problem = {"name": "t", "header": ENDLESS, "formal_statement": "theorem t : 1 = 1"}
    (root / "endless.jsonl").write_text(json.dumps(problem) + "\n")
    return root


COMMANDS = {
    "prove": "prove --repo {root} --theorem t",
    "prove --all": "prove --repo {root} --all",
    "check --all": "check --repo {root} --all",
    "eval": "eval {root}/endless.jsonl --out {root}/run",
    "eval repository": "eval repository --repo {root} --out {root}/run",
    "learn": "learn --repos {root}/list.txt",
    "trace": "trace --repo {root}",
    "index": "index build --repo {root}",
    "sorries": "sorries --repo {root}",
    "daemon": "daemon run --config {root}/prover.toml",
}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
@pytest.mark.parametrize("command", COMMANDS)
def test_it_ends(
    toolchain: EmbeddedToolchain, repository: Path, tmp_path: Path, command: str, number: signal.Signals
) -> None:
    private = tmp_path / "home"
    private.mkdir()
    for shared in ("toolchains", "gateways"):
        (private / shared).symlink_to(home().root / shared)
    words = COMMANDS[command].format(root=repository).split()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PROVER_HOME": str(private)}
    with (tmp_path / "output").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", "from prover.cli.main import main; main()", *words],
            env=environment,
            stdout=output,
            stderr=output,
            cwd=repository,
        )
        started = busy_lean(process)
        assert started, (tmp_path / "output").read_text()
        process.send_signal(number)
        process.wait(END_S)
    assert process.returncode in (0, 130), (tmp_path / "output").read_text()
    assert all(ends(child) for child in started)


def busy_lean(process: "subprocess.Popen[bytes]") -> list[int]:
    """The ids of a process's children, once one of them has worked for so long that it elaborates the file."""
    end, top = time.monotonic() + START_S, psutil.Process(process.pid)
    while time.monotonic() < end and process.poll() is None:
        children = top.children(recursive=True)
        for child in children:
            try:
                if sum(child.cpu_times()[:2]) > BUSY_S:
                    return [each.pid for each in children]
            except psutil.Error:
                continue
        time.sleep(0.2)
    return []
