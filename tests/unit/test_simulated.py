"""The model of known skill: it answers from people's proofs, as well as its skill allows, and only from messages."""

import pytest

from prover.app.simulation import rest_of_block
from prover.server.simulated import ChatMessage, CompletionBody, _events, reply_of, simulated_application
from prover.tactics.language.agent_prompts import AgentPrompts, DraftReport
from prover.tactics.language.answers import read_answer
from prover.tactics.language.formats import PromptFields
from prover.tactics.language.server import streamed
from prover.tactics.language.simulated import SimulatedModel, human_proof

FILE = """\
/-- Adding nothing. -/
theorem first (n : Nat) : n + 0 = n := by
  rfl
"""
SECOND = """theorem second (n m : Nat)
    (h : n = m) : m = n := by
  induction n with
  | zero => simp [Nat.add_comm, h]
  | succ k ih =>
    have step : k = k := by
      rfl
    exact h.symm"""
FIELDS = PromptFields(declaration="second", header=FILE, statement=SECOND.partition(" := by")[0] + " := by")
GOAL = "k : Nat\n⊢ k = k"


def model(skill: float, seed: int = 0) -> SimulatedModel:
    found = [human_proof(FILE, "first"), human_proof(SECOND, "second")]
    return SimulatedModel(
        [each for each in found if each], {GOAL: "rfl"}, skill, seed, ["Nat.add_comm", "Nat.mul_comm"]
    )


def answers(skill: float, count: int = 80) -> list[str]:
    prompt = AgentPrompts("chat").plan(FIELDS)
    return [model(skill).answer(prompt.system or "", prompt.text, number) for number in range(count)]


def right(texts: list[str]) -> int:
    known = human_proof(SECOND, "second")
    assert known is not None
    return sum(read_answer(text, "second", FILE).proof == known.proof for text in texts)


def test_a_model_with_all_skill_repeats_the_proof() -> None:
    assert right(answers(1.0)) == 80


def test_more_skill_is_more_proofs() -> None:
    few, some, many = (right(answers(skill)) for skill in (0.3, 0.6, 0.9))
    assert few < some < many
    assert few < 16
    assert many > 40


def test_answers_depend_on_the_seed_and_the_number_alone() -> None:
    prompt = AgentPrompts("chat").plan(FIELDS).text
    assert model(0.5).answer("", prompt, 1) == model(0.5).answer("", prompt, 1)
    assert len({model(0.3, seed).answer("", prompt, 1) for seed in range(20)}) > 5


def test_a_sketch_has_holes_where_the_model_is_not_sure() -> None:
    proofs = [read_answer(text, "second", FILE).proof for text in answers(0.3)]
    assert any("have step : k = k := by sorry" in proof for proof in proofs)
    assert any("| zero => sorry" in proof for proof in proofs)


def test_only_what_a_message_says_is_known() -> None:
    asked = AgentPrompts("chat").plan(PromptFields(statement="theorem third : False := by"))
    assert read_answer(model(1.0).answer("", asked.text, 0), "third").proof not in ("rfl", "")
    assert "induction" not in model(1.0).answer("", asked.text, 0)


def test_a_goal_is_looked_up_by_its_text() -> None:
    asked = AgentPrompts("chat").hole(FIELDS, GOAL, DraftReport("exact h.symm"))
    assert read_answer(model(1.0).answer("", asked.text, 0), "second", FILE).proof == "rfl"


@pytest.mark.parametrize("text", ["theorem t : p := by\n  sorry", "theorem t : p", "def t : Nat := 0"])
def test_what_has_no_proof_is_not_known(text: str) -> None:
    assert human_proof(text, "t") is None


def test_the_rest_of_a_block_ends_where_it_is_left() -> None:
    text = b"theorem t : p := by\n  constructor\n  \xc2\xb7 simp\n    rfl\n  \xc2\xb7 omega\n\ntheorem u : q := a\n"
    assert rest_of_block(text, text.index(b"simp")) == "simp\nrfl"
    assert rest_of_block(text, text.index(b"constructor")) == "constructor\n· simp\n  rfl\n· omega"


def test_a_reply_is_the_same_whole_and_as_a_stream() -> None:
    body = CompletionBody(messages=(ChatMessage("user", AgentPrompts("chat").plan(FIELDS).text),), n=2)
    reply = reply_of(model(0.6), body, "simulated", chat=True)
    again = streamed("".join(_events(reply, chat=True)).encode())
    assert again is not None
    assert [c["message"]["content"] for c in again["choices"]] == [c["message"]["content"] for c in reply["choices"]]
    assert again["usage"] == reply["usage"]
    assert streamed("".join(_events(reply, chat=True)[:1]).encode()) is None


def test_a_client_of_models_is_answered() -> None:
    from starlette.testclient import TestClient

    client = TestClient(simulated_application(model(1.0), "simulated"))
    asked = {"messages": [{"role": "user", "content": AgentPrompts("chat").plan(FIELDS).text}], "logprobs": True}
    whole = client.post("/v1/chat/completions", json=asked).json()
    stream = client.post("/v1/chat/completions", json={**asked, "stream": True})
    again = streamed(stream.content)
    assert again is not None
    assert again["choices"][0]["message"]["content"] == whole["choices"][0]["message"]["content"]
    assert client.post("/v1/completions", content=b"no JSON").status_code == 400
    assert client.get("/v1/models").json()["data"][0]["id"] == "simulated"


def test_an_answer_ends_at_the_limit_on_tokens() -> None:
    body = CompletionBody(prompt=AgentPrompts("causal").plan(FIELDS).text, max_tokens=4)
    (choice,) = reply_of(model(1.0), body, "simulated", chat=False)["choices"]
    assert len(choice["text"].encode()) <= 12
    assert choice["finish_reason"] == "length"
