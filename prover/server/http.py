"""The service over HTTP: jobs, their progress as server-sent events, health, metrics, and an OpenAPI description."""

import asyncio
import hmac
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

import msgspec

from prover.app.service import POLL_S, Job, JobFailure, JobProgress, Service, failure_of
from prover.errors import NoSuchJob, NotAllowed, ServerBusy, UsageError
from prover.server.identity import Identity
from prover.server.waiting import until_ended

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

MAX_BODY_BYTES = 1_000_000
MAX_WAIT_S = 60.0
"""The longest time that `?wait=` holds an answer back, in seconds."""
EVENT_INTERVAL_S = 4.0
"""The longest time between two events of a job, in seconds: some clients give up on silence."""
MAX_TACTICS_AT_ONCE = 500
"""The number of tactics in one event."""
LOCAL = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?")
"""The hosts that a request may be for; others mean that a browser was led here."""
CLIENT_HEADER = "Prover-Client"
"""The header by which clients that share a socket are told apart."""
OPEN_PATHS = ("/health",)
"""What is answered without a token."""


class BodyTooLarge(UsageError):
    """The body of a request is larger than the server reads."""


STATUS_OF: dict[type[Exception], int] = {
    BodyTooLarge: 413,
    NotAllowed: 403,
    NoSuchJob: 404,
    ServerBusy: 503,
    UsageError: 400,
}
"""The HTTP status for each kind of error; the first that fits counts."""


def application(service: Service, identity: Identity, token: str | None = None) -> "Starlette":
    """Returns the HTTP application of a service.

    Args:
        token: what `Authorization: Bearer` must have; None where the socket's own permissions decide.
    """
    from starlette.applications import Starlette
    from starlette.routing import Route

    handlers = _Handlers(service, identity)
    routes = [
        Route("/health", handlers.health),
        Route("/metrics", handlers.metrics),
        Route("/openapi.json", handlers.openapi),
        Route("/v1/jobs", handlers.jobs, methods=["GET"]),
        Route("/v1/jobs", handlers.start, methods=["POST"]),
        Route("/v1/jobs/{job}", handlers.poll, methods=["GET"]),
        Route("/v1/jobs/{job}", handlers.cancel, methods=["DELETE"]),
        Route("/v1/jobs/{job}/events", handlers.events, methods=["GET"]),
        Route("/v1/{tool}", handlers.call, methods=["POST"]),
    ]
    app = Starlette(routes=routes, exception_handlers=dict.fromkeys(STATUS_OF, _answer_error))
    return guarded(app, token)


def guarded(app: "Starlette", token: str | None) -> "Starlette":
    """Returns an application that answers this computer only, and only who has the token."""
    app.add_middleware(Guard, token=token)
    return app


