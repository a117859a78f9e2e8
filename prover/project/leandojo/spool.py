"""Spools values to disk while a benchmark is sorted, so that its size is not limited by memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO


class Spool:
    """Pieces of bytes on disk, addressed by number."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._ends = [0]

    def put(self, piece: bytes) -> int:
        """Stores a piece and returns its number."""
        self._file.seek(self._ends[-1])
        self._file.write(piece)
        self._ends.append(self._ends[-1] + len(piece))
        return len(self._ends) - 2

    def get(self, number: int) -> bytes:
        """Returns the piece with a number."""
        self._file.seek(self._ends[number])
        return self._file.read(self._ends[number + 1] - self._ends[number])


@contextmanager
def spool() -> Iterator[Spool]:
    """Yields a spool that exists while the block runs."""
    with TemporaryFile() as file:
        yield Spool(file)
