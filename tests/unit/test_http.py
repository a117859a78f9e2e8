"""The service over HTTP, on real sockets: answers, refusals, events, and what clients get wrong.

Clients load no certificates (`verify=False`), which takes longer than what they ask.
"""

import json
import os
import socket
import stat
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from prover.app.service import Service
from prover.cli.main import run
from prover.errors import RunError, UsageError
from prover.server.http import MAX_BODY_BYTES
from prover.server.serving import local_port, token_in, unix_socket
from tests.unit.served import Running, Stage, arguments, until


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "s.sock"


@pytest.fixture
def client(service: Service, place: Path) -> Iterator[httpx.Client]:
    transport = httpx.HTTPTransport(uds=str(place), verify=False)
    with (
        unix_socket(place) as bound,
        Running(service, bound),
        httpx.Client(verify=False, transport=transport, base_url="http://localhost", timeout=20) as made,
    ):
        yield made


def told(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["message"])


# --- answers ---


def test_a_tool_answers_with_its_result(client: httpx.Client) -> None:
    answer = client.post("/v1/prove", json=arguments("t"))
    assert answer.status_code == 200
    assert answer.json()["proof"] == "rfl"


def test_a_job_is_started_polled_and_cancelled(client: httpx.Client, stage: Stage) -> None:
    answer = client.post("/v1/jobs", json={"tool": "prove", "arguments": arguments("waits")})
    assert answer.status_code == 202
    place = answer.headers["location"]
    stage.running.acquire()
    assert client.get(place).json()["state"] == "running"
    assert client.delete(place).json()["job"] == answer.json()["job"]
    until(lambda: client.get(place).json()["state"] == "cancelled")
    assert client.get("/v1/jobs").json()["items"][0]["state"] == "cancelled"


def test_an_answer_can_be_waited_for(client: httpx.Client, stage: Stage) -> None:
    answer = client.post("/v1/jobs", json={"tool": "prove", "arguments": arguments("waits")})
    threading.Timer(0.2, stage.go_on.set).start()
    assert client.get(answer.headers["location"], params={"wait": 15}).json()["result"]["status"] == "proved"


def test_events_tell_progress_and_the_end(client: httpx.Client, stage: Stage) -> None:
    job = client.post("/v1/jobs", json={"tool": "prove", "arguments": arguments("searches")}).json()["job"]
    events: list[tuple[str, Any]] = []
    with client.stream("GET", f"/v1/jobs/{job}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        name = ""
        for line in stream.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                events.append((name, json.loads(line.removeprefix("data: "))))
                if events[-1][1].get("goal"):
                    stage.go_on.set()
    assert events[0][0] == "progress"
    assert any(event.get("goal") == "⊢ p" for _, event in events)
    assert (events[-1][0], events[-1][1]["state"]) == ("end", "done")


def test_health_says_which_server_it_is(client: httpx.Client) -> None:
    answer = client.get("/health").json()
    assert (answer["status"], answer["version"], answer["settings"]) == ("ok", "1.2", "efgh")


def test_metrics_count_jobs(client: httpx.Client) -> None:
    client.post("/v1/prove", json=arguments("t"))
    until(lambda: 'prover_jobs_ended_total{state="done"} 1.0' in client.get("/metrics").text)
    assert 'prover_jobs_submitted_total{tool="prove"} 1.0' in client.get("/metrics").text


def test_every_reference_of_the_description_leads_somewhere(client: httpx.Client) -> None:
    text = client.get("/openapi.json").text
    known = json.loads(text)["components"]["schemas"]
    named = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named
    assert named <= set(known)
    assert {"/v1/prove", "/v1/jobs/{job}/events"} <= set(json.loads(text)["paths"])


# --- wrong requests ---


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("/v1/prove", b"{", 400, "no JSON"),
        ("/v1/prove", b"\xff", 400, "no JSON"),
        ("/v1/prove", b"", 400, "no JSON"),
        ("/v1/prove", b"[]", 400, "Expected"),
        ("/v1/fly", b"{}", 400, "no tool fly"),
        ("/v1/jobs", b"[]", 400, "tool"),
        ("/v1/jobs", b'{"tool":"prove","x":1}', 400, "tool"),
        ("/v1/prove", b'{"file_path":"../x.lean"}', 403, "outside"),
        ("/v1/prove", b'{"file_path":"A/B.lean","apply":true}', 403, "--allow-write"),
        ("/v1/prove", b'{"file_path":"A/B.lean","theorem_name":"unknown"}', 422, "no theorem"),
        ("/v1/prove", b'{"file_path":"A/B.lean","theorem_name":"faulty"}', 500, "fault of the prover"),
    ],
)
def test_wrong_requests_get_a_reason(client: httpx.Client, path: str, body: bytes, status: int, said: str) -> None:
    answer = client.post(path, content=body)
    assert (answer.status_code, said in told(answer)) == (status, True), answer.text


