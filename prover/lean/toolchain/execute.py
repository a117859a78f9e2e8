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
NOISE = ("[DEBUG", "  - ", "  mainModule?", "npm warn")
"""How the lines begin that the embedded build and npm print without being asked."""


@dataclass(frozen=True)
class FinishedProcess:
    """How a command ended."""

    status: int | None
    """its exit status, negative for a signal; nothing when it ran past its limit and was killed"""
    lines: tuple[str, ...]
    """what it said on both streams, without noise"""

    @property
    def last_words(self) -> str:
        """Its end, for an error message."""
        if self.status is None:
            return "it did not end in time"
        return self.lines[-1].strip() if self.lines else f"it ended with status {self.status}"


@dataclass(frozen=True)
class ProcessLimits:
    """Within what a command runs."""

    directory: Path
    """where it is started"""
    seconds: float
    """after which it is killed"""


@dataclass
class RunningProcess:
    """A command that has not ended."""

    command: Command
    limits: ProcessLimits
    output: IO[bytes]
    process: subprocess.Popen[bytes]
    started: float = field(default_factory=time.monotonic)

    @classmethod
    def start(cls, command: Command, limits: ProcessLimits) -> "RunningProcess":
        """Starts it; what it says goes to a file, so that it never waits for a reader."""
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
        """How it ended, if it has ended or is out of time."""
        status = self.process.poll()
        if status is None and time.monotonic() - self.started < self.limits.seconds:
            return None
        self.kill()
        return FinishedProcess(status, self._lines())

    def kill(self) -> None:
        """Ends it and all that it has started, if it still runs."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _lines(self) -> tuple[str, ...]:
        with self.output:
            self.output.seek(0)
            text = self.output.read().decode(errors="replace")
        return tuple(line for line in text.splitlines() if line.strip() and not line.startswith(NOISE))


def execute(command: Command, limits: ProcessLimits) -> FinishedProcess:
    """Runs one command to its end."""
    ((_, finished),) = execute_all([command], limits, at_once=1)
    return finished


def execute_all(
    commands: Sequence[Command], limits: ProcessLimits, at_once: int
) -> Iterator[tuple[int, FinishedProcess]]:
    """Runs commands, `at_once` at a time; yields the place of each and how it ended, the first to end first.

    No command outlives the iteration, also when it is broken off.
    """
    waiting = deque(range(len(commands)))
    live: dict[int, RunningProcess] = {}
    try:
        while waiting or live:
            while waiting and len(live) < at_once:
                place = waiting.popleft()
                live[place] = RunningProcess.start(commands[place], limits)
            for place, running in list(live.items()):
                if finished := running.poll():
                    del live[place]
                    yield place, finished
            time.sleep(POLL_S)
    finally:
        for running in live.values():
            running.kill()
