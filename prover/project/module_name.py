"""Converts between module names as Lean writes them and their parts. Knows no files.

`A.«b-c»` has the parts `A` and `b-c`: a part that is not an identifier is written between « and ».
"""

import re
from collections.abc import Iterable

Parts = tuple[str, ...]

_LETTER_LIKE = (
    "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f"  # Latin
    "\u03b1-\u03ba\u03bc-\u03c9\u0391-\u039f\u03a1\u03a4-\u03a9\u03ca-\u03fb\u1f00-\u1ffe"  # Greek but for λ, Π, Σ
    "\u2100-\u214f\U0001d49c-\U0001d59f"
)
_SUBSCRIPTS = "\u2080-\u2089\u2090-\u209c\u1d62-\u1d6a\u2c7c"
_IDENTIFIER = re.compile(rf"[A-Za-z_{_LETTER_LIKE}][A-Za-z0-9_'!?{_LETTER_LIKE}{_SUBSCRIPTS}]*")
_PART = re.compile(r"«([^»]*)»|([^.«»]+)")


def name_of(parts: Iterable[str]) -> str:
    """Returns the name with these parts, as Lean writes it."""
    return ".".join(part if _IDENTIFIER.fullmatch(part) else f"«{part}»" for part in parts)


def parts_of(name: str) -> Parts:
    """Returns the parts of a name, in any spelling; none if the text is not a name."""
    parts: list[str] = []
    place = 0
    while match := _PART.match(name, place):
        parts.append(match[2] if match[1] is None else match[1])
        if match.end() == len(name):
            return tuple(parts)
        if name[match.end()] != ".":
            return ()
        place = match.end() + 1
    return ()


def spelling(name: str) -> str:
    """Returns a name as Lean writes it, given any spelling; text that is not a name is returned unchanged."""
    return name_of(parts_of(name)) or name
