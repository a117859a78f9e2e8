"""The Lean files of one package, each with the name that Lean has for it. Starts nothing; writes nothing.

Files of a library are named from its `srcDir`. Files of none are listed too, since people keep theorems
in them: from the deepest source directory they are in, or from the package's own.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from prover.errors import RepositoryError
from prover.project.lakefile import Lakefile, LeanOptions, read_lakefile
from prover.project.module_name import Parts, name_of

LAKEFILES = ("lakefile.toml", "lakefile.lean")
BUILT = {"build", "lake-packages"}
"""what older versions of Lake make in a package's directory"""
LONGEST = 10_000_000
"""bytes of the longest file that is read"""


ModuleKind = Literal["library", "executable", "loose"]


@dataclass(frozen=True)
class Module:
    """One Lean file of a repository, or of a package that it needs."""

    name: str
    """such as `Basics.Tree`, as Lean writes it"""
    path: Path
    kind: ModuleKind = "library"
    """what of the package it is part of; `loose` when of nothing, so that nothing can import it"""
    package: str = ""
    """the package that it belongs to; empty for the repository's own"""
    options: LeanOptions = ()
    """what its lakefile has Lean set for it"""

    def text(self) -> str:
        """The file's content.

        Raises:
            RepositoryError: it cannot be read as UTF-8, or is longer than any source file.
        """
        try:
            size = self.path.stat().st_size
            content = self.path.read_bytes() if size < LONGEST else b""
        except OSError as error:
            raise RepositoryError(f"{self.path} cannot be read: {error.strerror}.") from None
        if size >= LONGEST:
            length = f"{size / 1e6:.0f} MB; files from {LONGEST // 1_000_000} MB on are not read"
            raise RepositoryError(f"{self.path} has {length}: split it or leave it out.")
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise RepositoryError(f"{self.path} is not UTF-8 (byte {error.start}): convert it first.") from None


@dataclass(frozen=True)
class Package:
    """A directory of Lean files with, perhaps, a lakefile."""

    name: str
    root: Path
    lakefile: Lakefile = field(default_factory=Lakefile)
    modules: dict[str, Module] = field(default_factory=dict)
    shadowed: tuple[Module, ...] = ()
    """files whose name another file in `modules` has already"""
    commit: str | None = None
    """of its git repository, when it comes from one"""


def read_package(root: Path, name: str = "", lake: Path | None = None, commit: str | None = None) -> Package:
    """The package in a directory.

    Args:
        name: what its modules are marked with; empty for the repository's own.
        lake: see `read_lakefile`.

    Raises:
        RepositoryError: its lakefile cannot be read.
    """
    root = root.resolve()
    lakefile = read_lakefile(root, lake)
    sources = sorted({root / source for source in lakefile.sources()} | {root})
    files = dict.fromkeys(path for source in sources for path in _lean_files(source, root))
    claims = list(_claims(root, lakefile, files))
    modules, shadowed = _named(root, name, claims)
    return Package(name or lakefile.name, root, lakefile, modules, shadowed, commit)


def nested_packages(root: Path) -> list[Path]:
    """The packages that lie in a directory, without those in them."""
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
    """A file, with the name that its place in the package gives it."""

    path: Path
    parts: Parts
    kind: ModuleKind
    options: LeanOptions


def _claims(root: Path, lakefile: Lakefile, files: Iterable[Path]) -> Iterator[_Claim]:
    """Each file once: as part of a library, else of a program, else of nothing."""
    left = dict.fromkeys(files)
    for library in sorted(lakefile.libraries, key=lambda each: each.kind != "library"):
        source = root / lakefile.source_of(library)
        for path in [path for path in left if path.is_relative_to(source)]:
            if library.holds(parts := _parts(path, source)):
                del left[path]
                yield _Claim(path, parts, library.kind, (*lakefile.options, *library.options))
    deepest = sorted((root / source for source in lakefile.sources()), key=lambda source: -len(source.parts))
    for path in left:
        base = next((source for source in deepest if path.is_relative_to(source)), root)
        yield _Claim(path, _parts(path, base), "loose", lakefile.options)


def _named(root: Path, package: str, claims: Sequence[_Claim]) -> tuple[dict[str, Module], tuple[Module, ...]]:
    """The modules by name, and those whose name was taken.

    A program or a loose file whose name is claimed twice is named from the package's directory, since
    nothing can import it by the other name.
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


def _parts(path: Path, source: Path) -> Parts:
    return path.relative_to(source).with_suffix("").parts


def _lean_files(source: Path, root: Path) -> Iterator[Path]:
    """The Lean files below a directory, without other packages, built files and what is hidden."""
    for directory, below, names in os.walk(source):
        here = Path(directory)
        passed_over = BUILT if here == root else set()
        below[:] = sorted(n for n in below if not (n in passed_over or _hidden(n) or _is_package(here / n)))
        for name in sorted(names):
            if name.endswith(".lean") and (here != root or name not in LAKEFILES) and _nameable(name):
                yield here / name


def _hidden(name: str) -> bool:
    return name == "node_modules" or not _nameable(name)


def _nameable(name: str) -> bool:
    """Whether a file is not hidden and Lean has a name for it: text without the marks that quote names."""
    return name.isprintable() and not set("«»") & set(name) and not name.startswith(".")


def _is_package(directory: Path) -> bool:
    return any((directory / lakefile).is_file() for lakefile in LAKEFILES)
