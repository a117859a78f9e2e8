"""One Lean process that runs the gateway: started, spoken to a line at a time, and always ended."""

import os
import queue
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import psutil

from prover.errors import LeanDied, LeanTimeout, RequestRefused
from prover.lean.isolation import confined
from prover.lean.protocol import PROTOCOL_VERSION
from prover.lean.requests import (
    ClosingReply,
    GatewayError,
    GatewayReply,
    GatewayRequest,
    Greeting,
    PartialReply,
    StreamRequest,
    decode_greeting,
    encode,
    reply_decoder,
)
from prover.lean.toolchain.toolchain import Program, Toolchain

T = TypeVar("T")
START_SECONDS = 60.0
NOISE_LINES = 40
SIGNALLED = 128
"""from here on, the status of a process says which signal ended what it ran"""


class LeanProcess:
    """A running gateway, confined: see `isolation`. Not thread-safe: one conversation at a time.

    Raises from every method:
        LeanDied: the process ended; the message has its last words.
        LeanTimeout: no reply within the time given; the process has been killed.
    """

    def __init__(self, toolchain: Toolchain, search_path: Sequence[Path] = ()) -> None:
        self._mark = secrets.token_hex(8)
        self.scratch = Path(tempfile.mkdtemp(prefix="prover-lean-")).resolve()
        """the one directory that the process may write in; gone when it has ended"""
        command = confined(
            toolchain.command(Program(("Gateway",), (), (self._mark,)), search_path), toolchain, self.scratch
        )
        self._noise: deque[str] = deque(maxlen=NOISE_LINES)
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            command.argv,
            env=command.environment,
            cwd=self.scratch,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        for stream, kept in ((self._process.stdout, True), (self._process.stderr, False)):
            threading.Thread(target=self._read, args=(stream, kept), daemon=True).start()
        self._greeting: Greeting | None = None

    def greet(self) -> Greeting:
        """Waits for the gateway's greeting, once, and returns it.

        Raises:
            RequestRefused: the gateway speaks another version of the protocol.
        """
        if self._greeting is None:
            greeting = self._receive(START_SECONDS, decode_greeting)
            if greeting.gateway != PROTOCOL_VERSION:
                raise RequestRefused(
                    f"the gateway speaks protocol {greeting.gateway}, not {PROTOCOL_VERSION}: "
                    "run `prover toolchain install` to compile it again"
                )
            self._greeting = greeting
        return self._greeting

    def ask(self, request: GatewayRequest[ClosingReply], seconds: float) -> ClosingReply:
        """Sends a request and returns its reply, which must arrive within `seconds`.

        Raises:
            RequestRefused: the gateway answered with an error.
        """
        self._send(request)
        reply: ClosingReply | GatewayError = self._receive(seconds, reply_decoder(type(request)))
        if isinstance(reply, GatewayError):
            raise RequestRefused(reply.error)
        return reply

    def stream(
        self, request: StreamRequest[PartialReply, ClosingReply], seconds: float
    ) -> Generator[PartialReply, None, ClosingReply]:
        """Sends a request, yields its partial replies and returns the closing one. `seconds` bounds each wait.

        The generator must be exhausted before the next request.

        Raises:
            RequestRefused: the gateway answered with an error.
        """
        self._send(request)
        decoder = reply_decoder(type(request))
        while True:
            reply = self._receive(seconds, decoder)
            if isinstance(reply, GatewayError):
                raise RequestRefused(reply.error)
            if isinstance(reply, GatewayReply):
                return reply  # type: ignore[return-value]  # the closing type of this kind of request
            yield reply

    @property
    def pid(self) -> int:
        """The operating system's number of the process."""
        return self._process.pid

    def memory(self) -> int:
        """Resident memory in bytes, with what it is run by; 0 once it has ended."""
        try:
            top = psutil.Process(self.pid)
            return sum(int(process.memory_info().rss) for process in (top, *top.children(recursive=True)))
        except psutil.Error:
            return 0

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """Ends the process and waits until it is gone. Safe to call twice."""
        if self.alive():
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                self._process.kill()
        self._process.wait()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def _send(self, request: GatewayRequest[Any] | StreamRequest[Any, Any]) -> None:
        self.greet()
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(encode(request) + b"\n")
            self._process.stdin.flush()
        except (BrokenPipeError, OSError):
            raise self._death() from None

    def _receive(self, seconds: float, decode: Callable[[bytes], T]) -> T:
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                self.kill()
                raise LeanTimeout(f"Lean gave no answer within {seconds:.0f} s and was stopped") from None
            if line is None:
                raise self._death()
            try:
                return decode(line)
            except msgspec.DecodeError as error:
                raise RequestRefused(f"the gateway sent a reply that cannot be read ({error})") from None

    def _read(self, stream: Any, kept: bool) -> None:
        mark = self._mark.encode()
        for line in stream:
            if kept and line.startswith(mark):
                self._lines.put(line[len(mark) :])
            elif line.strip() and not line.startswith((b"[DEBUG", b"  - /", b"  mainModule?")):
                self._noise.append(line.decode(errors="replace").rstrip())
        if kept:
            self._lines.put(None)

    def _death(self) -> LeanDied:
        self.kill()
        words = next((line for line in self._noise if "rror" in line), "it said nothing")
        status = self._process.returncode
        return LeanDied(f"Lean ended with status {status}: {words.strip()}", killed=not 0 <= status < SIGNALLED)


def collect(replies: Generator[PartialReply, None, ClosingReply]) -> tuple[list[PartialReply], ClosingReply]:
    """Exhausts a stream of replies; returns the partial ones and the closing one."""
    partial: list[PartialReply] = []
    while True:
        try:
            partial.append(next(replies))
        except StopIteration as end:
            return partial, end.value
