"""Chooses where Lake builds a repository: in its own directory if Lake has built there before, else in a cached copy.

Lake writes to the directory that it builds: `.lake`, and a manifest if there is none. A user's directory is never
written to, so Lake builds a copy in the cache, with the directories that it depends on by path. In a directory that has
both a `.lake` and a manifest, its owner already runs Lake, and the build took long: it is built in place, as an editor
does.
"""

import json
import os
import shutil
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from prover.lean.module_name import name_of, parts_of
from prover.project.lakefile import InDirectory, Requirement, read_lakefile
from prover.project.manifest import MANIFEST_FILE as MANIFEST
from prover.project.manifest import read_manifest
from prover.project.package import LAKEFILES
from retrieval.files import atomic_path

MATHLIB = "mathlib"
NOT_SOURCES = {".git", ".lake", ".venv", "node_modules", "__pycache__"}
"""Directories that are not copied, at any depth."""
NOT_SOURCES_AT_ROOT = {"build", "lake-packages"}
"""Directories to which older versions of Lake wrote."""


@dataclass(frozen=True)
class BuildTree:
    """A directory in which Lake may write."""

    root: Path
    """The root of the repository in it."""
    in_place: bool
    """Whether it is the user's own directory."""


def build_tree(root: Path, place: Path, modules: Iterable[str], avoid: Collection[Path] = ()) -> BuildTree:
    """Returns the directory in which to build a repository, with up-to-date sources.

    Args:
        root: the repository.
        place: the directory for its copy.
        modules: the names of its modules, for the lakefile of a repository that has none.
        avoid: directories that are not copied, such as the one that `place` is in.

    Raises:
        RepositoryError: Its lakefile or manifest cannot be read.
    """
    if (root / ".lake").is_dir() and (root / MANIFEST).is_file():
        return BuildTree(root, in_place=True)
    root = root.resolve()
    for directory in _with_path_dependencies(root):
        # relative paths between the copies are those between the originals
        _bring_up_to_date(directory, place / directory.relative_to(directory.anchor), avoid)
    copy = place / root.relative_to(root.anchor)
    if not any((root / name).is_file() for name in LAKEFILES):
        (copy / "lakefile.toml").write_text(_plain_lakefile(modules), encoding="utf-8")
    return BuildTree(copy, in_place=False)


def depends_on_mathlib(root: Path) -> bool:
    """Returns whether a repository requires Mathlib, or is Mathlib.

    Raises:
        RepositoryError: Its lakefile or manifest cannot be read.
    """
    return MATHLIB in (read_lakefile(root).name.lower(), *(needed.name.lower() for needed in _required(root)))


def _required(root: Path) -> tuple[Requirement, ...]:
    manifest = read_manifest(root)
    return (*read_lakefile(root).requires, *(manifest.packages.values() if manifest is not None else ()))


def _with_path_dependencies(root: Path) -> list[Path]:
    """Returns the repository and all directories outside of it that it depends on by path, directly or indirectly."""
    found: list[Path] = []
    waiting = [root]
    while waiting:
        directory = waiting.pop().resolve()
        if directory not in found and directory.is_dir():
            found.append(directory)
            sources = (needed.source for needed in _required(directory))
            waiting.extend(directory / source.directory for source in sources if isinstance(source, InDirectory))
    return [directory for directory in found if directory == root or not directory.is_relative_to(root)]


def _bring_up_to_date(source: Path, target: Path, avoid: Collection[Path]) -> None:
    """Copies the changed sources of `source` to `target` and deletes removed ones; keeps Lake's own files."""
    present = {file.relative_to(source) for file in _sources(source, avoid)}
    for relative in present:
        _copy_changed(source / relative, target / relative)
    target.mkdir(parents=True, exist_ok=True)
    for file in list(_sources(target)):
        if (relative := file.relative_to(target)) not in present and relative != Path(MANIFEST):
            file.unlink()


def _sources(root: Path, avoid: Collection[Path] = ()) -> Iterator[Path]:
    for parent, directories, names in os.walk(root):
        excluded = NOT_SOURCES | NOT_SOURCES_AT_ROOT if Path(parent) == root else NOT_SOURCES
        directories[:] = [d for d in directories if d not in excluded and Path(parent) / d not in avoid]
        yield from (file for name in names if (file := Path(parent) / name).is_file())


def _copy_changed(source: Path, target: Path) -> None:
    before, now = _stamp(target), _stamp(source)
    if now is None or before == now:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(target) as scratch:
        shutil.copy2(source, scratch)


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def _plain_lakefile(modules: Iterable[str]) -> str:
    """Returns a lakefile for a directory of Lean files that has none."""
    roots = sorted({name_of(parts_of(name)[:1]) for name in modules})
    listed = ", ".join(json.dumps(root, ensure_ascii=False) for root in roots)
    return f'name = "plain"\n\n[[lean_lib]]\nname = "Plain"\nroots = [{listed}]\n'
