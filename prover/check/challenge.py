"""What a proof is judged against: the original file, compiled by a process that has seen no candidate.

Each original is compiled once, by a fresh Lean; its compiled form is what a candidate must be equal to, but
for the one proof. Where only the theorem's own proof does not compile, it is put aside as `sorry` first. What has
been compiled may be kept for later runs, by its content: Lean's own processes cannot write where it is kept.
"""

import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import msgspec

from prover.errors import BrokenFile
from prover.lean.gateway_session import LeanSession
from prover.lean.protocol import FileCommand, Message
from prover.lean.session import SourceText
from prover.lean.toolchain.toolchain import Toolchain
from retrieval.files import write_atomically


@dataclass(frozen=True)
class Challenge:
    """An original file, compiled."""

    olean: Path
    """its compiled form, as written by Lean"""
    commands: tuple[FileCommand, ...]
    messages: tuple[Message, ...]

    def names_of(self, start: int) -> tuple[str, ...]:
        """What the command at that byte declares."""
        return next((command.names for command in self.commands if command.start == start), ())


def challenge_directory(caches: Path, toolchain: Toolchain, search_path: Sequence[Path]) -> Path | None:
    """Where originals are kept that are compiled with what is on a search path; nowhere if its names do not tell
    what is there: a native Lake builds in place, while the embedded toolchain's modules have a directory for each
    content."""
    if toolchain.kind != "embedded":
        return None
    within = "\n".join([toolchain.name, *map(str, search_path)])
    return caches / "challenges" / sha256(within.encode()).hexdigest()[:24]


class _ChallengeRecord(msgspec.Struct, frozen=True):
    """What is kept beside a compiled original; what has it is complete."""

    commands: tuple[FileCommand, ...]
    messages: tuple[Message, ...]


@dataclass
class Challenges:
    """The originals met so far. Thread-safe."""

    fresh: Callable[[], LeanSession]
    """makes a session whose process has elaborated nothing"""
    cache: Path | None = None
    """where they are kept for later runs; see `challenge_directory`"""
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
            for sorried in (None, start):
                if found := self._known.get((source, sorried)) or self._kept(source, sorried):
                    self._known[source, sorried] = found
                    return found
            session = self.fresh()
            try:
                return self._compile(session, source, start, selection)
            finally:
                session.close()

    def _kept(self, source: SourceText, sorried: int | None) -> Challenge | None:
        """What an earlier run has kept."""
        olean = self._place(source, sorried)
        record = olean.with_suffix(".json")
        if self.cache is None or not (olean.is_file() and record.is_file()):
            return None
        said = msgspec.json.decode(record.read_bytes(), type=_ChallengeRecord)
        return Challenge(olean, said.commands, said.messages)

    def _compile(self, session: LeanSession, source: SourceText, start: int, selection: int) -> Challenge:
        broken: tuple[Message, ...] = ()
        for sorried in (None, start):
            olean = self._place(source, sorried)
            compiled = session.challenge(source, start, selection, sorried is not None, olean)
            errors = tuple(message for message in compiled.messages if message.severity == "error")
            if not errors:
                if self.cache is not None:
                    record = _ChallengeRecord(compiled.commands, compiled.messages)
                    write_atomically(olean.with_suffix(".json"), msgspec.json.encode(record))
                self._known[source, sorried] = Challenge(olean, compiled.commands, compiled.messages)
                return self._known[source, sorried]
            broken = broken or errors
        raise BrokenFile(
            f"{source.file} does not compile, whatever the proof: mend it first.",
            tuple(message.printed.rstrip() for message in broken),
        )

    def _place(self, source: SourceText, sorried: int | None) -> Path:
        named = f"{source.file}\n{source.module}\n{source.options}\n{sorried}\n{source.text}"
        digest = sha256(named.encode()).hexdigest()[:32]
        return (self.cache or self._scratch()) / f"{digest}.olean"

    def _scratch(self) -> Path:
        if self._directory is None:
            self._directory = tempfile.TemporaryDirectory(prefix="prover-challenge-")
        return Path(self._directory.name)
