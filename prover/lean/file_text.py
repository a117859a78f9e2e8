"""The text of a Lean file: as Lean reads it, byte offsets, lines and columns, indentation, and signatures."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from prover.errors import BenchmarkError

BYTE_ORDER_MARK = "\ufeff"
LineColumn = tuple[int, int]
"""Line and column, both counted from 1, the column in characters; an end is the column after the last character."""


def as_read(written: str) -> str:
    """Returns the text of a file as Lean reads it: CRLF ends a line as a line feed does, and a lone CR stays.

    A byte order mark is left out. Lean itself refuses it, but editors hide it, so its author cannot know why.
    """
    return written.removeprefix(BYTE_ORDER_MARK).replace("\r\n", "\n")


class Lines:
    """The lines of a text. Only line feeds end a line, as in Lean."""

    def __init__(self, path: str, text: str) -> None:
        self._path = path
        self._lines = [line.encode() for line in text.split("\n")]
        self._starts = [0, *accumulate(len(line) + 1 for line in self._lines)]

    def position(self, offset: int) -> LineColumn:
        """Returns the line and column of a byte.

        Raises:
            BenchmarkError: The text has no such byte.
        """
        line = bisect_right(self._starts, offset) - 1
        if not 0 <= line < len(self._lines):
            raise BenchmarkError(f"{self._path} has no byte {offset}: it is not the file that was traced.")
        before = self._lines[line][: offset - self._starts[line]]
        return line + 1, len(before.decode(errors="ignore")) + 1

    def offset(self, position: LineColumn) -> int:
        """Returns the byte at a line and column.

        Raises:
            BenchmarkError: The text has no such position.
        """
        line, column = position
        if 1 <= line <= len(self._lines):
            characters = self._lines[line - 1].decode()
            if 1 <= column <= len(characters) + 1:
                return self._starts[line - 1] + len(characters[: column - 1].encode())
        raise BenchmarkError(f"{self._path} has no line {line}, column {column}: it is not the file that was traced.")


def indented(lines: Sequence[str], by: str) -> list[str]:
    """Returns the lines with `by` in front of each that is not empty."""
    return [by + line if line else line for line in lines]


def signature(code: str, name: str) -> str:
    """Returns the code of a declaration from its name on; all of it if the name, or a suffix of it, is not there."""
    while name:
        if found := re.search(rf"(?<!\S){re.escape(name)}(?![\w'!?.])", code):
            return code[found.start() :]
        name = name.partition(".")[2]
    return code
