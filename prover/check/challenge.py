"""Original files, compiled by processes that have seen no candidate, against which proofs are judged.

Each original is compiled once. A candidate must equal the compiled original except for one proof. If the theorem's own
proof does not compile, it is replaced by `sorry` first. Errors elsewhere in the original stay: a candidate may have
those, but no others. Compiled originals can be cached for later runs, keyed by content, in a directory where Lean's
processes cannot write.
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
from prover.lean.protocol import FileCommand, Message, errors_among
from prover.lean.requests import ChallengeTarget
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


@dataclass(frozen=True)
class TheoremPlace:
    """The place of a theorem in its original file."""

    selection: int
    """The byte at which its name starts; for an `example` that of its keyword."""
    command: tuple[int, int]
    """Start and end of its command, in bytes."""
    example: bool = False
    """Whether it is an `example`, which is compiled as a definition so that it can be compared."""


@dataclass(frozen=True)
class _Variant:
    """A way to compile an original; the same for all theorems of a file if both are None."""

    sorried: int | None
    """The start of the command whose proof is replaced by `sorry`."""
    special: int | None
    """The place of the theorem for which it is compiled, if its command is compiled differently from the others."""


AS_IT_STANDS = _Variant(None, None)
"""The original without any change."""


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
    _known: dict[tuple[SourceText, _Variant], Challenge] = field(default_factory=dict)
    _locks: defaultdict[SourceText, threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock))
    """Held while an original is looked up or compiled, so that no other thread compiles it as well."""

    def of(self, session: LeanSession, source: SourceText, theorem: TheoremPlace) -> Challenge:
        """Returns the compiled original for a theorem.

        Args:
            session: compiles it if it is not known; has seen no candidate.

        Raises:
            BrokenFile: The theorem's command does not compile, even without its proof.
            LeanError: Lean did not finish compiling it.
        """
        with self._locks[source]:
            broken: tuple[Message, ...] = ()
            for variant in _variants(source, theorem):
                found = self._find(source, variant) or self._compile(session, source, theorem, variant)
                errors = errors_in(found.messages, source.text, theorem.command)
                if not errors:
                    return found
                broken = broken or errors
        raise BrokenFile(
            f"{source.file} does not compile there, whatever the proof: fix it first.",
            tuple(message.printed.rstrip() for message in broken),
        )

    def prepare(self, session: LeanSession, source: SourceText) -> None:
        """Compiles an original as it stands, unless that is known; otherwise only has `session` import its modules.

        Raises:
            LeanError: Lean did not finish.
        """
        with self._locks[source]:
            if source.strict or self._find(source, AS_IT_STANDS):
                session.import_modules(source)
            else:
                self._compile(session, source, TheoremPlace(0, (0, 0)), AS_IT_STANDS)

    def _find(self, source: SourceText, variant: _Variant) -> Challenge | None:
        """Returns a compiled original of this run or an earlier one, if there is one."""
        if found := self._known.get((source, variant)):
            return found
        olean = self._place(source, variant)
        record = olean.with_suffix(".json")
        if self.cache_dir is None or not (olean.is_file() and record.is_file()):
            return None
        cached = msgspec.json.decode(record.read_bytes(), type=_ChallengeRecord)
        return self._known.setdefault((source, variant), Challenge(olean, cached.commands, cached.messages))

    def _compile(self, session: LeanSession, source: SourceText, theorem: TheoremPlace, variant: _Variant) -> Challenge:
        olean = self._place(source, variant)
        target = ChallengeTarget(
            start=theorem.command[0],
            selection=theorem.selection,
            sorried=variant.sorried is not None,
            whole=variant == AS_IT_STANDS,
            linted=source.strict,
        )
        reply = session.challenge(source, target, olean)
        if self.cache_dir is not None:
            record = _ChallengeRecord(reply.commands, reply.messages)
            write_atomically(olean.with_suffix(".json"), msgspec.json.encode(record))
        return self._known.setdefault((source, variant), Challenge(olean, reply.commands, reply.messages))

    def _place(self, source: SourceText, variant: _Variant) -> Path:
        key = f"{source.file}\n{source.module}\n{source.options}\n{source.strict}\n{variant}\n{source.text}"
        digest = sha256(key.encode()).hexdigest()[:32]
        return (self.cache_dir or self._scratch()) / f"{digest}.olean"

    def _scratch(self) -> Path:
        if self._directory is None:
            self._directory = tempfile.TemporaryDirectory(prefix="prover-challenge-")
        return Path(self._directory.name)


def errors_in(messages: Sequence[Message], text: str, command: tuple[int, int]) -> tuple[Message, ...]:
    """Returns the errors among Lean's messages that are at a command, given by its bytes."""
    start, stop = (line_column(text, offset) for offset in command)
    return tuple(m for m in errors_among(messages) if start <= (m.line, m.column) < stop)


def line_column(text: str, offset: int) -> tuple[int, int]:
    """Returns the line and column of a byte as Lean's messages count them: from 1, and from 0 in characters."""
    before = text.encode()[:offset].decode()
    return before.count("\n") + 1, len(before) - before.rfind("\n") - 1


def _variants(source: SourceText, theorem: TheoremPlace) -> tuple[_Variant, _Variant]:
    """Returns the original as it is, and with the theorem's proof replaced."""
    special = theorem.selection if theorem.example or source.strict else None
    return _Variant(None, special), _Variant(theorem.command[0], special)
