"""Models behind a server that speaks OpenAI's protocol: vLLM, llama.cpp, Ollama, and those who sell it.

The key is the caller's; it is sent to the server and to nobody else, and stands in no message.
"""

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from prover.errors import ServerFailed, UsageError
from prover.tactics.language.model import (
    Account,
    Completion,
    Decoding,
    ModelKind,
    Prompt,
    Usage,
    charge,
    distinct,
    until_stop,
)

if TYPE_CHECKING:
    import httpx

Endpoint = Literal["chat", "completion"]
RETRIED_STATUSES = {408, 409, 425, 429, 500, 502, 503, 504, 529}
"""statuses after which the same request may succeed"""
MAX_PAUSE_S = 30.0
MAX_ANSWER_BYTES = 8 << 20
MAX_STOPS = 4
"""the number of stop sequences that the protocol allows; the others are applied to the answer"""


@dataclass(frozen=True)
class Address:
    """The address of a model behind a server."""

    url: str
    """the URL up to the version, without the endpoint: http://localhost:8000/v1"""
    model: str
    """the model's name on the server"""


@dataclass(frozen=True)
class Calling:
    """The settings of requests to a server."""

    endpoint: Endpoint = "chat"
    timeout: float = 60.0
    """the time limit of a whole answer, in seconds"""
    tries: int = 4
    """the number of tries of one request, the first included"""
    pause: float = 0.5
    """seconds before the second try; doubled after each"""
    together: int = 8
    """the maximum number of simultaneous requests"""
    price_in: float = 0.0
    """the price of a million prompt tokens"""
    price_out: float = 0.0
    """the price of a million answer tokens"""


def parse_address(text: str) -> Address:
    """`http://host:port/v1#name`.

    Raises:
        UsageError: it is no such URL, names no model, or has a key in it.
    """
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"{text} is not the URL of a server ({error}): write http://HOST:PORT/v1#MODEL.") from None
    if parts.username or parts.password or parts.query:
        raise UsageError(
            "The URL of a model server has no password and no query: the key is read from PROVER_MODEL_KEY."
        )
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(f"{text} is not the URL of a server: write http://HOST:PORT/v1#MODEL.")
    if not parts.fragment:
        raise UsageError(f"{text} names no model: write {text.rstrip('#')}#MODEL.")
    return Address(f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}", parts.fragment)


