"""What a package's lakefile says of its source files and of what it requires. Reads; builds nothing.

`lakefile.toml` is read whole. What a `lakefile.lean` means is for Lake to say: with a `lake`, its own
translation is read; without one, the literals of the usual forms are (see `lakefile_lean`). Where
neither finds anything, the whole directory is a library.
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
from prover.project.lakefile_lean import Form, Word, forms_of
from prover.project.module_name import Parts, parts_of

TRANSLATION_S = 120.0
Kind = Literal["library", "executable"]
LeanOptions = tuple[tuple[str, bool | int | str], ...]
"""options that Lean is given for every file, by name; a `weak.` before a name is Lake's"""


@dataclass(frozen=True)
class Glob:
    """A set of module names."""

    parts: Parts
    itself: bool = True
    """holds the module of that name"""
    below: bool = False
    """holds those whose names go on from it"""

    def matches(self, module: Parts) -> bool:
        """Whether it holds a module."""
        if module == self.parts:
            return self.itself
        return self.below and module[: len(self.parts)] == self.parts


@dataclass(frozen=True)
class LeanLibrary:
    """A `lean_lib` or a `lean_exe`."""

    name: str
    kind: Kind = "library"
    source: str = "."
    """the directory that its module names start from, as seen from the package's"""
    roots: tuple[Parts, ...] = ()
    globs: tuple[Glob, ...] = ()
    options: "LeanOptions" = ()

    def holds(self, module: Parts) -> bool:
        """Whether Lake takes a module to be part of it."""
        if self.kind == "executable":
            return module in self.roots
        return any(module[: len(root)] == root for root in self.roots) or any(g.matches(module) for g in self.globs)


@dataclass(frozen=True)
class InDirectory:
    """A package that lies in a directory."""

    directory: str
    """as seen from the package that requires it"""


@dataclass(frozen=True)
class FromGit:
    """A package that comes from a git repository."""

    url: str
    revision: str | None
    """a branch, tag or commit; the default branch when there is none"""
    directory: str = "."
    """where in it the package is"""


@dataclass(frozen=True)
class FromRegistry:
    """A package that only Lake's registry knows the place of."""


@dataclass(frozen=True)
class Requirement:
    """A package that another needs."""

    name: str
    source: InDirectory | FromGit | FromRegistry
    inherited: bool = False
    """needed by another that is needed, not by the package itself"""


@dataclass(frozen=True)
class Lakefile:
    """What is said of a package."""

    name: str = ""
    source: str = "."
    """the directory that those of its libraries are seen from"""
    libraries: tuple[LeanLibrary, ...] = ()
    requires: tuple[Requirement, ...] = ()
    options: LeanOptions = ()
    """for the files of all its libraries, before their own"""

    def sources(self) -> tuple[str, ...]:
        """Every directory that module names start from, as seen from the package's."""
        return tuple(dict.fromkeys(self.source_of(library) for library in self.libraries)) or (self.source,)

    def source_of(self, library: LeanLibrary) -> str:
        """Where a library's module names start, as seen from the package's directory."""
        return os.path.normpath(PurePosixPath(self.source) / library.source)


def read_lakefile(root: Path, lake: Path | None = None) -> Lakefile:
    """The lakefile of the package in a directory; the whole directory is a library where none is named.

    Args:
        lake: the program to ask about a `lakefile.lean`. It runs that file, as building would.

    Raises:
        RepositoryError: a lakefile cannot be read, or names directories outside of the package.
    """
    found = _read(root, lake)
    if not found.libraries:
        found = replace(found, libraries=(LeanLibrary("", roots=((),)),))
    for source in found.sources():
        if source.startswith(("..", "/")):
            raise RepositoryError(f"The lakefile of {root} names a `srcDir` outside of it ({source}): mend that.")
    return found


def _read(root: Path, lake: Path | None) -> Lakefile:
    """Lake prefers `lakefile.lean` where there are both."""
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
        raise RepositoryError(f"{lakefile} cannot be read ({error}): mend it first.") from None


# --- TOML ---


def from_toml(text: str, file: Path) -> Lakefile:
    """What a `lakefile.toml` says.

    Raises:
        RepositoryError: it is no TOML, or not laid out as Lake reads it.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RepositoryError(f"{file} cannot be read ({error}): mend it first.") from None
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
    except _Shape as error:
        raise RepositoryError(f"{file} is not laid out as Lake reads it: mend `{error}`.") from None


class _Shape(Exception):
    """A key has a value of another kind than it should."""


def _library(table: dict[str, Any], kind: Kind) -> LeanLibrary:
    name = _string(table, "name") or ""
    default = parts_of(name) or (name,)
    if kind == "executable":
        root = _string(table, "root")
        roots: tuple[Parts, ...] = (parts_of(root) if root else default,)
    else:
        roots = tuple(parts_of(root) for root in _strings(table, "roots")) or (default,)
    if not all(roots):
        raise _Shape("roots")
    globs = tuple(_glob(glob) for glob in _strings(table, "globs"))
    return LeanLibrary(name, kind, _string(table, "srcDir") or ".", roots, globs, _options(table))


def _options(table: dict[str, Any]) -> LeanOptions:
    """`leanOptions`, and those among `moreLeanArgs`."""
    given = table.get("leanOptions", {})
    if not isinstance(given, dict):
        raise _Shape("leanOptions")
    arguments = [word[2:].partition("=") for word in _strings(table, "moreLeanArgs") if word.startswith("-D")]
    return (*_flat("", given), *((name, _value(text)) for name, _, text in arguments))


def _flat(prefix: str, table: dict[str, Any]) -> Iterator[tuple[str, bool | int | str]]:
    """A table's values by their dotted names: TOML reads `a.b = 1` as a table in a table."""
    for key, value in table.items():
        match value:
            case dict():
                yield from _flat(f"{prefix}{key}.", value)
            case bool() | int() | str():
                yield prefix + key, value
            case _:
                raise _Shape("leanOptions")


def _value(text: str) -> bool | int | str:
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.isdecimal() else text


def _glob(text: str) -> Glob:
    """`A` is a module, `A.+` all below it, `A.*` both."""
    parts = parts_of(text.removesuffix(".+").removesuffix(".*"))
    if not parts:
        raise _Shape("globs")
    return Glob(parts, itself=not text.endswith(".+"), below=text.endswith((".+", ".*")))


def _requirement(table: dict[str, Any]) -> Requirement:
    name = _string(table, "name")
    if not name:
        raise _Shape("require")
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
        raise _Shape("require")
    return Requirement(name, FromGit(source["url"], _string(source, "rev"), _string(source, "subDir") or "."))


def _tables(table: dict[str, Any], key: str) -> Iterator[dict[str, Any]]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise _Shape(key)
    yield from value


def _string(table: dict[str, Any], key: str) -> str | None:
    value = table.get(key)
    if value is not None and not isinstance(value, str):
        raise _Shape(key)
    return value


def _strings(table: dict[str, Any], key: str) -> list[str]:
    value = table.get(key, [])
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _Shape(key)
    return value


# --- Lean ---


def _translated(root: Path, lake: Path) -> Lakefile | None:
    """Lake's translation of `lakefile.lean`, made in a directory of its own; nothing when Lake has none."""
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
    """The literals of a `lakefile.lean`: `package`, `lean_lib`, `lean_exe` and `require` in their usual forms."""
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
    """The pairs ``⟨`name, value⟩`` of `leanOptions`, and `-D` among `moreLeanArgs`."""
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
    """`.one`, `.submodules` and `.andSubmodules`, with or without `Glob`, before a name; or `.*`, `.+` after it."""
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