class Guard:
    """Middleware that refuses requests for other hosts, from other origins, or without the token."""

    def __init__(
        self, app: Callable[..., Awaitable[None]], token: str | None, open_paths: tuple[str, ...] = OPEN_PATHS
    ) -> None:
        self._app = app
        self._token = token
        self._open_paths = open_paths

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Passes a request on, or answers it."""
        if scope["type"] != "http" or (refused := self._refusal(scope)) is None:
            await self._app(scope, receive, send)
            return
        status, message = refused
        failure = msgspec.to_builtins(JobFailure("refused", message))
        await json_response({"error": failure}, status)(scope, receive, send)

    def _refusal(self, scope: Any) -> tuple[int, str] | None:
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        host, origin = headers.get(b"host", ""), headers.get(b"origin")
        if not LOCAL.fullmatch(host):
            return 403, f"This server is for this computer only, and the request is for {host!r}: use 127.0.0.1."
        if origin is not None and not LOCAL.fullmatch(origin.partition("://")[2]):
            return 403, f"A page of {origin} must not use this server."
        if self._token is not None and scope["path"] not in self._open_paths:
            given = headers.get(b"authorization", "").removeprefix("Bearer ")
            if not hmac.compare_digest(given.encode(), self._token.encode()):
                return 401, "The token is missing or wrong: send `Authorization: Bearer` with that of the token file."
        return None


class _Handlers:
    """The answers of the HTTP server."""

    def __init__(self, service: Service, identity: Identity) -> None:
        self._service = service
        self._identity = identity

    async def health(self, _: "Request") -> "Response":
        service = self._service
        about = {"status": "ok", "running": service.running(), "waiting": service.waiting()}
        return json_response({**about, "processes": len(service.warm.pids()), **msgspec.to_builtins(self._identity)})

    async def metrics(self, _: "Request") -> "Response":
        from starlette.responses import Response

        from prover.server.metrics import exposition

        return Response(exposition(self._service), media_type="text/plain; version=0.0.4")

    async def openapi(self, _: "Request") -> "Response":
        return json_response(description(self._service, self._identity))

    async def jobs(self, _: "Request") -> "Response":
        shown = ("job", "tool", "state")
        reports = (job.report() for job in self._service.jobs())
        return json_response({"items": [{name: report[name] for name in shown} for report in reports]})

    async def start(self, request: "Request") -> "Response":
        wanted = await body_of(request)
        if not isinstance(wanted, dict) or not {"tool"} <= set(wanted) <= {"tool", "arguments"}:
            raise UsageError('The body must be {"tool": NAME, "arguments": {…}}: see /openapi.json.')
        job = self._service.submit(str(wanted["tool"]), wanted.get("arguments", {}), _client(request))
        return json_response(job.report(), 202, {"Location": f"/v1/jobs/{job.id}"})

    async def poll(self, request: "Request") -> "Response":
        job = self._job(request)
        await until_ended(job, _seconds(request.query_params.get("wait", "0")))
        return json_response(job.report())

    async def cancel(self, request: "Request") -> "Response":
        job = self._job(request)
        await asyncio.to_thread(job.cancel)
        return json_response(job.report())

    async def events(self, request: "Request") -> "Response":
        from starlette.responses import StreamingResponse

        wanted = request.query_params.get("search", "0") == "1"
        return StreamingResponse(
            _events(self._job(request), wanted), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    async def call(self, request: "Request") -> "Response":
        job = self._service.submit(request.path_params["tool"], await body_of(request), _client(request))

        async def look() -> None:
            if await request.is_disconnected():
                await asyncio.to_thread(job.cancel)

        try:
            await until_ended(job, look=look)
        except asyncio.CancelledError:  # the server ends
            job.cancel()
            raise
        if job.state == "done":
            return json_response(msgspec.to_builtins(job.result))
        failure = job.failure or JobFailure("cancelled", "The job was cancelled.")
        status = 500 if failure.code == "internal" else 503 if job.state == "cancelled" else 422
        return json_response({"error": msgspec.to_builtins(failure)}, status)

    def _job(self, request: "Request") -> Job:
        return self._service.job(request.path_params["job"])


def _client(request: "Request") -> str:
    return request.headers.get(CLIENT_HEADER, "")[:100]


async def _events(job: Job, search: bool = False) -> AsyncIterator[bytes]:
    """Yields its notes, the parts of its result, its progress at most some times a second, and the job at its end.

    Args:
        search: whether each tactic of its search is an event too.
    """
    seen, sent, told, tried = -1, 0.0, 0, 0
    while True:
        ended = job.ended
        for kind, value in job.log[told:]:
            told += 1
            yield _event(kind, value)
        if search and (new := job.tactics[tried : tried + MAX_TACTICS_AT_ONCE]):
            tried += len(new)
            yield _event("tactics", msgspec.to_builtins(new))
            if len(new) == MAX_TACTICS_AT_ONCE:
                continue
        if ended:
            break
        if job.version != seen or time.monotonic() - sent >= EVENT_INTERVAL_S:
            seen, sent = job.version, time.monotonic()
            yield _event("progress", msgspec.to_builtins(job.progress()))
        await asyncio.sleep(4 * POLL_S)
    yield _event("end", job.report())


def _event(name: str, data: object) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + msgspec.json.encode(data) + b"\n\n"


async def body_of(request: "Request") -> object:
    """Returns the JSON body of a request.

    Raises:
        BodyTooLarge: It is too large; the rest of it is not read.
        UsageError: It is no JSON.
    """
    parts = bytearray()
    async for part in request.stream():
        parts += part
        if len(parts) > MAX_BODY_BYTES:
            raise BodyTooLarge(f"The body has more than {MAX_BODY_BYTES} bytes: send less.")
    try:
        return msgspec.json.decode(bytes(parts))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"The body is no JSON ({error}): check it.") from None


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        raise UsageError(f"wait={text[:40]} is no number of seconds: check it.") from None
    return min(max(seconds, 0.0), MAX_WAIT_S)


async def _answer_error(_: "Request", error: Exception) -> "Response":
    status = next(status for kind, status in STATUS_OF.items() if isinstance(error, kind))
    headers = {"Retry-After": "5"} if status == 503 else {}
    if status == 413:
        headers["Connection"] = "close"
    return json_response({"error": msgspec.to_builtins(failure_of(error))}, status, headers)


def json_response(value: object, status: int = 200, headers: dict[str, str] | None = None) -> "Response":
    """Returns an answer with a JSON body."""
    from starlette.responses import Response

    return Response(msgspec.json.encode(value), status, headers, "application/json")


# --- the description ---


def description(service: Service, identity: Identity) -> dict[str, Any]:
    """Returns the OpenAPI description of the server."""
    types = [kind for tool in service.tools.values() for kind in (tool.arguments, tool.result)]
    references, components = msgspec.json.schema_components(
        [*types, JobProgress, JobFailure], ref_template="#/components/schemas/{name}"
    )
    schemas = dict(zip([*types, JobProgress, JobFailure], references, strict=True))
    job = {
        "type": "object",
        "properties": {
            "job": {"type": "string"},
            "tool": {"enum": list(service.tools)},
            "state": {"enum": ["queued", "running", "done", "failed", "cancelled"]},
            "progress": schemas[JobProgress],
            "result": {"description": "The result of the tool, once the state is `done`."},
            "error": {"anyOf": [schemas[JobFailure], {"type": "null"}]},
        },
    }
    start = {
        "type": "object",
        "properties": {"tool": {"enum": list(service.tools)}, "arguments": {"type": "object"}},
        "required": ["tool"],
    }
    one = {"name": "job", "in": "path", "required": True, "schema": {"type": "string"}}
    wait = {"name": "wait", "in": "query", "schema": {"type": "number", "maximum": MAX_WAIT_S}}
    search = {"name": "search", "in": "query", "schema": {"enum": ["0", "1"]}}
    paths: dict[str, Any] = {
        f"/v1/{tool.name}": {
            "post": _operation(tool.description, schemas[tool.result], schemas[tool.arguments]),
        }
        for tool in service.tools.values()
    }
    paths |= {
        "/v1/jobs": {
            "get": _operation("List the jobs.", {"type": "object"}),
            "post": _operation("Start a job and return at once.", job, start, "202"),
        },
        "/v1/jobs/{job}": {
            "parameters": [one],
            "get": {**_operation("Return a job, with its result once it is done.", job), "parameters": [wait]},
            "delete": _operation("Cancel a job.", job),
        },
        "/v1/jobs/{job}/events": {
            "parameters": [one],
            "get": {
                "summary": "Follow a job: events `progress`, `note`, `found` with a part of the result, `end`.",
                "description": "With `search=1` also `tactics`, a list of those that the search has run.",
                "parameters": [search],
                "responses": {"200": {"description": "Events", "content": {"text/event-stream": {}}}},
            },
        },
        "/health": {"get": _operation("Say whether the server is well, and which it is.", {"type": "object"})},
        "/metrics": {
            "get": {
                "summary": "Return metrics for Prometheus.",
                "responses": {"200": {"description": "Metrics", "content": {"text/plain": {}}}},
            }
        },
    }
    info = {"title": "prover", "version": identity.version, "description": "Proves theorems of Lean 4 repositories."}
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": {"schemas": components}}


def _operation(summary: str, result: Any, body: Any = None, status: str = "200") -> dict[str, Any]:
    answer = {"description": "The result", "content": {"application/json": {"schema": result}}}
    refusal = {"description": "An error, in words"}
    operation: dict[str, Any] = {"summary": summary, "responses": {status: answer, "default": refusal}}
    if body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return operation
