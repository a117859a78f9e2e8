"""Reads the source files and requirements of a package from its lakefile. Builds nothing.

`lakefile.toml` is parsed completely. A `lakefile.lean` is translated by Lake if there is a `lake`; otherwise the
literals of its usual forms are read (see `lakefile_lean`). If neither finds a library, the whole directory is one.
"""

import os
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from prover.errors import RepositoryError
from prover.lean.module_name import Parts, parts_of
from prover.project.lakefile_lean import Form, Word, forms_of

TRANSLATION_S = 120.0
Kind = Literal["library", "executable"]
LeanOptions = tuple[tuple[str, bool | int | str], ...]
"""Options of Lean by name. The prefix `weak.` of a name belongs to Lake."""


@dataclass(frozen=True)
class Glob:
    """A set of module names."""

    parts: Parts
    itself: bool = True
    """Whether it contains the module of that name."""
    below: bool = False
    """Whether it contains the modules below that name."""

    def matches(self, module: Parts) -> bool:
        """Returns whether it contains a module."""
        if module == self.parts:
            return self.itself
        return self.below and module[: len(self.parts)] == self.parts


@dataclass(frozen=True)
class LeanLibrary:
    """A `lean_lib` or a `lean_exe`."""

    name: str
    kind: Kind = "library"
    source: str = "."
    """The directory at which its module names start, relative to the package's."""
    roots: tuple[Parts, ...] = ()
    globs: tuple[Glob, ...] = ()
    options: "LeanOptions" = ()

    def holds(self, module: Parts) -> bool:
        """Returns whether Lake treats a module as part of it."""
        if self.kind == "executable":
            return module in self.roots
        return any(module[: len(root)] == root for root in self.roots) or any(g.matches(module) for g in self.globs)


@dataclass(frozen=True)
class InDirectory:
    """A package in a local directory."""

    directory: str
    """The directory, relative to the package that requires it."""


@dataclass(frozen=True)
class FromGit:
    """A package in a git repository."""

    url: str
    revision: str | None
    """A branch, tag or commit; None for the default branch."""
    directory: str = "."
    """The directory of the package in the repository."""


@dataclass(frozen=True)
class FromRegistry:
    """A package whose location only Lake's registry knows."""


@dataclass(frozen=True)
class Requirement:
    """A package that another package requires."""

    name: str
    source: InDirectory | FromGit | FromRegistry
    inherited: bool = False
    """Whether it is required indirectly, by another requirement."""


@dataclass(frozen=True)
class Lakefile:
    """The content of a lakefile."""

    name: str = ""
    source: str = "."
    """The directory to which those of its libraries are relative."""
    libraries: tuple[LeanLibrary, ...] = ()
    requires: tuple[Requirement, ...] = ()
    options: LeanOptions = ()
    """Options for the files of all its libraries; those of a library come after them."""

    def sources(self) -> tuple[str, ...]:
        """Returns the directories at which module names start, relative to the package's."""
        return tuple(dict.fromkeys(self.source_of(library) for library in self.libraries)) or (self.source,)

    def source_of(self, library: LeanLibrary) -> str:
        """Returns the directory at which a library's module names start, relative to the package's."""
        return os.path.normpath(PurePosixPath(self.source) / library.source)


def read_lakefile(root: Path, lake: Path | None = None) -> Lakefile:
    """Returns the lakefile of the package in a directory; without libraries, the whole directory is one.

    Args:
        lake: the program that translates a `lakefile.lean`. It runs that file, as a build would.

    Raises:
        RepositoryError: A lakefile cannot be read, or names directories outside of the package.
    """
    found = _read(root, lake)
    if not found.libraries:
        found = replace(found, libraries=(LeanLibrary("", roots=((),)),))
    for source in found.sources():
        if source.startswith(("..", "/")):
            raise RepositoryError(f"The lakefile of {root} names a `srcDir` outside of it ({source}): fix that.")
    return found


