"""The tools over the Model Context Protocol: for agents, beside servers for Lean itself such as lean-lsp-mcp.

Every tool of the service is one here. `prove` can also be started, polled and cancelled, since clients give up on calls
that last long; those that ask for progress get it every few seconds.
"""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from prover.app.service import Job, JobFailure, JobProgress, JobState, Service, converted, failure_of
from prover.app.tools import ProveArguments, ProveResult, Tool
from prover.errors import ProverError, UsageError
from prover.server.waiting import until_ended

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server
    from mcp.types import CallToolRequestParams, CallToolResult
    from mcp.types import Tool as OfferedTool

NAME = "prover"
PROGRESS_INTERVAL_S = 4.0
"""The time between two messages on progress: clients give up after about a minute of silence."""
MAX_POLL_S = 50.0
"""The longest time for which `prove_poll` holds its answer back."""
PROVE_START, PROVE_POLL, PROVE_CANCEL = "prove_start", "prove_poll", "prove_cancel"
INSTRUCTIONS = (
    "Proves theorems of Lean 4 projects and checks proofs. A theorem is proved only if the status is `proved`; "
    "`proved_given` rests on the open theorems in `rests_on`. For more than a minute use prove_start, then prove_poll "
    "until the state is `done`. Lines and columns are counted from 1. Paths may be relative to the project."
)


class JobQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The job that a client asks about."""

    job: str


class PollArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The job, and how long its end may be waited for."""

    job: str
    wait_s: float = 20.0


class JobAnswer(msgspec.Struct, frozen=True):
    """A job: its result once it is done, its progress before."""

    job: str
    state: JobState
    progress: JobProgress
    result: ProveResult | None = None
    error: JobFailure | None = None


def server(service: Service, version: str, disabled: Iterable[str] = ()) -> "Server[Any]":
    """Returns a server of the protocol for the tools of a service.

    Args:
        disabled: The names of tools that are not offered.

    Raises:
        UsageError: A name is that of no tool, or the protocol's library is not installed.
    """
    try:
        from mcp.server.lowlevel import Server
        from mcp.types import ListToolsResult
    except ImportError:
        raise UsageError("This server needs a further package: pip install 'prover[server]'.") from None
    calls = _Calls(service, frozenset(disabled))

    async def on_list_tools(_: Any, __: Any) -> ListToolsResult:
        return ListToolsResult(tools=calls.offered())

    return Server(
        NAME,
        version=version,
        instructions=INSTRUCTIONS,
        on_list_tools=on_list_tools,
        on_call_tool=calls.call,
        get_tool_input_schema=calls.input_schema,
    )


class _Calls:
    """The calls of tools by one server."""

    def __init__(self, service: Service, disabled: frozenset[str]) -> None:
        self._service = service
        self._tools = _offered(service.tools)
        if unknown := sorted(disabled - set(self._tools)):
            raise UsageError(f"There is no tool {unknown[0]}: choose from {', '.join(self._tools)}.")
        self._tools = {name: tool for name, tool in self._tools.items() if name not in disabled}

    def offered(self) -> "list[OfferedTool]":
        """Returns the tools with their schemas."""
        return list(self._tools.values())

    def input_schema(self, name: str) -> Mapping[str, Any] | None:
        """Returns the schema of the arguments of a tool."""
        return self._tools[name].input_schema if name in self._tools else None

    async def call(self, context: Any, params: "CallToolRequestParams") -> "CallToolResult":
        """Answers a call; a request that cannot be carried out is answered too, with what to do."""
        arguments = dict(params.arguments or {})
        try:
            if params.name not in self._tools:
                raise UsageError(f"There is no tool {params.name}: choose from {', '.join(self._tools)}.")
            return await self._answered(context, params.name, arguments)
        except ProverError as error:
            return _failed(params.name, failure_of(error))

    async def _answered(self, context: Any, name: str, arguments: dict[str, Any]) -> "CallToolResult":
        match name:
            case "prove_start":
                return _job(self._service.submit("prove", arguments))
            case "prove_poll":
                question = converted(arguments, PollArguments, "The arguments are")
                job = self._service.job(question.job)
                await self._wait(context, job, min(max(question.wait_s, 0.0), MAX_POLL_S))
                return _job(job)
            case "prove_cancel":
                job = self._service.job(converted(arguments, JobQuestion, "The arguments are").job)
                await asyncio.to_thread(job.cancel)
                return _job(job)
        job = self._service.submit(name, arguments)
        try:
            await self._wait(context, job)
        except asyncio.CancelledError:  # the client has cancelled the call, or is gone
            job.cancel()
            raise
        if job.state == "done":
            return _structured(msgspec.to_builtins(job.result))
        return _failed(name, job.failure or JobFailure("cancelled", "The job was cancelled."))

    async def _wait(self, context: Any, job: Job, seconds: float | None = None) -> None:
        """Waits for the end of a job, and reports its progress."""

        async def report() -> None:
            progress = job.progress()
            limit = getattr(job.arguments, "timeout_s", None)
            with suppress(Exception):  # the client is gone: its call is cancelled in a moment
                await context.session.report_progress(progress.seconds, limit, progress.described())

        await until_ended(job, seconds, report, PROGRESS_INTERVAL_S)


