"""Reads a benchmark in LeanDojo's format, one line or theorem at a time, so that its size does not matter."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

import msgspec

from prover.errors import BenchmarkError
from prover.project.leandojo.records import CORPUS, METADATA, PARTS, BenchmarkMetadata, BenchmarkTheorem, CorpusFile

T = TypeVar("T")
CHUNK_CHARACTERS = 1 << 20
BLANK = " \t\r\n"


@dataclass(frozen=True)
class LeanDojoBenchmark:
    """A benchmark directory. Its files are read on request.

    Raises from every method:
        BenchmarkError: A file is missing, truncated, or not in the format; the message says which and where.
    """

    root: Path
    metadata: BenchmarkMetadata
    strategies: tuple[str, ...]
    """The strategies by which its theorems are split, `random` first."""

    def files(self) -> Iterator[CorpusFile]:
        """Yields the lines of the corpus, each file after its imports."""
        yield from corpus_lines(self.root / CORPUS)

    def theorems(self, strategy: str, part: str) -> Iterator[BenchmarkTheorem]:
        """Yields the theorems of `train`, `val` or `test`."""
        file = self.root / strategy / f"{part}.json"
        for number, entry in enumerate(entries(file), 1):
            yield _converted(entry, BenchmarkTheorem, f"{file}, theorem {number}")


def read_benchmark(path: Path) -> LeanDojoBenchmark:
    """Returns the benchmark in a directory; checks that all files exist, and reads only the metadata.

    Raises:
        BenchmarkError: There is no benchmark, or only part of one.
    """
    if not (path / CORPUS).is_file():
        raise BenchmarkError(f"{path} is not a benchmark in LeanDojo's format: it has no {CORPUS}.")
    found = sorted({file.parent.name for part in PARTS for file in path.glob(f"*/{part}.json")})
    for strategy in found:
        for part in PARTS:
            if not (path / strategy / f"{part}.json").is_file():
                raise BenchmarkError(f"{path / strategy} has no {part}.json: copy the benchmark again.")
    return LeanDojoBenchmark(path, _metadata(path / METADATA), tuple(sorted(found, key=lambda name: name != "random")))


def corpus_lines(file: Path) -> Iterator[CorpusFile]:
    """Yields the lines of a `corpus.jsonl`.

    Raises:
        BenchmarkError: A line is not a file with premises, or the file cannot be read.
    """
    decode = msgspec.json.Decoder(CorpusFile).decode
    number = 0
    try:
        with file.open("rb") as lines:
            for line in lines:
                number += 1
                if line.strip():
                    yield decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BenchmarkError(f"{file}, line {number}, cannot be read ({error}): copy the benchmark again.") from None
    except OSError as error:
        raise BenchmarkError(f"{file} cannot be read: {error.strerror}.") from None


def entries(file: Path) -> Iterator[Any]:
    """Yields the objects of a JSON list, one at a time, using memory only for the largest.

    Raises:
        BenchmarkError: The file is not such a list, is truncated, or cannot be read.
    """
    try:
        with file.open(encoding="utf-8") as stream:
            yield from _JsonListItems(stream)
    except json.JSONDecodeError as error:
        raise BenchmarkError(f"{file} is truncated or not a list of theorems ({error.msg}): copy it again.") from None
    except UnicodeDecodeError as error:
        raise BenchmarkError(f"{file} is not UTF-8 ({error.reason}): copy it again.") from None
    except OSError as error:
        raise BenchmarkError(f"{file} cannot be read: {error.strerror}.") from None


class _JsonListItems:
    """Decodes the objects of a JSON list from a stream that is read in pieces."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._text = ""
        self._at = 0

    def __iter__(self) -> Iterator[Any]:
        self._expect("[")
        if self._next() == "]":
            self._at += 1
        else:
            yield self._entry()
            while self._expect(",]") == ",":
                yield self._entry()
        if self._next():
            raise json.JSONDecodeError("something follows the list", "", 0)

    def _next(self) -> str:
        """Returns the next character that is not blank; empty at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in BLANK:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _expect(self, allowed: str) -> str:
        found = self._next()
        if not found or found not in allowed:
            raise json.JSONDecodeError(f"{found or 'the end'} where one of {allowed} belongs", "", 0)
        self._at += 1
        return found

    def _entry(self) -> Any:
        if self._next() != "{":
            raise json.JSONDecodeError("no object where a theorem belongs", "", 0)
        while True:
            try:
                value, self._at = json.JSONDecoder().raw_decode(self._text, self._at)
                return value
            except json.JSONDecodeError:
                if not self._more():
                    raise

    def _more(self) -> bool:
        """Reads another piece, at least as long as the undecoded text; returns whether there was one."""
        self._text = self._text[self._at :]
        self._at = 0
        piece = self._stream.read(max(CHUNK_CHARACTERS, len(self._text)))
        self._text += piece
        return bool(piece)


def _metadata(file: Path) -> BenchmarkMetadata:
    try:
        return msgspec.json.decode(file.read_bytes(), type=BenchmarkMetadata)
    except FileNotFoundError:
        return BenchmarkMetadata()  # some benchmarks have none
    except (msgspec.DecodeError, OSError) as error:
        raise BenchmarkError(f"{file} cannot be read ({error}): copy the benchmark again.") from None


def _converted(entry: Any, kind: type[T], where: str) -> T:
    try:
        return msgspec.convert(entry, kind)
    except msgspec.ValidationError as error:
        raise BenchmarkError(f"{where}, is not in LeanDojo's format ({error}).") from None