def _read(root: Path, lake: Path | None) -> Lakefile:
    """Reads the lakefile; like Lake, prefers `lakefile.lean` if there are both."""
    lean, toml = root / "lakefile.lean", root / "lakefile.toml"
    if lean.is_file():
        found = (_translated(root, lake) if lake else None) or from_lean(_text(lean))
        if found.libraries or not toml.is_file():
            return found
    return from_toml(_text(toml), toml) if toml.is_file() else Lakefile()


def _text(lakefile: Path) -> str:
    try:
        return lakefile.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RepositoryError(f"{lakefile} cannot be read ({error}): fix it first.") from None


# --- TOML ---


def from_toml(text: str, file: Path) -> Lakefile:
    """Parses a `lakefile.toml`.

    Raises:
        RepositoryError: It is not valid TOML, or does not have the layout that Lake expects.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RepositoryError(f"{file} cannot be read ({error}): fix it first.") from None
    try:
        libraries = [_library(each, "library") for each in _tables(table, "lean_lib")]
        executables = [_library(each, "executable") for each in _tables(table, "lean_exe")]
        return Lakefile(
            _string(table, "name") or "",
            _string(table, "srcDir") or ".",
            (*libraries, *executables),
            tuple(_requirement(each) for each in _tables(table, "require")),
            _options(table),
        )
    except _InvalidKey as error:
        raise RepositoryError(f"{file} does not have the layout that Lake expects: fix `{error}`.") from None


class _InvalidKey(Exception):
    """A key has a value of the wrong type."""


def _library(table: dict[str, Any], kind: Kind) -> LeanLibrary:
    name = _string(table, "name") or ""
    default = parts_of(name) or (name,)
    if kind == "executable":
        root = _string(table, "root")
        roots: tuple[Parts, ...] = (parts_of(root) if root else default,)
    else:
        roots = tuple(parts_of(root) for root in _strings(table, "roots")) or (default,)
    if not all(roots):
        raise _InvalidKey("roots")
    globs = tuple(_glob(glob) for glob in _strings(table, "globs"))
    return LeanLibrary(name, kind, _string(table, "srcDir") or ".", roots, globs, _options(table))


def _options(table: dict[str, Any]) -> LeanOptions:
    """Returns `leanOptions` and the options among `moreLeanArgs`."""
    given = table.get("leanOptions", {})
    if not isinstance(given, dict):
        raise _InvalidKey("leanOptions")
    arguments = [word[2:].partition("=") for word in _strings(table, "moreLeanArgs") if word.startswith("-D")]
    return (*_flat("", given), *((name, _value(text)) for name, _, text in arguments))


def _flat(prefix: str, table: dict[str, Any]) -> Iterator[tuple[str, bool | int | str]]:
    """Yields the values of a table by their dotted names: TOML reads `a.b = 1` as a nested table."""
    for key, value in table.items():
        match value:
            case dict():
                yield from _flat(f"{prefix}{key}.", value)
            case bool() | int() | str():
                yield prefix + key, value
            case _:
                raise _InvalidKey("leanOptions")


def _value(text: str) -> bool | int | str:
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.isdecimal() else text


def _glob(text: str) -> Glob:
    """Parses a glob: `A` is a module, `A.+` all modules below it, `A.*` both."""
    parts = parts_of(text.removesuffix(".+").removesuffix(".*"))
    if not parts:
        raise _InvalidKey("globs")
    return Glob(parts, itself=not text.endswith(".+"), below=text.endswith((".+", ".*")))


def _requirement(table: dict[str, Any]) -> Requirement:
    name = _string(table, "name")
    if not name:
        raise _InvalidKey("require")
    source: dict[str, Any] = {"subDir": _string(table, "subDir"), "rev": _string(table, "rev")}
    match table:
        case {"path": str(directory)} | {"source": {"type": "path", "dir": str(directory)}}:
            return Requirement(name, InDirectory(directory))
        case {"git": str(url)}:
            source["url"] = url
        case {"git": dict(more)} | {"source": {"type": "git", **more}}:
            source.update({str(key): value for key, value in more.items()})
        case _:
            return Requirement(name, FromRegistry())
    if not _string(source, "url"):
        raise _InvalidKey("require")
    return Requirement(name, FromGit(source["url"], _string(source, "rev"), _string(source, "subDir") or "."))


def _tables(table: dict[str, Any], key: str) -> Iterator[dict[str, Any]]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise _InvalidKey(key)
    yield from value


def _string(table: dict[str, Any], key: str) -> str | None:
    value = table.get(key)
    if value is not None and not isinstance(value, str):
        raise _InvalidKey(key)
    return value


def _strings(table: dict[str, Any], key: str) -> list[str]:
    value = table.get(key, [])
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _InvalidKey(key)
    return value


# --- Lean ---


def _translated(root: Path, lake: Path) -> Lakefile | None:
    """Returns Lake's translation of `lakefile.lean`, made in a scratch directory; None if Lake fails."""
    with tempfile.TemporaryDirectory() as scratch:
        for name in ("lakefile.lean", "lean-toolchain"):
            if (root / name).is_file():
                shutil.copy(root / name, scratch)
        out = Path(scratch) / "translated.toml"
        try:
            subprocess.run(
                [lake, "translate-config", "toml", out.name],
                cwd=scratch,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TRANSLATION_S,
            )
            return from_toml(_text(out), out)
        except (OSError, subprocess.TimeoutExpired, RepositoryError):
            return None


