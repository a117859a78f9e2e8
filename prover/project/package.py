"""Finds the Lean files of a package and their module names. Starts no process and writes nothing.

The module names of a library start at its `srcDir`. Files outside of all libraries are listed too, since they may
contain theorems; their names start at the deepest source directory that contains them, or at the package's.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from prover.errors import RepositoryError
from prover.lean.file_text import as_read
from prover.lean.module_name import Parts, name_of
from prover.project.lakefile import Lakefile, LeanOptions, read_lakefile

LAKEFILES = ("lakefile.toml", "lakefile.lean")
OLD_BUILD_DIRECTORIES = {"build", "lake-packages"}
"""Directories that older versions of Lake create in a package's directory."""
MAX_FILE_BYTES = 10_000_000
"""Longer files are not read."""
WARNING_AS_ERROR = ("warningAsError", "weak.warningAsError")
"""The option of Lean that turns warnings into errors, as a lakefile writes it."""


ModuleKind = Literal["library", "executable", "loose"]


@dataclass(frozen=True)
class Module:
    """One Lean file of a repository, or of a package that it needs."""

    name: str
    """Its name as Lean writes it, such as `Basics.Tree`."""
    path: Path
    kind: ModuleKind = "library"
    """The kind of target that it is part of; `loose` if of none, so that nothing can import it."""
    package: str = ""
    """The package that it belongs to; empty for the repository's own."""
    options: LeanOptions = ()
    """Options of Lean that its lakefile sets for it."""
    content: str | None = None
    """The content of the module, if it is not that of the file."""

    @property
    def warnings_are_errors(self) -> bool:
        """Returns whether the lakefile turns its warnings into errors."""
        values = [value for name, value in self.options if name in WARNING_AS_ERROR]
        return values[-1:] == [True]

    def text(self) -> str:
        """Returns the text of the file as Lean reads it: see `as_read`.

        Raises:
            RepositoryError: It cannot be read as UTF-8, or is too long.
        """
        return as_read(self.written())

    def written(self) -> str:
        """Returns the content of the module, by default that of the file.

        Raises:
            RepositoryError: It cannot be read as UTF-8, or is too long.
        """
        if self.content is not None:
            return self.content
        try:
            size = self.path.stat().st_size
            content = self.path.read_bytes() if size < MAX_FILE_BYTES else b""
        except OSError as error:
            raise RepositoryError(f"{self.path} cannot be read: {error.strerror}.") from None
        if size >= MAX_FILE_BYTES:
            length = f"{size / 1e6:.0f} MB; files from {MAX_FILE_BYTES // 1_000_000} MB on are not read"
            raise RepositoryError(f"{self.path} has {length}: split it or leave it out.")
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise RepositoryError(f"{self.path} is not UTF-8 (byte {error.start}): convert it first.") from None


@dataclass(frozen=True)
class Package:
    """A directory of Lean files, with or without a lakefile."""

    name: str
    root: Path
    lakefile: Lakefile = field(default_factory=Lakefile)
    modules: dict[str, Module] = field(default_factory=dict)
    shadowed: tuple[Module, ...] = ()
    """Files whose module name belongs to another file in `modules`."""
    linked: tuple[Module, ...] = ()
    """Symbolic links to files of `modules`, under the names by which they can be imported."""
    commit: str | None = None
    """The commit of its git repository, if it comes from one."""


def read_package(root: Path, name: str = "", lake: Path | None = None, commit: str | None = None) -> Package:
    """Reads the package in a directory.

    Args:
        name: the package name of its modules; empty for the repository's own.
        lake: see `read_lakefile`.

    Raises:
        RepositoryError: Its lakefile cannot be read.
    """
    root = root.resolve()
    lakefile = read_lakefile(root, lake)
    sources = sorted({root / source for source in lakefile.sources()} | {root})
    files = dict.fromkeys(path for source in sources for path in _lean_files(source, root))
    claims = list(_claims(root, lakefile, files))
    modules, shadowed = _named(root, name, claims)
    modules, linked = _without_links(modules)
    return Package(name or lakefile.name, root, lakefile, modules, shadowed, linked, commit)


