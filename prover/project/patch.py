"""Writes proofs into files as the smallest change of bytes, and as a unified diff."""

import dataclasses
import difflib
import io
import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from prover.errors import NotWritable
from prover.lean.file_text import BYTE_ORDER_MARK
from prover.lean.session import SourceText
from retrieval.files import write_atomically


@dataclass(frozen=True)
class Replacement:
    """A text that replaces a range of bytes of a file."""

    start: int
    stop: int
    text: str


def replace(text: str, replacements: Sequence[Replacement]) -> str:
    """Returns `text` with all replacements made; they must not overlap."""
    data = text.encode()
    for replacement in sorted(replacements, key=lambda r: -r.start):
        data = data[: replacement.start] + replacement.text.encode() + data[replacement.stop :]
    return data.decode()


def patched(source: SourceText, replacements: Sequence[Replacement]) -> SourceText:
    """Returns a file with all replacements made, in the text that Lean reads and in the text that the file has.

    The file keeps its byte order mark and the end of each line; new lines end as most of its lines do.
    """
    text = replace(source.text, replacements)
    if source.written is None:
        return dataclasses.replace(source, text=text)
    place = _places_on_disk(source.written)
    newline = "\r\n" if 2 * source.written.count("\r\n") > source.written.count("\n") else "\n"
    moved = [Replacement(place(r.start), place(r.stop), r.text.replace("\n", newline)) for r in replacements]
    return dataclasses.replace(source, text=text, written=replace(source.written, moved))


def _places_on_disk(written: str) -> Callable[[int], int]:
    """Returns a function from the bytes of the text as Lean reads it to those of the file."""
    content = written.encode()
    mark = len(BYTE_ORDER_MARK.encode()) if written.startswith(BYTE_ORDER_MARK) else 0
    ends = [found.start() - mark - before for before, found in enumerate(re.finditer(rb"\r\n", content))]
    return lambda offset: mark + offset + bisect_left(ends, offset)


def patch_of(before: SourceText, after: SourceText) -> str:
    """Returns the change of a file in the format of `git apply`; empty if there is none."""
    return unified_diff(before.file, before.on_disk, after.on_disk)


def unified_diff(path: str, before: str, after: str) -> str:
    """Returns the change in the format of `git apply`; empty if there is none."""
    old, new = (io.StringIO(text, newline="\n").readlines() for text in (before, after))  # git ends lines at \n only
    lines = []
    for line in difflib.unified_diff(old, new, f"a/{path}", f"b/{path}"):
        lines.append(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n")
    return "".join(lines)


def write_patched(path: Path, text: str) -> None:
    """Replaces the content of an existing file in one step and waits until it is on the disk.

    A symbolic link stays one: the file that it leads to is replaced.

    Raises:
        NotWritable: the file or its directory cannot be written.
    """
    try:
        file = path.resolve(strict=True)  # a file that was deleted meanwhile is not created again
        write_atomically(file, text, durable=True)
    except OSError as error:
        raise NotWritable(f"{path} cannot be written ({error.strerror}): the patch was not applied.") from None
