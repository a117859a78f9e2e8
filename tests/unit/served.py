"""Tools that start no Lean, for tests of the service and of what is built on it."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from prover.app.service import Directories, Job, Service, ServiceLimits
from prover.app.tools import ProveArguments, ProveResult, SorriesArguments, SorriesResult, Tool, ToolCall
from prover.app.workspace import Workspace
from prover.errors import LeanDied, UsageError
from prover.lean.protocol import Goal
from prover.progress import Reporter

WAIT_S = 20.0


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
                    call.watch.ran(Goal("k", target="p"), closed=False)
            case "unknown":
                raise UsageError("There is no theorem unknown: check the name.")
            case "faulty":
                raise ZeroDivisionError("oh")
            case "full":
                raise OSError(28, "No space left on device")
        return ProveResult("proved", theorem=wanted.theorem_name or "", proof="rfl")

    def tools(self) -> dict[str, Tool]:
        def sorries(call: ToolCall, _: SorriesArguments) -> SorriesResult:
            return SorriesResult(())

        return {
            "prove": Tool("prove", "Proves.", ProveArguments, ProveResult, self.prove),
            "sorries": Tool("sorries", "Lists.", SorriesArguments, SorriesResult, sorries),
        }


def made_repository(directory: Path) -> Path:
    """A repository with one file."""
    root = directory / "repo"
    (root / "A").mkdir(parents=True)
    (root / "lakefile.toml").write_text('name = "a"\n')
    (root / "A" / "B.lean").write_text("theorem t : True := sorry\n")
    return root


def made_service(repository: Path, stage: Stage) -> Service:
    """A service with two workers and three places in its queue."""
    limits = ServiceLimits(workers=2, queue=3, seconds=100.0, kept_jobs=5)
    return Service(Directories([repository]), limits, stage.open, stage.tools())


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
