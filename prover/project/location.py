"""Parses where a repository is: `URL_OR_PATH[@rev][#directory]`. Looks at directories, but uses no network.

An `@` or a `#` may also occur in addresses (`git@host:path`), in directories, and in names of tags. An existing
directory takes precedence. In an address, the first `@` after the host that does not begin a path component starts the
revision, and the last `#` starts the directory in the repository.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from prover.errors import UsageError

SCHEMES = ("https", "http", "ssh", "git", "file")
_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<host>[^/]*)(?P<path>/.*)?")
_SCP = re.compile(r"(?P<host>(?:[\w.-]+@)?[\w.-]+|(?:[\w.-]+@)?\[[0-9A-Fa-f:]+\]):(?P<path>(?!:|//).+)")
_REVISED = re.compile(r"(?P<path>.*?[^/])@(?P<revision>.+)")


@dataclass(frozen=True)
class Location:
    """The address of a repository and a revision of it."""

    address: str | Path
    """A URL, or a local directory."""
    revision: str | None = None
    """A branch, tag or commit; None for the default branch, or for a directory as it is."""
    below: str = ""
    """The directory below the address, with forward slashes; empty for the address itself."""

    @property
    def name(self) -> str:
        """Its name for people: the last part of its address, and the directory in it."""
        last = str(self.address).rstrip("/").replace(":", "/").rpartition("/")[2]
        whole = last.removesuffix(".git") or "repository"
        return f"{whole}/{self.below}" if self.below else whole

    @property
    def is_directory(self) -> bool:
        """Returns whether it is the user's own directory in its present state."""
        return isinstance(self.address, Path) and self.revision is None

    @property
    def canonical(self) -> str:
        """The address without secrets and irrelevant characters, equal for the same repository."""
        if isinstance(self.address, Path):
            return str(self.address) + self._fragment
        return without_secrets(self.address).rstrip("/") + self._fragment

    @property
    def whole(self) -> "Location":
        """The location of the whole repository."""
        return Location(self.address, self.revision)

    @property
    def _fragment(self) -> str:
        return f"#{self.below}" if self.below else ""

    def __str__(self) -> str:
        if not self.revision:
            return self.canonical
        return f"{self.canonical.removesuffix(self._fragment)}@{self.revision}{self._fragment}"


def location_of(canonical: str, revision: str | None) -> Location:
    """Returns the location with a canonical form, at a revision."""
    if canonical.startswith("/"):
        address, sign, below = canonical.rpartition("#")
        if sign and not Path(canonical).is_dir() and Path(address).is_dir():
            return Location(Path(address), revision, below)
        return Location(Path(canonical), revision)
    if canonical.startswith("file://") and _is_directory_at(canonical.removeprefix("file://")):
        return Location(canonical, revision)
    address, _, below = canonical.partition("#")
    return Location(address, revision, below)


def parse_location(text: str) -> Location:
    """Parses a location that a user wrote.

    Raises:
        UsageError: It is empty, has a protocol that git must not use, or has an empty revision.
    """
    text = text.strip()
    if not text:
        raise UsageError("The repository has an empty name: give a directory or the URL of a git repository.")
    if Path(text).expanduser().is_dir():
        return Location(Path(text).expanduser().resolve())
    if match := _URL.fullmatch(text):
        if match["scheme"].lower() not in SCHEMES:
            known = ", ".join(f"{scheme}://" for scheme in SCHEMES)
            raise UsageError(f"{match['scheme']}:// is not fetched: give an address that begins with {known}.")
        head = f"{match['scheme'].lower()}://{match['host']}"
        if match["scheme"].lower() == "file":
            return _file_url(match["path"] or "/", text)
        return _with_directory(head, match["path"] or "", text)
    if (match := _SCP.fullmatch(text)) and "/" not in match["host"]:
        return _with_directory(match["host"] + ":", match["path"], text)
    return _directory(text)


def required_location(url: str, revision: str | None, base: Path) -> Location:
    """Parses the location of a package in a lakefile or manifest; paths are relative to `base`.

    Raises:
        UsageError: The address or the revision is invalid.
    """
    if revision is not None:
        _checked(revision, url)
    if (base / url).is_dir():
        return Location((base / url).resolve(), revision)
    if (match := _URL.fullmatch(url)) and match["scheme"].lower() in SCHEMES:
        return Location(url, revision)
    if _SCP.fullmatch(url) and not url.startswith("-"):
        return Location(url, revision)
    raise UsageError(f"{without_secrets(url)!r} is not the address of a git repository: check the lakefile.")


