"""One Lean process that runs the gateway: it is started, exchanges lines of JSON, and is always ended."""

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
    ForgetRequest,
    GatewayError,
    GatewayReply,
    GatewayRequest,
    Greeting,
    ImportsRequest,
    PartialReply,
    StreamRequest,
    decode_greeting,
    encode,
    reply_decoder,
)
from prover.lean.toolchain.toolchain import GATEWAY, Program, Toolchain

T = TypeVar("T")
START_SECONDS = 60.0
NOISE_LINES = 40
FIRST_SIGNAL_STATUS = 128
"""From this exit status on, the status of a shell encodes the signal that ended its command."""


class LeanProcess:
    """A running gateway, confined as in `isolation`. Not thread-safe: it carries one request at a time.

    Raises from every method:
        LeanDied: The process ended. The message has its last output.
        LeanTimeout: No reply arrived in time. The process has been killed.
    """

    def __init__(self, toolchain: Toolchain, search_path: Sequence[Path] = (), saved: Path | None = None) -> None:
        """Starts a process.

        Args:
            search_path: directories of compiled modules, besides the toolchain's library.
            saved: a saved process to continue, which has imported what will be needed.
        """
        self.saved = saved
        self._mark = secrets.token_hex(8)
        self.scratch = Path(tempfile.mkdtemp(prefix="prover-lean-")).resolve()
        """The only directory in which the process may write. It is deleted with the process."""
        program = Program(GATEWAY, (), (self._mark,))
        command = confined(toolchain.command(program, search_path, saved), toolchain, self.scratch)
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
        for stream, has_replies in ((self._process.stdout, True), (self._process.stderr, False)):
            threading.Thread(target=self._read, args=(stream, has_replies), daemon=True).start()
        self._greeting: Greeting | None = None
        self.elaborated: set[tuple[str, str]] = set()
        """The texts that it was asked to elaborate, each with its module; any other work is an empty text."""

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
            raise RequestRefused(reply.error, reply.clash)
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
                raise RequestRefused(reply.error, reply.clash)
            if isinstance(reply, GatewayReply):
                return reply  # type: ignore[return-value]  # the closing type of this kind of request
            yield reply

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def memory(self) -> int:
        """Returns the resident memory of the process and its children in bytes; 0 once it has ended."""
        try:
            top = psutil.Process(self.pid)
            return sum(int(process.memory_info().rss) for process in (top, *top.children(recursive=True)))
        except psutil.Error:
            return 0

    def alive(self) -> bool:
        """Returns whether the process still runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """Kills the process, waits until it is gone and deletes its scratch directory. Safe to call twice."""
        if self.alive():
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                self._process.kill()
        self._process.wait()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def _send(self, request: GatewayRequest[Any] | StreamRequest[Any, Any]) -> None:
        self.greet()
        if not isinstance(request, ImportsRequest | ForgetRequest):  # these elaborate nothing
            self.elaborated.add((getattr(request, "text", ""), getattr(request, "module", "")))
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
                raise LeanTimeout(f"Lean did not answer within {seconds:.0f} s and was stopped") from None
            if line is None:
                raise self._death()
            try:
                return decode(line)
            except msgspec.DecodeError as error:
                raise RequestRefused(f"the gateway sent a reply that cannot be read ({error})") from None

    def _read(self, stream: Any, has_replies: bool) -> None:
        mark = self._mark.encode()
        for line in stream:
            if has_replies and line.startswith(mark):
                self._lines.put(line[len(mark) :])
            elif line.strip() and not line.startswith((b"[DEBUG", b"  - /", b"  mainModule?")):
                self._noise.append(line.decode(errors="replace").rstrip())
        if has_replies:
            self._lines.put(None)

    def _death(self) -> LeanDied:
        self.kill()
        status = self._process.returncode
        killed = not 0 <= status < FIRST_SIGNAL_STATUS
        exits = "" if killed else "; an `#eval` of the file may have called `IO.Process.exit`"
        words = next((line for line in self._noise if "rror" in line), f"it printed no error{exits}")
        return LeanDied(f"Lean ended with status {status}: {words.strip()}", killed=killed)


def collect(replies: Generator[PartialReply, None, ClosingReply]) -> tuple[list[PartialReply], ClosingReply]:
    """Exhausts a stream of replies; returns the partial ones and the closing one."""
    partial: list[PartialReply] = []
    while True:
        try:
            partial.append(next(replies))
        except StopIteration as end:
            return partial, end.value
