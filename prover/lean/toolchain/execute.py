"""Runs commands that end by themselves, several at a time. Not for the gateway, which is a conversation."""

import contextlib
import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from prover.lean.toolchain.toolchain import Command

POLL_S = 0.05
NOISE_PREFIXES = ("[DEBUG", "  - ", "  mainModule?", "npm warn")
"""Prefixes of debugging lines that the embedded build and npm print."""


@dataclass(frozen=True)
class FinishedProcess:
    """How a command ended, and its output."""

    status: int | None
    """The exit status, negative for a signal; None if it exceeded its time limit and was killed."""
    lines: tuple[str, ...]
    """The lines of both output streams, without noise."""

    @property
    def last_words(self) -> str:
        """The last line of output, or how it ended, for an error message."""
        if self.status is None:
            return "it did not end in time"
        return self.lines[-1].strip() if self.lines else f"it ended with status {self.status}"


@dataclass(frozen=True)
class ProcessLimits:
    """The working directory and time limit of a command."""

    directory: Path
    """The working directory."""
    seconds: float
    """The time after which it is killed."""


@dataclass
class RunningProcess:
    """A running command."""

    command: Command
    limits: ProcessLimits
    output: IO[bytes]
    process: subprocess.Popen[bytes]
    started: float = field(default_factory=time.monotonic)

    @classmethod
    def start(cls, command: Command, limits: ProcessLimits) -> "RunningProcess":
        """Starts the command. Its output goes to a file, so that it never waits for a reader."""
        output = TemporaryFile()  # noqa: SIM115 -- closed when its lines have been read
        process = subprocess.Popen(
            command.argv,
            cwd=limits.directory,
            env=command.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that what it starts in turn can be ended with it
        )
        return cls(command, limits, output, process)

    def poll(self) -> FinishedProcess | None:
        """Returns how it ended if it has ended or exceeded its time limit."""
        status = self.process.poll()
        if status is None and time.monotonic() - self.started < self.limits.seconds:
            return None
        self.kill()
        return FinishedProcess(status, self._lines())

    def kill(self) -> None:
        """Kills it and its children, if it still runs."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _lines(self) -> tuple[str, ...]:
        with self.output:
            self.output.seek(0)
            text = self.output.read().decode(errors="replace")
        return tuple(line for line in text.splitlines() if line.strip() and not line.startswith(NOISE_PREFIXES))


def execute(command: Command, limits: ProcessLimits) -> FinishedProcess:
    """Runs one command to its end and returns how it ended."""
    ((_, finished),) = execute_all([command], limits, at_once=1)
    return finished


def execute_all(
    commands: Sequence[Command], limits: ProcessLimits, at_once: int
) -> Iterator[tuple[int, FinishedProcess]]:
    """Runs commands, `at_once` at a time; yields the index of each and how it ended, in the order of ending.

    No command outlives the iteration, even if it is abandoned.
    """
    waiting = deque(range(len(commands)))
    live: dict[int, RunningProcess] = {}
    try:
        while waiting or live:
            while waiting and len(live) < at_once:
                index = waiting.popleft()
                live[index] = RunningProcess.start(commands[index], limits)
            for index, running in list(live.items()):
                if finished := running.poll():
                    del live[index]
                    yield index, finished
            time.sleep(POLL_S)
    finally:
        for running in live.values():
            running.kill()
