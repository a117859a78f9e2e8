"""Starts the process in which LeanDojo runs, exchanges messages with it, and always ends it."""

import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from tempfile import TemporaryFile
from typing import IO

import psutil

from prover.errors import LeanDied, LeanDojoFailed, LeanDojoMissing, LeanTimeout
from prover.lean.dojo.messages import DojoRefused, DojoReply, DojoRequest, DojoSetup, DojoTraced, decode_reply, encode

INSTALL = "pip install 'prover[leandojo]'"
START_SECONDS = 120.0
GRACE_SECONDS = 5.0
"""How much later than Lean's time limit LeanDojo may answer."""
END_SECONDS = 30.0
"""The time to close open theorems. A process that is killed leaves a scratch file in LeanDojo's cache."""
LOG_LINES = 20


class DojoProcess:
    """A process that runs LeanDojo. Not thread-safe: it carries one request at a time.

    Raises from every method:
        LeanDied: The process ended.
        LeanTimeout: It did not answer in time and was killed.
    """

    def __init__(self, setup: DojoSetup) -> None:
        self._log: IO[bytes] = TemporaryFile()  # noqa: SIM115 -- closed with the process
        self._replies: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "prover.lean.dojo.host", encode(setup).decode()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        self._greeted = False

    def __enter__(self) -> "DojoProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def alive(self) -> bool:
        """Returns whether the process still runs."""
        return self._process.poll() is None

    def ask(self, request: DojoRequest, seconds: float) -> Iterator[DojoReply]:
        """Sends a request; yields its replies. `seconds` bounds each wait."""
        if not self._greeted:
            self._checked(self._receive(START_SECONDS))
            self._greeted = True
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(encode(request) + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise self._death() from None
        while True:
            reply = self._checked(self._receive(seconds))
            yield reply
            if not isinstance(reply, DojoTraced):
                return

    def close(self) -> None:
        """Lets the process close its theorems and end; kills it and its children if it does not."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
            self._process.wait(END_SECONDS)
        except (OSError, subprocess.TimeoutExpired):
            self.kill()

    def kill(self) -> None:
        """Kills the process and its children. Safe to call twice."""
        if not self.alive():
            return
        try:
            below = psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            below = []
        self._process.kill()
        for process in below:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.wait()

    def _receive(self, seconds: float) -> DojoReply:
        try:
            line = self._replies.get(timeout=seconds)
        except queue.Empty:
            self.kill()
            raise LeanTimeout(f"LeanDojo did not answer within {seconds:.0f} s and was stopped") from None
        if line is None:
            raise self._death()
        return decode_reply(line)

    def _checked(self, reply: DojoReply) -> DojoReply:
        match reply:
            case DojoRefused(message, _, True):
                raise LeanDojoMissing(f"{message}: {INSTALL}.")
            case DojoRefused(message, details):
                raise LeanDojoFailed(message, details or self._last_words())
        return reply

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._replies.put(line)
        self._replies.put(None)

    def _last_words(self) -> tuple[str, ...]:
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").splitlines()
        return tuple(line for line in lines if line.strip())[-LOG_LINES:]

    def _death(self) -> LeanDied:
        self._process.wait()
        words = self._last_words()
        return LeanDied(f"LeanDojo ended with status {self._process.returncode}: {words[-1] if words else 'no output'}")
