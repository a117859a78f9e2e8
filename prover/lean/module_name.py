"""Converts between module names as Lean writes them, their parts, and the paths of their files. Reads no files.

`A.«b-c»` has the parts `A` and `b-c`: a part that is not an identifier is written between « and ».
"""

import re
from collections.abc import Iterable
from pathlib import Path, PurePath

Parts = tuple[str, ...]

_LETTER_LIKE = (
    "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f"  # Latin
    "\u03b1-\u03ba\u03bc-\u03c9\u0391-\u039f\u03a1\u03a4-\u03a9\u03ca-\u03fb\u1f00-\u1ffe"  # Greek but for λ, Π, Σ
    "\u2100-\u214f\U0001d49c-\U0001d59f"
)
_SUBSCRIPTS = "\u2080-\u2089\u2090-\u209c\u1d62-\u1d6a\u2c7c"
_IDENTIFIER = re.compile(rf"[A-Za-z_{_LETTER_LIKE}][A-Za-z0-9_'!?{_LETTER_LIKE}{_SUBSCRIPTS}]*")
WRITTEN_NAME = r"(?:«[^»]*»|[^\s«»]+)+"
"""A regular expression for a name as it stands in a text: blanks may be between « and » only."""
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


def module_file(name: str, suffix: str) -> Path:
    """Returns the path of a module's file below the directory at which module names start.

    Args:
        suffix: such as `.lean` or `.olean`; it is added, since a part of a name may have a dot in it.
    """
    *above, last = parts_of(name) or (name,)
    return Path(*above, last + suffix)


def module_at(path: PurePath) -> str:
    """Returns the name of the module in a file, whose path starts where module names start."""
    return name_of(path.with_suffix("").parts)