def without_secrets(text: str) -> str:
    """Returns text without the user names and passwords in its `http` addresses."""
    return re.sub(r"(https?://)[^/@\s]*@", r"\1", text)


def on_this_computer(address: str | Path) -> bool:
    """Returns whether an address can be read without a network."""
    return isinstance(address, Path) or address.startswith("file://")


def host_of(address: str | Path) -> str:
    """Returns the host of an address."""
    if isinstance(address, Path):
        return "this computer"
    if "://" in address:
        return urlsplit(address).hostname or "this computer"
    return address.partition(":")[0].rpartition("@")[2]


def _with_directory(head: str, path: str, text: str) -> Location:
    """Parses an address whose path may end in a directory of the repository."""
    rest, sign, below = path.rpartition("#")
    return replace(_remote(head, rest, text), below=_below(below, text)) if sign else _remote(head, path, text)


def _below(below: str, text: str) -> str:
    """Parses a directory of a repository."""
    parts = PurePosixPath(below).parts
    if not parts or below.startswith("/") or ".." in parts or not below.isprintable():
        hint = "name a directory of the repository after the `#`"
        raise UsageError(f"{without_secrets(text)} does not name a directory: {hint}.")
    return "/".join(parts)


def _remote(head: str, path: str, text: str) -> Location:
    if path.endswith("@"):
        raise _no_revision(text)
    if match := _REVISED.fullmatch(path):
        return Location(head + match["path"], _checked(match["revision"], text))
    return Location(head + path)


def _file_url(path: str, text: str) -> Location:
    """Parses a `file` URL; the longest existing directory decides which signs belong to the path."""
    rest, sign, below = path.rpartition("#")
    whole = [(address, revision, "") for address, revision in _splits(path)]
    parted = [(address, revision, below) for address, revision in _splits(rest)] if sign else []
    for address, revision, directory in sorted(parted + whole, key=lambda found: -len(found[0])):
        if _is_directory_at(address):
            checked = _checked(revision, text) if revision is not None else None
            return Location("file://" + address, checked, _below(directory, text) if directory else "")
    return _with_directory("file://", path, text)


def _is_directory_at(path: str) -> bool:
    return Path(unquote(path)).is_dir()


def _directory(text: str) -> Location:
    """Parses a path with a revision, a directory below it, or both; a part of the path may look like either."""
    for address, revision in _splits(text):
        directory = Path(address).expanduser()
        if directory.is_dir() and revision is not None:
            revision, sign, below = revision.rpartition("#") if "#" in revision else (revision, "", "")
            named = _below(below, text) if sign else ""
            return Location(directory.resolve(), _checked(revision, text), named)
    address, sign, below = text.rpartition("#")
    if sign and (directory := Path(address).expanduser()).is_dir():
        inside = directory.resolve() / _below(below, text)
        if not inside.is_dir():
            raise UsageError(f"There is no directory {below} in {address}: check the path after the `#`.")
        return Location(inside)
    address, _, revision = text.rpartition("@")
    if address and "/" not in revision:
        raise UsageError(f"There is no directory {address}: give the path or the URL of a Lean repository.")
    raise UsageError(f"There is no directory {text}: give the path or the URL of a Lean repository.")


def _splits(text: str) -> list[tuple[str, str | None]]:
    """Returns every way to split a text into an address and a revision, the longest address first."""
    places = [place for place, sign in enumerate(text) if sign == "@"]
    return [(text, None), *((text[:place], text[place + 1 :]) for place in reversed(places) if place)]


def _checked(revision: str, text: str) -> str:
    """Returns a revision that git cannot mistake for an option."""
    if not revision:
        raise _no_revision(text)
    if revision.startswith("-") or not revision.isprintable() or " " in revision or ":" in revision:
        raise UsageError(f"{revision!r} cannot be a revision: name a branch, a tag or a commit after the `@`.")
    return revision


def _no_revision(text: str) -> UsageError:
    return UsageError(f"{without_secrets(text)} ends in `@`: name a branch, a tag or a commit after it.")
