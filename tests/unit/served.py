"""Tools that start no Lean, for tests of the service and of what is built on it."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import msgspec

from prover.app.report import GeneratorReport, Report, TheoremReport
from prover.app.served_run import RUN, RunArguments, RunResult
from prover.app.service import Directories, Job, Service, ServiceLimits
from prover.app.tools import ProveArguments, ProveResult, SorriesArguments, SorriesResult, Tool, ToolCall
from prover.app.workspace import Workspace
from prover.errors import LeanDied, UsageError
from prover.lean.protocol import Goal
from prover.lean.session import Failed
from prover.progress import Reporter
from prover.server.http import application
from prover.server.identity import Identity
from prover.tactics.generator import Suggestion

WAIT_S = 20.0
IDENTITY = Identity("1.2", "abcd", "efgh")


class ScriptedWorkspace:
    """What a tool without Lean works in. Closing it ends what waits in it, as it ends Lean."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.closed = threading.Event()

    def __enter__(self) -> "ScriptedWorkspace":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.closed.set()


class Stage:
    """Tools whose behaviour a test decides by the name of the theorem."""

    def __init__(self) -> None:
        self.running = threading.Semaphore(0)
        self.go_on = threading.Event()
        self.seen: list[Path] = []

    def open(self, root: Path, _: Reporter) -> Workspace:
        self.seen.append(root)
        return cast(Workspace, ScriptedWorkspace(root))

    def prove(self, call: ToolCall, wanted: ProveArguments) -> ProveResult:
        self.running.release()
        workspace = cast(ScriptedWorkspace, call.workspace)
        match wanted.theorem_name:
            case "waits":
                while not self.go_on.wait(0.01):
                    if workspace.closed.is_set():
                        raise LeanDied("the session has been ended")
            case "searches":
                while not self.go_on.wait(0.01):
                    call.watch.expanded(Goal("k", target="p"))
                    call.watch.ran(Goal("k", target="p"), Suggestion("simp", -1.0), Failed("elaboration", "", 1))
            case "unknown":
                raise UsageError("There is no theorem unknown: check the name.")
            case "faulty":
                raise ZeroDivisionError("oh")
            case "full":
                raise OSError(28, "No space left on device")
        return ProveResult("proved", theorem=wanted.theorem_name or "", proof="rfl")

    def run(self, call: ToolCall, wanted: RunArguments) -> RunResult:
        """Proves every theorem that is wanted, but does what `prove` does at such names."""
        proved = []
        for name in wanted.theorems:
            self.prove(call, ProveArguments("", name))
            proved.append(TheoremReport(name, "A/B.lean", "proved", proof="rfl", counterexample=(("n", "2"),)))
            call.reporter.notify(f"{name} is proved")
            call.found(msgspec.to_builtins(proved[-1]))
        generators = {"automation": GeneratorReport(1, 2, 3, 4, 0.5)}
        return RunResult(Report(wanted.path, "Lean", proved, generators=generators))

    def tools(self) -> dict[str, Tool]:
        def sorries(call: ToolCall, _: SorriesArguments) -> SorriesResult:
            return SorriesResult(())

        return {
            "prove": Tool("prove", "Proves.", ProveArguments, ProveResult, self.prove),
            "sorries": Tool("sorries", "Lists.", SorriesArguments, SorriesResult, sorries),
        }


class Running:
    """A server on a socket, on a thread of its own."""

    def __init__(
        self, service: Service, bound: socket.socket, token: str | None = None, identity: Identity = IDENTITY
    ) -> None:
        import uvicorn

        app = application(service, identity, token)
        config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._server.serve([bound])), daemon=True)

    def __enter__(self) -> "Running":
        self._thread.start()
        until(lambda: self._server.started)
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        assert not self._thread.is_alive()


def made_repository(directory: Path) -> Path:
    """A repository with one file."""
    root = directory / "repo"
    (root / "A").mkdir(parents=True)
    (root / "lakefile.toml").write_text('name = "a"\n')
    (root / "A" / "B.lean").write_text("theorem t : True := sorry\n")
    return root


def made_service(repository: Path, stage: Stage, runs: bool = False) -> Service:
    """A service with two workers and three places in its queue."""
    limits = ServiceLimits(workers=2, queue=3, seconds=100.0, kept_jobs=5)
    tools = {**stage.tools(), RUN.name: replace(RUN, run=stage.run)} if runs else stage.tools()
    return Service(Directories([repository]), limits, stage.open, tools)


def ended(job: Job) -> Job:
    until(lambda: job.ended)
    return job


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def arguments(name: str, **others: Any) -> dict[str, Any]:
    return {"file_path": "A/B.lean", "theorem_name": name, **others}
