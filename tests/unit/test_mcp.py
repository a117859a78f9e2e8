"""The tools over the Model Context Protocol, asked by the client of its own library; without Lean."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from prover.app.service import JobProgress, Service
from prover.cli.main import run
from prover.errors import UsageError
from prover.server import mcp as protocol
from tests.unit.served import Stage, arguments, until


def asked(service: Service, ask: Callable[[Any], Awaitable[Any]], disabled: tuple[str, ...] = ()) -> Any:
    """What `ask` returns of a client of the service."""

    async def talk() -> Any:
        from mcp import Client

        async with Client(protocol.server(service, "1.2", disabled)) as client:
            return await ask(client)

    return asyncio.run(talk())


def called(service: Service, name: str, wanted: dict[str, Any]) -> Any:
    return asked(service, lambda client: client.call_tool(name, wanted))


def test_every_tool_is_offered_with_its_schemas(service: Service) -> None:
    tools = asked(service, lambda client: client.list_tools()).tools
    assert [tool.name for tool in tools] == ["prove", "sorries", "prove_start", "prove_poll", "prove_cancel"]
    for tool in tools:
        assert (tool.input_schema["type"], tool.output_schema["type"]) == ("object", "object")
    assert [tool.name for tool in tools if not tool.annotations.read_only_hint] == ["prove", "prove_start"]


def test_tools_can_be_left_out(service: Service) -> None:
    tools = asked(service, lambda client: client.list_tools(), ("sorries", "prove_poll")).tools
    assert [tool.name for tool in tools] == ["prove", "prove_start", "prove_cancel"]
    with pytest.raises(UsageError, match="no tool fly"):
        protocol.server(service, "1.2", ("fly",))


def test_a_result_is_structured(service: Service) -> None:
    result = called(service, "prove", arguments("t"))
    assert not result.is_error
    assert (result.structured_content["status"], result.structured_content["proof"]) == ("proved", "rfl")


@pytest.mark.parametrize(
    ("wanted", "said", "hint"),
    [
        (arguments("unknown"), "There is no theorem unknown", "check the name."),
        ({"file_path": "../x.lean"}, "outside the directories", "start it with --repo DIRECTORY."),
        (arguments("t", timeout_s=-1), "timeout_s", None),
    ],
)
def test_an_error_says_what_to_do(service: Service, wanted: dict[str, Any], said: str, hint: str | None) -> None:
    result = called(service, "prove", wanted).structured_content
    assert result["status"] == "error"
    assert said in result["reason"]
    assert hint is None or result["hint"] == hint


def test_other_tools_fail_in_words(service: Service) -> None:
    result = called(service, "sorries", {"path": "nowhere"})
    assert result.is_error
    assert "There is no nowhere" in result.content[0].text


def test_a_long_proof_is_started_polled_and_cancelled(service: Service, stage: Stage) -> None:
    async def ask(client: Any) -> list[Any]:
        started = await client.call_tool("prove_start", arguments("waits"))
        job = started.structured_content["job"]
        polled = await client.call_tool("prove_poll", {"job": job, "wait_s": 0.1})
        cancelled = await client.call_tool("prove_cancel", {"job": job})
        last = await client.call_tool("prove_poll", {"job": job})
        return [each.structured_content["state"] for each in (polled, cancelled, last)]

    states = asked(service, ask)
    assert (states[0], states[-1]) == ("running", "cancelled")


def test_a_started_proof_has_a_result(service: Service) -> None:
    async def ask(client: Any) -> Any:
        started = await client.call_tool("prove_start", arguments("t"))
        return (await client.call_tool("prove_poll", {"job": started.structured_content["job"]})).structured_content

    answer = asked(service, ask)
    assert (answer["state"], answer["result"]["proof"]) == ("done", "rfl")


def test_an_unknown_job_is_an_error(service: Service) -> None:
    assert "no job x" in called(service, "prove_poll", {"job": "x"}).content[0].text


def test_progress_is_sent_while_a_proof_is_searched(
    service: Service, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "PROGRESS_INTERVAL_S", 0.1)
    heard: list[str] = []

    async def ask(client: Any) -> Any:
        async def hear(_: float, total: float | None, message: str | None) -> None:
            heard.append(f"{message} of {total}")
            if len(heard) > 2:
                stage.go_on.set()

        return await client.call_tool("prove", arguments("searches", timeout_s=50), progress_callback=hear)

    assert asked(service, ask).structured_content["status"] == "proved"
    assert "1 open goals" in heard[-1]
    assert heard[-1].endswith("⊢ p of 50.0")


def test_a_call_that_is_cancelled_cancels_its_job(service: Service, stage: Stage) -> None:
    async def ask(client: Any) -> None:
        call = asyncio.ensure_future(client.call_tool("prove", arguments("waits")))
        await asyncio.to_thread(stage.running.acquire)
        call.cancel()
        await asyncio.sleep(0.2)

    asked(service, ask)
    until(lambda: service.jobs()[0].state == "cancelled")


def test_phases_are_told_in_words() -> None:
    assert JobProgress("checking").described() == "a proof was found; a fresh Lean checks it"
    assert JobProgress("opening", note="building A.B").described() == "opening: building A.B"


def test_the_command_speaks_over_standard_input_and_output(repository: Path) -> None:

    async def talk() -> tuple[list[str], Any]:
        from mcp import Client, StdioServerParameters, stdio_client

        program = "from prover.cli.main import main; main()"
        words = ["-c", program, "mcp", "--repo", str(repository), "--disable", "refute"]
        async with Client(stdio_client(StdioServerParameters(command=sys.executable, args=words))) as client:
            tools = [tool.name for tool in (await client.list_tools()).tools]
            return tools, await client.call_tool("prove", {"file_path": "A/C.lean", "line": 1})

    tools, result = asyncio.run(talk())
    assert tools == [
        "prove", "fill", "suggest", "check", "premises", "sorries", "prove_start", "prove_poll", "prove_cancel",
    ]  # fmt: skip
    assert "There is no A/C.lean" in result.structured_content["reason"]


def test_http_needs_a_token_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["mcp", "--http"]) == 2
    assert "--token-file" in capsys.readouterr().err


def test_the_same_is_served_over_http_with_a_token(service: Service) -> None:
    async def talk() -> tuple[Any, list[str]]:
        import httpx2
        import uvicorn
        from mcp import Client
        from mcp.client.streamable_http import streamable_http_client

        from prover.server.http import guarded
        from prover.server.serving import local_port

        with local_port(0) as bound:
            app = guarded(protocol.server(service, "1.2").streamable_http_app(), "right")
            config = uvicorn.Config(app, log_config=None, lifespan="on", timeout_graceful_shutdown=1)
            running = uvicorn.Server(config)
            serving = asyncio.ensure_future(running.serve([bound]))
            while not running.started:
                await asyncio.sleep(0.01)
            url = f"http://127.0.0.1:{bound.getsockname()[1]}/mcp"
            refused = []
            try:
                async with (
                    httpx2.AsyncClient(headers={"Authorization": "Bearer right"}) as http,
                    Client(streamable_http_client(url, http_client=http)) as client,
                ):
                    result = await client.call_tool("prove", arguments("t"))
                async with httpx2.AsyncClient() as http:
                    refused.append(str((await http.post(url, json={})).status_code))
                    answer = await http.post(url, json={}, headers={"Authorization": "Bearer right", "Host": "e.org"})
                    refused.append(str(answer.status_code))
            finally:
                running.should_exit = True
                await serving
            return result.structured_content, refused

    result, refused = asyncio.run(talk())
    assert result["proof"] == "rfl"
    assert refused == ["401", "403"]
