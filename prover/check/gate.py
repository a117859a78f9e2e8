"""The gate: whether a proof counts. It asks a fresh Lean about the whole file, and nobody else.

The original file is compiled by one process, the candidate elaborated by another; see
`prover/lean/gateway/Gateway/Judge.lean` for Lean's side. Levels:

1. compiles: the whole file with the proof in it, no error;
2. bound: the same commands, the same declarations, the same statement, nothing that runs code or changes
   what other text means, and the kernel takes what the theorem's command declares a second time;
3. axioms: only the standard ones, through everything that the proof rests on;
4. replayed: a third process, which runs no code of the repository, reads the compiled file and sends all that the
   theorem rests on outside of the toolchain's library through the kernel; so do other checkers that are installed.

Level 5, whether the statement is worth proving, is `sanity.py`'s.
"""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from prover.check.challenge import Challenge, Challenges
from prover.check.checkers import CompiledTheorem, checkers_for
from prover.check.levels import USUAL
from prover.errors import BrokenFile, LeanError
from prover.lean.gateway_session import LeanSession
from prover.lean.protocol import FileCommand, Message
from prover.lean.requests import JudgeReply, TheoremClaim
from prover.lean.session import SourceText

TRIES = 2
"""fresh processes for one submission: one may die of what has nothing to do with the proof"""
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
"""characters that make text look other than it is read (Unicode's bidirectional controls)"""


@dataclass(frozen=True)
class Submission:
    """A proof to be judged: a file before and after, and where to look."""

    original: SourceText
    candidate: SourceText
    theorem: str
    selection: int
    """the byte at which the theorem's name stands, in both files"""
    command: tuple[int, int]
    """the bytes of the theorem's command in the original"""
    block: bool = False
    """the proof is to be one tactic block or one term, with nothing after it"""

    @property
    def command_stop(self) -> int:
        """Where the theorem's command must end in the candidate."""
        return self.command[1] + self.growth

    @property
    def growth(self) -> int:
        """How many bytes longer the candidate is."""
        return len(self.candidate.text.encode()) - len(self.original.text.encode())

    def changes_only_the_command(self) -> bool:
        """Whether everything outside the theorem's command is byte for byte the original."""
        before, after = self.original.text.encode(), self.candidate.text.encode()
        start, stop = self.command
        same_tail = self.command_stop >= start and after[self.command_stop :] == before[stop:]
        return same_tail and after[:start] == before[:start]

    def turns_text(self) -> bool:
        """Whether it brings in characters that change the direction of text."""
        return bool(TURNING & set(self.candidate.text) - set(self.original.text))


@dataclass(frozen=True)
class Accepted:
    """A fresh Lean took the whole file, up to a level."""

    axioms: tuple[str, ...]
    library: int
    """declarations of the toolchain's library that the audit met without their proofs"""
    level: int = USUAL
    """how far it was verified"""
    messages: tuple[Message, ...] = ()
    kernels: tuple[str, ...] = ()
    """by what it was replayed"""


@dataclass(frozen=True)
class Refused:
    """The proof does not count."""

    reason: str
    messages: tuple[Message, ...] = ()
    level: int = 1
    """the level that it does not reach"""
    compiled: bool = True
    """whether it came as far as being elaborated"""


Judgement = Accepted | Refused


@dataclass(frozen=True)
class CompiledCandidate:
    """Where a candidate's compiled form goes, laid out as Lean looks for modules."""

    module: str
    directory: Path

    @property
    def olean(self) -> Path:
        """The compiled file."""
        return (self.directory / Path(*self.module.split("."))).with_suffix(".olean")


