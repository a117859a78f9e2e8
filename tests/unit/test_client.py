"""What the command line asks of a running server, and when it does without; with tools that start no Lean."""

import json
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from prover.app import environment
from prover.app.report import Report, TheoremReport
from prover.app.served_run import RunArguments
from prover.app.service import Service
from prover.cli.main import run
from prover.cli.served import served_report
from prover.lean.session import TacticLimits
from prover.server import client
from prover.server.client import SOCKET_NAME, running_server
from prover.server.identity import own_identity
from prover.server.serving import unix_socket
from tests.unit.served import IDENTITY, Running, Stage, arguments, made_service, until


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "home"
    made.mkdir()
    monkeypatch.setenv("PROVER_HOME", str(made))  # which the identity of a server has, and the command looks into
    return made


@pytest.fixture
def service(repository: Path, stage: Stage) -> Iterator[Service]:
    with made_service(repository, stage, runs=True) as made:
        yield made
        stage.go_on.set()


@pytest.fixture
def running(home: Path, service: Service) -> Iterator[Running]:
    with unix_socket(home / SOCKET_NAME) as bound, Running(service, bound, identity=own_identity()) as made:
        yield made


class Asked:
    """A run that is asked for, with the notes and the results that came."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.theorems: list[TheoremReport] = []

    def report(self, root: Path, *names: str) -> Report | None:
        arguments = RunArguments(str(root), "automation", 20.0, TacticLimits(), 8, (), names)
        return served_report(arguments, environment.home().root, self.notes.append, self.theorems.append)


@pytest.mark.usefixtures("running")
def test_a_server_of_the_same_version_does_the_work(repository: Path) -> None:
    asked = Asked()
    report = asked.report(repository, "one", "two")
    assert report is not None
    assert [theorem.theorem for theorem in report.theorems] == ["one", "two"]
    assert report.theorems == asked.theorems
    assert report.theorems[0].counterexample == (("n", "2"),)
    assert report.generators["automation"].tried == 2
    assert asked.notes == ["one is proved", "two is proved"]


@pytest.mark.usefixtures("running")
def test_the_command_prints_what_the_server_finds(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "report.json"
    words = ["prove", "--repo", str(repository), "one", "A/B.lean#L1", "--json", str(file)]
    assert run(words) == 0
    assert "2 of 2 proved" in capsys.readouterr().out
    assert [each["theorem"] for each in json.loads(file.read_text())["theorems"]] == ["one", "A/B.lean#L1"]


@pytest.mark.usefixtures("running")
def test_a_search_is_watched_while_it_runs(home: Path, stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    client = running_server(home)
    assert client is not None
    job = client.start("prove", arguments("searches"))
    for event in client.events(job, search=True):
        if event.kind == "tactics":
            assert event.value[0] == {"goal": 0, "tactic": "simp", "left": None, "goals": {"0": "⊢ p"}}
            stage.go_on.set()
    assert run(["watch"]) == 0
    text = capsys.readouterr().out
    assert f"job {job}  proved" in text
    assert "⊢ p" in text
    assert run(["watch", "0123456789abcdef"]) != 0
    assert "knows no job" in capsys.readouterr().err


def test_a_run_without_logs_is_named(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert home.exists()
    assert run(["watch", "7"]) == 2
    assert "Run 7 has no logs" in capsys.readouterr().err


def test_without_a_server_nobody_is_asked(home: Path, repository: Path) -> None:
    asked = Asked()
    assert asked.report(repository, "one") is None
    (home / SOCKET_NAME).write_text("a file")
    assert asked.report(repository, "one") is None
    assert asked.notes == []


def test_a_socket_that_a_killed_server_left_is_no_obstacle(home: Path, repository: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(home / SOCKET_NAME))
    assert running_server(home) is None
    assert Asked().report(repository, "one") is None


def test_a_server_that_does_not_answer_is_no_obstacle(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "HEALTH_SECONDS", 0.2)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(home / SOCKET_NAME))
        silent.listen()
        assert running_server(home) is None


def test_a_server_of_another_version_is_not_used(home: Path, service: Service, repository: Path) -> None:
    with unix_socket(home / SOCKET_NAME) as bound, Running(service, bound, identity=IDENTITY):
        assert Asked().report(repository, "one") is None
    assert service.jobs() == []


@pytest.mark.usefixtures("running")
def test_what_the_server_may_not_do_is_done_without_it(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "lakefile.toml").write_text('name = "other"\n')
    asked = Asked()
    assert asked.report(other, "one") is None
    assert "outside the directories" in asked.notes[0]


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("name", ["unknown", "faulty"])
def test_a_job_that_fails_is_done_without_the_server(repository: Path, name: str) -> None:
    asked = Asked()
    assert asked.report(repository, "one", name) is None
    assert "the server ended the job" in asked.notes[-1]


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("place", ["A/Missing.lean#3", "A/Missing.lean:one"])
def test_a_file_that_only_this_process_finds_is_no_question_for_a_server(repository: Path, place: str) -> None:
    asked = Asked()
    assert asked.report(repository, place) is None
    assert asked.notes == []


def test_a_server_that_ends_meanwhile_is_noticed(
    running: Running, service: Service, stage: Stage, repository: Path
) -> None:
    def end() -> None:
        stage.running.acquire()
        service.close()
        running.end()

    thread = threading.Thread(target=end)
    thread.start()
    asked = Asked()
    assert asked.report(repository, "waits") is None
    thread.join()
    assert "done without it" in asked.notes[-1]


@pytest.mark.usefixtures("running")
def test_an_interrupt_cancels_the_job_and_keeps_what_is_known(service: Service, stage: Stage, repository: Path) -> None:
    asked, main = Asked(), threading.get_ident()

    def interrupt() -> None:
        until(lambda: len(asked.theorems) == 1)
        signal.pthread_kill(main, signal.SIGINT)

    stage.running.release()
    thread = threading.Thread(target=interrupt)
    thread.start()
    report = asked.report(repository, "one", "waits")
    thread.join()
    assert report is not None
    assert (report.interrupted, [theorem.theorem for theorem in report.theorems]) == (True, ["one"])
    until(lambda: service.jobs()[0].state == "cancelled")
