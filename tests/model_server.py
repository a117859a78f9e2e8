"""A local HTTP server that speaks OpenAI's protocol as it was told to, well or badly."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]


def chat(*texts: str, scores: Sequence[float] | None = None, usage: tuple[int, int] = (10, 5)) -> Reply:
    """Answers a chat with these texts; with log-probabilities where they are given."""

    def answer(handler: BaseHTTPRequestHandler, _asked: dict[str, Any]) -> None:
        choices = [
            {
                "index": number,
                "message": {"role": "assistant", "content": text},
                "finish_reason": "stop",
                "logprobs": {"content": [{"token": text, "logprob": scores[number]}]} if scores else None,
            }
            for number, text in enumerate(texts)
        ]
        send(handler, 200, {"choices": choices, "usage": {"prompt_tokens": usage[0], "completion_tokens": usage[1]}})

    return answer


def completion(*texts: str, scores: Sequence[float]) -> Reply:
    """Answers a completion request."""

    def answer(handler: BaseHTTPRequestHandler, _asked: dict[str, Any]) -> None:
        choices = [
            {"text": text, "finish_reason": "length", "logprobs": {"token_logprobs": [score, -1.0]}}
            for text, score in zip(texts, scores, strict=True)
        ]
        send(handler, 200, {"choices": choices})

    return answer


def status(code: int, body: str = "{}", **headers: str) -> Reply:
    """Refuses with a status."""
    return lambda handler, _: send(handler, code, body, headers)


def raw(content: bytes, claimed: int | None = None) -> Reply:
    """Sends these bytes, and hangs up; the header may claim more of them."""

    def answer(handler: BaseHTTPRequestHandler, _asked: dict[str, Any]) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content) if claimed is None else claimed))
        handler.end_headers()
        handler.wfile.write(content)
        handler.close_connection = True

    return answer


def slowly(seconds: float, drip: bool = False) -> Reply:
    """Answers too late: nothing at all until then, or a byte now and then."""

    def answer(handler: BaseHTTPRequestHandler, asked: dict[str, Any]) -> None:
        if drip:
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
        end = time.monotonic() + seconds
        try:
            while time.monotonic() < end:
                time.sleep(0.02)
                if drip:
                    handler.wfile.write(b" ")
                    handler.wfile.flush()
        except OSError:
            pass
        handler.close_connection = True

    return answer


def send(handler: BaseHTTPRequestHandler, code: int, body: object, headers: dict[str, str] | None = None) -> None:
    content = (body if isinstance(body, str) else json.dumps(body)).encode()
    handler.send_response(code)
    for name, value in (headers or {}).items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


class Served:
    """What a server was asked, and how many requests were under way at most."""

    def __init__(self, replies: Sequence[Reply]) -> None:
        self.replies = list(replies)
        self.asked: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.keys: list[str | None] = []
        self.most_at_once = 0
        self.url = ""
        self._at_once = 0
        self._lock = threading.Lock()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            self.asked.append(body)
            self.paths.append(handler.path)
            self.keys.append(handler.headers.get("Authorization"))
            reply = self.replies[min(len(self.asked), len(self.replies)) - 1]
        try:
            reply(handler, body)
        finally:
            with self._lock:
                self._at_once -= 1


@contextmanager
def serving(*replies: Reply) -> Iterator[Served]:
    """A server that gives these replies in order, the last one again and again."""
    served = Served(replies)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            served.answer(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
