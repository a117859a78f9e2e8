"""Parses the usual forms of `lakefile.lean` when there is no `lake` to translate it.

The parser knows comments, strings, names and brackets, and reads literals only. Computed values (an interpolated
string, a call) are omitted, so that the caller's default applies.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Literal

KEYWORDS = ("package", "lean_lib", "lean_exe", "require")
PATH_SIGNS = {"/", "(", ")", "⟨", "⟩", "{", "}", "FilePath.mk", "System.FilePath.mk", "__dir__", "toString"}
OPENING, CLOSING = ("(", "[", "#[", "{", "⟨"), (")", "]", "}", "⟩")
NAME = r"(?:«[^»\n]*»|[^\W\d][\w'!?]*)(?:\.(?:«[^»\n]*»|[^\W\d][\w'!?]*))*"

_TOKEN = re.compile(
    rf"""
      (?P<blank>\s+|--[^\n]*)
    | (?P<comment>/-)
    | (?P<string>"(?:[^"\\]|\\.)*")
    | r(?P<hashes>\#*)"(?P<raw>.*?)"(?P=hashes)
    | (?P<computed>[smf]!")
    | (?P<character>'(?:[^'\\]|\\.[^']*)')
    | ``?(?P<name>{NAME})
    | (?P<word>\.?{NAME})
    | (?P<sign>:=|\#\[|\+\+|\.\*|\.\+|.)
    """,
    re.X | re.S,
)
_COMMENT_EDGE = re.compile(r"/-|-/")
_ESCAPES = {"\\n": "\n", "\\t": "\t", '\\"': '"', "\\\\": "\\"}


@dataclass(frozen=True)
class Word:
    """A token of the text."""

    kind: Literal["string", "computed", "name", "word", "sign"]
    """A `name` is quoted with a backtick; a `word` is an identifier or keyword."""
    text: str
    """The token without quotes and backticks."""
    column: int
    """The distance from the left margin, in characters."""
    first: bool
    """Whether it is the first token of its line."""


@dataclass(frozen=True)
class Form:
    """A command of the lakefile."""

    keyword: str
    name: str
    fields: dict[str, list[Word]] = field(default_factory=dict)
    """The words between `:=` and the next field, by the name of the field."""
    git: str | None = None
    """The address after `from git`."""
    revision: str | None = None
    directory: str | None = None
    """The directory of the required package, in the git repository or on disk."""

    def words(self, name: str) -> list[Word]:
        """Returns the words of a field; none if it is not set."""
        return self.fields.get(name, [])

    def path(self, name: str) -> str | None:
        """Returns a field as a path, if it consists of literals."""
        return _path(self.words(name))


def forms_of(text: str) -> Iterator[Form]:
    """Yields the forms of a lakefile, in order."""
    words = list(_words(text))
    constants = dict(_constants(words))
    lists = dict(_lists(words))
    starts = [place for place in range(len(words)) if _starts_form(words, place)]
    for start in starts:
        command = words[start : _end(words, start)]
        if len(command) > 1 and command[1].kind in ("word", "string"):
            yield _required(command, constants) if command[0].text == "require" else _configured(command, lists)


# --- words ---


def _words(text: str) -> Iterator[Word]:
    place, end_of_last = 0, -1
    while place < len(text):
        match = _TOKEN.match(text, place)
        assert match is not None  # the last alternative takes any character
        place = match.end()
        if match["comment"]:
            place = _past_comment(text, place)
        elif match["computed"]:
            place = _past_interpolated(text, place)
        line = text.rfind("\n", 0, match.start()) + 1
        if (word := _word(match, match.start() - line, end_of_last < line)) is not None:
            yield word
            end_of_last = place - 1


def _word(match: re.Match[str], column: int, first: bool) -> Word | None:
    match match.lastgroup:
        case "string":
            literal = re.sub(r"\\\n\s*", "", match["string"][1:-1])
            return Word("string", re.sub(r"\\.", lambda m: _ESCAPES.get(m[0], m[0]), literal), column, first)
        case "raw":
            return Word("string", match["raw"], column, first)
        case "computed" | "character":
            return Word("computed", match[0], column, first)
        case "name":
            return Word("name", match["name"], column, first)
        case "word" | "sign":
            return Word(match.lastgroup, match[0], column, first)
        case _:
            return None


def _past_comment(text: str, place: int) -> int:
    """Returns where a comment that was opened before `place` ends; comments nest."""
    depth = 1
    while depth and (edge := _COMMENT_EDGE.search(text, place)):
        depth += 1 if edge[0] == "/-" else -1
        place = edge.end()
    return place if depth == 0 else len(text)


def _past_interpolated(text: str, place: int) -> int:
    """Returns where an interpolated string ends; its braces may contain strings."""
    depth, inside = 0, True
    while place < len(text):
        sign = text[place]
        place += 2 if sign == "\\" else 1
        if sign == '"' and depth == 0:
            return place
        if sign == '"':
            inside = not inside
        elif sign == "{" and (depth == 0 or not inside):
            depth, inside = depth + 1, False
        elif sign == "}" and depth and not inside:
            depth -= 1
    return place


# --- commands ---


def _starts_form(words: list[Word], place: int) -> bool:
    word = words[place]
    if word.kind != "word" or word.text not in KEYWORDS:
        return False
    return word.first or words[place - 1].text in ("]", "then", "do", "(")


def _end(words: list[Word], start: int) -> int:
    """Returns where a command ends: before a line that is not indented deeper, outside of brackets."""
    margin = next(word.column for word in reversed(words[: start + 1]) if word.first)
    depth = 0
    for place in range(start + 1, len(words)):
        word = words[place]
        if word.first and depth == 0 and word.column <= margin and not _continues(word):
            return place
        if depth == 0 and _starts_form(words, place):
            return place
        depth = max(0, depth + _deeper(word))
    return len(words)


def _continues(word: Word) -> bool:
    """Returns whether a token at the margin belongs to the command before it."""
    return word.kind in ("string", "name") or (word.kind == "sign" and word.text != "@") or word.text == "from"


def _deeper(word: Word) -> int:
    if word.kind != "sign":
        return 0
    return 1 if word.text in OPENING else -1 if word.text in CLOSING else 0


def _constants(words: list[Word]) -> Iterator[tuple[str, str]]:
    """Yields the constants `def x := "…"`, with or without `: String`."""
    for place, word in enumerate(words):
        if word.kind == "word" and word.text in ("def", "abbrev"):
            rest = words[place + 1 : place + 6]
            texts = [each.text for each in rest]
            value = 4 if texts[1:3] == [":", "String"] else 2
            if len(rest) > value and texts[value - 1] == ":=" and rest[value].kind == "string":
                yield texts[0], texts[value]


def _lists(words: list[Word]) -> Iterator[tuple[str, list[Word]]]:
    """Yields the words of the constants `def x := #[…]`, with or without a type, such as shared options."""
    for place, word in enumerate(words):
        if word.first and word.kind == "word" and word.text in ("def", "abbrev"):
            command = words[place : _end(words, place)]
            texts = [each.text if each.kind in ("word", "sign") else "" for each in command]
            start = texts.index(":=") + 1 if ":=" in texts else len(texts)
            if texts[start : start + 1] in (["#["], ["["]):
                yield texts[1], command[start:]


def _configured(command: list[Word], lists: dict[str, list[Word]]) -> Form:
    """Parses `lean_lib X where f := …`, or the same with braces. The names of `lists` stand for their words."""
    fields: dict[str, list[Word]] = {}
    current: list[Word] | None = None
    depth = 0
    body = 0
    for word, after in zip_longest(command, command[1:]):
        if body == 0 and word.text in ("where", "{") and word.kind in ("word", "sign"):
            body = 1 + (word.text == "{")
            continue
        if body and depth == 0 and word.kind == "word" and after is not None and after.text == ":=":
            current = fields.setdefault(word.text, [])
            continue
        depth += _deeper(word)
        if depth < 0:
            break
        if current is not None and word.text not in (":=", ";"):
            current.extend(lists.get(word.text, [word]) if word.kind == "word" else [word])
    return Form(command[0].text, _name(command[1]), fields)


def _required(command: list[Word], constants: dict[str, str]) -> Form:
    """Parses `require a @ v from git "…" @ "…" / "…"`, `require a from "…"` or `require "owner" / "a" @ …`."""
    words = [command[1], *(_known(word, constants) for word in command[2:])]
    texts = [word.text if word.kind in ("word", "sign") else "" for word in words]
    name = words[2] if texts[1:2] == ["/"] and len(words) > 2 else words[0]
    end = texts.index("with") if "with" in texts else len(words)
    source = texts.index("from") + 1 if "from" in texts else end
    if texts[source : source + 1] != ["git"]:
        return Form("require", _name(name), directory=_path(words[source:end]))
    address = words[source + 1 : source + 2]
    if not address or address[0].kind != "string":
        return Form("require", _name(name))
    rest, tail = words[source + 2 : end], texts[source + 2 : end]
    revision = directory = None
    if tail[:1] == ["@"]:
        revision, rest, tail = _path(rest[1:2]), rest[2:], tail[2:]
    if tail[:1] == ["/"]:
        directory = _path(rest[1:])
    return Form("require", _name(name), git=address[0].text, revision=revision, directory=directory)


def _known(word: Word, constants: dict[str, str]) -> Word:
    if word.kind == "word" and word.text in constants:
        return Word("string", constants[word.text], word.column, word.first)
    return word


def _name(word: Word) -> str:
    """Returns a name without the « and » around its only part."""
    whole = re.fullmatch(r"«([^»]*)»", word.text)
    return whole[1] if whole else word.text


def _path(words: list[Word]) -> str | None:
    """Returns the joined strings of a path; None if part of it is computed."""
    if any(word.kind != "string" and word.text not in PATH_SIGNS | {","} for word in words):
        return None
    strings = [word.text for word in words if word.kind == "string"]
    return "/".join(strings) if strings else None
