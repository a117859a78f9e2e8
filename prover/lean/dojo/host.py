"""The process in which LeanDojo runs, and the only place that imports it: `python -m prover.lean.dojo.host SETUP`.

LeanDojo changes the working directory, prints to standard output, reads settings from the environment while it is
imported and leaves processes behind. It therefore gets a process of its own, which ends with its parent. This file
works around its known faults:

- A token in the environment makes its import query GitHub: the token is hidden during the import.
- It queries GitHub for the commit of Lean even for a local repository: dependencies are read from the manifest.
- After a timeout it would take the late answer for that to the next tactic: the proof is closed and later restored.
- It has one time limit for all tactics: the limit is set for each.
- Its terminal cuts lines at 4096 bytes: the line discipline is switched off.
"""

import json
import os
import re
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import msgspec
import psutil

from prover.errors import LeanDojoFailed
from prover.lean.dojo.messages import (
    DojoCheck,
    DojoDescribe,
    DojoDone,
    DojoElaborate,
    DojoFinished,
    DojoForget,
    DojoGoal,
    DojoGone,
    DojoMessages,
    DojoOpen,
    DojoOpened,
    DojoReady,
    DojoRefused,
    DojoRejected,
    DojoReply,
    DojoRequest,
    DojoRun,
    DojoSetup,
    DojoStepped,
    DojoTrace,
    DojoTraced,
    decode_request,
    encode,
)
from prover.lean.dojo.traced import body, command, goals_in, theorem_at, traced_module
from prover.lean.protocol import Message

OLDEST, NEWEST = "v4.3.0", "v4.20.0"
"""The versions of Lean that lean-dojo 4.20.0 supports."""
OPEN_SECONDS = 600
WATCH_SECONDS = 1.0
LOCAL_FLAGS = 3
"""The index of the line discipline's flags in the attributes of `termios`."""


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Sets environment variables while the block runs, then restores the old ones."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def load(setup: DojoSetup) -> ModuleType:
    """Imports LeanDojo with settings that it reads only during its import."""
    settings = {
        "CACHE_DIR": setup.cache,
        "NUM_PROCS": str(setup.processes),
        "DISABLE_REMOTE_CACHE": "1",
        "GITHUB_ACCESS_TOKEN": "",  # not removed: LeanDojo would then look for it in a file `.env`
        "TQDM_DISABLE": "1",
    }
    with environment(settings):
        import lean_dojo  # type: ignore[import-untyped,import-not-found,unused-ignore]  # absent where Python is newer
    lean_dojo.LeanGitRepo.get_dependencies = _dependencies
    module: ModuleType = lean_dojo
    return module


def _dependencies(repository: Any, path: str | Path | None = None) -> dict[str, Any]:
    """Returns the dependencies of a repository from its manifest; replaces a method that queries GitHub."""
    root = Path(path or repository.repo.working_dir)
    found = {"lean4": ("https://github.com/leanprover/lean4", (root / "lean-toolchain").read_text().strip())}
    manifest = root / "lake-manifest.json"
    for package in json.loads(manifest.read_text())["packages"] if manifest.is_file() else []:
        found[package["name"]] = package.get("url") or package.get("dir", ""), package.get("rev", "")
    return {name: _reference(type(repository), url, commit) for name, (url, commit) in found.items()}


def _reference(kind: type[Any], url: str, commit: str) -> Any:
    """Returns a `LeanGitRepo` without calling its constructor, which would look up the repository."""
    made = object.__new__(kind)
    for name, value in (("url", url), ("commit", commit), ("repo", None), ("lean_version", ""), ("repo_type", None)):
        object.__setattr__(made, name, value)
    return made


