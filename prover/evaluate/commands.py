"""Splits the text of a Lean file into commands, and a theorem into statement and proof, by its surface.

For benchmark files, whose Mathlib may not be here to parse them. Knows comments, strings and brackets, and
that a command begins at the left margin; nothing is believed because of it: Lean elaborates what comes out
of it, and a problem counts only when that declares the theorem and nothing fails.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

MODIFIERS = ("private", "protected", "noncomputable", "public", "nonrec", "unsafe", "partial", "local", "scoped")
THEOREMS = ("theorem", "lemma")
KEYWORDS = (
    *MODIFIERS,
    *THEOREMS,
    *("def", "abbrev", "instance", "example", "structure", "class", "inductive", "axiom", "opaque", "variable"),
    *("variables", "universe", "universes", "open", "namespace", "section", "end", "import", "set_option", "attribute"),
    *("notation", "infix", "infixl", "infixr", "prefix", "postfix", "macro", "macro_rules", "syntax", "elab", "mutual"),
    *("include", "omit", "export", "deriving", "module", "#eval", "#check", "#print", "run_cmd"),
)
_START = re.compile(r"(?:@\[|/--|/-!|(?:" + "|".join(map(re.escape, KEYWORDS)) + r")(?![\w.']))")
_BEGUN = re.compile(
    r"(?:\s|@\[[^\]]*\]|\b(?:" + "|".join(MODIFIERS) + r")\b"
    r"|\b(?:open|set_option|variable|universe|include|omit|attribute)\b[^\n]*\sin(?=\s|$))*"
)
_NAME = re.compile(r"\b(?:theorem|lemma)\s+([^\s({\[:⦃]+)")
_TOKEN = re.compile(
    r"""(?P<block>/-)|(?P<line>--[^\n]*)|(?P<string>"(?:\\.|[^"\\])*")|(?P<char>'(?:\\[^\n]+?|[^'\\\n])')"""
    r"""|(?P<open>[(\[{⟨⦃])|(?P<close>[)\]}⟩⦄])|(?P<assign>:=)|(?P<word>[^\W\d][\w'!?.₀-₉]*)|(?P<other>.)""",
    re.S,
)
ENDINGS = re.compile(r"(?::=\s*(?:by\b\s*)?(?:sorry\b|admit\b)?|\bby\b\s*(?:sorry\b)?)\s*$")
"""what a statement without proof may end in"""
BINDERS = ("let", "have", "letI", "haveI", "let_fun")
"""words that take a `:=` of their own"""


@dataclass(frozen=True)
class Token:
    """A piece of Lean's surface."""

    kind: str
    """`comment`, `string`, `char`, `open`, `close`, `assign`, `word` or `other`"""
    text: str
    start: int
    depth: int
    """brackets around it"""


def tokens(text: str) -> Iterator[Token]:
    """The pieces of a text; together they are the text."""
    at = depth = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None
        kind, stop = match.lastgroup or "other", match.end()
        if kind == "block":
            kind, stop = "comment", _end_of_comment(text, at)
        elif kind == "line":
            kind = "comment"
        elif kind == "close":
            depth = max(0, depth - 1)
        yield Token(kind, text[at:stop], at, depth)
        if kind == "open":
            depth += 1
        at = stop


def commands(text: str) -> list[str]:
    """The commands of a file, each with the comments that follow it; what stands before the first is one too."""
    starts: list[int] = []
    for token in tokens(text):
        at_margin = token.start == 0 or text[token.start - 1] == "\n"
        if not at_margin or _START.match(text, token.start) is None:
            continue
        if token.kind == "comment" and not token.text.startswith("/--"):
            continue
        if not starts or not _waits(text[starts[-1] : token.start]):
            starts.append(token.start)
    bounds = [0, *(start for start in starts if start > 0), len(text)]
    pieces = [text[start:stop] for start, stop in pairwise(bounds)]
    return [piece for piece in pieces if piece.strip()]


def _waits(piece: str) -> bool:
    """Whether a command has only begun: attributes, a docstring, modifiers and `open … in` wait for a declaration."""
    return _BEGUN.fullmatch(without_comments(piece)) is not None


def theorem_name(command: str) -> str | None:
    """The name of the theorem that a command states, if it states one."""
    bare = without_comments(command)
    match = _NAME.search(bare)
    return match.group(1) if match and _BEGUN.fullmatch(bare[: match.start()]) else None


def without_comments(text: str) -> str:
    """The text with its comments and docstrings left out."""
    return "".join("" if token.kind == "comment" else token.text for token in tokens(text))


def docstring(command: str) -> str:
    """The words of the docstring that a command begins with, if it has one."""
    for token in tokens(command.lstrip()):
        return token.text[3:-2].strip() if token.text.startswith("/--") else ""
    return ""


def without_ending(statement: str) -> str:
    """A statement without the `:= by sorry`, or less, that it may end in."""
    text = without_comments(statement).rstrip()
    return text[: match.start()].rstrip() if (match := ENDINGS.search(text)) else text


def proof_start(theorem: str) -> int | None:
    """Where the `:=` before a theorem's proof stands; None for a statement alone."""
    owed = 0
    for token in tokens(theorem):
        if token.depth:
            continue
        if token.kind == "word" and token.text in BINDERS:
            owed += 1
        elif token.kind == "assign" and owed:
            owed -= 1
        elif token.kind == "assign":
            return token.start
    return None


def _end_of_comment(text: str, start: int) -> int:
    """Where the comment that begins at `start` ends; comments nest."""
    depth = 0
    for match in re.finditer(r"/-|-/", text[start:]):
        depth += 1 if match.group() == "/-" else -1
        if depth == 0:
            return start + match.end()
    return len(text)