class Gate:
    """Judges submissions, each with a Lean process of its own. Thread-safe."""

    def __init__(self, fresh: Callable[[], LeanSession], cache_dir: Path | None = None) -> None:
        """A gate that starts processes as it needs them.

        Args:
            fresh: makes a session whose process has elaborated nothing.
            cache_dir: where compiled originals are kept for later runs; see `challenge_directory`.
        """
        self._fresh = fresh
        self._challenges = Challenges(fresh, cache_dir)

    def judge(self, submission: Submission, level: int = USUAL) -> Judgement:
        """Whether the submission's theorem is proved in its file, looked at up to `level`, the fourth at most."""
        if reason := untouched(submission):
            return Refused(reason, level=2, compiled=False)
        try:
            challenge = self._challenges.of(submission.original, submission.command[0], submission.selection)
        except BrokenFile as error:
            first = next(iter(error.details), "")
            return Refused(f"there is nothing to judge it against: {error} {first}".rstrip(), compiled=False)
        except LeanError as error:
            return Refused(f"a fresh Lean could not check it: {error}", compiled=False)
        if level <= USUAL:
            return reached(level, self._elaborated(submission, challenge))
        with tempfile.TemporaryDirectory(prefix="prover-candidate-") as directory:
            compiled = CompiledCandidate(submission.candidate.module, Path(directory))
            judgement = self._elaborated(submission, challenge, compiled)
            if isinstance(judgement, Refused):
                return judgement
            return self._tried(lambda session: replayed(session, submission, challenge, compiled, judgement))

    def _elaborated(
        self, submission: Submission, challenge: Challenge, compiled: CompiledCandidate | None = None
    ) -> Judgement:
        return self._tried(
            lambda session: judgement_of(submission, challenge, ask(session, submission, challenge, compiled))
        )

    def _tried(self, ask_fresh: Callable[[LeanSession], Judgement]) -> Judgement:
        reason = ""
        for _ in range(TRIES):
            session = self._fresh()
            try:
                return ask_fresh(session)
            except LeanError as error:
                reason = str(error)
            finally:
                session.close()
        return Refused(f"a fresh Lean could not check it: {reason}", compiled=False)


def reached(level: int, judgement: Judgement) -> Judgement:
    """A judgement of the third level as one of no more than `level`: what goes beyond it is not looked at."""
    return Accepted((), 0, level, judgement.messages) if judgement.level > level else judgement


def untouched(submission: Submission) -> str | None:
    """Why the candidate cannot be one, as far as bytes tell."""
    if not submission.changes_only_the_command():
        return "something outside the theorem's own command was changed"
    if submission.turns_text():
        return "it brings in characters that change the direction of text"
    return None


def ask(
    session: LeanSession, submission: Submission, challenge: Challenge, compiled: CompiledCandidate | None = None
) -> JudgeReply:
    """What Lean says of a submission; its compiled form is written where it is wanted."""
    claim = TheoremClaim(
        theorem=submission.theorem,
        selection=submission.selection,
        start=submission.command[0],
        stop=submission.command_stop,
        original=submission.original.text,
        olean=str(challenge.olean),
        own=tuple(challenge.names_of(submission.command[0])),
        block=submission.block,
    )
    return session.judge(submission.candidate, claim, compiled.olean if compiled is not None else None)


def replayed(
    session: LeanSession, submission: Submission, challenge: Challenge, compiled: CompiledCandidate, judgement: Accepted
) -> Judgement:
    """The judgement, one level higher if the kernel takes the compiled theorem again, and so do other checkers."""
    own = challenge.names_of(submission.command[0])
    said = session.replay(compiled.olean, challenge.olean, submission.theorem, own)
    if said.refused is not None:
        return Refused(f"the kernel does not take the compiled file: {said.refused}", level=4)
    kernels = ["Lean's kernel"]
    theorem = CompiledTheorem(compiled.module, submission.theorem, (compiled.directory, *session.search_path))
    for checker in checkers_for(session.toolchain):
        if objection := checker.objection(theorem):
            return Refused(objection, level=4)
        kernels.append(checker.name)
    return replace(judgement, level=4, kernels=tuple(kernels))


def judgement_of(submission: Submission, challenge: Challenge, said: JudgeReply) -> Judgement:
    """What follows from Lean's word."""
    compiled = bool(said.commands)
    errors = tuple(message for message in said.messages if message.severity == "error")
    if errors:
        return Refused(f"the file does not compile with it: {_first_line(errors[0])}", errors)
    if said.refused is not None and said.level <= 2:
        return Refused(said.refused, level=said.level, compiled=compiled)
    if not same_commands(challenge.commands, said.commands, submission):
        return Refused("the commands of the file are no longer the same", level=2)
    if said.refused is not None:
        return Refused(said.refused, level=said.level)
    return Accepted(said.axioms, said.library, messages=said.messages)


def same_commands(before: Sequence[FileCommand], after: Sequence[FileCommand], submission: Submission) -> bool:
    """Whether both files are cut into the same commands; those after the theorem's are moved by its growth."""
    if len(before) != len(after):
        return False
    for old, new in zip(before, after, strict=True):
        if old.start == submission.command[0]:
            if new.start != old.start:
                return False
            continue
        shift = submission.growth if old.start > submission.command[0] else 0
        if (new.start, new.stop) != (old.start + shift, old.stop + shift):
            return False
    return True


def _first_line(message: Message) -> str:
    return f"line {message.line}: {next(islice(message.text.splitlines(), 1), '')}"