@dataclass
class Host:
    """LeanDojo at one repository, with its opened theorems."""

    lean_dojo: Any
    setup: DojoSetup
    _files: dict[str, Any] = field(default_factory=dict)
    _opened: dict[int, tuple[Any, dict[int, Any]]] = field(default_factory=dict)
    """LeanDojo's `Dojo` and its states, by the number of the theorem."""
    _count: int = 0

    def __post_init__(self) -> None:
        self._repository = self.lean_dojo.LeanGitRepo.from_path(self.setup.repository)

    def answer(self, request: DojoRequest) -> Iterator[DojoReply]:
        """Yields the replies to a request."""
        match request:
            case DojoTrace():
                traced = self.lean_dojo.trace(self._repository, build_deps=self.setup.dependencies)
                yield from (DojoTraced(traced_module(file)) for file in traced.traced_files)
                yield DojoDone()
            case DojoDescribe(file):
                yield DojoTraced(traced_module(self._file(file)))
                yield DojoDone()
            case DojoElaborate(file):
                yield DojoMessages(self._elaborate(file))
            case DojoOpen(file, selection):
                yield self._open(file, selection)
            case DojoRun():
                yield self._run(request)
            case DojoCheck(file, selection, proof):
                yield DojoDone(self.lean_dojo.check_proof(self._theorem(file, selection).theorem, proof))
            case DojoForget():
                self.close()
                yield DojoDone()

    def close(self) -> None:
        """Closes every opened theorem."""
        for number in list(self._opened):
            self._close(number)

    def _close(self, number: int) -> None:
        dojo, _ = self._opened.pop(number)
        _leave(dojo)

    def _root(self) -> Path:
        """Returns the traced copy of the repository; traces it first if necessary."""
        path: Path = self.lean_dojo.get_traced_repo_path(self._repository, self.setup.dependencies)
        return path

    def _file(self, file: str) -> Any:
        if file not in self._files:
            tree = self._root() / ".lake/build/ir" / Path(file).with_suffix(".ast.json")
            if not tree.is_file():
                raise LeanDojoFailed(f"LeanDojo has no trace of {file}: it does not build, or is in no library.")
            self._files[file] = traced = self.lean_dojo.TracedFile.from_traced_file(
                self._root(), tree, self._repository
            )
            traced.traced_repo = SimpleNamespace(repo=self._repository, dependencies={})
        return self._files[file]

    def _theorem(self, file: str, selection: int) -> Any:
        theorem = theorem_at(self._file(file), selection)
        if theorem is None:
            raise LeanDojoFailed(f"LeanDojo knows no theorem at byte {selection} of {file}.")
        return theorem

    def _elaborate(self, file: str) -> tuple[Message, ...]:
        done = subprocess.run(
            ["lake", "env", "lean", "--json", file],
            cwd=self._root(),
            capture_output=True,
            text=True,
            timeout=OPEN_SECONDS,
        )
        return tuple(_message(json.loads(line)) for line in done.stdout.splitlines() if line.startswith("{"))

    def _open(self, file: str, selection: int) -> DojoReply:
        theorem = self._theorem(file, selection)
        dojo = self.lean_dojo.Dojo(theorem.theorem, OPEN_SECONDS, build_deps=self.setup.dependencies)
        try:
            _, state = dojo.__enter__()
        except Exception as error:  # DojoInitError, and whatever else LeanDojo lets through
            _leave(dojo)
            raise LeanDojoFailed(f"LeanDojo cannot open {theorem.theorem.full_name} ({error}).") from error
        _switch_off_line_discipline(dojo.proc.child_fd)
        self._count += 1
        self._opened[self._count] = dojo, {state.id: state}
        start, stop = body(theorem)
        return DojoOpened(
            self._count, state.id, _goals(state), start, stop, command(theorem), theorem.theorem.full_name
        )

    def _run(self, request: DojoRun) -> DojoReply:
        dojo, states = self._opened[request.opened]
        dojo.proc.timeout = request.milliseconds / 1000
        started = time.monotonic()

        def spent() -> int:
            return round((time.monotonic() - started) * 1e6)

        try:
            result = dojo.run_tac(states[request.state], request.tactic)
        except self.lean_dojo.DojoTacticTimeoutError:
            self._close(request.opened)
            return DojoGone("timeout", f"no answer within {request.milliseconds} ms")
        except self.lean_dojo.DojoCrashError as error:
            self._close(request.opened)
            return DojoGone("died", f"Lean ended: {error}")
        except AssertionError:  # of LeanDojo's, on goals that it cannot take apart
            return DojoRejected("elaboration", "LeanDojo cannot read the goals that it leaves", spent())
        match type(result).__name__:
            case "ProofFinished":
                return DojoFinished(spent())
            case "TacticState":
                states[result.id] = result
                return DojoStepped(result.id, _goals(result), spent())
            case "ProofGivenUp":
                return DojoRejected("cheat", "the proof contains `sorry`", spent())
            case _:
                return DojoRejected("elaboration", result.error, spent())


