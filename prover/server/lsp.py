"""The tools as code actions of the Language Server Protocol, beside Lean's own server.

On a `sorry`, or on a line that declares a theorem, an editor offers to prove it, to say what it lacks, to check it or
to look for a counterexample. The work is that of the service, on the file as it is on the disk. A proof becomes an edit
of the version of the document that was asked about; a document that has changed since is left alone.
"""

import asyncio
import re
import uuid
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from prover.app.service import Job, Service
from prover.app.tools import CheckResult, ProveResult
from prover.errors import ProverError, UsageError
from prover.server.waiting import until_ended

if TYPE_CHECKING:
    from lsprotocol.types import CodeAction, TextEdit
    from pygls.lsp.server import LanguageServer

ASK = "prover.ask"
"""The command behind every action; its argument is a question."""
REPORT_INTERVAL_S = 0.5
PROVE_SECONDS, REFUTE_SECONDS = 60.0, 20.0
ACTIONS: Mapping[str, str] = {
    "prove": "Prove this",
    "missing": "What is missing here?",
    "check": "Check this theorem",
    "refute": "Is this false?",
}
"""The titles of the actions by their kinds."""
ON_SORRY = ("prove", "missing", "refute")
ON_THEOREM = ("prove", "check", "refute")
SORRY = re.compile(r"(?<![\w.])sorry(?![\w'])")
DECLARES = re.compile(r"^\s*(?:@\[[^\]]*\]\s*)?(?:\w+\s+)*(?:theorem|lemma|example)\b")
HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@")


def kinds_at(line: str, start: int, stop: int) -> tuple[str, ...]:
    """Returns the kinds of actions for a range of columns of a line. Lean decides later what is there."""
    if any(match.start() <= stop and start <= match.end() for match in SORRY.finditer(line)):
        return ON_SORRY
    return ON_THEOREM if DECLARES.match(line) else ()


def edits_of(patch: str) -> "Iterator[TextEdit]":
    """Yields a unified diff of one file as edits, one for each of its hunks."""
    from lsprotocol.types import Position, Range, TextEdit

    lines = patch.splitlines(keepends=True)
    places = [number for number, line in enumerate(lines) if HUNK.match(line)]
    for begin, end in zip(places, [*places[1:], len(lines)], strict=True):
        match = HUNK.match(lines[begin])
        assert match is not None
        count = int(match[2] or 1)
        first = int(match[1]) - (1 if count else 0)
        new = [line[1:] for line in lines[begin + 1 : end] if line[:1] in (" ", "+")]
        yield TextEdit(Range(Position(first, 0), Position(first + count, 0)), "".join(new))


def language_server(service: Service, version: str) -> "LanguageServer":
    """Returns a server of the protocol for the tools of a service.

    Raises:
        UsageError: The protocol's library is not installed.
    """
    try:
        from lsprotocol import types
        from pygls.lsp.server import LanguageServer
    except ImportError:
        raise UsageError("This server needs a further package: pip install 'prover[server]'.") from None
    made = LanguageServer("prover", version, text_document_sync_kind=types.TextDocumentSyncKind.Incremental)
    editor = _Editor(made, service)
    options = types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix, types.CodeActionKind.Empty])

    def actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        return editor.actions(params)

    async def ask(kind: str, uri: str, version: int | None, line: int) -> None:
        await editor.ask(kind, uri, version, line)

    made.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)(actions)
    made.command(ASK)(ask)
    return made


