"""Splits the text of a Lean file into commands, and a theorem into statement and proof, without Lean.

This is for benchmark files, which Lean cannot parse here if Mathlib is missing. It knows comments, strings and
brackets, and that a command begins at the left margin. Its result is not trusted: Lean elaborates it, and a problem
counts only if that declares the theorem without errors.
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
"""The endings of a statement without proof."""
BINDERS = ("let", "have", "letI", "haveI", "let_fun")
"""Keywords followed by a `:=` of their own."""


@dataclass(frozen=True)
class Token:
    """A token of Lean's surface syntax."""

    kind: str
    """`comment`, `string`, `char`, `open`, `close`, `assign`, `word` or `other`."""
    text: str
    start: int
    depth: int
    """The number of brackets around the token."""


def tokens(text: str) -> Iterator[Token]:
    """Yields the tokens of a text; their concatenation is the text."""
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
    """Returns the commands of a file, each with the comments after it; text before the first command is one too."""
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
    """Returns whether a command is incomplete: attributes, docstrings, modifiers and `open … in` need a declaration."""
    return _BEGUN.fullmatch(without_comments(piece)) is not None


def theorem_name(command: str) -> str | None:
    """Returns the name of the theorem that a command states; None if it states none."""
    bare = without_comments(command)
    match = _NAME.search(bare)
    return match.group(1) if match and _BEGUN.fullmatch(bare[: match.start()]) else None


def without_comments(text: str) -> str:
    """Returns the text without comments and docstrings."""
    return "".join("" if token.kind == "comment" else token.text for token in tokens(text))


def docstring(command: str) -> str:
    """Returns the text of the docstring at the beginning of a command; empty if there is none."""
    for token in tokens(command.lstrip()):
        return token.text[3:-2].strip() if token.text.startswith("/--") else ""
    return ""


def without_ending(statement: str) -> str:
    """Returns a statement without `:= by sorry`, or a part of that, at its end."""
    text = without_comments(statement).rstrip()
    return text[: match.start()].rstrip() if (match := ENDINGS.search(text)) else text


def proof_start(theorem: str) -> int | None:
    """Returns the position of the `:=` before a theorem's proof; None for a statement without proof."""
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
    """Returns the end of the comment that begins at `start`; comments nest."""
    depth = 0
    for match in re.finditer(r"/-|-/", text[start:]):
        depth += 1 if match.group() == "/-" else -1
        if depth == 0:
            return start + match.end()
    return len(text)
