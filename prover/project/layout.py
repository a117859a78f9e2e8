"""The layout of a Lean repository: its modules, libraries, required packages and pinned toolchain.

Reads lakefiles, manifests and file names. Only Lean knows what a module imports.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from prover.errors import RepositoryError
from prover.lean.module_name import spelling
from prover.project.checkout import Checkouts
from prover.project.dependencies import LARGE_PACKAGES, Dependencies, Unavailable
from prover.project.lakefile import Lakefile
from prover.project.package import LAKEFILES, Module, Package, nested_packages, read_package

__all__ = ["Module", "Package", "Repository", "Unavailable", "enclosing_repository", "open_repository"]

TOOLCHAIN_FILE = "lean-toolchain"


@dataclass(frozen=True)
class Repository:
    """A directory of Lean files, and the packages that they require."""

    root: Path
    modules: dict[str, Module]
    """Its own modules by name."""
    toolchain: str | None
    """The content of its `lean-toolchain` file."""
    lakefile: Lakefile = field(default_factory=Lakefile)
    dependencies: tuple[Package, ...] = ()
    unavailable: tuple[Unavailable, ...] = ()
    """Required packages that are not available."""
    shadowed: tuple[Module, ...] = ()
    """Files whose module name belongs to another of its files."""
    linked: tuple[Module, ...] = ()
    """Symbolic links to files of `modules`, under the names by which they can be imported."""

    def find(self, name: str) -> Module | None:
        """Returns the module that `import` finds by a name, in the repository or a required package.

        Raises:
            RepositoryError: Two libraries define it.
        """
        spelled = spelling(name)
        defined = {module.path: module for module in self._named(spelled)}
        importable = [module for module in defined.values() if module.kind == "library"]
        if len(importable) > 1:
            raise _ambiguous(importable[0], importable[1])
        return importable[0] if importable else self.modules.get(spelled)

    def _named(self, name: str) -> Iterator[Module]:
        own = (self.modules.get(name), *self.shadowed, *self.linked)
        yield from (module for module in own if module and module.name == name)
        for package in self.dependencies:
            candidates = (package.modules.get(name), *package.shadowed, *package.linked)
            yield from (module for module in candidates if module and module.name == name)

    def at(self, path: Path) -> Module:
        """Returns the module in a file.

        Raises:
            RepositoryError: The file does not belong to the repository, or another file has the same module name.
        """
        wanted = path.resolve()
        for module in self.modules.values():
            if module.path == wanted or module.path.resolve() == wanted:
                return module
        for module in self.shadowed:
            if module.path.resolve() == wanted:
                raise _ambiguous(self.modules[module.name], module)
        raise RepositoryError(f"{path} is not a module of {self.root}: name a `.lean` file below it.")

    def relative(self, module: Module) -> str:
        """Returns the module's path from the root of the repository, or of its package, with forward slashes.

        That of a symbolic link is the path of the file that it leads to, if that is in the repository: git changes
        nothing through a link.
        """
        for path in (module.path.resolve(), module.path) if module.path.is_symlink() else (module.path,):
            if path.is_relative_to(self.root):
                return path.relative_to(self.root).as_posix()
        for package in self.dependencies:
            if module.path.is_relative_to(package.root):
                return f"{package.name}/{module.path.relative_to(package.root).as_posix()}"
        return Path(os.path.relpath(module.path, self.root)).as_posix()


def open_repository(
    root: Path,
    checkouts: Checkouts | None = None,
    excluded: frozenset[str] = LARGE_PACKAGES,
    lake: Path | None = None,
) -> Repository:
    """Reads the repository in a directory.

    Args:
        checkouts: fetches required packages that Lake has not fetched; without it they are unavailable.
        excluded: names of packages to exclude, in lower case.
        lake: the program that translates a `lakefile.lean`; see `read_lakefile`.

    Raises:
        RepositoryError: There is no such directory, its lakefile or manifest is broken, or it has no Lean files.
    """
    if not root.is_dir():
        raise RepositoryError(f"There is no directory {root}: give the path of a Lean repository.")
    package = read_package(root, lake=lake)
    root = package.root
    if not package.modules:
        raise _empty(root)
    needed = Dependencies(root, checkouts, excluded, lake)
    needed.collect(package.lakefile)
    return Repository(
        root,
        package.modules,
        pinned_toolchain(root),
        package.lakefile,
        tuple(needed.found),
        tuple(needed.unavailable),
        package.shadowed,
        package.linked,
    )


def completed(repository: Repository, checkouts: Checkouts | None) -> Repository:
    """Returns the repository with all required packages, also those that `open_repository` leaves out at first.

    Args:
        checkouts: see `open_repository`.
    """
    if not any(package.name.lower() in LARGE_PACKAGES for package in repository.unavailable):
        return repository
    needed = Dependencies(repository.root, checkouts, frozenset())
    needed.collect(repository.lakefile)
    return replace(repository, dependencies=tuple(needed.found), unavailable=tuple(needed.unavailable))


def pinned_toolchain(root: Path) -> str | None:
    """Returns the content of the nearest `lean-toolchain` file, in the directory or above it in its git repository.

    Raises:
        RepositoryError: The file cannot be read.
    """
    for directory in (root, *root.parents):
        if (pin := directory / TOOLCHAIN_FILE).is_file():
            try:
                return pin.read_text(encoding="utf-8").strip() or None
            except (OSError, UnicodeDecodeError) as error:
                raise RepositoryError(f"{pin} cannot be read ({error}): fix it first.") from None
        if (directory / ".git").exists():
            break
    return None


def enclosing_repository(path: Path) -> Path:
    """Returns the nearest directory above a file that is a Lean repository; the file's own if there is none."""
    for directory in path.resolve().parents:
        if any((directory / mark).is_file() for mark in (*LAKEFILES, TOOLCHAIN_FILE)):
            return directory
    return path.resolve().parent


def _ambiguous(one: Module, other: Module) -> RepositoryError:
    return RepositoryError(f"{one.path} and {other.path} are both the module {one.name}: rename one of them.")


def _empty(root: Path) -> RepositoryError:
    if nested := nested_packages(root):
        names = ", ".join(str(package.relative_to(root)) for package in nested[:5])
        message = f"{root} has no Lean files of its own, but packages in {names}"
        return RepositoryError(f"{message}: name one of them after a `#`, as in …#{nested[0].relative_to(root)}.")
    if (root / "HEAD").is_file() and (root / "objects").is_dir():
        return RepositoryError(
            f"{root} is a bare git repository: name a branch, tag or commit, as in {root.name}@main."
        )
    return RepositoryError(f"{root} has no Lean files: give the path of a Lean repository.")
