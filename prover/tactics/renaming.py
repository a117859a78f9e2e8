"""Renames identifiers in the text of a tactic."""

from collections.abc import Mapping

from retrieval.lean_text import WORD


def renamed(text: str, names: Mapping[str, str], constants: Mapping[str, str] | None = None) -> str:
    """Returns the text with names replaced, if they are the first part of an identifier, and with constants replaced.

    An identifier behind a dot is a field, not a name.
    """
    parts, done = [], 0
    for word in WORD.finditer(text):
        first, *rest = word[0].split(".")
        if first in names and text[word.start() - 1 : word.start()] != ".":
            new = ".".join([names[first], *rest])
        else:
            new = ".".join((constants or {}).get(part, part) for part in (first, *rest))
        if new != word[0]:
            parts += [text[done : word.start()], new]
            done = word.end()
    return "".join([*parts, text[done:]])