def from_lean(text: str) -> Lakefile:
    """Reads the literals of a `lakefile.lean`: `package`, `lean_lib`, `lean_exe` and `require` in their usual forms."""
    found = Lakefile()
    for form in forms_of(text):
        match form.keyword:
            case "package":
                source = form.path("srcDir") or "."
                found = replace(found, name=form.name, source=source, options=tuple(_options_of(form)))
            case "lean_lib":
                found = replace(found, libraries=(*found.libraries, _library_of(form)))
            case "lean_exe":
                root = next(iter(form.words("root")), None)
                roots = (parts_of(root.text) if root else parts_of(form.name) or (form.name,),)
                executable = LeanLibrary(form.name, "executable", form.path("srcDir") or ".", roots)
                found = replace(found, libraries=(*found.libraries, executable))
            case "require":
                found = replace(found, requires=(*found.requires, _requirement_of(form)))
    return found


def _library_of(form: Form) -> LeanLibrary:
    roots = tuple(parts_of(word.text) for word in form.words("roots") if word.kind == "name")
    globs = tuple(_globs_of(form.words("globs")))
    default = (parts_of(form.name) or (form.name,),)
    options = tuple(_options_of(form))
    return LeanLibrary(form.name, "library", form.path("srcDir") or ".", roots or default, globs, options)


def _options_of(form: Form) -> Iterator[tuple[str, bool | int | str]]:
    """Yields the pairs ``⟨`name, value⟩`` of `leanOptions`, and `-D` among `moreLeanArgs`."""
    words = form.words("leanOptions")
    for name, comma, *rest in zip(words, words[1:], words[2:], words[3:], words[4:], strict=False):
        if name.kind == "name" and comma.text == ",":
            digits = "".join(word.text for word in rest if word.text.isdecimal())
            yield name.text, _value(digits or rest[0].text)
    for word in form.words("moreLeanArgs"):
        if word.kind == "string" and word.text.startswith("-D"):
            name_, _, text = word.text[2:].partition("=")
            yield name_, _value(text)


def _globs_of(words: list[Word]) -> Iterator[Glob]:
    """Yields the globs: a name after `.one`, `.submodules` or `.andSubmodules`, or before `.*` or `.+`."""
    before = ""
    for word, after in zip_longest(words, words[1:]):
        if word.kind == "name" and parts_of(word.text):
            sign = after.text if after else ""
            below = before.endswith("ubmodules") or sign in (".*", ".+")
            itself = not (before.endswith(".submodules") or sign == ".+")
            yield Glob(parts_of(word.text), itself, below)
        before = word.text


def _requirement_of(form: Form) -> Requirement:
    if form.git is not None:
        return Requirement(form.name, FromGit(form.git, form.revision, form.directory or "."))
    if form.directory is not None:
        return Requirement(form.name, InDirectory(form.directory))
    return Requirement(form.name, FromRegistry())
