"""The gate decides whether a proof counts. Its only source is a fresh Lean that elaborates the whole file.

A process elaborates one candidate at most, and nothing before it but the original file, which it compiles if that has
not been done. `prover/lean/gateway/Gateway/Judge.lean` is Lean's side. There are four levels:

1. compiles: the whole file with the proof in it has no error;
2. bound: its commands, its declarations and the statement are the same, nothing in it runs code or changes the meaning
   of other text, and the kernel accepts the declarations of the theorem's command a second time;
3. axioms: the proof and all that it depends on use only the standard axioms, and those that the gate's user allows
   besides: of the original file or its imports, and never declared by the theorem's own command;
4. replayed: a third process, which runs no code of the repository, reads the compiled file and has the kernel check all
   that the theorem depends on outside of the toolchain's library; so do other checkers that are installed.

Level 5, whether the statement says something, is in `sanity.py`.
"""

import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Protocol

from prover.check.challenge import Challenge, Challenges
from prover.check.checkers import CompiledTheorem, checkers_for
from prover.check.levels import DEFAULT_LEVEL
from prover.errors import BrokenFile, LeanError
from prover.lean.gateway_session import LeanSession
from prover.lean.protocol import FileCommand, Message
from prover.lean.requests import JudgeReply, TheoremClaim
from prover.lean.session import SourceText

GATE_ATTEMPTS = 2
"""The number of fresh processes for one submission: one may die for reasons unrelated to the proof."""
BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
"""Unicode's bidirectional control characters, which make text look different from what Lean reads."""


@dataclass(frozen=True)
class Submission:
    """A proof to judge: a file before and after, and the place of its theorem."""

    original: SourceText
    candidate: SourceText
    theorem: str
    selection: int
    """The byte at which the theorem's name starts in the original."""
    command: tuple[int, int]
    """Start and end of the theorem's command in the original, in bytes."""
    block: bool = False
    """Whether the proof must be one tactic block or one term, with nothing after it."""
    beside: tuple[tuple[str, int], ...] = ()
    """Other theorems of its `mutual` block that are proved too: their names, and the bytes at which these start."""
    axioms: tuple[str, ...] = ()
    """The axioms that the proof may use besides the standard ones; the gate adds those that it allows."""

    @property
    def command_stop(self) -> int:
        """The byte at which the theorem's command must end in the candidate."""
        return self.command[1] + self.growth

    @property
    def growth(self) -> int:
        """The number of bytes by which the candidate is longer."""
        return len(self.candidate.text.encode()) - len(self.original.text.encode())

    def changes_only_the_command(self) -> bool:
        """Returns whether everything outside the theorem's command has the bytes of the original."""
        before, after = self.original.text.encode(), self.candidate.text.encode()
        start, stop = self.command
        same_tail = self.command_stop >= start and after[self.command_stop :] == before[stop:]
        return same_tail and after[:start] == before[:start]

    def adds_bidi_controls(self) -> bool:
        """Returns whether the candidate adds characters that change the direction of text."""
        return bool(BIDI_CONTROLS & set(self.candidate.text) - set(self.original.text))


@dataclass(frozen=True)
class Accepted:
    """A fresh Lean accepted the whole file, up to a level."""

    axioms: tuple[str, ...]
    """The axioms that the theorem depends on, all of them allowed."""
    library: int
    """The number of library declarations that it depends on whose proofs the toolchain does not contain."""
    level: int = DEFAULT_LEVEL
    """The level up to which it was checked."""
    messages: tuple[Message, ...] = ()
    kernels: tuple[str, ...] = ()
    """The kernels that replayed it."""


@dataclass(frozen=True)
class Refused:
    """The proof does not count."""

    reason: str
    messages: tuple[Message, ...] = ()
    level: int = 1
    """The level at which it is refused."""
    compiled: bool = True
    """Whether it was elaborated at all."""


Judgement = Accepted | Refused


@dataclass(frozen=True)
class CompiledCandidate:
    """The place of a compiled candidate, in a directory where Lean finds modules."""

    module: str
    directory: Path

    @property
    def olean(self) -> Path:
        """The path of the compiled file."""
        return (self.directory / Path(*self.module.split("."))).with_suffix(".olean")


class Judge(Protocol):
    """Decides whether a proof counts: the gate, or an adapter around it."""

    def judge(self, submission: Submission, level: int = DEFAULT_LEVEL) -> Judgement:
        """See `Gate.judge`."""
        ...


