"""The gate: whether a proof counts. It asks a fresh Lean about the whole file, and nobody else.

First form: nothing outside the theorem's command has changed; the file with the proof in it is
elaborated in a process that has seen nothing before; no error in it; the theorem's command ends where
it must; its elaborated statement and universe parameters are the original ones; it rests on no `sorry`
and on allowed axioms only.
"""

from collections.abc import Callable
from dataclasses import dataclass

from prover.errors import LeanError
from prover.lean.protocol import Message
from prover.lean.session import LeanSession, SourceText

TRIES = 2
"""fresh processes for one submission: one may die of what has nothing to do with the proof"""


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

    @property
    def command_stop(self) -> int:
        """Where the theorem's command must end in the candidate."""
        return self.command[1] + len(self.candidate.text.encode()) - len(self.original.text.encode())

    def changes_only_the_command(self) -> bool:
        """Whether everything outside the theorem's command is byte for byte the original."""
        before, after = self.original.text.encode(), self.candidate.text.encode()
        start, stop = self.command
        same_tail = self.command_stop >= start and after[self.command_stop :] == before[stop:]
        return same_tail and after[:start] == before[:start]


@dataclass(frozen=True)
class Accepted:
    """A fresh Lean took the whole file."""

    axioms: tuple[str, ...]
    library: int
    """theorems of the toolchain's library that the audit met as axioms"""


@dataclass(frozen=True)
class Refused:
    """The proof does not count."""

    reason: str
    messages: tuple[Message, ...] = ()


Judgement = Accepted | Refused


@dataclass(frozen=True)
class Gate:
    """Judges submissions, each with a Lean process of its own."""

    fresh: Callable[[], LeanSession]
    """makes a session whose process has elaborated nothing"""

    def judge(self, submission: Submission) -> Judgement:
        """Whether the submission's theorem is proved in its file."""
        if not submission.changes_only_the_command():
            return Refused("something outside the theorem's own command was changed")
        reason = ""
        for _ in range(TRIES):
            session = self.fresh()
            try:
                return self._ask(session, submission)
            except LeanError as error:
                reason = str(error)
            finally:
                session.close()
        return Refused(f"a fresh Lean could not check it: {reason}")

    def _ask(self, session: LeanSession, submission: Submission) -> Judgement:
        messages = session.elaborate(submission.candidate)
        errors = tuple(message for message in messages if message.severity == "error")
        if errors:
            return Refused(f"the file does not compile with it: {_first_line(errors[0])}", errors)
        verdict = session.verify(
            submission.candidate,
            submission.theorem,
            submission.selection,
            submission.original.text,
            submission.command_stop,
        )
        if verdict.refused is not None:
            return Refused(verdict.refused)
        if verdict.refusedAxioms:
            names = ", ".join(verdict.refusedAxioms)
            return Refused(f"it rests on {'`sorry`' if 'sorryAx' in names else 'axioms that are not allowed'}: {names}")
        return Accepted(verdict.axioms, verdict.library)


def _first_line(message: Message) -> str:
    return f"line {message.line}: {next(iter(message.text.splitlines()), '')}"
