"""The ways to write a tactic block at a place of a file. Lean decides which of them is read as it is meant."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prover.lean.file_text import indented
from prover.lean.protocol import Place
from prover.project.patch import Replacement

OPENERS = ("by", "=>", "then", "else")
"""Words after which a tactic block may begin on the next line."""
STEP_INDENTATION = 2


def layouts(text: str, start: int, stop: int, place: Place, script: Sequence[str]) -> tuple[Replacement, ...]:
    """Returns the ways to write a tactic block in place of a range of bytes, the most readable first.

    Args:
        script: the lines of the block, with the indentation that they have in it.
    """
    site = _Site.of(text, start, stop, place)
    match place.kind:
        case "step":
            return tuple(site.as_step(script))
        case "tactic":
            return tuple(site.as_tactic(script))
        case "body":
            return (site.as_body(script),)
        case _:
            return tuple(site.as_term(script))


@dataclass(frozen=True)
class _Site:
    """A range of bytes that is replaced, and what stands before it on its line."""

    line: str
    start: int
    stop: int
    place: Place

    @classmethod
    def of(cls, text: str, start: int, stop: int, place: Place) -> "_Site":
        data = text.encode()
        return cls(data[data.rfind(b"\n", 0, start) + 1 : start].decode(), start, stop, place)

    @property
    def column(self) -> int:
        return len(self.line)

    def as_step(self, script: Sequence[str]) -> Iterator[Replacement]:
        if len(script) == 1:
            yield self._here(script[0])
            return
        if self.place.first:
            if self._opens_block():
                yield self._below(script, max(self.place.outer, self._margin()) + STEP_INDENTATION)
            yield self._here(_aligned(script, self.column))
        else:
            yield self._here(_aligned(script, self.place.column))
        yield self._in_parentheses(script)

    def as_tactic(self, script: Sequence[str]) -> Iterator[Replacement]:
        if len(script) == 1:
            yield self._here(script[0])
        yield self._in_parentheses(script)

    def as_term(self, script: Sequence[str]) -> Iterator[Replacement]:
        if len(script) == 1:
            yield self._here(f"by {script[0]}")
            yield self._here(f"(by {script[0]})")
            return
        deep = " " * (max(self.place.column, self._margin()) + STEP_INDENTATION)
        block = "\n".join(["by", *indented(script, deep)])
        yield self._here(block)
        yield self._here(f"({block})")
        yield self._here(f"(by {_aligned(script, self.column + len('(by '))})")

    def as_body(self, script: Sequence[str]) -> Replacement:
        if len(script) == 1:
            return self._here(f":= by {script[0]}")
        deep = " " * (self.place.outer + STEP_INDENTATION)
        return self._here("\n".join([":= by", *indented(script, deep)]))

    def _margin(self) -> int:
        return len(self.line) - len(self.line.lstrip())

    def _opens_block(self) -> bool:
        words = self.line.split()
        return bool(words) and words[-1] in OPENERS

    def _here(self, text: str) -> Replacement:
        return Replacement(self.start, self.stop, text)

    def _below(self, script: Sequence[str], column: int) -> Replacement:
        """Begins on the next line."""
        blanks = len(self.line) - len(self.line.rstrip())
        return Replacement(self.start - blanks, self.stop, "\n".join(["", *indented(script, " " * column)]))

    def _in_parentheses(self, script: Sequence[str]) -> Replacement:
        return self._here(f"({_aligned(script, self.column + 1)})")


def _aligned(script: Sequence[str], column: int) -> str:
    """Returns a block whose first line stands at a column of a line."""
    first, *rest = script
    return "\n".join([first, *indented(rest, " " * column)])


def together(scripts: Sequence[Sequence[str]], all_at_once: bool) -> tuple[str, ...]:
    """Returns one tactic block for several goals of one place, made of a block for each of them.

    Args:
        all_at_once: whether the block is run once for all goals; otherwise it is run on each by itself.
    """
    distinct = list(dict.fromkeys(map(tuple, scripts)))
    if len(scripts) == 1 or (len(distinct) == 1 and not all_at_once):
        return distinct[0]
    if all_at_once:
        return tuple(line for script in scripts for line in _bulleted("· ", script))
    lines = ["first"]
    for script in distinct[:-1]:
        lines += _bulleted("  | ", [*script, "done"])
    return (*lines, *_bulleted("  | ", distinct[-1]))


def _bulleted(bullet: str, script: Sequence[str]) -> list[str]:
    first, *rest = script
    return [bullet + first, *indented(rest, " " * len(bullet))]
