"""The audit of a file by itself: there is no original, so nothing says what it should have proved.

Refused are declarations that rest on `sorry` or on axioms that are not allowed, text that overrides the
toolchain's own meaning or goes past the kernel, and a file whose declarations the kernel does not take a second
time. What only deserves a reader's eye is a suspicion.
"""

from collections.abc import Callable
from dataclasses import dataclass

from prover.check.gate import TRIES, TURNING
from prover.errors import LeanError
from prover.lean.gateway_session import LeanSession
from prover.lean.protocol import Message
from prover.lean.requests import AuditReply
from prover.lean.session import SourceText


@dataclass(frozen=True)
class FileFinding:
    """One thing that was found in a file."""

    line: int
    """from 1"""
    what: str
    refused: bool
    """it is not only suspect"""
    declaration: str | None = None
    """the declaration that it is said of, if of one"""


@dataclass(frozen=True)
class FileAudit:
    """What became of one file."""

    file: str
    found: tuple[FileFinding, ...]
    declarations: int
    """how many were looked at"""
    axioms: tuple[str, ...] = ()
    """allowed ones that any of them rests on"""
    library: int = 0
    """the most library declarations that one of them takes on trust"""
    compiled: bool = True

    def accepted(self, strict: bool = False) -> bool:
        """Whether nothing speaks against it; `strict` counts suspicions too."""
        return not any(found.refused or strict for found in self.found)


def audit(fresh: Callable[[], LeanSession], source: SourceText) -> FileAudit:
    """Audits a file in a process of its own."""
    reason = ""
    for _ in range(TRIES):
        session = fresh()
        try:
            messages = session.elaborate(source)
            errors = tuple(message for message in messages if message.severity == "error")
            if errors:
                found = tuple(FileFinding(e.line, f"does not compile: {_first_line(e)}", refused=True) for e in errors)
                return FileAudit(source.file, found, 0, compiled=False)
            return _audit_of(source, session.audit(source))
        except LeanError as error:
            reason = str(error)
        finally:
            session.close()
    found = (FileFinding(1, f"a fresh Lean could not come to its end: {reason}", refused=True),)
    return FileAudit(source.file, found, 0, compiled=False)


def _audit_of(source: SourceText, said: AuditReply) -> FileAudit:
    text = source.text.encode()

    def line(start: int) -> int:
        return text[:start].count(b"\n") + 1

    found = [FileFinding(line(each.start), each.what, each.refused) for each in said.findings]
    found += [
        FileFinding(line(each.selection), each.refused, refused=True, declaration=each.name)
        for each in said.audited
        if each.refused is not None
    ]
    if said.refused is not None:
        found.append(FileFinding(1, said.refused, refused=True))
    if turned := sorted(TURNING & set(source.text)):
        place = min(source.text.index(each) for each in turned)
        found.append(
            FileFinding(
                source.text[:place].count("\n") + 1, "characters that change the direction of text", refused=True
            )
        )
    return FileAudit(
        source.file,
        tuple(sorted(found, key=lambda each: (each.line, not each.refused))),
        len(said.audited),
        tuple(sorted({axiom for each in said.audited for axiom in each.axioms})),
        max((each.library for each in said.audited), default=0),
    )


def _first_line(message: Message) -> str:
    return next(iter(message.text.splitlines()), "")
