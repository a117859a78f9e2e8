"""OpenAI's protocol for a model of known skill: chat and completions, whole or as a stream."""

import asyncio
import json
from typing import TYPE_CHECKING, Any

import msgspec

from prover.errors import UsageError
from prover.tactics.language.simulated import SimulatedModel

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

BYTES_PER_TOKEN = 3
MAX_ANSWERS = 64


class ChatMessage(msgspec.Struct, frozen=True):
    """A message of a chat."""

    role: str
    content: str


class CompletionBody(msgspec.Struct, frozen=True):
    """A request for answers: of a chat, or of a text to be continued."""

    model: str = ""
    messages: tuple[ChatMessage, ...] = ()
    prompt: str = ""
    n: int = 1
    seed: int | None = 0
    max_tokens: int | None = None
    stream: bool = False


def simulated_application(model: SimulatedModel, name: str, latency: float = 0.0) -> "Starlette":
    """Returns the application that answers for a model.

    Args:
        latency: the seconds before each answer.

    Raises:
        UsageError: the server's libraries are not installed.
    """
    try:
        from starlette.applications import Starlette
        from starlette.responses import JSONResponse, StreamingResponse
        from starlette.routing import Route
    except ImportError:
        raise UsageError("A server needs further packages: pip install 'prover[server]'.") from None

    async def answered(request: "Request") -> "Response":
        try:
            body = msgspec.json.decode(await request.body(), type=CompletionBody)
        except msgspec.DecodeError as error:
            return JSONResponse({"error": {"message": f"the request cannot be read: {error}"}}, 400)
        await asyncio.sleep(latency)
        chat = request.url.path.endswith("/chat/completions")
        reply = reply_of(model, body, name, chat)
        if not body.stream:
            return JSONResponse(reply)
        return StreamingResponse(iter(_events(reply, chat)), media_type="text/event-stream")

    async def models(_: "Request") -> "Response":
        return JSONResponse({"object": "list", "data": [{"id": name, "object": "model", "owned_by": "prover"}]})

    return Starlette(
        routes=[
            Route("/v1/chat/completions", answered, methods=["POST"]),
            Route("/v1/completions", answered, methods=["POST"]),
            Route("/v1/models", models),
        ]
    )


def reply_of(model: SimulatedModel, body: CompletionBody, name: str, chat: bool) -> dict[str, Any]:
    """Returns the reply to a request."""
    system = "\n".join(each.content for each in body.messages if each.role == "system")
    question = "\n\n".join(each.content for each in body.messages if each.role != "system") if chat else body.prompt
    choices, written = [], 0
    for number in range(min(body.n, MAX_ANSWERS)):
        text, finished = _limited(model.answer(system, question, (body.seed or 0) + number), body.max_tokens)
        written += len(text.encode()) // BYTES_PER_TOKEN + 1
        content = {"message": {"role": "assistant", "content": text}} if chat else {"text": text}
        choices.append({"index": number, **content, "finish_reason": "stop" if finished else "length"})
    read = len((system + question).encode()) // BYTES_PER_TOKEN + 1
    usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    return {"id": "simulated", "object": "chat.completion", "model": name, "choices": choices, "usage": usage}


def _limited(text: str, tokens: int | None) -> tuple[str, bool]:
    room = len(text.encode()) if tokens is None else tokens * BYTES_PER_TOKEN
    return (text, True) if len(text.encode()) <= room else (text.encode()[:room].decode(errors="ignore"), False)


def _events(reply: dict[str, Any], chat: bool) -> list[str]:
    """Returns a reply as server-sent events: the text of each answer in two pieces, then the usage."""
    events: list[dict[str, Any]] = []
    for choice in reply["choices"]:
        text = choice["message"]["content"] if chat else choice["text"]
        for piece, reason in ((text[: len(text) // 2], None), (text[len(text) // 2 :], choice["finish_reason"])):
            content = {"delta": {"content": piece}} if chat else {"text": piece}
            events.append({"choices": [{"index": choice["index"], **content, "finish_reason": reason}]})
    events.append({"choices": [], "usage": reply["usage"]})
    return [f"data: {json.dumps(event)}\n\n" for event in events] + ["data: [DONE]\n\n"]
