"""A block of tactics as a tree, and its lines.

Layout only suggests how tactics are nested: what is made of a block is run by Lean before it counts.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from prover.lean.file_text import indented
from prover.search import blocks

MAX_COLUMNS = 88
"""The longest line of a block. Files indent the block, and Lean's style guide allows a hundred columns."""
SHORT_BRANCH = 60
"""The longest branch that stands on the line of its header, in columns."""
BULLET = "·"


@dataclass(frozen=True)
class Tactic:
    """A tactic that is not split any further."""

    text: str


@dataclass(frozen=True)
class Branch:
    """A block for one goal."""

    header: str
    """A bullet, or what stands before the block: `case zero =>`, `| zero =>`, `next x =>`."""
    body: "Block"


Block = tuple[Tactic | Branch, ...]
BlockEdit = Callable[[Block, int], Iterator[Block]]
"""Yields changed forms of a block, each changed at or after an index."""


def parse(text: str) -> Block:
    """Returns a block of tactics as a tree."""
    return tuple(map(_node, blocks.tactics(text)))


def _node(tactic: str) -> Tactic | Branch:
    if (body := blocks.bullet(tactic)) is not None:
        return Branch(BULLET, parse(body))
    if (found := blocks.case(tactic)) is not None:
        tag, names, body = found
        return Branch(" ".join(["case", tag, *names, "=>"]), parse(body))
    return Tactic(tactic)


def lines(block: Block) -> list[str]:
    """Returns the lines of a block."""
    return [line for node in block for line in _lines_of(node)]


def text_of(block: Block) -> str:
    """Returns a block as text."""
    return "\n".join(lines(block))


def _lines_of(node: Tactic | Branch) -> list[str]:
    if isinstance(node, Tactic):
        return [part for line in node.text.splitlines() for part in _wrapped(line)]
    body = lines(node.body)
    if node.header == BULLET or (len(body) == 1 and len(node.header) + 1 + len(body[0]) <= SHORT_BRANCH):
        first, *rest = body
        return [f"{node.header} {first}", *indented(rest, "  ")]
    return [node.header, *indented(body, "  ")]


def _wrapped(line: str) -> list[str]:
    """Breaks a long line after a comma or before `<;>`; later parts are indented, as Lean requires of one tactic."""
    if len(line) <= MAX_COLUMNS:
        return [line]
    margin = len(line) - len(line.lstrip())
    places = [found.end() for found in re.finditer(r", |(?= <;> )", line) if margin < found.end() <= MAX_COLUMNS]
    if not places:
        return [line]
    head, rest = line[: places[-1]].rstrip(), line[places[-1] :].lstrip()
    return [head, *_wrapped(" " * (margin + 2) + rest)]


def everywhere(block: Block, edit: BlockEdit) -> Iterator[Block]:
    """Yields the block with one edit, made at any place at any depth; the last places come first."""
    for index in reversed(range(len(block))):
        node = block[index]
        if isinstance(node, Branch):
            for body in everywhere(node.body, edit):
                yield (*block[:index], replace(node, body=body), *block[index + 1 :])
        yield from edit(block, index)
