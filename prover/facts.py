"""What an open theorem lacks: goals at which its search is stuck, stated as theorems, and the proof that they complete.

Lean elaborates the file with both, up to the theorem, before they are reported, so that a person can continue from
there.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from prover.errors import LeanError
from prover.lean.protocol import errors_among
from prover.lean.session import Fact, Session, SourceText
from prover.project.patch import Replacement, patched
from prover.search.stuck import HOLE, PartialProof

MAX_FACTS = 3
"""The number of goals that are stated as theorems; where more are left, none is."""
UNIVERSES = re.compile(r"\A(?P<name>[^\s.{]+)\.\{[^}]*\}")
"""The universes after the name in a signature. A file may have them as variables already."""


@dataclass(frozen=True)
class MissingFacts:
    """Theorems from which an open theorem follows."""

    statements: tuple[str, ...]
    """The theorems, each with `sorry` as its proof, to be placed before the open theorem."""
    proof: str
    """The proof of the open theorem that uses them."""


def missing_facts(
    session: Session,
    source: SourceText,
    command: int,
    theorem: str,
    partial: PartialProof,
    write: Callable[[tuple[str, ...]], Replacement],
) -> MissingFacts | None:
    """Returns what completes a partial proof; None if that cannot be stated, or does not hold in the file.

    Args:
        command: the byte at which the theorem's command starts.
        theorem: the full name of the theorem.
        write: returns the replacement that writes a block of tactics in place of the `sorry`.
    """
    if not partial.lines or not 0 < len(partial.stuck) <= MAX_FACTS:
        return None
    base = re.sub(r"\W", "", theorem.rsplit(".", 1)[-1]) or "theorem"
    try:
        facts = [session.fact(each.state, f"{base}_fact_{n}") for n, each in enumerate(partial.stuck, 1) if each.state]
        found = [fact for fact in facts if fact is not None]
        if len(found) < len(partial.stuck):
            return None
        lines = _filled(partial.lines, found)
        written = write(lines)
        first_line = source.text.encode()[:command].count(b"\n") + 1
        for signatures in ([fact.signature for fact in found], [_without_universes(fact.signature) for fact in found]):
            statements = tuple(f"theorem {signature} := by\n  sorry" for signature in signatures)
            stated = Replacement(command, command, "".join(f"{statement}\n\n" for statement in statements))
            start = command + len(stated.text.encode())
            errors = errors_among(session.messages(patched(source, [stated, written]), limit=start + 1))
            if all(error.line < first_line for error in errors):
                return MissingFacts(statements, "\n".join(lines))
    except LeanError:
        pass
    return None


def _filled(lines: Sequence[str], facts: Sequence[Fact]) -> tuple[str, ...]:
    """Returns a partial proof in which each open goal is closed by a fact."""
    text = "\n".join(lines)
    for number, fact in reversed(list(enumerate(facts))):
        text = text.replace(HOLE.format(number), f"exact {fact.application}")
    return tuple(text.split("\n"))


def _without_universes(signature: str) -> str:
    return UNIVERSES.sub(r"\g<name>", signature)