def test_unknown_jobs_and_waits(client: httpx.Client) -> None:
    assert client.get("/v1/jobs/nothing").status_code == 404
    job = client.post("/v1/jobs", json={"tool": "prove", "arguments": arguments("t")}).json()["job"]
    assert client.get(f"/v1/jobs/{job}", params={"wait": "long"}).status_code == 400


def test_a_large_body_is_refused_without_being_read(client: httpx.Client) -> None:
    sent = 0

    def body() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += MAX_BODY_BYTES
            yield b" " * MAX_BODY_BYTES

    try:
        answer = client.post("/v1/prove", content=body())
        assert answer.status_code == 413
    except httpx.WriteError:
        pass  # the server has closed the connection
    assert sent < 50 * MAX_BODY_BYTES
    assert client.get("/health").status_code == 200


@pytest.mark.usefixtures("client")
def test_a_hundred_requests_at_once_are_all_answered(place: Path, service: Service) -> None:
    def ask(_: int) -> int:
        with httpx.Client(
            verify=False,
            transport=httpx.HTTPTransport(uds=str(place), verify=False),
            base_url="http://localhost",
            timeout=30,
        ) as one:
            return one.post("/v1/prove", json=arguments("t")).status_code

    with ThreadPoolExecutor(100) as executor:
        answers = list(executor.map(ask, range(100)))
    assert set(answers) <= {200, 503}
    assert answers.count(503) == service.counts.refused
    assert answers.count(200) == service.counts.submitted["prove"] > 0


def test_a_client_that_leaves_cancels_its_job(
    client: httpx.Client, place: Path, service: Service, stage: Stage
) -> None:
    body = json.dumps(arguments("waits"))
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(place))
        raw.sendall(f"POST /v1/prove HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        stage.running.acquire()
    until(lambda: service.jobs()[0].state == "cancelled")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Host": ""}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:3000"}, 200),
        ({"Host": "[::1]:80"}, 200),
    ],
)
def test_only_this_computer_may_ask(client: httpx.Client, headers: dict[str, str], status: int) -> None:
    assert client.get("/health", headers=headers).status_code == status


def test_a_port_needs_the_token(service: Service) -> None:
    with local_port(0) as bound, Running(service, bound, "right"):
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        assert httpx.get(f"{url}/health", verify=False).status_code == 200
        assert httpx.post(f"{url}/v1/prove", json=arguments("t"), verify=False).status_code == 401
        for token, status in (("wrong", 401), ("Ω", 401), ("right", 200)):
            headers = {b"Authorization": f"Bearer {token}".encode()}
            assert (
                httpx.post(f"{url}/v1/prove", json=arguments("t"), headers=headers, verify=False).status_code == status
            )


# --- sockets and tokens ---


def test_a_port_in_use_is_named() -> None:
    with local_port(0) as bound:
        number = bound.getsockname()[1]
        with pytest.raises(RunError, match=f"Port {number} cannot be used"), local_port(number):
            pass


def test_a_socket_is_for_its_user_only_and_goes_with_its_server(place: Path) -> None:
    with unix_socket(place):
        assert stat.S_IMODE(place.stat().st_mode) == 0o600
        with pytest.raises(RunError, match="A server uses"), unix_socket(place):
            pass
        assert place.exists()
    assert not place.exists()


def test_what_a_killed_server_left_is_replaced(place: Path) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(place))
    left.close()
    with unix_socket(place):
        assert place.exists()


def test_a_file_in_the_place_of_a_socket_is_kept(place: Path) -> None:
    place.write_text("precious")
    with pytest.raises(UsageError, match="not a socket"), unix_socket(place):
        pass
    assert place.read_text() == "precious"


def test_a_path_that_no_socket_can_have_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="too long"), unix_socket(tmp_path / ("x" * 200)):
        pass


def test_a_token_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    file = tmp_path / "token"
    token = token_in(file)
    assert len(token) > 20
    assert token_in(file) == token
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    os.chmod(file, 0o644)
    with pytest.raises(UsageError, match="chmod 600"):
        token_in(file)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--port", "0"], "both --port and --token-file"),
        (["--token-file", "t"], "both --port and --token-file"),
        (["--repo", "missing"], "There is no missing"),
    ],
)
def test_wrong_options_are_refused(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", *words]) == 2
    assert said in capsys.readouterr().err


def test_a_server_ends_in_time(tmp_path: Path) -> None:
    import signal
    import subprocess
    import sys

    place = tmp_path / "s.sock"
    program = "from prover.cli.main import main; main()"
    words = [sys.executable, "-c", program, "serve", "--repo", str(tmp_path), "--socket", str(place)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == f"listening on {place}\n"
    with httpx.Client(
        transport=httpx.HTTPTransport(uds=str(place), verify=False), base_url="http://localhost"
    ) as client:
        assert client.get("/health").json()["status"] == "ok"
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert time.monotonic() - began < 5
    assert not place.exists()