def _leave(dojo: Any) -> None:
    """Ends Lean and deletes its file, also after a failed opening, which LeanDojo does not clean up."""
    if hasattr(dojo, "proc"):
        dojo.__exit__(None, None, None)
    elif hasattr(dojo, "modified_file"):
        dojo.modified_file.close()


def _switch_off_line_discipline(terminal: int) -> None:
    settings = termios.tcgetattr(terminal)
    settings[LOCAL_FLAGS] &= ~(termios.ICANON | termios.ECHO)
    termios.tcsetattr(terminal, termios.TCSANOW, settings)


def _goals(state: Any) -> tuple[DojoGoal, ...]:
    found = []
    for printed, goal in zip(goals_in(state.pp), state.goals, strict=True):
        first = printed.partition("\n")[0]
        tag = first.removeprefix("case ") if first.startswith("case ") else ""
        hypotheses = tuple((assumption.ident, assumption.lean_type) for assumption in goal.assumptions)
        found.append(DojoGoal(printed, tag, hypotheses, goal.conclusion))
    return tuple(found)


def _message(line: dict[str, Any]) -> Message:
    start, end = line["pos"], line.get("endPos") or line["pos"]
    place = f"{line.get('fileName', '')}:{start['line']}:{start['column']}"
    return Message(
        severity=line["severity"],
        line=start["line"],
        column=start["column"],
        end_line=end["line"],
        end_column=end["column"],
        text=line["data"],
        printed=f"{place}: {line['severity']}: {line['data']}",
    )


def explained(error: Exception) -> DojoRefused:
    """Returns what went wrong, in a sentence."""
    match error:
        case LeanDojoFailed():
            return DojoRefused(str(error), error.details)
        case subprocess.CalledProcessError():
            output = [part.decode(errors="replace") for part in (error.stdout, error.stderr) if part]
            words = f"LeanDojo's command `{error.cmd}` ended with status {error.returncode}"
            return DojoRefused(
                f"{words}: if the repository's Lean is not between {OLDEST} and {NEWEST}, use another backend.",
                tuple("\n".join(output).splitlines()[-20:]),
            )
        case FileNotFoundError(filename=name):
            return DojoRefused(f"LeanDojo found no {name}: install elan, or put `lean` and `lake` on the PATH.")
        case _:
            return DojoRefused(f"LeanDojo failed ({type(error).__name__}: {re.sub(chr(10), ' ', str(error))}).")


def end_with(parent: int) -> None:
    """Ends this process and its children soon after its parent has ended."""
    while os.getppid() == parent:
        time.sleep(WATCH_SECONDS)
    end_children()
    os._exit(1)


def end_children() -> None:
    """Kills all descendants of this process."""
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            child.kill()


def serve(setup: DojoSetup, requests: Iterator[bytes], send: Callable[[DojoReply], None]) -> None:
    """Answers requests until the input ends."""
    try:
        host = Host(load(setup), setup)
    except ImportError as error:
        send(DojoRefused(f"lean-dojo cannot be loaded ({error})", missing=True))
        return
    except Exception as error:  # whatever LeanDojo raises must become a sentence
        send(explained(error))
        return
    send(DojoReady(host.lean_dojo.__version__))
    try:
        for line in requests:
            try:
                for reply in host.answer(decode_request(line)):
                    send(reply)
            except Exception as error:  # as above
                send(explained(error))
    finally:
        host.close()


def main() -> None:
    """Serves on what was standard output; what LeanDojo prints goes to standard error."""
    threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.set_inheritable(answers.fileno(), False)
    os.dup2(2, 1)

    def send(reply: DojoReply) -> None:
        answers.write(encode(reply) + b"\n")

    try:
        serve(msgspec.json.decode(sys.argv[1], type=DojoSetup), iter(sys.stdin.buffer.readline, b""), send)
    finally:
        end_children()


if __name__ == "__main__":
    main()
