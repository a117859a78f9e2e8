"""Models behind servers, against a real local HTTP server that behaves well or badly."""

import socket
import traceback
from collections.abc import Sequence
from dataclasses import replace

import pytest

from prover.errors import ServerFailed, UsageError
from prover.tactics.language.model import Completion, Decoding, Prompt, accounted
from prover.tactics.language.server import Address, Calling, Server, parse_address
from tests.model_server import Reply, Served, chat, completion, raw, serving, slowly, status

QUICK = Calling(timeout=5.0, tries=3, pause=0.001)
KEY = "a-very-secret-key"
ASKED = [Prompt("⊢ p", system="Prove.")]
SAMPLES = Decoding(2, "sample", temperature=0.7, tokens=50, stops=("X",), seed=4)


def answers(served: Served, calling: Calling = QUICK, prompts: Sequence[Prompt] = ASKED) -> list[list[Completion]]:
    with Server(Address(served.url, "some-model"), calling, KEY) as server:
        return server.complete(prompts, SAMPLES)


def test_a_chat_is_asked_and_its_answers_read() -> None:
    with serving(chat("omega", "simpX and more", scores=[-2.0, -0.5])) as served:
        assert answers(served) == [[Completion("simp", -0.5), Completion("omega", -2.0)]]
    assert served.paths == ["/v1/chat/completions"]
    assert served.keys == [f"Bearer {KEY}"]
    asked = served.asked[0]
    assert asked["messages"] == [{"role": "system", "content": "Prove."}, {"role": "user", "content": "⊢ p"}]
    assert {name: asked[name] for name in ("model", "n", "temperature", "max_tokens", "stop", "seed")} == {
        "model": "some-model",
        "n": 2,
        "temperature": 0.7,
        "max_tokens": 50,
        "stop": ["X"],
        "seed": 4,
    }


def test_a_completion_is_asked_for_and_its_probabilities_added_up() -> None:
    with serving(completion("simp", "omega", scores=[-3.0, -1.0])) as served:
        found = answers(served, replace(QUICK, endpoint="completion"))
    assert found == [[Completion("omega", -2.0, finished=False), Completion("simp", -4.0, finished=False)]]
    assert served.paths == ["/v1/completions"]
    assert served.asked[0]["prompt"] == "Prove.\n\n⊢ p"


def test_an_account_is_charged_for_every_prompt_whatever_thread_asks() -> None:
    priced = replace(QUICK, price_in=1_000.0, price_out=10_000.0)
    with serving(chat("omega")) as served, accounted() as account:
        answers(served, priced, [Prompt(f"⊢ p{number}") for number in range(3)])
    asked = len(served.asked)
    assert asked >= 3
    assert (account.usage.tokens_in, account.usage.tokens_out) == (10 * asked, 5 * asked)
    assert account.usage.cost == pytest.approx(asked * (10 * 1_000 + 5 * 10_000) / 1_000_000)


def test_where_no_probabilities_are_told_the_order_counts() -> None:
    with serving(chat("b", "a")) as served:
        first, second = answers(served)[0]
    assert (first.text, second.text) == ("b", "a")
    assert 0 > first.log_probability > second.log_probability


def test_each_prompt_gets_its_own_answer_whatever_comes_first() -> None:
    def echo(handler: object, asked: dict[str, object]) -> None:
        text = asked["messages"][-1]["content"]  # type: ignore[index]  # JSON
        chat(f"to {text}", f"again to {text}")(handler, asked)  # type: ignore[arg-type]  # as it was given

    with serving(echo) as served:
        found = answers(served, prompts=[Prompt(str(number)) for number in range(20)])
    assert [answer[0].text for answer in found] == [f"to {number}" for number in range(20)]


def test_a_server_that_gives_one_answer_at_a_time_is_asked_again() -> None:
    with serving(chat("simp"), chat("omega")) as served:
        assert {c.text for c in answers(served)[0]} == {"simp", "omega"}
    assert [(asked["n"], asked["seed"]) for asked in served.asked] == [(2, 4), (1, 5)]


def test_no_more_requests_are_under_way_than_allowed() -> None:
    def wait(handler: object, asked: dict[str, object]) -> None:
        slowly(0.03)(handler, asked)  # type: ignore[arg-type]  # as it was given

    calling = Calling(timeout=5.0, tries=1, together=3)
    with serving(wait) as served, pytest.raises(ServerFailed):
        answers(served, calling, [Prompt("p")] * 9)
    assert served.most_at_once == 3


