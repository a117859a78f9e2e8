"""The gate decides whether a proof counts. Its only source is a fresh Lean that elaborates the whole file.

A process elaborates one candidate at most, and nothing before it but the original file, which it compiles if that has
not been done. `prover/lean/gateway/Gateway/Judge.lean` is Lean's side. There are four levels:

1. compiles: the whole file with the proof in it has no error that the original does not have elsewhere, and no warning
   that comes with the proof if its lakefile turns warnings into errors;
2. bound: its commands, its declarations and the statement are the same, nothing in it runs code or changes the meaning
   of other text, and the kernel accepts the declarations of the theorem's command a second time;
3. axioms: the proof and all that it depends on use only the standard axioms, and those that the gate's user allows
   besides: of the original file or its imports, and never declared by the theorem's own command. A `sorry` is reached
   only through the proofs of open theorems that the gate's user lets it assume; the judgement names these;
4. replayed: a third process, which runs no code of the repository, reads the compiled file and has the kernel check all
   that the theorem depends on outside of the toolchain's library; so do other checkers that are installed.

Level 5, whether the statement says something, is in `sanity.py`.
"""

import re
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from prover.check.challenge import Challenge, Challenges, TheoremPlace, errors_in, line_column
from prover.check.checkers import PERMITTED_AXIOMS, CompiledTheorem, checkers_for
from prover.check.lean_itself import lean_objection
from prover.check.levels import DEFAULT_LEVEL
from prover.errors import BrokenFile, LeanError, LeanTimeout
from prover.lean.gateway_session import LeanSession
from prover.lean.module_name import module_file
from prover.lean.protocol import FileCommand, Message
from prover.lean.requests import JudgeReply, TheoremClaim
from prover.lean.session import SourceText
from prover.wording import counted

GATE_ATTEMPTS = 2
"""The number of fresh processes for one submission: one may die for reasons unrelated to the proof."""
GATE_SECONDS = 600.0
"""The time limit for Lean's judgement of one candidate, in seconds."""
UNCHECKED_VISIBILITY = "module visibility not checked by this toolchain"
SORRY_AXIOM = "sorryAx"
"""The axiom in the proofs of open theorems. The replay finds out where it is; other checkers know its name only."""
MAX_QUOTED = 60
"""The length, in characters, above which a quoted line is cut."""
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
    assumed: tuple[str, ...] = ()
    """The open theorems that the proof may rest on: full names, or `EVERY_OPEN_THEOREM`."""
    example: bool = False
    """Whether the theorem is an `example`."""
    searched: bool = False
    """Whether a search has run the proof already, so that it is not the proof that fails to compile, but its text."""

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

    def first_change(self) -> int:
        """Returns the first byte at which the files differ; the length of the original if they do not."""
        before, after = self.original.text.encode(), self.candidate.text.encode()
        pairs = enumerate(zip(before, after, strict=False))
        return next((place for place, (old, new) in pairs if old != new), min(len(before), len(after)))

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
    remarks: tuple[str, ...] = ()
    """Errors that keep the file from compiling although the proof is right."""
    unchecked: tuple[str, ...] = ()
    """What the toolchain could not check, in words; then no level above the default one is reached."""
    given: tuple[str, ...] = ()
    """The open theorems that it rests on, by full name: then the theorem is not proved, but proved given these."""

    def is_proof_from_standard_axioms(self) -> bool:
        """Returns whether the theorem rests on no open theorem and on no axiom of its repository."""
        return not self.given and set(self.axioms) <= set(PERMITTED_AXIOMS)


@dataclass(frozen=True)
class Refused:
    """The proof does not count."""

    reason: str
    messages: tuple[Message, ...] = ()
    level: int = 1
    """The level at which it is refused."""
    compiled: bool = True
    """Whether it was elaborated at all."""
    wrong: bool = True
    """Whether the proof is wrong. Otherwise it could not be written into the file or checked: a limit of this program,
    of its time or of the computer."""


Judgement = Accepted | Refused


@dataclass(frozen=True)
class CompiledCandidate:
    """The place of a compiled candidate, in a directory where Lean finds modules."""

    module: str
    directory: Path

    @property
    def olean(self) -> Path:
        """The path of the compiled file."""
        return self.directory / module_file(self.module, ".olean")


class Judge(Protocol):
    """Decides whether a proof counts: the gate, or an adapter around it."""

    def judge(self, submission: Submission, level: int = DEFAULT_LEVEL) -> Judgement:
        """See `Gate.judge`."""
        ...


class Preparing(Protocol):
    """Has sessions for the candidates of an original prepared in advance: a pool."""

    def prepare_for(self, original: SourceText, work: Callable[[LeanSession], object]) -> None:
        """Has the next session for an original do some work on it in the background."""
        ...

    def fresh_for(self, original: SourceText) -> LeanSession:
        """Returns a session whose process has elaborated nothing but the original, or nothing."""
        ...


