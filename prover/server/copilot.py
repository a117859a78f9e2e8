"""Protocols of other tools: Lean Copilot's external models, leanpremise's retrieval, and Kimina's check of files."""

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from prover.app.goal_text import goals_in
from prover.app.service import Converted, converted
from prover.app.snippets import SnippetReport
from prover.app.suggesting import FilePosition
from prover.errors import NotAllowed, UsageError
from prover.lean.protocol import Message
from prover.lean.session import SorryGoal
from prover.server.http import BodyTooLarge, Guard, body_of, json_response
from prover.tactics.generator import Generator, TheoremRef

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

MAX_OUTPUTS = 64
MAX_PREMISES = 1_000
MAX_SNIPPETS = 1_000
MAX_SECONDS = 600.0
OPEN = ("/generate", "/encode", "/retrieve")
"""The paths that need no token: their clients cannot send one, and they run nothing."""
NOWHERE = TheoremRef("", "", 0, "")
"""The theorem of a goal of which nothing is known but its text."""

Retrieve = Callable[[str, int], Sequence[str]]
"""Returns the names of premises for a goal, the best first."""
Encode = Callable[[str], Sequence[float]]
"""Returns the vector of a text."""
CheckSnippet = Callable[[str, float, bool], SnippetReport]
"""Checks a file, within some seconds, and in a process that has seen others if that is allowed."""


class GenerateBody(msgspec.Struct, frozen=True):
    """A request of Lean Copilot for tactics."""

    name: str
    input: str
    prefix: str = ""


class EncodeBody(msgspec.Struct, frozen=True):
    """A request of Lean Copilot for a vector."""

    name: str
    input: str


class RetrieveBody(msgspec.Struct, frozen=True):
    """A request of leanpremise for premises."""

    state: str
    k: int = 32
    new_premises: tuple[Any, ...] = ()
    """Premises that its own index would lack; the index of the repository has them."""


class Snippet(msgspec.Struct, frozen=True):
    """A file to check."""

    id: str
    code: str


class CheckBody(msgspec.Struct, frozen=True):
    """A request of Kimina's clients."""

    snippets: tuple[Snippet, ...]
    timeout: float = 30.0
    reuse: bool = True
    debug: bool = False
    infotree: str | None = None


class Models:
    """The generators of tactics by the names under which clients ask for them."""

    def __init__(self, models: Mapping[str, Generator]) -> None:
        self._models = models

    def outputs(self, wanted: GenerateBody) -> list[dict[str, Any]]:
        """Returns tactics for the first goal of a text, the best first; none if it has no goal.

        Raises:
            UnknownModel: There is no model of the name.
        """
        model = self._models.get(wanted.name)
        if model is None:
            raise UnknownModel(f"There is no model {wanted.name}: choose from {', '.join(self._models)}.")
        goals = goals_in(wanted.input)
        if not goals:
            return []
        ranked = sorted(model.for_theorem(NOWHERE).suggest(goals[0]), key=lambda each: -each.log_probability)
        fitting = [each for each in ranked if each.tactic.startswith(wanted.prefix)]
        return [
            {"output": each.tactic, "score": math.exp(min(0.0, each.log_probability))} for each in fitting[:MAX_OUTPUTS]
        ]


class UnknownModel(UsageError):
    """The server has no model of a name."""


