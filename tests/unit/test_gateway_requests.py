"""The gateway's requests and replies as they are on the wire."""

import msgspec
import pytest

from prover.lean.protocol import KeptState, Message, name_or
from prover.lean.requests import (
    ElaborateReply,
    ElaborateRequest,
    ForgetRequest,
    GatewayError,
    GatewayReply,
    GatewayRequest,
    JudgeReply,
    JudgeRequest,
    ReplayRequest,
    RunRequest,
    StreamRequest,
    TacticReply,
    encode,
    reply_decoder,
)

REQUESTS = [*GatewayRequest.__subclasses__(), *StreamRequest.__subclasses__()]


def test_every_request_has_a_name_of_its_own_and_names_its_replies() -> None:
    names = [request.__struct_config__.tag for request in REQUESTS]
    assert sorted(set(names)) == sorted(names)
    assert {"elaborate", "run", "close", "judge", "replay", "forget"} <= set(names)
    for request in REQUESTS:
        reply_decoder(request)


def test_a_request_is_one_flat_object_named_by_do() -> None:
    request = ElaborateRequest(text="theorem", file="A.lean", module="A", options={"autoImplicit": False})
    assert msgspec.json.decode(encode(request)) == {
        "do": "elaborate",
        "text": "theorem",
        "file": "A.lean",
        "module": "A",
        "options": {"autoImplicit": False},
    }
    assert encode(ForgetRequest()) == b'{"do":"forget"}'


def test_a_judged_candidate_is_compiled_only_where_that_is_requested() -> None:
    text = {"text": "", "file": "", "module": "", "options": {}}
    place = {
        "theorem": "t",
        "selection": 0,
        "beside": (),
        "start": 0,
        "stop": 0,
        "original": "",
        "olean": "",
        "own": (),
        "block": True,
        "linted": False,
    }
    plain = JudgeRequest(**text, **place)  # type: ignore[arg-type]  # the values are of these types
    compiled = msgspec.structs.replace(plain, compiled="out.olean")
    assert "compiled" not in msgspec.json.decode(encode(plain))
    assert msgspec.json.decode(encode(compiled))["compiled"] == "out.olean"


def test_a_batch_has_partial_replies_and_a_closing_one() -> None:
    decode = reply_decoder(RunRequest)
    assert decode(b'{"microseconds":7,"children":[{"state":3,"goals":[]}]}') == TacticReply(7, (KeptState(3, ()),))
    assert decode(b'{"microseconds":7,"failure":"timeout","message":"late"}') == TacticReply(7, None, "timeout", "late")
    assert decode(b'{"done":true}') == GatewayReply()
    assert decode(b'{"done":true,"error":"no state 4"}') == GatewayError(error="no state 4")


def test_a_reply_is_of_the_type_that_the_request_names() -> None:
    assert reply_decoder(ElaborateRequest)(b'{"done":true,"source":1,"messages":[]}') == ElaborateReply(
        source=1, messages=()
    )
    judged = reply_decoder(JudgeRequest)(b'{"done":true,"refusedAxioms":["sorryAx"],"level":3,"refused":"no"}')
    assert judged == JudgeReply(refused_axioms=("sorryAx",), level=3, refused="no")


@pytest.mark.parametrize("request_type", REQUESTS)
def test_every_request_may_be_closed_by_an_error(request_type: type[GatewayRequest[object]]) -> None:
    assert reply_decoder(request_type)(b'{"done":true,"error":"x"}') == GatewayError(error="x")


@pytest.mark.parametrize("line", [b'{"done":true}', b'{"done":true,"source":"one","messages":[]}', b"{"])
def test_a_reply_of_another_type_is_refused(line: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        reply_decoder(ElaborateRequest)(line)


def test_a_message_keeps_the_names_that_lean_gives_its_fields() -> None:
    message = Message("error", 1, 2, 3, 4, "text", "printed")
    assert msgspec.json.decode(encode(message))["endColumn"] == 4


def test_axioms_that_are_allowed_are_sent_with_the_claim() -> None:
    text = {"text": "", "file": "", "module": "", "options": {}}
    place = {"theorem": "t", "selection": 0, "start": 0, "stop": 0, "original": "", "olean": "", "own": ()}
    request = JudgeRequest(**text, **place, beside=(), block=True, axioms=("Game.move",))  # type: ignore[arg-type]  # as above
    assert b'"axioms":["Game.move"]' in encode(request)
    assert b'"axioms":["Game.move"]' in encode(ReplayRequest("", "", "t", (), ("Game.move",)))


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("unsolved goals\nn : Nat\n⊢ n = 0", "unsolved goals"),
        ("Type mismatch\n  h\nhas type\n  a = b", "Type mismatch h has type a = b"),
        ("fail to show termination for\n  f\n\nwith errors", "fail to show termination for f"),
        ("omega could not prove the goal:\na possible", "omega could not prove the goal"),
        ("long\n  " + "a " * 200, "long " + "a " * 76 + "a…"),
        ("", ""),
    ],
)
def test_a_message_has_a_summary_in_one_line(text: str, summary: str) -> None:
    assert Message("error", 1, 0, 1, 1, text, "").summary == summary


def test_an_error_may_name_two_modules_that_cannot_be_imported_together() -> None:
    line = b'{"done":true,"error":"import failed","clash":["Lean.A","B.C"]}'
    assert reply_decoder(ForgetRequest)(line) == GatewayError(error="import failed", clash=("Lean.A", "B.C"))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Nat.add_comm", "Nat.add_comm"),
        ("«_aux_0016-meta___macroRules_termTodo_1»", "unnamed"),
        ("Course._aux_A___macroRules_tacticTodo_1", "unnamed"),
        ("_eval", "unnamed"),
        ("Tm.eval", "Tm.eval"),
        ("inst._@.A.B.2023797199._hygCtx._hyg.9", "unnamed"),
    ],
)
def test_names_that_lean_made_are_not_shown(name: str, shown: str) -> None:
    assert name_or("unnamed", name) == shown