class Server:
    """A model behind a server. Thread-safe. A context manager that closes the connections."""

    def __init__(self, address: Address, calling: Calling | None = None, key: str | None = None) -> None:
        import httpx

        self.name = f"{address.url}#{address.model}"
        self.calling = calling or Calling()
        self.kind: ModelKind = "chat" if self.calling.endpoint == "chat" else "causal"
        self._account = Account()
        self._address = address
        self._key = key
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        limits = httpx.Limits(max_connections=self.calling.together)
        self._client = httpx.Client(headers=headers, timeout=self.calling.timeout, limits=limits)
        self._tells_probabilities = True
        self._slots = threading.BoundedSemaphore(self.calling.together)

    def complete(self, prompts: Sequence[Prompt], decoding: Decoding) -> list[list[Completion]]:
        """See `LanguageModel.complete`.

        Raises:
            ServerFailed: it is down, slow or refuses, after all tries, or what it answers is no answer.
        """
        with ThreadPoolExecutor(min(len(prompts), self.calling.together) or 1) as executor:
            asked = [executor.submit(copy_context().run, self._answer, prompt, decoding) for prompt in prompts]
            return [answer.result() for answer in asked]

    @property
    def usage(self) -> Usage:
        """Returns the usage so far."""
        return self._account.usage

    def close(self) -> None:
        """Closes its connections."""
        self._client.close()

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _answer(self, prompt: Prompt, decoding: Decoding) -> list[Completion]:
        """Returns the requested number of answers, in several requests if the server gives one at a time."""
        deadline = time.monotonic() + (decoding.seconds if decoding.seconds is not None else float("inf"))

        def answered(turn: int, count: int) -> list[Completion]:
            body = self._body(prompt, replace(decoding, count=count, seed=decoding.seed + turn))
            return self._read(self._asked(body, deadline), decoding)

        found = answered(0, decoding.count)
        if len(found) == 1 and decoding.count > 1 and decoding.way == "sample":
            with ThreadPoolExecutor(min(decoding.count - 1, self.calling.together)) as executor:
                turns = range(1, decoding.count)
                more = [executor.submit(copy_context().run, answered, turn, 1) for turn in turns]
                found += [completion for each in more for completion in each.result()]
        return distinct(found)

    def _asked(self, body: dict[str, Any], deadline: float) -> dict[str, Any]:
        """Returns the answer to one request, after several tries if necessary and while there is time."""
        path = "/chat/completions" if self.kind == "chat" else "/completions"
        last = "no try was made"
        for number in range(self.calling.tries):
            if time.monotonic() >= deadline:
                last += ", and no time is left"
                break
            match self._try(path, body, deadline):
                case dict() as reply:
                    return reply
                case Later(why, after):
                    last = why
                    if not self._tells_probabilities:
                        body.pop("logprobs", None)
                    if number + 1 < self.calling.tries:
                        pause = _pause(self.calling.pause * 2**number, after)
                        time.sleep(max(0.0, min(pause, deadline - time.monotonic())))
        raise ServerFailed(f"{self.name} did not answer ({last}): check that it runs and is not overloaded.")

    def _body(self, prompt: Prompt, decoding: Decoding) -> dict[str, Any]:
        drawn = decoding.way == "sample" or decoding.count > 1
        body: dict[str, Any] = {
            "model": self._address.model,
            "max_tokens": decoding.tokens,
            "n": decoding.count,
            "temperature": decoding.temperature if drawn else 0.0,
            "top_p": decoding.top_p,
            "seed": decoding.seed,
        }
        if decoding.stops:
            body["stop"] = list(decoding.stops[:MAX_STOPS])
        if self.kind == "chat":
            system = [{"role": "system", "content": prompt.system}] if prompt.system is not None else []
            return body | {"messages": [*system, {"role": "user", "content": prompt.text}], **self._probabilities(True)}
        text = prompt.text if prompt.system is None else f"{prompt.system}\n\n{prompt.text}"
        return body | {"prompt": text, **self._probabilities(0)}

    def _probabilities(self, wish: bool | int) -> dict[str, Any]:
        return {"logprobs": wish} if self._tells_probabilities else {}

    def _try(self, path: str, body: Mapping[str, Any], deadline: float) -> "dict[str, Any] | Later":
        """Returns an answer, or the reason for trying again.

        Raises:
            ServerFailed: trying again would not help.
        """
        import httpx

        started = time.monotonic()
        try:
            with self._slots:
                return self._post(path, body, min(deadline, started + self.calling.timeout))
        except httpx.TimeoutException:
            return Later(f"no answer within {min(self.calling.timeout, deadline - started):.3g} s")
        except httpx.TransportError as error:
            return Later(str(error) or type(error).__name__)
        except httpx.HTTPError as error:
            raise ServerFailed(f"{self.name} cannot be asked ({error}): check the URL.") from None
        finally:
            self._spend(Usage(requests=1, seconds=time.monotonic() - started))

    def _post(self, path: str, body: Mapping[str, Any], deadline: float) -> "dict[str, Any] | Later":
        """Sends one request. The time limit holds for the whole answer, even if the server keeps sending bytes."""
        import httpx
        import msgspec

        timeout = max(0.001, min(self.calling.timeout, deadline - time.monotonic()))
        with self._client.stream("POST", self._address.url + path, json=body, timeout=timeout) as response:
            content = bytearray()
            for piece in response.iter_bytes():
                content += piece
                if len(content) > MAX_ANSWER_BYTES:
                    raise ServerFailed(
                        f"{self.name} answers with more than {MAX_ANSWER_BYTES >> 20} MB: check the URL."
                    )
                if time.monotonic() > deadline:
                    raise httpx.ReadTimeout("the answer is not complete")
        if response.status_code in RETRIED_STATUSES:
            return Later(f"status {response.status_code}", _retry_after(response))
        if response.status_code == 400 and self._tells_probabilities and b"logprob" in content:
            self._tells_probabilities = False
            return Later("it tells no probabilities", 0.0)
        if response.status_code != 200:
            raise ServerFailed(self._refusal(response.status_code, bytes(content)))
        if response.headers.get("content-type", "").startswith("text/event-stream"):
            return streamed(bytes(content)) or Later("a stream that ends before its answer")
        try:
            reply = msgspec.json.decode(bytes(content))
        except msgspec.DecodeError:
            return Later("an answer that is no JSON")
        return reply if isinstance(reply, dict) else Later("an answer that is not a JSON object")

    def _read(self, reply: Mapping[str, Any], decoding: Decoding) -> list[Completion]:
        choices = reply.get("choices")
        if not isinstance(choices, list) or not all(isinstance(choice, dict) for choice in choices):
            raise ServerFailed(f"{self.name} answers without choices: is it a server of OpenAI's protocol?")
        usage = reply.get("usage")
        if isinstance(usage, dict):
            self._spend_tokens(_count(usage, "prompt_tokens"), _count(usage, "completion_tokens"))
        found = []
        for rank, choice in enumerate(choices):
            message = choice.get("message") if self.kind == "chat" else choice
            text = message.get("content" if self.kind == "chat" else "text") if isinstance(message, dict) else None
            if not isinstance(text, str):
                continue
            cut, stopped = until_stop(text, decoding.stops)
            finished = stopped or choice.get("finish_reason") != "length"
            found.append((cut, _log_probability(choice), rank, finished))
        scored = all(score is not None for _, score, _, _ in found)
        return [
            Completion(text, score if scored and score is not None else -0.5 * (rank + 1), finished)
            for text, score, rank, finished in found
        ]

    def _refusal(self, status: int, content: bytes) -> str:
        if status in (401, 403):
            return f"{self.name} refuses the key (status {status}): set PROVER_MODEL_KEY."
        if status == 404:
            return f"{self.name} is not there (status 404): check the URL and the name of the model."
        reply = " ".join(content.decode(errors="replace").split())[:200]
        if self._key:  # some servers repeat it
            reply = reply.replace(self._key, "…")
        return (
            f"{self.name} refuses the request (status {status}: {reply}): check the format and the limits of the model."
        )

    def _spend_tokens(self, tokens_in: int, tokens_out: int) -> None:
        cost = (tokens_in * self.calling.price_in + tokens_out * self.calling.price_out) / 1_000_000
        self._spend(Usage(tokens_in=tokens_in, tokens_out=tokens_out, cost=cost))

    def _spend(self, more: Usage) -> None:
        self._account.add(more)
        charge(more)