def _offered(tools: Mapping[str, Tool]) -> "dict[str, OfferedTool]":
    """Returns the tools as the protocol describes them, those for long proofs among them."""
    from mcp.types import Tool as OfferedTool
    from mcp.types import ToolAnnotations

    def offer(name: str, description: str, arguments: type, result: type, writes: bool = False) -> OfferedTool:
        hints = ToolAnnotations(read_only_hint=not writes, destructive_hint=False, open_world_hint=False)
        return OfferedTool(
            name=name,
            description=description,
            input_schema=schema_of(arguments),
            output_schema=schema_of(result),
            annotations=hints,
        )

    offered = [
        offer(tool.name, tool.description, tool.arguments, tool.result, tool.name == "prove") for tool in tools.values()
    ]
    if "prove" in tools:
        start = "Start to prove a theorem, as `prove` does, and return its job at once."
        poll = "Return a job of prove_start: its progress, or its result. Waits up to wait_s seconds for the end."
        offered += [
            offer(PROVE_START, start, ProveArguments, JobAnswer, writes=True),
            offer(PROVE_POLL, poll, PollArguments, JobAnswer),
            offer(PROVE_CANCEL, "Cancel a job of prove_start.", JobQuestion, JobAnswer),
        ]
    return {tool.name: tool for tool in offered}


def schema_of(kind: type) -> dict[str, Any]:
    """Returns the JSON schema of a type, with an object at its root as the protocol wants it."""
    (root,), components = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    name = root["$ref"].rpartition("/")[2]
    own: dict[str, Any] = components.pop(name)
    return {**own, "$defs": components} if components else own


def _job(job: Job) -> "CallToolResult":
    result = job.result if isinstance(job.result, ProveResult) else None
    answer = JobAnswer(job.id, job.state, job.progress(), result, job.failure)
    return _structured(msgspec.to_builtins(answer))


def _structured(value: dict[str, Any]) -> "CallToolResult":
    from mcp.types import CallToolResult, TextContent

    text = msgspec.json.encode(value).decode()
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=value)


def _failed(name: str, failure: JobFailure) -> "CallToolResult":
    """Returns an error: for `prove` and `refute` as a result with the status `error`, for others in words."""
    from mcp.types import CallToolResult, TextContent

    if name in ("prove", "refute"):
        status: Literal["error"] = "error"
        return _structured(msgspec.to_builtins(ProveResult(status, reason=failure.message, hint=failure.hint)))
    return CallToolResult(content=[TextContent(type="text", text=failure.message)], is_error=True)


async def run_stdio(made: "Server[Any]") -> None:
    """Serves one client over standard input and output, until it closes them."""
    from mcp.server.stdio import stdio_server

    async with stdio_server() as (reading, writing):
        await made.run(reading, writing, made.create_initialization_options())
