"""Protocols of other tools: requests as their clients send them, and what they get wrong; without Lean."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from prover.app.goal_text import goals_in
from prover.app.snippets import SnippetReport
from prover.check.audit import FileAudit, FileFinding
from prover.lean.protocol import Goal, Message, Place
from prover.lean.session import Origin, SorryGoal, SourceText, State
from prover.server.copilot import Models, copilot_application
from prover.tactics.generator import StatelessGenerator, Suggestion

GOAL = "n : ℕ\nh : n =\n    2\n⊢ n * n =\n  4"


class Scripted(StatelessGenerator):
    name = "scripted"

    def suggest(self, goal: Goal) -> list[Suggestion]:
        return [Suggestion("omega", -1.0), Suggestion(f"simp [{goal.hypotheses[0].name}]", -0.5), Suggestion("up", 3.0)]


def checked(code: str, seconds: float, reuse: bool) -> SnippetReport:
    if "slow" in code:
        return SnippetReport(error=f"Lean did not finish in {seconds:g} s")
    message = Message("information", 1, 0, 1, 4, "hello", "S.lean:1:0: hello")
    state = State((Goal("k"),), Origin(SourceText(code, "S.lean", "S"), 3, statement=False))
    goal = SorryGoal(state, code.encode().index(b"sorry"), len(code.encode()), Place("term"), (0, 9), "t", "⊢ p")
    found = FileAudit("S.lean", (FileFinding(2, "it rests on `sorry`", True, "t"),), 1)
    return SnippetReport((message,), (goal,), found, not reuse)


def test_an_encoder_that_is_loaded_encodes() -> None:
    app = copilot_application(Models({}), encoders={"byt5": lambda text: [0.25, float(len(text))]})
    with TestClient(app, base_url="http://localhost") as client:
        assert client.post("/encode", json={"name": "byt5", "input": "ab"}).json() == {"outputs": [0.25, 2.0]}
        answer = client.post("/encode", json={"name": "other", "input": "ab"})
        assert (answer.status_code, "choose from byt5" in answer.json()["error"]) == (404, True)


@pytest.fixture
def client() -> Iterator[TestClient]:
    app = copilot_application(
        Models({"prover": Scripted()}), lambda state, count: ["A.b", state][:count], checked, "right"
    )
    with TestClient(app, base_url="http://localhost") as made:
        yield made


def outputs(client: TestClient, **others: Any) -> list[Any]:
    answer = client.post("/generate", json={"name": "prover", "input": GOAL, "prefix": "", **others})
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json()["outputs"]
    return found


def test_tactics_have_probabilities(client: TestClient) -> None:
    found = outputs(client)
    assert [each["output"] for each in found] == ["up", "simp [n]", "omega"]
    assert found[0]["score"] == 1
    assert 0 < found[2]["score"] < found[1]["score"] < 1


def test_outputs_begin_with_the_prefix(client: TestClient) -> None:
    assert [each["output"] for each in outputs(client, prefix="si")] == ["simp [n]"]
    assert outputs(client, prefix="zzz") == []


@pytest.mark.parametrize("text", ["", "garbage", "n : ℕ", "\n\n", "🦊" * 1000])
def test_a_text_without_a_goal_has_no_tactics(client: TestClient, text: str) -> None:
    assert outputs(client, input=text) == []


def test_of_several_goals_the_first_counts(client: TestClient) -> None:
    assert outputs(client, input=f"case a\nm : ℕ\n⊢ m = m\n\ncase b\n{GOAL}")[1]["output"] == "simp [m]"


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("/generate", {"name": "other", "input": GOAL}, 404, "no model other: choose from prover"),
        ("/generate", {"input": GOAL}, 400, "name"),
        ("/generate", {"name": "prover", "input": 3}, 400, "input"),
        ("/encode", {"name": "prover", "input": GOAL}, 404, "No encoder is loaded"),
        ("/retrieve", {"state": GOAL, "k": 0}, 400, "k is 0"),
        ("/retrieve", {"k": 3}, 400, "state"),
    ],
)
def test_wrong_requests_get_a_reason(client: TestClient, path: str, body: object, status: int, said: str) -> None:
    answer = client.post(path, json=body)
    assert (answer.status_code, said in answer.json()["error"]) == (status, True), answer.text


def test_premises_are_names(client: TestClient) -> None:
    answer = client.post("/retrieve", json={"state": "⊢ p", "new_premises": [{"name": "x", "decl": "y"}], "k": 2})
    assert answer.json() == [{"name": "A.b"}, {"name": "⊢ p"}]


def test_files_are_checked_in_the_shape_of_kimina(client: TestClient) -> None:
    body = {
        "snippets": [{"id": "1", "code": "∀\nsorry"}, {"id": "2", "code": "slow"}],
        "timeout": 7,
        "debug": False,
        "reuse": True,
        "infotree": None,
    }
    assert client.post("/api/check", json=body).status_code == 401
    first, second = client.post("/api/check", json=body, headers={"Authorization": "Bearer right"}).json()["results"]
    assert first["response"] == {
        "env": 0,
        "messages": [
            {
                "severity": "info",
                "pos": {"line": 1, "column": 0},
                "endPos": {"line": 1, "column": 4},
                "data": "hello",
            }
        ],
        "sorries": [{"pos": {"line": 2, "column": 0}, "endPos": {"line": 2, "column": 5}, "goal": "⊢ p"}],
    }
    assert (first["accepted"], first["fresh"], first["findings"][0]["declaration"]) == (False, False, "t")
    assert (second["id"], second["error"]) == ("2", "Lean did not finish in 7 s")


def test_without_a_repository_only_tactics_are_offered() -> None:
    with TestClient(copilot_application(Models({"prover": Scripted()})), base_url="http://localhost") as client:
        assert client.post("/retrieve", json={"state": GOAL}).status_code == 404
        answer = client.post("/api/check", json={"snippets": []})
        assert (answer.status_code, "--token-file" in answer.json()["error"]) == (403, True)
        assert client.post("/generate", json={}, headers={"Host": "evil.example"}).status_code == 403


def test_goals_are_read_as_lean_prints_them() -> None:
    (goal,) = goals_in(GOAL)
    assert [(each.name, each.type) for each in goal.hypotheses] == [("n", "ℕ"), ("h", "n =\n    2")]
    assert goal.target == "n * n =\n  4"
    text = "case inl.h\nα : Type u_1\ninst✝ : Add α\na b : α\nx : α := a + b\n⊢ a = b\n\ncase inr\n⊢ p"
    first, second = goals_in(text)
    assert (first.tag, first.names, second.tag, second.target) == ("inl.h", ("α", "inst✝", "a", "b", "x"), "inr", "p")
    assert [each.let for each in first.hypotheses] == [False, False, False, False, True]
    assert first.key != second.key