def test_tokens_money_and_time_are_counted() -> None:
    calling = replace(QUICK, price_in=2.0, price_out=10.0)
    replies = status(503), chat("a", "b", usage=(1000, 200))
    with serving(*replies) as served, Server(Address(served.url, "m"), calling, KEY) as server:
        server.complete(ASKED, SAMPLES)
        usage = server.usage
    assert (usage.requests, usage.tokens_in, usage.tokens_out) == (2, 1000, 200)
    assert usage.cost == pytest.approx(0.004)
    assert usage.seconds > 0


@pytest.mark.parametrize(
    "first",
    [
        status(429, Retry_After="0"),
        status(500, "oops"),
        status(503, Retry_After="Thu, 01 Jan 1970 00:00:00 GMT"),
        status(502, Retry_After="soon"),
        raw(b"{half a line"),
        raw(b"{}", claimed=500),
        raw(b""),
        raw(b"[1, 2]"),
        raw(b"\xff\xfe\x00"),
    ],
    ids=["429", "500", "503", "502", "half a line", "hangs up", "nothing", "a list", "not UTF-8"],
)
def test_what_may_be_better_next_time_is_tried_again(first: Reply) -> None:
    with serving(first, chat("simp", "omega")) as served:
        assert answers(served)[0][0].text == "simp"
    assert len(served.asked) == 2


@pytest.mark.parametrize(
    ("reply", "tries", "word"),
    [
        (status(401, KEY), 1, "refuses the key"),
        (status(404), 1, "is not there"),
        (status(400, '{"error": "context length"}'), 1, "context length"),
        (status(500), 3, "status 500"),
        (raw(b"not JSON"), 3, "no JSON"),
        (raw(b'{"object": "list"}'), 1, "without choices"),
        (raw(b'{"choices": [1]}'), 1, "without choices"),
    ],
)
def test_a_server_that_does_not_answer_is_named_with_the_reason(reply: Reply, tries: int, word: str) -> None:
    with serving(reply) as served, pytest.raises(ServerFailed, match=word) as caught:
        answers(served)
    assert len(served.asked) == tries
    assert f"{served.url}#some-model" in str(caught.value)


@pytest.mark.parametrize("drip", [False, True], ids=["silent", "a byte now and then"])
def test_a_slow_server_is_given_up(drip: bool) -> None:
    with serving(slowly(3.0, drip)) as served, pytest.raises(ServerFailed, match=r"0\.1 s"):
        answers(served, Calling(timeout=0.1, tries=1))


def test_a_server_that_is_down_is_named() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with (
        Server(Address(f"http://127.0.0.1:{port}/v1", "m"), QUICK) as server,
        pytest.raises(ServerFailed, match="did not answer"),
    ):
        server.complete(ASKED, SAMPLES)


def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prover.tactics.language.server.MAX_ANSWER_BYTES", 1000)
    with serving(raw(b" " * 5000)) as served, pytest.raises(ServerFailed, match="more than"):
        answers(served)


def test_choices_without_text_are_passed_over() -> None:
    body = b'{"choices": [{"message": {"content": null}}, {"message": {"content": "simp"}}, {}]}'
    with serving(raw(body)) as served:
        assert {c.text for c in answers(served)[0]} == {"simp"}


def test_a_server_that_refuses_to_tell_probabilities_is_not_asked_for_them() -> None:
    with serving(status(400, "logprobs are not supported"), chat("simp", "omega")) as served:
        assert answers(served)[0][0].text == "simp"
    assert ["logprobs" in asked for asked in served.asked] == [True, False]


@pytest.mark.parametrize("reply", [status(401, KEY), status(400, KEY), status(500, KEY), raw(b"x")])
def test_the_key_stands_in_no_message(reply: Reply, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with serving(reply) as served, pytest.raises(ServerFailed) as caught:
        answers(served, replace(QUICK, tries=1))
    assert KEY not in "".join(traceback.format_exception(caught.value))
    assert KEY not in caplog.text


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("http://localhost:8000/v1#deepseek", Address("http://localhost:8000/v1", "deepseek")),
        ("https://a.example/v1/#org/model:latest", Address("https://a.example/v1", "org/model:latest")),
        ("http://[::1]:80/v1#m", Address("http://[::1]:80/v1", "m")),
    ],
)
def test_an_address_is_read(text: str, address: Address) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("http://localhost/v1", "names no model"),
        ("http://localhost/v1#", "names no model"),
        ("http://#m", "is not the URL"),
        ("http://a:port/v1#m", "is not the URL"),
        ("ftp://a/v1#m", "is not the URL"),
        ("http://u:p@a/v1#m", "no password"),
        ("http://a/v1?key=k#m", "no query"),
    ],
)
def test_what_is_no_address_is_refused(text: str, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        parse_address(text)