def streamed(content: bytes) -> dict[str, Any] | None:
    """Returns a stream of server-sent events as the reply that it stands for; None if the stream is not complete."""
    import msgspec

    choices: dict[int, dict[str, Any]] = {}
    reply: dict[str, Any] = {}
    for line in content.decode(errors="replace").splitlines():
        if not line.startswith("data:") or (data := line[5:].strip()) == "[DONE]":
            continue
        try:
            event = msgspec.json.decode(data)
        except msgspec.DecodeError:
            return None
        if not isinstance(event, dict):
            return None
        if isinstance(event.get("usage"), dict):
            reply["usage"] = event["usage"]
        for piece in event.get("choices") or ():
            if isinstance(piece, dict):
                _add(choices.setdefault(_count(piece, "index"), {"text": "", "finish_reason": None}), piece)
    if not choices or any(choice["finish_reason"] is None for choice in choices.values()):
        return None
    for choice in choices.values():
        choice["message"] = {"content": choice["text"]}
    return {**reply, "choices": [choices[index] for index in sorted(choices)]}


def _add(choice: dict[str, Any], piece: Mapping[str, Any]) -> None:
    """Adds a piece of a stream to the choice that it belongs to."""
    delta = piece.get("delta")
    text = delta.get("content") if isinstance(delta, dict) else piece.get("text")
    if isinstance(text, str):
        choice["text"] += text
    choice["finish_reason"] = piece.get("finish_reason") or choice["finish_reason"]


@dataclass(frozen=True)
class Later:
    """A request failed that may succeed later."""

    why: str
    after: float | None = None
    """the seconds that the server requests to wait"""


def _pause(usual: float, asked: float | None) -> float:
    """Returns the seconds to wait, with jitter so that many clients do not return together."""
    return min(MAX_PAUSE_S, asked if asked is not None else usual * random.uniform(0.75, 1.25))


def _retry_after(response: "httpx.Response", now: Callable[[], float] = time.time) -> float | None:
    """Returns the seconds of a `Retry-After` header, which may be a number or a date."""
    reply = response.headers.get("retry-after", "")
    try:
        return max(0.0, float(reply))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(reply).timestamp() - now())
    except ValueError:
        return None


def _count(usage: Mapping[str, Any], name: str) -> int:
    value = usage.get(name)
    return value if isinstance(value, int) and value > 0 else 0


def _log_probability(choice: Mapping[str, Any]) -> float | None:
    """Returns the summed log-probability of an answer's tokens, if the server reports it."""
    given = choice.get("logprobs")
    if not isinstance(given, dict):
        return None
    tokens = given.get("content")
    values = [token.get("logprob") for token in tokens if isinstance(token, dict)] if isinstance(tokens, list) else None
    if values is None:
        values = given.get("token_logprobs")
    if not isinstance(values, list) or not values or not all(isinstance(value, int | float) for value in values):
        return None
    return float(sum(values))