class Gate:
    """Judges submissions, each with Lean processes of its own. Thread-safe."""

    def __init__(
        self, fresh: Callable[[], LeanSession], cache_dir: Path | None = None, axioms: Sequence[str] = ()
    ) -> None:
        """Creates a gate that starts processes as it needs them.

        Args:
            fresh: returns a session whose process has elaborated nothing.
            cache_dir: where compiled originals are kept for later runs; see `challenge_directory`.
            axioms: full names of axioms of original files or their imports that proofs may use.
        """
        self._fresh = fresh
        self._axioms = tuple(axioms)
        self._challenges = Challenges(cache_dir)
        self._background = ThreadPoolExecutor(1, thread_name_prefix="gate")
        self._prepared: dict[SourceText, Future[LeanSession]] = {}
        """The session for the next candidate of a file, which has elaborated at most the original."""

    def prepare(self, original: SourceText) -> None:
        """Starts a process in the background, which compiles an original if necessary and imports its modules.

        The next proof in that file is judged by this process, so it waits for less. Without a next proof the process
        lives until its pool is closed.
        """
        if original not in self._prepared:
            self._prepared[original] = self._background.submit(self._preparation, original)

    def judge(self, submission: Submission, level: int = DEFAULT_LEVEL) -> Judgement:
        """Judges whether the submission proves its theorem, checked up to `level`, which is at most 4."""
        submission = replace(submission, axioms=(*submission.axioms, *self._axioms))
        if reason := byte_objection(submission):
            return Refused(reason, level=2, compiled=False)
        if level <= DEFAULT_LEVEL:
            return reached(level, self._elaborated(submission))
        with tempfile.TemporaryDirectory(prefix="prover-candidate-") as directory:
            compiled = CompiledCandidate(submission.candidate.module, Path(directory))
            judgement = self._elaborated(submission, compiled)
            if isinstance(judgement, Refused):
                return judgement
            return self._tried(self._fresh, lambda session: self._replayed(session, submission, compiled, judgement))

    def _elaborated(self, submission: Submission, compiled: CompiledCandidate | None = None) -> Judgement:
        def ask_fresh(session: LeanSession) -> Judgement:
            try:
                challenge = self._challenge(session, submission)
            except BrokenFile as error:
                first = next(iter(error.details), "")
                return Refused(f"there is nothing to judge it against: {error} {first}".rstrip(), compiled=False)
            return judgement_of(submission, challenge, ask(session, submission, challenge, compiled))

        return self._tried(lambda: self._next(submission.original), ask_fresh)

    def _replayed(
        self, session: LeanSession, submission: Submission, compiled: CompiledCandidate, judgement: Accepted
    ) -> Judgement:
        return replayed(session, submission, self._challenge(session, submission), compiled, judgement)

    def _challenge(self, session: LeanSession, submission: Submission) -> Challenge:
        return self._challenges.of(session, submission.original, submission.command[0], submission.selection)

    def _tried(self, take: Callable[[], LeanSession], ask_fresh: Callable[[LeanSession], Judgement]) -> Judgement:
        reason = ""
        for _ in range(GATE_ATTEMPTS):
            session = take()
            try:
                return ask_fresh(session)
            except LeanError as error:
                reason = str(error)
            finally:
                session.close()
        return Refused(f"a fresh Lean could not check it: {reason}", compiled=False)

    def _next(self, original: SourceText) -> LeanSession:
        """Returns a session that has elaborated at most the original, a prepared one if there is one."""
        if prepared := self._prepared.pop(original, None):
            with suppress(LeanError):
                return prepared.result()
        return self._fresh()

    def _preparation(self, original: SourceText) -> LeanSession:
        session = self._fresh()
        try:
            self._challenges.prepare(session, original)
        except LeanError:
            session.close()
            raise
        return session


def reached(level: int, judgement: Judgement) -> Judgement:
    """Returns a judgement of level 3 as one of at most `level`, ignoring the checks beyond it."""
    return Accepted((), 0, level, judgement.messages) if judgement.level > level else judgement


def byte_objection(submission: Submission) -> str | None:
    """Returns why the bytes of the candidate alone rule it out; None if they do not."""
    if not submission.changes_only_the_command():
        return "something outside the theorem's own command was changed"
    if submission.adds_bidi_controls():
        return "it adds characters that change the direction of text"
    return None


def ask(
    session: LeanSession, submission: Submission, challenge: Challenge, compiled: CompiledCandidate | None = None
) -> JudgeReply:
    """Has Lean judge a submission and, if `compiled` is given, compile it."""
    claim = TheoremClaim(
        theorem=submission.theorem,
        selection=submission.selection,
        beside=submission.beside,
        start=submission.command[0],
        stop=submission.command_stop,
        original=submission.original.text,
        olean=str(challenge.olean),
        own=tuple(challenge.names_of(submission.command[0])),
        block=submission.block,
        axioms=submission.axioms,
    )
    return session.judge(submission.candidate, claim, compiled.olean if compiled is not None else None)


def replayed(
    session: LeanSession, submission: Submission, challenge: Challenge, compiled: CompiledCandidate, judgement: Accepted
) -> Judgement:
    """Returns a judgement of level 4 if the kernel and all installed checkers accept the compiled theorem."""
    own = challenge.names_of(submission.command[0])
    checkers = checkers_for(session.toolchain)
    path = (compiled.directory, *session.search_path)
    for name in (submission.theorem, *(name for name, _ in submission.beside)):
        reply = session.replay(compiled.olean, challenge.olean, name, own, submission.axioms)
        if reply.refused is not None:
            return Refused(f"the kernel refuses the compiled file: {reply.refused}", level=4)
        theorem = CompiledTheorem(compiled.module, name, path, submission.axioms)
        for checker in checkers:
            if objection := checker.objection(theorem):
                return Refused(objection, level=4)
    return replace(judgement, level=4, kernels=("Lean's kernel", *(checker.name for checker in checkers)))


def judgement_of(submission: Submission, challenge: Challenge, reply: JudgeReply) -> Judgement:
    """Returns the judgement that follows from Lean's reply."""
    compiled = bool(reply.commands)
    errors = tuple(message for message in reply.messages if message.severity == "error")
    if errors:
        return Refused(f"the file does not compile with it: {_first_line(errors[0])}", errors)
    if reply.refused is not None and reply.level <= 2:
        return Refused(reply.refused, level=reply.level, compiled=compiled)
    if not same_commands(challenge.commands, reply.commands, submission):
        return Refused("the commands of the file are no longer the same", level=2)
    if reply.refused is not None:
        return Refused(reply.refused, level=reply.level)
    return Accepted((*reply.axioms, *reply.further_axioms), reply.library, messages=reply.messages)


def same_commands(before: Sequence[FileCommand], after: Sequence[FileCommand], submission: Submission) -> bool:
    """Returns whether both files have the same commands; those after the theorem's are moved by its growth."""
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