def nested_packages(root: Path) -> list[Path]:
    """Returns the packages below a directory, without those nested in them."""
    found: list[Path] = []
    for directory, below, _ in os.walk(root):
        here = Path(directory)
        below[:] = sorted(name for name in below if not _hidden(name))
        if here != root and _is_package(here):
            found.append(here)
            below.clear()
    return found


@dataclass(frozen=True)
class _Claim:
    """A file with the module name that follows from its path."""

    path: Path
    parts: Parts
    kind: ModuleKind
    options: LeanOptions


def _claims(root: Path, lakefile: Lakefile, files: Iterable[Path]) -> Iterator[_Claim]:
    """Yields each file once: as part of a library, else of an executable, else as loose."""
    unclaimed = dict.fromkeys(files)
    for library in sorted(lakefile.libraries, key=lambda each: each.kind != "library"):
        source = root / lakefile.source_of(library)
        for path in [path for path in unclaimed if path.is_relative_to(source)]:
            if library.holds(parts := _parts(path, source)):
                del unclaimed[path]
                yield _Claim(path, parts, library.kind, (*lakefile.options, *library.options))
    deepest = sorted((root / source for source in lakefile.sources()), key=lambda source: -len(source.parts))
    for path in unclaimed:
        base = next((source for source in deepest if path.is_relative_to(source)), root)
        yield _Claim(path, _parts(path, base), "loose", lakefile.options)


def _named(root: Path, package: str, claims: Sequence[_Claim]) -> tuple[dict[str, Module], tuple[Module, ...]]:
    """Returns the modules by name, and those whose name belongs to another file.

    The name of an executable or a loose file that is claimed twice starts at the package's directory instead, since
    nothing imports it by the other name.
    """
    times = Counter(claim.parts for claim in claims)
    modules: dict[str, Module] = {}
    shadowed: list[Module] = []
    for claim in claims:
        contested = claim.kind != "library" and times[claim.parts] > 1
        parts = _parts(claim.path, root) if contested else claim.parts
        module = Module(name_of(parts), claim.path, claim.kind, package, claim.options)
        if modules.setdefault(module.name, module) is not module:
            shadowed.append(module)
    return modules, tuple(shadowed)


def _without_links(modules: dict[str, Module]) -> tuple[dict[str, Module], tuple[Module, ...]]:
    """Returns one module for each real file, and the others: symbolic links to files that are modules themselves.

    A module of a library comes before one that nothing can import, then a file before a link.
    """
    by_file: dict[Path, Module] = {}
    for module in sorted(modules.values(), key=lambda each: (each.kind == "loose", each.path.is_symlink())):
        by_file.setdefault(module.path.resolve(), module)
    kept = {name: module for name, module in modules.items() if by_file[module.path.resolve()] is module}
    return kept, tuple(module for name, module in modules.items() if name not in kept)


def _parts(path: Path, source: Path) -> Parts:
    return path.relative_to(source).with_suffix("").parts


def _lean_files(source: Path, root: Path) -> Iterator[Path]:
    """Yields the Lean files below a directory, except other packages, build directories and hidden files."""
    for directory, below, names in os.walk(source):
        here = Path(directory)
        passed_over = OLD_BUILD_DIRECTORIES if here == root else set()
        below[:] = sorted(n for n in below if not (n in passed_over or _hidden(n) or _is_package(here / n)))
        for name in sorted(names):
            if name.endswith(".lean") and (here != root or name not in LAKEFILES) and _nameable(name):
                yield here / name


def _hidden(name: str) -> bool:
    return name == "node_modules" or not _nameable(name)


def _nameable(name: str) -> bool:
    """Returns whether a file is visible and has a module name, which cannot contain « or »."""
    return name.isprintable() and not set("«»") & set(name) and not name.startswith(".")


def _is_package(directory: Path) -> bool:
    return any((directory / lakefile).is_file() for lakefile in LAKEFILES)
