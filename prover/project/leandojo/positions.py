"""Byte offsets, as Lean counts, and lines and columns, as LeanDojo does."""

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate
from typing import Protocol

from prover.errors import BenchmarkError
from prover.project.leandojo.records import Position


class Offsets(Protocol):
    """Tells byte offsets from positions."""

    def offset(self, position: Position) -> int: ...


class Lines:
    """The lines of a text, ended by line feeds only, as Lean has it."""

    def __init__(self, path: str, text: str) -> None:
        self._path = path
        self._lines = [line.encode() for line in text.split("\n")]
        self._starts = [0, *accumulate(len(line) + 1 for line in self._lines)]

    def position(self, offset: int) -> Position:
        """The position of a byte.

        Raises:
            BenchmarkError: the text has no such byte.
        """
        line = bisect_right(self._starts, offset) - 1
        if not 0 <= line < len(self._lines):
            raise BenchmarkError(f"{self._path} has no byte {offset}: it is not the file that was traced.")
        before = self._lines[line][: offset - self._starts[line]]
        return line + 1, len(before.decode(errors="ignore")) + 1

    def offset(self, position: Position) -> int:
        """The byte at a position.

        Raises:
            BenchmarkError: the text has no such position.
        """
        line, column = position
        if 1 <= line <= len(self._lines):
            characters = self._lines[line - 1].decode()
            if 1 <= column <= len(characters) + 1:
                return self._starts[line - 1] + len(characters[: column - 1].encode())
        raise BenchmarkError(f"{self._path} has no line {line}, column {column}: it is not the file that was traced.")


class NominalLines:
    """Stands in for a text that is not at hand: offsets in the right order, with no claim on their size.

    They are those of a file of one-byte characters, each line just long enough for the positions on it.
    """

    def __init__(self, positions: Iterable[Position]) -> None:
        widths: dict[int, int] = {}
        for line, column in positions:
            widths[line] = max(column, widths.get(line, 1))
        self._starts = [0, *accumulate(widths.get(line, 1) for line in range(1, max(widths, default=0) + 1))]

    def offset(self, position: Position) -> int:
        """The nominal byte at one of the positions given at the start."""
        line, column = position
        return self._starts[line - 1] + column - 1