class _Editor:
    """The conversation with one editor."""

    def __init__(self, server: "LanguageServer", service: Service) -> None:
        self._server = server
        self._service = service

    def actions(self, params: Any) -> "list[CodeAction]":
        """Returns the actions for a range of a document."""
        from lsprotocol.types import CodeAction, CodeActionKind, Command

        document = self._server.workspace.get_text_document(params.text_document.uri)
        number = params.range.start.line
        if number >= len(document.lines):
            return []
        stop = params.range.end.character if params.range.end.line == number else len(document.lines[number])
        found = []
        for kind in kinds_at(document.lines[number], params.range.start.character, stop):
            question = [kind, document.uri, document.version, number]
            command = Command(title=ACTIONS[kind], command=ASK, arguments=question)
            fixes = CodeActionKind.QuickFix if kind == "prove" else CodeActionKind.Empty
            found.append(CodeAction(ACTIONS[kind], kind=fixes, command=command))
        return found

    async def ask(self, kind: str, uri: str, version: int | None, line: int) -> None:
        """Carries out an action, and shows or applies its result."""
        document = self._server.workspace.get_text_document(uri)
        try:
            job = self._submit(kind, document.path, document.source, line)
        except ProverError as error:
            self._say(str(error), wrong=True)
            return
        await self._follow(job, ACTIONS[kind])
        if job.failure is not None:
            self._say(job.failure.message, wrong=True)
        elif job.state == "cancelled":
            self._say("The job was cancelled.")
        elif isinstance(job.result, ProveResult):
            await self._proved(kind, job.result, uri, version)
        elif isinstance(job.result, CheckResult):
            self._say(verdict(job.result), wrong=not job.result.accepted)

    def _submit(self, kind: str, path: str, text: str, line: int) -> Job:
        """Submits the job of an action.

        Raises:
            UsageError: The document is not saved.
        """
        place: dict[str, Any] = {"file_path": path, "line": line + 1}
        job_path = self._service.directories.existing(path)
        if job_path.read_bytes().decode(errors="replace").replace("\r\n", "\n") != text.replace("\r\n", "\n"):
            raise UsageError(f"{job_path.name} has changes that are not saved: save it first.")
        match kind:
            case "check":
                return self._service.submit("check", place)
            case "refute":
                return self._service.submit("refute", {**place, "timeout_s": REFUTE_SECONDS})
            case _:
                return self._service.submit("prove", {**place, "timeout_s": PROVE_SECONDS})

    async def _follow(self, job: Job, title: str) -> None:
        """Waits for a job and shows its progress; the editor may cancel it."""
        from lsprotocol.types import WorkDoneProgressBegin, WorkDoneProgressEnd, WorkDoneProgressReport

        progress, token = self._server.work_done_progress, str(uuid.uuid4())
        window = self._server.client_capabilities.window
        shown = window is not None and bool(window.work_done_progress)
        if shown:
            await progress.create_async(token)
            progress.begin(token, WorkDoneProgressBegin(title, cancellable=True))

        async def report() -> None:
            if progress.tokens[token].cancelled():
                await asyncio.to_thread(job.cancel)
            progress.report(token, WorkDoneProgressReport(message=job.progress().described()))

        await until_ended(job, look=report if shown else None, every=REPORT_INTERVAL_S)
        if shown:
            progress.end(token, WorkDoneProgressEnd(job.state))

    async def _proved(self, kind: str, result: ProveResult, uri: str, version: int | None) -> None:
        if kind == "prove" and result.patch and result.status in ("proved", "proved_given"):
            await self._apply(result, uri, version)
        else:
            self._say(told(result), wrong=result.status not in ("proved", "proved_given"))

    async def _apply(self, result: ProveResult, uri: str, version: int | None) -> None:
        """Writes a proof into the document, unless the document has changed since it was asked for."""
        from lsprotocol import types

        if self._server.workspace.get_text_document(uri).version != version:
            self._say("The document has changed since: the proof is not written into it. Ask again.", wrong=True)
            return
        named = types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=version)
        edit = types.TextDocumentEdit(named, list(edits_of(result.patch or "")))
        params = types.ApplyWorkspaceEditParams(types.WorkspaceEdit(document_changes=[edit]), label="prover")
        answer = await self._server.workspace_apply_edit_async(params)
        self._say(told(result) if answer.applied else "The editor did not take the proof.", wrong=not answer.applied)

    def _say(self, text: str, wrong: bool = False) -> None:
        from lsprotocol.types import MessageType, ShowMessageParams

        self._server.window_show_message(ShowMessageParams(MessageType.Warning if wrong else MessageType.Info, text))


def told(result: ProveResult) -> str:
    """Returns the result for a theorem in words."""
    name = result.theorem or "the theorem"
    match result.status:
        case "proved":
            return f"{name} is proved: {result.verified or result.proof}"
        case "proved_given":
            return f"{name} is proved given {', '.join(result.rests_on)}, still open."
        case "refuted":
            values = ", ".join(f"{variable} := {value}" for variable, value in (result.counterexample or {}).items())
            return f"{name} is false: {values or result.reason}"
        case _:
            goals = "\n\n".join(result.facts or result.open_goals)
            return f"{name} is open: {result.reason}" + (f"\nIt lacks:\n{goals}" if goals else "")


def verdict(result: CheckResult) -> str:
    """Returns the verdict on a proof in words."""
    name = result.theorem or "The file"
    if result.accepted:
        return f"{name} is accepted to level {result.level}; axioms: {', '.join(result.axioms) or 'none'}"
    return f"{name} is not accepted: {result.reason}"
