"""Original files, compiled by processes that have seen no candidate, against which proofs are judged.

Each original is compiled once. A candidate must equal the compiled original except for one proof. If only the theorem's
own proof does not compile, it is replaced by `sorry` first. Compiled originals can be cached for later runs, keyed by
content, in a directory where Lean's processes cannot write.
"""

import tempfile
import threading
from collections import defaultdict
from collections.abc import Sequence
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
    """A compiled original file."""

    olean: Path
    """The compiled file, as written by Lean."""
    commands: tuple[FileCommand, ...]
    messages: tuple[Message, ...]

    def names_of(self, start: int) -> tuple[str, ...]:
        """Returns the names that the command at a byte declares."""
        return next((command.names for command in self.commands if command.start == start), ())


def challenge_directory(caches: Path, toolchain: Toolchain, search_path: Sequence[Path]) -> Path | None:
    """Returns the cache directory for originals that are compiled with a toolchain and a search path.

    Returns None for a native toolchain: Lake builds in place, so the names of the search path do not determine its
    content. The embedded toolchain's modules have a directory for each content.
    """
    if toolchain.kind != "embedded":
        return None
    key = "\n".join([toolchain.name, *map(str, search_path)])
    return caches / "challenges" / sha256(key.encode()).hexdigest()[:24]


class _ChallengeRecord(msgspec.Struct, frozen=True):
    """The file next to a cached original. It is written last, so an original that has it is complete."""

    commands: tuple[FileCommand, ...]
    messages: tuple[Message, ...]


@dataclass
class Challenges:
    """Compiles originals and remembers them. Thread-safe."""

    cache_dir: Path | None = None
    """The directory of compiled originals for later runs; see `challenge_directory`."""
    _directory: tempfile.TemporaryDirectory[str] | None = None
    _known: dict[tuple[SourceText, int | None], Challenge] = field(default_factory=dict)
    _locks: defaultdict[SourceText, threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock))
    """Held while an original is looked up or compiled, so that no other thread compiles it as well."""

    def of(self, session: LeanSession, source: SourceText, start: int, selection: int) -> Challenge:
        """Returns the compiled original for the theorem whose name starts at `selection` and whose command at `start`.

        Args:
            session: compiles it if it is not known; has seen no candidate.

        Raises:
            BrokenFile: The original does not compile, even without the theorem's proof.
            LeanError: Lean did not finish compiling it.
        """
        with self._locks[source]:
            for sorried in (None, start):
                if found := self._known.get((source, sorried)) or self._cached(source, sorried):
                    self._known[source, sorried] = found
                    return found
            return self._compile(session, source, start, selection)

    def prepare(self, session: LeanSession, source: SourceText) -> None:
        """Compiles an original as it stands, unless that is known; otherwise only has `session` import its modules.

        Raises:
            LeanError: Lean did not finish.
        """
        with self._locks[source]:
            if self._known.get((source, None)) or self._cached(source, None):
                session.import_modules(source)
            else:
                self._variant(session, source, None, selection=0)

    def _cached(self, source: SourceText, sorried: int | None) -> Challenge | None:
        """Returns a compiled original of an earlier run, if there is one."""
        olean = self._place(source, sorried)
        record = olean.with_suffix(".json")
        if self.cache_dir is None or not (olean.is_file() and record.is_file()):
            return None
        cached = msgspec.json.decode(record.read_bytes(), type=_ChallengeRecord)
        return Challenge(olean, cached.commands, cached.messages)

    def _compile(self, session: LeanSession, source: SourceText, start: int, selection: int) -> Challenge:
        broken: tuple[Message, ...] = ()
        for sorried in (None, start):
            challenge = self._variant(session, source, sorried, selection)
            errors = tuple(message for message in challenge.messages if message.severity == "error")
            if not errors:
                return challenge
            broken = broken or errors
        raise BrokenFile(
            f"{source.file} does not compile, whatever the proof: fix it first.",
            tuple(message.printed.rstrip() for message in broken),
        )

    def _variant(self, session: LeanSession, source: SourceText, sorried: int | None, selection: int) -> Challenge:
        """Compiles an original, with the proof in the command at `sorried` put aside; keeps it if it has no errors."""
        olean = self._place(source, sorried)
        compiled = session.challenge(source, sorried or 0, selection, sorried is not None, olean)
        challenge = Challenge(olean, compiled.commands, compiled.messages)
        if not any(message.severity == "error" for message in compiled.messages):
            if self.cache_dir is not None:
                record = _ChallengeRecord(compiled.commands, compiled.messages)
                write_atomically(olean.with_suffix(".json"), msgspec.json.encode(record))
            self._known[source, sorried] = challenge
        return challenge

    def _place(self, source: SourceText, sorried: int | None) -> Path:
        key = f"{source.file}\n{source.module}\n{source.options}\n{sorried}\n{source.text}"
        digest = sha256(key.encode()).hexdigest()[:32]
        return (self.cache_dir or self._scratch()) / f"{digest}.olean"

    def _scratch(self) -> Path:
        if self._directory is None:
            self._directory = tempfile.TemporaryDirectory(prefix="prover-challenge-")
        return Path(self._directory.name)