def copilot_application(
    models: Models,
    retrieve: Retrieve | None = None,
    check: CheckSnippet | None = None,
    token: str | None = None,
    encoders: Mapping[str, Encode] = {},  # never changed
) -> "Starlette":
    """Returns the HTTP application that speaks these protocols.

    Args:
        retrieve: finds premises; None without a repository.
        check: checks files; None where that is not offered.
        token: what requests must have, where files are checked.
        encoders: the encoders by the names under which clients ask for them.
    """
    from starlette.applications import Starlette
    from starlette.routing import Route

    async def generate(request: "Request") -> "Response":
        wanted = await _converted(request, GenerateBody)
        return json_response({"outputs": await asyncio.to_thread(models.outputs, wanted)})

    async def encode(request: "Request") -> "Response":
        wanted = await _converted(request, EncodeBody)
        if not encoders:
            raise UnknownModel(
                "No encoder is loaded: start the server with --encoder, or select premises by /retrieve."
            )
        if wanted.name not in encoders:
            raise UnknownModel(f"There is no encoder {wanted.name}: choose from {', '.join(encoders)}.")
        return json_response({"outputs": await asyncio.to_thread(encoders[wanted.name], wanted.input)})

    async def premises(request: "Request") -> "Response":
        wanted = await _converted(request, RetrieveBody)
        if retrieve is None:
            raise UnknownModel("There is no index of premises: start the server with --repo DIRECTORY.")
        if not 0 < wanted.k <= MAX_PREMISES:
            raise UsageError(f"k is {wanted.k}: choose from 1 to {MAX_PREMISES}.")
        names = await asyncio.to_thread(retrieve, wanted.state, wanted.k)
        return json_response([{"name": name} for name in names])

    async def check_all(request: "Request") -> "Response":
        wanted = await _converted(request, CheckBody)
        if check is None:
            raise NotAllowed(
                "Files are checked for clients with a token only: start the server with --repo and --token-file."
            )
        if len(wanted.snippets) > MAX_SNIPPETS or not 0 < wanted.timeout <= MAX_SECONDS:
            raise UsageError(f"Send at most {MAX_SNIPPETS} snippets, with a timeout up to {MAX_SECONDS:g} s.")
        tasks = (asyncio.to_thread(check, each.code, wanted.timeout, wanted.reuse) for each in wanted.snippets)
        reports = await asyncio.gather(*tasks)
        pairs = zip(wanted.snippets, reports, strict=True)
        return json_response({"results": [_as_kimina(each, report) for each, report in pairs]})

    routes = [
        Route("/generate", generate, methods=["POST"]),
        Route("/encode", encode, methods=["POST"]),
        Route("/retrieve", premises, methods=["POST"]),
        Route("/api/check", check_all, methods=["POST"]),
    ]
    app = Starlette(routes=routes, exception_handlers={UsageError: _refused})
    app.add_middleware(Guard, token=token, open_paths=OPEN)
    return app


async def _converted(request: "Request", kind: type[Converted]) -> Converted:
    return converted(await body_of(request), kind, "The request is")


async def _refused(_: "Request", error: Exception) -> "Response":
    statuses = {UnknownModel: 404, NotAllowed: 403, BodyTooLarge: 413}
    status = next((status for kind, status in statuses.items() if isinstance(error, kind)), 400)
    return json_response({"error": str(error)}, status)


def _as_kimina(snippet: Snippet, report: SnippetReport) -> dict[str, Any]:
    """Returns a report in Kimina's shape, with the findings of the audit besides."""
    result: dict[str, Any] = {"id": snippet.id, "time": round(report.seconds, 3)}
    if report.error is not None:
        return {**result, "error": report.error}
    messages = [_message(message) for message in report.messages]
    sorries = [_sorry(snippet.code, goal) for goal in report.sorries]
    response = {"env": 0, "messages": messages, "sorries": sorries}
    found = [
        {"line": each.line, "what": each.what, "refused": each.refused, "declaration": each.declaration}
        for each in report.findings
    ]
    accepted = report.audit is not None and report.audit.accepted()
    return {**result, "response": response, "accepted": accepted, "findings": found, "fresh": report.fresh}


def _message(message: Message) -> dict[str, Any]:
    severity = "info" if message.severity == "information" else message.severity
    start = {"line": message.line, "column": message.column}
    end = {"line": message.end_line, "column": message.end_column}
    return {"severity": severity, "pos": start, "endPos": end, "data": message.text}


def _sorry(code: str, goal: SorryGoal) -> dict[str, Any]:
    def place(offset: int) -> dict[str, int]:
        position = FilePosition.of(code, offset)
        return {"line": position.line, "column": position.column - 1}

    return {"pos": place(goal.start), "endPos": place(goal.stop), "goal": goal.printed}
