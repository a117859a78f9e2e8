"""Byte offsets for LeanDojo's lines and columns, where the text of a file is missing."""

from collections.abc import Iterable
from itertools import accumulate
from typing import Protocol

from prover.lean.file_text import LineColumn


class Offsets(Protocol):
    """Converts lines and columns to byte offsets."""

    def offset(self, position: LineColumn) -> int: ...


class NominalLines:
    """Offsets for a file whose text is missing: their order is right, their size is not.

    They are those of a file of one-byte characters, in which each line is just long enough for the positions on it.
    """

    def __init__(self, positions: Iterable[LineColumn]) -> None:
        widths: dict[int, int] = {}
        for line, column in positions:
            widths[line] = max(column, widths.get(line, 1))
        self._starts = [0, *accumulate(widths.get(line, 1) for line in range(1, max(widths, default=0) + 1))]

    def offset(self, position: LineColumn) -> int:
        """Returns the nominal byte at one of the positions given to the constructor."""
        line, column = position
        return self._starts[line - 1] + column - 1
