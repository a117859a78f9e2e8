"""Writes proofs into files as the smallest change of bytes, and as a unified diff."""

import difflib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prover.errors import NotWritable
from prover.lean.file_text import indented
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


def proof_replacement(text: str, start: int, stop: int, script: Sequence[str], kind: str) -> Replacement:
    """Returns the replacement of a range of bytes by a proof.

    Args:
        kind: `body` for a declaration's whole body, `term` for a term, `tactic` for a tactic.
    """
    data = text.encode()
    newline = "\r\n" if b"\r\n" in data else "\n"
    line_start = data.rfind(b"\n", 0, start) + 1
    line = data[line_start:start].decode()
    margin = line[: len(line) - len(line.lstrip())]
    if kind == "tactic":
        return _tactic(start, stop, script, line, margin, newline)
    head = ":= by" if kind == "body" else "by"
    if len(script) == 1:
        return Replacement(start, stop, f"{head} {script[0]}")
    deep = margin + ("  " if kind == "body" else "    ")
    return Replacement(start, stop, newline.join([head, *indented(script, deep)]))


def _tactic(start: int, stop: int, script: Sequence[str], line: str, margin: str, newline: str) -> Replacement:
    """Aligns the lines of a tactic below its first line, or below a `by` that ends its line."""
    if len(script) > 1 and line.rstrip().endswith((" by", "=> by")):
        trailing = len(line) - len(line.rstrip())
        lines = indented(script, margin + "  ")
        return Replacement(start - trailing, stop, newline.join(["", *lines]))
    column = " " * len(line)
    first, *rest = script
    return Replacement(start, stop, newline.join([first, *indented(rest, column)]))


def unified_diff(path: str, before: str, after: str) -> str:
    """Returns the change in the format of `git apply`; empty if there is none."""
    old, new = (io.StringIO(text, newline="\n").readlines() for text in (before, after))  # git ends lines at \n only
    lines = []
    for line in difflib.unified_diff(old, new, f"a/{path}", f"b/{path}"):
        lines.append(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n")
    return "".join(lines)


def write_patched(path: Path, text: str) -> None:
    """Replaces the content of an existing file in one step and waits until it is on the disk.

    Raises:
        NotWritable: the file or its directory cannot be written.
    """
    try:
        path.stat()  # a file that was deleted meanwhile is not created again
        write_atomically(path, text, durable=True)
    except OSError as error:
        raise NotWritable(f"{path} cannot be written ({error.strerror}): the patch was not applied.") from None