class Gate:
    """Judges submissions, each with Lean processes of its own. Thread-safe."""

    def __init__(
        self,
        fresh: Callable[[], LeanSession],
        cache_dir: Path | None = None,
        axioms: Sequence[str] = (),
        seconds: float = GATE_SECONDS,
        ahead: Preparing | None = None,
    ) -> None:
        """Creates a gate that starts processes as it needs them.

        Args:
            fresh: returns a session whose process has elaborated nothing.
            cache_dir: where compiled originals are kept for later runs; see `challenge_directory`.
            axioms: full names of axioms of original files or their imports that proofs may use.
            seconds: the time limit for Lean's judgement of one candidate, and for its replay; compiling an original has
                a limit of its own.
            ahead: prepares sessions for candidates; without it each is `fresh`.
        """
        self._fresh = fresh
        self._axioms = tuple(axioms)
        self._seconds = seconds
        self._challenges = Challenges(cache_dir)
        self._ahead = ahead

    def prepare(self, original: SourceText) -> None:
        """Starts a process in the background, which compiles an original if necessary and imports its modules.

        The next proof in that file is judged by this process, so it waits for less.
        """
        if self._ahead is not None:
            self._ahead.prepare_for(original, lambda session: self._challenges.prepare(session, original))

    def judge(self, submission: Submission, level: int = DEFAULT_LEVEL) -> Judgement:
        """Judges whether the submission proves its theorem, checked up to `level`, which is at most 4."""
        submission = replace(submission, axioms=(*submission.axioms, *self._axioms))
        if reason := byte_objection(submission):
            return Refused(reason, level=2, compiled=False, wrong=not submission.searched)
        if level <= DEFAULT_LEVEL:
            return reached(level, self._elaborated(submission))
        with tempfile.TemporaryDirectory(prefix="prover-candidate-") as directory:
            compiled = CompiledCandidate(submission.candidate.module, Path(directory))
            judgement = self._elaborated(submission, compiled)
            if isinstance(judgement, Refused):
                return judgement
            if judgement.unchecked:
                return Refused("; ".join(judgement.unchecked), judgement.messages, level=4)
            return self._tried(self._fresh, lambda session: self._replayed(session, submission, compiled, judgement))

    def _elaborated(self, submission: Submission, compiled: CompiledCandidate | None = None) -> Judgement:
        def ask_fresh(session: LeanSession) -> Judgement:
            try:
                challenge = self._challenge(session, submission)
            except BrokenFile as error:
                first = next(iter(error.details), "")
                reason = f"there is nothing to judge it against: {error} {first}".rstrip()
                return Refused(reason, compiled=False, wrong=False)
            session.elaboration_seconds = self._seconds
            judgement = judgement_of(submission, challenge, ask(session, submission, challenge, compiled))
            return taken_by_lean(session, submission, judgement)

        return self._tried(lambda: self._next(submission.original), ask_fresh)

    def _replayed(
        self, session: LeanSession, submission: Submission, compiled: CompiledCandidate, judgement: Accepted
    ) -> Judgement:
        challenge = self._challenge(session, submission)
        session.elaboration_seconds = self._seconds
        return replayed(session, submission, challenge, compiled, judgement)

    def _challenge(self, session: LeanSession, submission: Submission) -> Challenge:
        place = TheoremPlace(submission.selection, submission.command, submission.example)
        return self._challenges.of(session, submission.original, place)

    def _tried(self, take: Callable[[], LeanSession], ask_fresh: Callable[[LeanSession], Judgement]) -> Judgement:
        reason = ""
        for _ in range(GATE_ATTEMPTS):
            session = take()
            try:
                return ask_fresh(session)
            except LeanTimeout:
                reason = f"it took longer than {session.elaboration_seconds:g} s (see --gate-timeout)"
                break
            except LeanError as error:
                reason = str(error)
            finally:
                session.close()
        return Refused(f"a fresh Lean could not check it: {reason}", compiled=False, wrong=False)

    def _next(self, original: SourceText) -> LeanSession:
        """Returns a session that has elaborated at most the original."""
        return self._ahead.fresh_for(original) if self._ahead is not None else self._fresh()


def reached(level: int, judgement: Judgement) -> Judgement:
    """Returns a judgement of level 3 as one of at most `level`, ignoring the checks beyond it."""
    if judgement.level <= level:
        return judgement
    accepted = judgement if isinstance(judgement, Accepted) else Accepted((), 0, messages=judgement.messages)
    return replace(accepted, axioms=(), library=0, level=level)


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
        assumed=submission.assumed,
        linted=submission.original.strict,
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
        reply = session.replay(compiled.olean, challenge.olean, name, own, submission.axioms, judgement.given)
        if reply.refused is not None:
            return Refused(f"the kernel refuses the compiled file: {reply.refused}", level=4)
        axioms = (*submission.axioms, *([SORRY_AXIOM] if judgement.given else []))
        theorem = CompiledTheorem(compiled.module, name, path, axioms)
        for checker in checkers:
            if objection := checker.objection(theorem):
                return Refused(objection, level=4)
    return replace(judgement, level=4, kernels=("Lean's kernel", *(checker.name for checker in checkers)))


