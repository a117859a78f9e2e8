"""The daemon as a process: it starts once, answers, ends within five seconds, and starts again after a SIGKILL."""

import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from types import FrameType

import psutil
import pytest

from curriculum.daemon.configuration import DaemonConfig, PublishConfig
from curriculum.database.records import AttemptCost
from curriculum.lifelong.executor import AttemptRequest, AttemptResult
from prover.app.daemon.environment import time_limit
from prover.app.daemon.log import JsonLog
from prover.app.daemon.patches import Patches
from prover.app.daemon.process import lower_priority
from prover.cli.main import run
from prover.errors import RepositoryError

DEADLINE_S = 60.0


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Path]:
    """A directory of its own, with no repositories; no daemon is left after the test."""
    monkeypatch.setenv("PROVER_HOME", str(tmp_path / "home"))
    yield tmp_path
    with capsys.disabled():
        run(["daemon", "stop"])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def configured(place: Path, port: int) -> str:
    file = place / "prover.toml"
    file.write_text(f"[limits]\nfree_disk_gb = 0\nfree_memory_gb = 0\n[server]\nport = {port}\n")
    return str(file)


def standing(capsys: pytest.CaptureFixture[str]) -> dict[str, object] | None:
    capsys.readouterr()
    run(["daemon", "status", "--json"])
    status: dict[str, object] | None = json.loads(capsys.readouterr().out)
    return status


def asked(port: int, path: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


@pytest.mark.slow
def test_a_life(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    file = configured(place, port)
    assert run(["daemon", "status"]) == 1
    assert run(["daemon", "start", "--config", file]) == 0
    status = standing(capsys)
    assert status is not None
    pid = int(str(status["pid"]))
    assert run(["daemon", "start", "--config", file]) == 2
    assert f"running already (process {pid})" in capsys.readouterr().err
    end = time.monotonic() + DEADLINE_S
    while (now := standing(capsys)) is not None and now["state"] != "idle" and time.monotonic() < end:
        time.sleep(0.3)
    assert now is not None
    assert now["state"] == "idle"
    status, body = asked(port, "/health")
    assert (status, json.loads(body)["state"]) == (200, "idle")
    assert "prover_attempts_total 0.0" in asked(port, "/metrics")[1]
    assert asked(port, "/else")[0] == 404

    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=DEADLINE_S)
    assert standing(capsys) is None, "a file that a killed one left is no daemon"
    assert run(["daemon", "start", "--config", file]) == 0
    capsys.readouterr()
    assert run(["daemon", "stop"]) == 0
    assert capsys.readouterr().out == "stopped\n", "cleanly, within its five seconds"
    assert run(["daemon", "logs"]) == 0
    events = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
    assert events.count("started") == 2
    assert events[-1] == "stopped"


def test_a_wrong_configuration_is_said_at_the_start(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = place / "prover.toml"
    file.write_text("[daemon]\njobs = 0\n")
    assert run(["daemon", "start", "--config", str(file)]) == 2
    assert "line 2: jobs must be from 1 to 64" in capsys.readouterr().err
    assert run(["daemon", "stop"]) == 1
    assert run(["daemon", "logs"]) == 2


def test_a_port_in_use_is_said_at_the_start(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert run(["daemon", "start", "--config", configured(place, taken.getsockname()[1])]) == 2
    assert "cannot be used" in capsys.readouterr().err


def test_a_list_that_is_not_there_is_said_at_the_start(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = place / "prover.toml"
    file.write_text(f"[daemon]\nrepositories = '{place}/list'\n")
    assert run(["daemon", "start", "--config", str(file)]) == 2
    assert "list cannot be read" in capsys.readouterr().err


def events(place: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (place / "log").read_text().splitlines()]


def test_a_proof_is_written_as_a_patch_and_published(place: Path) -> None:
    configuration = DaemonConfig(publish=PublishConfig(("sh", "-c", "printf '\\351chec' >&2; exit 3")))
    patches = Patches(configuration, JsonLog(place / "log"))
    finished = AttemptResult(AttemptRequest("A", "a", 9), "key", "lean", ("open", "the budget is spent"), AttemptCost())
    assert patches.write("https://example.org/r", finished) is None
    written = patches.write("https://example.org/r", replace(finished, patch="--- A.lean\n"))
    assert written is not None
    assert written.read_text().endswith("\n---\n--- A.lean\n")
    assert [event["event"] for event in events(place)] == ["patch_written"]
    patches.publish("https://example.org/r", written)
    published = events(place)[-1]
    assert (published["event"], published["status"]) == ("publish_failed", 3)
    assert "chec" in str(published["stderr"]), "bytes that are no text stop nobody"


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Stopped(BaseException):
    """A signal came."""


@pytest.mark.slow
def test_a_command_that_publishes_ends_with_its_children_when_the_daemon_is_told_to_stop(place: Path) -> None:
    patches = Patches(DaemonConfig(), JsonLog(place / "log"))
    program = "import os,subprocess,time; c=subprocess.Popen(['sleep','600']); "
    program += f"open('{place}/part','w').write(f'{{os.getpid()}} {{c.pid}}'); "
    program += f"os.rename('{place}/part','{place}/pids'); time.sleep(600)"

    def stop() -> None:
        while not (place / "pids").exists():
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGUSR1)

    def stopped(_signal: int, _frame: FrameType | None) -> None:
        raise Stopped

    before = signal.signal(signal.SIGUSR1, stopped)
    try:
        threading.Thread(target=stop, daemon=True).start()
        with pytest.raises(Stopped):
            patches._run([sys.executable, "-c", program])
    finally:
        signal.signal(signal.SIGUSR1, before)
    pids = [int(pid) for pid in (place / "pids").read_text().split()]
    end = time.monotonic() + DEADLINE_S
    while (left := [pid for pid in pids if alive(pid)]) and time.monotonic() < end:
        time.sleep(0.05)
    assert left == []


def test_a_time_limit_ends_what_takes_longer() -> None:
    with pytest.raises(RepositoryError, match="a training took longer than"), time_limit(0.05 / 3600, "a training"):
        time.sleep(DEADLINE_S)
    with time_limit(0, "a trace without a limit"):
        pass


@pytest.mark.parametrize(("wanted", "had", "got"), [(10, 0, [10]), (10, 15, [15]), (0, 15, [])])
def test_it_is_never_less_nice_than_it_was(
    monkeypatch: pytest.MonkeyPatch, wanted: int, had: int, got: list[int]
) -> None:
    became: list[int] = []
    monkeypatch.setattr(os, "getpriority", lambda *_: had)
    monkeypatch.setattr(os, "setpriority", lambda _which, _who, nice: became.append(nice))
    lower_priority(wanted)
    assert became == got
