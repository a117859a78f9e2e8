"""Reads the pinned versions of required packages from `lake-manifest.json`. Fetches nothing.

Supports versions 5 to 1.2.0 of its format. In 5 and 6 an entry is nested below its kind; later ones have a field.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prover.errors import RepositoryError
from prover.lean.module_name import parts_of
from prover.project.lakefile import FromGit, InDirectory, Requirement

MANIFEST_FILE = "lake-manifest.json"
OVERRIDES = Path(".lake") / "package-overrides.json"
OLDEST_NUMBERED, NEWEST_MAJOR = 5, 1
"""The first supported version with a number, and the last supported major version of the later scheme."""


@dataclass(frozen=True)
class LakeManifest:
    """The pinned packages of a repository."""

    packages: Mapping[str, Requirement]
    """The packages by name; their revisions are commits."""
    packages_dir: str = ".lake/packages"
    """The directory in which Lake puts them, relative to the repository."""


def read_manifest(root: Path) -> LakeManifest | None:
    """Returns the manifest of a repository, with the user's overrides; None if it has none.

    Raises:
        RepositoryError: It cannot be read, or its version is not supported.
    """
    file = root / MANIFEST_FILE
    if not file.is_file():
        return None
    content = _json(file)
    overrides = _entries(root / OVERRIDES, _json(root / OVERRIDES)) if (root / OVERRIDES).is_file() else ()
    packages = {package.name: package for package in (*_entries(file, content), *overrides)}
    directory = content.get("packagesDir")
    return LakeManifest(packages, directory) if isinstance(directory, str) else LakeManifest(packages)


def _json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise RepositoryError(f"{file} cannot be read ({error}): let `lake update` write it again.") from None
    if not isinstance(content, dict):
        raise RepositoryError(f"{file} is not a manifest: let `lake update` write it again.")
    match content.get("version", content.get("schemaVersion")):
        case int(number) if number < OLDEST_NUMBERED:
            raise RepositoryError(f"{file} has version {number}, which current Lake does not read: run `lake update`.")
        case str(text) if (major := text.split(".")[0]).isdigit() and int(major) > NEWEST_MAJOR:
            raise RepositoryError(f"{file} has version {text}, which is newer than this program: update `prover`.")
    return content


def _entries(file: Path, content: dict[str, Any]) -> Iterator[Requirement]:
    packages = content.get("packages", [])
    for entry in packages if isinstance(packages, list) else [None]:
        match entry:
            case {"git": dict(body)}:
                yield _entry(file, body | {"type": "git"})
            case {"path": dict(body)}:
                yield _entry(file, body | {"type": "path"})
            case dict(body):
                yield _entry(file, body)
            case _:
                raise _unreadable(file)


def _entry(file: Path, body: dict[str, Any]) -> Requirement:
    inherited = body.get("inherited") is True
    match body:
        case {"type": "path", "name": str(name), "dir": str(directory)}:
            return Requirement(_plain(name), InDirectory(directory), inherited)
        case {"type": "git", "name": str(name), "url": str(url), "rev": str(commit)}:
            directory = body.get("subDir") or body.get("subDir?") or "."
            if isinstance(directory, str):
                return Requirement(_plain(name), FromGit(url, commit, directory), inherited)
    raise _unreadable(file)


def _plain(name: str) -> str:
    """Returns a package's name without « and », as in the name of its directory."""
    return ".".join(parts_of(name)) or name


def _unreadable(file: Path) -> RepositoryError:
    return RepositoryError(f"{file} has an invalid entry: run `lake update`.")
