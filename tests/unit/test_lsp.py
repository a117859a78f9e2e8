"""Code actions, asked for by a client that plays the editor; without Lean."""

import ast
import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.lsp.client import LanguageClient

from prover.app.service import Service
from prover.app.tools import CheckResult, ProveResult
from prover.server.lsp import ASK, edits_of, kinds_at, language_server, told, verdict
from tests.unit.served import Stage, made_repository, made_service

PATCH = "--- a/A/B.lean\n+++ b/A/B.lean\n@@ -1,2 +1,3 @@\n theorem t : True := by\n-  sorry\n+  constructor\n+  done\n"
TEXT = "theorem t : True := by\n  sorry\n"


@pytest.mark.parametrize(
    ("line", "column", "kinds"),
    [
        ("  sorry", 3, ("prove", "missing", "refute")),
        ("  exact ⟨sorry, h⟩", 9, ("prove", "missing", "refute")),
        ("  exact ⟨sorry, h⟩", 0, ()),
        ("  sorry'", 3, ()),
        ("theorem t : p := by", 9, ("prove", "check", "refute")),
        ("@[simp] private lemma t : p := by", 20, ("prove", "check", "refute")),
        ("theorem t : p := sorry", 18, ("prove", "missing", "refute")),
        ("example : p := by", 0, ("prove", "check", "refute")),
        ("def f := 3", 4, ()),
        ("", 0, ()),
    ],
)
def test_actions_are_offered_where_they_make_sense(line: str, column: int, kinds: tuple[str, ...]) -> None:
    assert kinds_at(line, column, column) == kinds


def test_a_patch_becomes_edits() -> None:
    (edit,) = edits_of(PATCH)
    assert (edit.range.start.line, edit.range.end.line) == (0, 2)
    assert edit.new_text == "theorem t : True := by\n  constructor\n  done\n"
    assert len(list(edits_of(PATCH + "@@ -9 +10 @@\n-a\n+b\n"))) == 2


def test_results_are_told_in_words() -> None:
    assert told(ProveResult("refuted", "t", counterexample={"n": "2"})) == "t is false: n := 2"
    assert told(ProveResult("open", "t", reason="spent", open_goals=("⊢ p",))) == "t is open: spent\nIt lacks:\n⊢ p"
    assert told(ProveResult("proved_given", "t", rests_on=("u",))) == "t is proved given u, still open."
    assert verdict(CheckResult(False, 1, reason="sorry", theorem="t")) == "t is not accepted: sorry"


class Patching(Stage):
    """The stage of the tests, whose proofs have a patch."""

    def prove(self, call: Any, wanted: Any) -> ProveResult:
        if wanted.line == 1:
            self.running.release()
            self.go_on.wait(20)
        return ProveResult("proved", theorem="t", proof="constructor", patch=PATCH)


