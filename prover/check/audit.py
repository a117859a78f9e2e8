"""Audits a file by itself. There is no original, so nothing states what the file should have proved.

The audit refuses declarations that depend on `sorry` or on axioms that are not allowed, text that overrides the
toolchain's own meaning or bypasses the kernel, and a file whose declarations the kernel does not accept a second time.
Anything that only deserves a reader's attention is a suspicion.
"""

from collections.abc import Callable
from dataclasses import dataclass

from prover.check.gate import BIDI_CONTROLS, GATE_ATTEMPTS
from prover.errors import LeanError
from prover.lean.gateway_session import LeanSession
from prover.lean.protocol import displayed_name, errors_among
from prover.lean.requests import AuditReply
from prover.lean.session import SourceText


@dataclass(frozen=True)
class FileFinding:
    """One finding in a file."""

    line: int
    """Counted from 1."""
    what: str
    refused: bool
    """Whether it is refused, not only suspect."""
    declaration: str | None = None
    """The declaration that it concerns, if it concerns one."""


@dataclass(frozen=True)
class FileAudit:
    """The result of auditing one file."""

    file: str
    found: tuple[FileFinding, ...]
    declarations: int
    """The number of audited declarations."""
    axioms: tuple[str, ...] = ()
    """The allowed axioms that any declaration depends on."""
    library: int = 0
    """The largest number of library declarations without proofs that one declaration depends on."""
    compiled: bool = True

    def accepted(self, strict: bool = False) -> bool:
        """Returns whether the file has no finding that counts; `strict` counts suspicions too."""
        return not any(found.refused or strict for found in self.found)


def audit(fresh: Callable[[], LeanSession], source: SourceText) -> FileAudit:
    """Audits a file in a fresh process."""
    reason = ""
    for _ in range(GATE_ATTEMPTS):
        session = fresh()
        try:
            messages = session.elaborate(source)
            errors = errors_among(messages)
            if errors:
                found = tuple(FileFinding(e.line, f"does not compile: {e.summary}", refused=True) for e in errors)
                return FileAudit(source.file, found, 0, compiled=False)
            return audited(source, session.audit(source))
        except LeanError as error:
            reason = str(error)
        finally:
            session.close()
    found = (FileFinding(1, f"a fresh Lean did not finish: {reason}", refused=True),)
    return FileAudit(source.file, found, 0, compiled=False)


def audited(source: SourceText, reply: AuditReply) -> FileAudit:
    """Returns the audit of a file that compiles, from Lean's reply."""
    text = source.text.encode()

    def line(start: int) -> int:
        return text[:start].count(b"\n") + 1

    found = [FileFinding(line(each.start), each.what, each.refused) for each in reply.findings]
    found += [
        FileFinding(line(each.selection), each.refused, refused=True, declaration=displayed_name(each))
        for each in reply.audited
        if each.refused is not None
    ]
    if reply.refused is not None:
        found.append(FileFinding(1, reply.refused, refused=True))
    if turned := sorted(BIDI_CONTROLS & set(source.text)):
        place = min(source.text.index(each) for each in turned)
        found.append(
            FileFinding(
                source.text[:place].count("\n") + 1, "characters that change the direction of text", refused=True
            )
        )
    return FileAudit(
        source.file,
        tuple(sorted(found, key=lambda each: (each.line, not each.refused))),
        len(reply.audited),
        tuple(sorted({axiom for each in reply.audited for axiom in each.axioms})),
        max((each.library for each in reply.audited), default=0),
    )
