"""Files that list repositories, one URL_OR_PATH[@REV] a line; empty lines and `#` lines are skipped."""

from pathlib import Path

from prover.errors import UsageError
from prover.project.location import Location, parse_location


def read_list(file: Path) -> tuple[Location, ...]:
    """Returns the repositories of a list, in its order, each once.

    Raises:
        UsageError: the file cannot be read, a line does not name a repository, or no line does; the message names it.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be read ({error.strerror}): check the path of the list.") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file} is not a text file: write one repository on each line.") from None
    found: dict[tuple[str, str | None], Location] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.strip()
        if words and not words.startswith("#"):
            location = _parsed(file, number, words)
            found.setdefault((location.canonical, location.revision), location)
    if not found:
        raise UsageError(f"{file} lists no repository: write one URL_OR_PATH[@REV] on each line.")
    return tuple(found.values())


def _parsed(file: Path, number: int, words: str) -> Location:
    if "\x00" in words or (len(words.split()) != 1 and not Path(words).expanduser().is_dir()):
        raise UsageError(
            f"{file}, line {number}: {words[:60]!r} is not a repository: write one URL_OR_PATH[@REV] a line."
        )
    try:
        return parse_location(words)
    except UsageError as error:
        raise UsageError(f"{file}, line {number}: {error}") from None
