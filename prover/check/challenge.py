"""What a proof is judged against: the original file, compiled by a process that has seen no candidate.

Each original is compiled once, by a fresh Lean; its compiled form is what a candidate must be equal to, but
for the one proof. Where only the theorem's own proof does not compile, it is put aside as `sorry` first.
"""

import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from prover.errors import BrokenFile
from prover.lean.protocol import CommandMessage, Message
from prover.lean.session import LeanSession, SourceText


@dataclass(frozen=True)
class Challenge:
    """An original file, compiled."""

    olean: Path
    """its compiled form, as written by Lean"""
    commands: tuple[CommandMessage, ...]
    messages: tuple[Message, ...]

    def names_of(self, start: int) -> tuple[str, ...]:
        """What the command at that byte declares."""
        return next((command.names for command in self.commands if command.start == start), ())


@dataclass
class Challenges:
    """The originals met so far. Thread-safe."""

    fresh: Callable[[], LeanSession]
    """makes a session whose process has elaborated nothing"""
    _directory: tempfile.TemporaryDirectory[str] | None = None
    _known: dict[tuple[SourceText, int | None], Challenge] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, source: SourceText, start: int, selection: int) -> Challenge:
        """The challenge for the theorem named at `selection`, whose command is at `start`.

        Raises:
            BrokenFile: the original does not compile, even without that theorem's proof.
            LeanError: no process came to the end of it.
        """
        with self._lock:
            for key in ((source, None), (source, start)):
                if key in self._known:
                    return self._known[key]
            session = self.fresh()
            try:
                return self._compile(session, source, start, selection)
            finally:
                session.close()

    def _compile(self, session: LeanSession, source: SourceText, start: int, selection: int) -> Challenge:
        broken: tuple[Message, ...] = ()
        for sorried in (False, True):
            olean = self._place(source, start if sorried else None)
            commands, messages = session.challenge(source, start, selection, sorried, olean)
            challenge = Challenge(olean, commands, messages)
            errors = tuple(message for message in messages if message.severity == "error")
            if not errors:
                self._known[source, start if sorried else None] = challenge
                return challenge
            broken = broken or errors
        raise BrokenFile(
            f"{source.file} does not compile, whatever the proof: mend it first.",
            tuple(message.printed.rstrip() for message in broken),
        )

    def _place(self, source: SourceText, start: int | None) -> Path:
        if self._directory is None:
            self._directory = tempfile.TemporaryDirectory(prefix="prover-challenge-")
        digest = sha256(f"{source.file}\n{source.module}\n{start}\n{source.text}".encode()).hexdigest()[:24]
        return Path(self._directory.name) / f"{digest}.olean"