class Editor(LanguageClient):
    """A client that keeps what the server sends, and takes every edit."""

    def __init__(self) -> None:
        super().__init__("editor", "1")
        self.said: list[str] = []
        self.edits: list[types.WorkspaceEdit] = []

        def say(params: types.ShowMessageParams) -> None:
            self.said.append(params.message)

        def edit(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
            self.edits.append(params.edit)
            return types.ApplyWorkspaceEditResult(applied=True)

        self.feature(types.WINDOW_SHOW_MESSAGE)(say)
        self.feature(types.WORKSPACE_APPLY_EDIT)(edit)


@pytest.fixture
def stage() -> Patching:
    return Patching()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = made_repository(tmp_path)
    (root / "A" / "B.lean").write_text(TEXT)
    return root


@pytest.fixture
def service(root: Path, stage: Patching) -> Iterator[Service]:
    with made_service(root, stage) as made:
        yield made
        stage.go_on.set()


def edited(service: Service, root: Path, play: Callable[[Editor, str], Awaitable[None]]) -> Editor:
    """The editor after a conversation with a server of the service, over a socket."""
    editor = Editor()
    uri = (root / "A" / "B.lean").as_uri()

    async def talk() -> None:
        server = language_server(service, "1")
        writers: list[asyncio.StreamWriter] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            from pygls.io_ import run_async

            writers.append(writer)
            server.protocol.set_writer(writer)
            await run_async(threading.Event(), reader, server.protocol)

        listening = await asyncio.start_server(serve, "127.0.0.1", 0)
        await editor.start_tcp(*listening.sockets[0].getsockname())
        await editor.initialize_async(types.InitializeParams(capabilities=types.ClientCapabilities()))
        item = types.TextDocumentItem(uri, "lean4", 1, TEXT)
        editor.text_document_did_open(types.DidOpenTextDocumentParams(item))
        await play(editor, uri)
        writers[0].close()
        listening.close()
        await editor.stop()

    asyncio.run(asyncio.wait_for(talk(), 30))
    return editor


async def offered(editor: Editor, uri: str, line: int) -> list[tuple[str, str, list[Any]]]:
    """The title, command and arguments of each action.

    The client's library reads an action as a command, whose name is the action's own command as a text.
    """
    at = types.Range(types.Position(line, 3), types.Position(line, 3))
    params = types.CodeActionParams(types.TextDocumentIdentifier(uri), at, types.CodeActionContext([]))
    found = await editor.text_document_code_action_async(params) or []
    commands = [(action.title, ast.literal_eval(str(action.command))) for action in found]
    return [(title, command["command"], command["arguments"]) for title, command in commands]


async def chosen(editor: Editor, action: tuple[str, str, list[Any]]) -> None:
    params = types.ExecuteCommandParams(action[1], action[2])
    await editor.workspace_execute_command_async(params)


async def until(holds: Callable[[], object]) -> None:
    while not holds():
        await asyncio.sleep(0.01)


def test_a_proof_is_an_edit_of_the_version_that_was_asked_about(service: Service, root: Path) -> None:
    async def play(editor: Editor, uri: str) -> None:
        actions = await offered(editor, uri, 1)
        assert [title for title, _, _ in actions] == ["Prove this", "What is missing here?", "Is this false?"]
        assert actions[0][1] == ASK
        await chosen(editor, actions[0])
        await until(lambda: editor.said)

    editor = edited(service, root, play)
    (change,) = editor.edits[0].document_changes or []
    assert isinstance(change, types.TextDocumentEdit)
    assert (change.text_document.version, change.edits[0].new_text.splitlines()[1]) == (1, "  constructor")  # type: ignore[union-attr]
    assert "t is proved" in editor.said[0]
    assert (root / "A" / "B.lean").read_text() == TEXT


def test_a_document_that_has_changed_meanwhile_is_left_alone(service: Service, root: Path, stage: Patching) -> None:
    async def play(editor: Editor, uri: str) -> None:
        asking = asyncio.ensure_future(chosen(editor, (await offered(editor, uri, 0))[0]))
        await asyncio.to_thread(stage.running.acquire)
        whole = types.TextDocumentContentChangeWholeDocument("theorem u : True := by\n  sorry\n")
        named = types.VersionedTextDocumentIdentifier(uri=uri, version=2)
        editor.text_document_did_change(types.DidChangeTextDocumentParams(named, [whole]))
        await offered(editor, uri, 0)  # the change has arrived
        stage.go_on.set()
        await asking
        await until(lambda: editor.said)

    editor = edited(service, root, play)
    assert (editor.edits, "has changed since" in editor.said[0]) == ([], True)


def test_a_document_that_is_not_saved_is_not_worked_on(service: Service, root: Path) -> None:
    (root / "A" / "B.lean").write_text("theorem other : True := by\n  sorry\n")

    async def play(editor: Editor, uri: str) -> None:
        await chosen(editor, (await offered(editor, uri, 1))[0])
        await until(lambda: editor.said)

    assert "save it first" in edited(service, root, play).said[0]
    assert service.jobs() == []


def test_the_command_speaks_over_standard_input_and_output(root: Path) -> None:
    async def talk() -> types.InitializeResult:
        editor = Editor()
        program = "from prover.cli.main import main; main()"
        await editor.start_io(sys.executable, "-c", program, "lsp", "--repo", str(root))
        answer = await editor.initialize_async(types.InitializeParams(capabilities=types.ClientCapabilities()))
        await editor.shutdown_async(None)
        editor.exit(None)
        await editor.stop()
        return answer

    answer = asyncio.run(asyncio.wait_for(talk(), 60))
    provider = answer.capabilities.execute_command_provider
    assert provider is not None
    assert list(provider.commands) == [ASK]
