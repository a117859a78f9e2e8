"""The client of SorryDB's leaderboard against a local stand-in that speaks its protocol."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from prover.app.leaderboard import Leaderboard, compete
from prover.cli.main import run
from prover.errors import LeaderboardFailed
from prover.evaluate.located import sorry_record

FLAT = {
    "id": "s1", "remote": "https://host/r", "branch": "main", "commit": "abc", "lean_version": "v4.28.0",
    "path": "A/B.lean", "start_line": 3, "start_column": 2, "end_line": 3, "end_column": 7, "goal": "⊢ p", "url": "u",
}  # fmt: skip


class StandIn:
    """A leaderboard with a number of challenges."""

    def __init__(self) -> None:
        self.challenges = 2
        self.asked: list[tuple[str, Any, str | None]] = []
        self.broken: dict[str, tuple[int, bytes]] = {}
        """The answers to paths with such an end."""
        board = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                board.asked.append((self.path, body, self.headers.get("Authorization")))
                self.answer(*board.answer(self.path))

            def do_GET(self) -> None:
                self.answer(200, json.dumps([{"agent": "a1", "score": 1}]).encode())

            def answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, path: str) -> tuple[int, bytes]:
        for end, answer in self.broken.items():
            if path.endswith(end):
                return answer
        if path == "/agents/":
            return 201, b'{"id": "a1"}'
        if path.endswith("/submit/"):
            return 200, b'{"status": "PENDING_VERIFICATION"}'
        if self.challenges == 0:
            return 404, b"none left"
        self.challenges -= 1
        challenge = {"id": f"c{self.challenges}", "deadline": "soon", "sorry": FLAT, "status": "AWAITING_SUBMISSION"}
        return 201, json.dumps(challenge).encode()


@pytest.fixture
def standin() -> Iterator[StandIn]:
    made = StandIn()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def test_challenges_are_taken_and_proofs_submitted(standin: StandIn) -> None:
    board = Leaderboard(standin.address, "secret")
    agent = board.register("prover", "v4.28.0")
    proofs = iter(["rfl", None])
    results = list(compete(board, agent, 5, lambda record: next(proofs)))
    assert [(challenge.id, result and result.status) for challenge, result in results] == [
        ("c1", "PENDING_VERIFICATION"),
        ("c0", None),
    ]
    paths = [path for path, _, _ in standin.asked]
    own = "/agents/a1/challenges/"
    assert paths == ["/agents/", own, f"{own}c1/submit/", own, own]
    assert standin.asked[0][1]["max_lean_version"] == "v4.28.0"
    assert standin.asked[2][1] == {"proof": "rfl"}
    assert {token for _, _, token in standin.asked} == {"Bearer secret"}
    assert board.standing() == [{"agent": "a1", "score": 1}]


def test_a_challenge_is_a_record_of_sorrydb(standin: StandIn) -> None:
    challenge = Leaderboard(standin.address).challenge("a1")
    assert challenge is not None
    record = sorry_record(challenge.record())
    assert (record.id, record.location, record.file) == ("s1", "https://host/r@abc", "A/B.lean")
    assert (record.line, record.column, record.goal) == (3, 2, "⊢ p")


@pytest.mark.parametrize(
    ("end", "answer", "said"),
    [
        ("/agents/", (403, b"name taken"), "answers 403: name taken"),
        ("/agents/", (200, b"<html>"), "cannot be asked"),
        ("/agents/", (200, b"[]"), "without 'id'"),
        ("/challenges/", (500, b""), "answers 500"),
        ("/challenges/", (200, b'{"id": "c", "sorry": 3}'), "without a record"),
        ("/submit/", (410, b"too late"), "answers 410: too late"),
    ],
)
def test_what_goes_wrong_is_named(standin: StandIn, end: str, answer: tuple[int, bytes], said: str) -> None:
    standin.broken[end] = answer
    board = Leaderboard(standin.address)
    with pytest.raises(LeaderboardFailed, match=said):
        list(compete(board, board.register("prover"), 1, lambda _: "rfl"))


def test_a_leaderboard_that_is_not_there() -> None:
    with pytest.raises(LeaderboardFailed, match="Check the address"):
        Leaderboard("http://127.0.0.1:1").register("prover")


def test_the_command_tries_each_challenge(standin: StandIn, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    FLAT["remote"] = str(tmp_path / "missing")
    words = ["sorrydb", "compete", "--address", standin.address, "--count", "2"]
    assert run([*words, "--name", "prover"]) == 1
    out = capsys.readouterr()
    assert ("registered as agent a1" in out.out, "0 of 2 submitted" in out.out) == (True, True)
    assert "missing" in out.err
    assert run(words) == 2
    assert "--agent ID or --name NAME" in capsys.readouterr().err