def taken_by_lean(session: LeanSession, submission: Submission, judgement: Judgement) -> Judgement:
    """Returns the judgement, or a refusal if a native `lean` itself does not take a file that the gateway accepted."""
    if isinstance(judgement, Accepted):
        known = judgement.messages
        objection = lean_objection(session.toolchain, session.search_path, submission.candidate, known)
        if objection is not None:
            reason = f"`lean` does not compile the file with it: {objection}"
            return Refused(reason, judgement.messages, wrong=not submission.searched)
    return judgement


def judgement_of(submission: Submission, challenge: Challenge, reply: JudgeReply) -> Judgement:
    """Returns the judgement that follows from Lean's reply."""
    compiled = bool(reply.commands)
    if errors := new_errors(submission, challenge, reply.messages):
        first = f"the file does not compile with it: {_placed(errors[0], submission)}"
        return Refused(first, errors, wrong=not submission.searched)
    if reply.refused is not None and reply.level <= 2:
        wrong = not (reply.misplaced and submission.searched)
        return Refused(reply.refused, level=reply.level, compiled=compiled, wrong=wrong)
    if not same_commands(challenge.commands, reply.commands, submission):
        return Refused("the commands of the file are no longer the same", level=2, wrong=not submission.searched)
    if reply.refused is not None:
        return Refused(reply.refused, level=reply.level)
    warnings = _warnings(submission, reply.messages) if submission.original.strict else ()
    if own := [warning for warning in warnings if _comes_with_the_proof(submission, warning)]:
        said = (
            f"its lakefile turns warnings into errors (`warningAsError`), and it has one: {_placed(own[0], submission)}"
        )
        return Refused(said, tuple(own), wrong=False)
    elsewhere = sum(message.severity == "error" for message in reply.messages)
    remarks = [f"the file has {counted(elsewhere, 'error')} elsewhere"] if elsewhere else []
    remarks += [f"with `warningAsError` this is an error: {_placed(warning, submission)}" for warning in warnings]
    axioms = (*reply.axioms, *reply.further_axioms)
    unchecked = (f"{UNCHECKED_VISIBILITY}: it lacks the private part of {', '.join(reply.unseen)}",)
    return Accepted(
        axioms,
        reply.library,
        given=reply.given,
        messages=reply.messages,
        remarks=tuple(remarks),
        unchecked=unchecked if reply.unseen else (),
    )


def new_errors(submission: Submission, challenge: Challenge, messages: Sequence[Message]) -> tuple[Message, ...]:
    """Returns the errors that the original does not have; every error at the theorem's command is one."""
    before = Counter(_moved(submission, message) for message in challenge.messages if message.severity == "error")
    command = (submission.command[0], submission.command_stop)
    found = list(errors_in(messages, submission.candidate.text, command))
    for message in messages:
        if message.severity == "error" and message not in found:
            place = (message.line, message.column, _without_numbers(message.text))
            if before[place] > 0:
                before[place] -= 1
            else:
                found.append(message)
    return tuple(found)


def _moved(submission: Submission, message: Message) -> tuple[int, int, str]:
    """Returns the place in the candidate of a message about the original, and its text."""
    old = line_column(submission.original.text, submission.command[1])
    new = line_column(submission.candidate.text, submission.command_stop)
    line, column = message.line, message.column
    if (line, column) >= old:
        column += new[1] - old[1] if line == old[0] else 0
        line += new[0] - old[0]
    return line, column, _without_numbers(message.text)


def _without_numbers(text: str) -> str:
    """Returns a message without the numbers of metavariables, which depend on the text above."""
    return re.sub(r"\?(\w+)\.\d+", r"?\1", text)


def _warnings(submission: Submission, messages: Sequence[Message]) -> tuple[Message, ...]:
    """Returns the warnings at the theorem's command."""
    text = submission.candidate.text
    start, stop = (line_column(text, place) for place in (submission.command[0], submission.command_stop))
    return tuple(m for m in messages if m.severity == "warning" and start <= (m.line, m.column) < stop)


def _comes_with_the_proof(submission: Submission, warning: Message) -> bool:
    """Returns whether a warning is at the text by which the files differ."""
    return (warning.line, warning.column) >= line_column(submission.candidate.text, submission.first_change())


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


def _placed(message: Message, submission: Submission) -> str:
    """Returns a message in one line, with the line of the candidate that it is about."""
    lines = submission.candidate.text.split("\n")
    quoted = lines[message.line - 1].strip() if 0 < message.line <= len(lines) else ""
    shown = f"{quoted[: MAX_QUOTED - 1]}…" if len(quoted) > MAX_QUOTED else quoted
    return f"line {message.line}{f', `{shown}`' if shown else ''}: {message.summary}"
