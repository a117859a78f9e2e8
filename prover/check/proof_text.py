"""Puts a proof that is given as text in the place of a theorem's present proof."""

import json
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from prover.check.gate import Submission
from prover.errors import UsageError
from prover.lean.file_text import as_read, indented
from prover.lean.gateway_session import LeanSession
from prover.lean.protocol import Declaration
from prover.lean.session import SorryGoal, SourceText
from prover.project.leandojo.code import without_comments
from prover.project.patch import Replacement, patched

FENCE = re.compile(
    r"^[ \t]*(?P<ticks>```+|~~~+)[^\n`]*\n(?P<text>.*?)^[ \t]*(?P=ticks)[ \t]*$", re.MULTILINE | re.DOTALL
)
"""A block of code in Markdown."""
COMMANDS = frozenset(
    (
        "import",
        "module",
        "open",
        "namespace",
        "section",
        "universe",
        "variable",
        "set_option",
        "theorem",
        "lemma",
        "def",
    )
)
"""The words with which people begin files and declarations, but no proofs that Lean can read as such."""


@dataclass(frozen=True)
class ProofText:
    """The text of a proof."""

    text: str
    term: bool = False
    """Whether it is a term, not a tactic block."""

    def lines(self) -> list[str]:
        """Returns its lines without their common indentation.

        Raises:
            UsageError: There are no lines.
        """
        lines = textwrap.dedent(as_read(self.text)).rstrip().split("\n")
        while lines and not lines[0].strip():
            lines.pop(0)
        if not lines:
            raise UsageError("The proof is empty: give a tactic block, or a term with --term.")
        return lines


def understood(session: LeanSession, source: SourceText, declaration: Declaration, proof: ProofText) -> ProofText:
    """Returns a proof without what is around it: a code fence, a `:=`, or the name and statement of the theorem.

    Lean decides whether a text is a tactic block, a term such as `by simp`, or a whole theorem. A text that is none of
    these is returned as it is, one that begins with `by` as a term: the gate says what is wrong with it.

    Raises:
        UsageError: The proof is empty, is JSON, or is that of another statement.
    """
    given = as_read(proof.text)
    inside = without_fence(given)
    text = _bare(replace(proof, text=inside if FENCE.match(given.lstrip()) else given))
    if proof.term:
        return ProofText(text, term=True)
    reply = session.read_proof(source, declaration.selection, text)
    if reply.kind == "unreadable" and inside != given:  # words around the fence; a fence in a comment is readable
        text = _bare(replace(proof, text=inside))
        reply = session.read_proof(source, declaration.selection, text)
    match reply.kind:
        case "term":
            return ProofText(text, term=True)
        case "declaration" if not reply.same:
            raise UsageError(
                f"The proof is a whole declaration, whose name or statement is not that of {declaration.name}: "
                "give the proof by itself, or repeat the statement as it is in the file."
            )
        case "declaration":
            return _of_declaration(text, *reply.body)
        case "unreadable" if first_word(text) in COMMANDS:
            raise UsageError(
                f"The proof begins with `{first_word(text)}`, and is not the theorem alone: leave out what is around "
                "it, such as imports and `end`, and begin with `theorem`, or with the proof itself."
            )
        case "unreadable":
            return ProofText(text, term=first_word(text) == "by")
    return ProofText(text)


def first_word(text: str) -> str:
    """Returns the first word of a text that is not in a comment; empty if there is none."""
    return next(iter(without_comments(text).split()), "")


def _bare(proof: ProofText) -> str:
    """Returns the text of a proof without a `:=` at its beginning and without common indentation.

    Raises:
        UsageError: It is empty, has only comments, or is JSON.
    """
    text = "\n".join(replace(proof, text=_without_assignment(proof.text)).lines())
    if not without_comments(text):
        raise UsageError("The proof has only comments: give a tactic block, or a term with --term.")
    if _is_json(text):
        raise UsageError("The proof is JSON, not Lean: give the text of the proof by itself, without quotation marks.")
    return text


def without_fence(text: str) -> str:
    """Returns the content of the only block of code in a Markdown text; the text itself if it has no such block."""
    blocks = list(FENCE.finditer(text))
    return blocks[0]["text"] if len(blocks) == 1 else text


def _without_assignment(text: str) -> str:
    """Returns a text without a `:=` at its beginning; columns stay."""
    return re.sub(r"\A(\s*):=", r"\1  ", text)


def _of_declaration(text: str, start: int, stop: int) -> ProofText:
    """Returns the body of a declaration, which starts with `:=` or with the first of its equations; columns stay."""
    data = text.encode()
    line = data[data.rfind(b"\n", 0, start) + 1 : start].decode()
    return ProofText(_without_assignment(" " * len(line) + data[start:stop].decode()), term=True)


def _is_json(text: str) -> bool:
    """Returns whether a text, or its first line, is JSON: an object, a list or a string."""
    for part in (text, text.split("\n")[0]):
        try:
            return isinstance(json.loads(part), dict | list | str)
        except ValueError:
            continue
    return False


def submission_of(source: SourceText, declaration: Declaration, sorry_goal: SorryGoal, proof: ProofText) -> Submission:
    """Returns the submission of a file with `proof` as the declaration's body.

    Args:
        sorry_goal: the goal of the declaration's statement, with the place of its body.
    """
    body = _body(proof, sorry_goal.place.outer)
    candidate = patched(source, [Replacement(sorry_goal.start, sorry_goal.stop, body)])
    return replace(unchanged(source, declaration, sorry_goal), candidate=candidate, block=True)


def unchanged(source: SourceText, declaration: Declaration, sorry_goal: SorryGoal) -> Submission:
    """Returns the submission of a theorem with its present proof."""
    example = declaration.kind == "example"
    return Submission(source, source, declaration.name, declaration.selection, sorry_goal.command, example=example)


def _body(proof: ProofText, column: int) -> str:
    """Returns a proof as the body of a declaration that stands in a column."""
    lines = proof.lines()
    opening: Literal[":=", ":= by", ""] = ":=" if proof.term else ":= by"
    if proof.term and lines[0].strip() == "by" and len(lines) > 1:
        opening, lines = ":= by", textwrap.dedent("\n".join(lines[1:])).split("\n")
    elif proof.term and lines[0].lstrip().startswith("| "):
        opening = ""
    if len(lines) == 1 and opening:
        return f"{opening} {lines[0].strip()}"
    return _below(opening, lines, column)


def _below(opening: str, lines: Sequence[str], column: int) -> str:
    return "\n".join([opening, *indented(lines, " " * (column + 2))])
