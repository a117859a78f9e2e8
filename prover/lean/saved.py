"""Where a Lean process finds a saved one that has imported what a file imports, which it continues instead.

Importing seven hundred modules of Mathlib takes ten seconds, and reading the memory of a process that has done so one.
"""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from prover.lean.session import SourceText

HEADER_LINE = re.compile(
    r"^[ \t]*((?:module|prelude|(?:(?:public|private|meta)[ \t]+)*import[ \t].*?))[ \t]*$", re.MULTILINE
)
"""A line of a header. What looks like one below the header does no harm: both sides see it."""
SAVED_PROCESSES = "SavedProcesses"
"""The directory of saved processes below the first directory of a search path. No module can have that name."""


def header_digest(text: str) -> str:
    """Returns a digest of the imports of a file, as they are written."""
    return hashlib.sha256("\n".join(HEADER_LINE.findall(text)).encode()).hexdigest()[:24]


def saved_process(search_path: Sequence[Path], source: SourceText) -> Path | None:
    """Returns the saved process that has imported what a file imports, if there is one for a search path."""
    if not search_path:
        return None
    place = search_path[0] / SAVED_PROCESSES / f"{header_digest(source.text)}.image"
    return place.resolve() if place.is_file() else None
