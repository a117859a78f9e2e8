"""What a Lean repository is made of: its libraries, modules, and the toolchain it asks for.

Reads `lakefile.toml` and file names; what a module imports is for Lean to say.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from prover.errors import RepositoryError

IGNORED = {".lake", ".git", "build", "node_modules"}


@dataclass(frozen=True)
class Module:
    """One Lean file of a repository."""

    name: str
    """such as `Basics.Tree`"""
    path: Path

    def text(self) -> str:
        """The file's content.

        Raises:
            RepositoryError: it cannot be read as UTF-8.
        """
        try:
            return self.path.read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            raise RepositoryError(f"{self.path} is not UTF-8 (byte {error.start}): convert it first.") from None
        except OSError as error:
            raise RepositoryError(f"{self.path} cannot be read: {error.strerror}.") from None


@dataclass(frozen=True)
class Repository:
    """A directory of Lean files."""

    root: Path
    modules: dict[str, Module]
    toolchain: str | None
    """what its `lean-toolchain` file says"""

    def at(self, path: Path) -> Module:
        """The module whose file `path` is.

        Raises:
            RepositoryError: the file does not belong to the repository.
        """
        for module in self.modules.values():
            if module.path.resolve() == path.resolve():
                return module
        raise RepositoryError(f"{path} is not a module of {self.root}: name a `.lean` file below it.")

    def relative(self, module: Module) -> str:
        """The module's path from the root, with forward slashes."""
        return module.path.relative_to(self.root).as_posix()


def open_repository(root: Path) -> Repository:
    """The repository at a directory.

    Raises:
        RepositoryError: there is no such directory, its lakefile is broken, or it has no Lean files.
    """
    if not root.is_dir():
        raise RepositoryError(f"There is no directory {root}: give the path of a Lean repository.")
    root = root.resolve()
    modules: dict[str, Module] = {}
    for source in _source_dirs(root):
        for path in sorted(source.rglob("*.lean")):
            parts = path.relative_to(source).with_suffix("").parts
            if not IGNORED & set(parts) and parts != ("lakefile",):
                modules.setdefault(".".join(parts), Module(".".join(parts), path))
    if not modules:
        raise RepositoryError(f"{root} has no Lean files: give the path of a Lean repository.")
    pin = root / "lean-toolchain"
    return Repository(root, modules, pin.read_text().strip() if pin.is_file() else None)


def enclosing_repository(path: Path) -> Path:
    """The nearest directory above a file that is a Lean repository; the file's own if there is none."""
    for directory in path.resolve().parents:
        if any((directory / mark).is_file() for mark in ("lakefile.toml", "lakefile.lean", "lean-toolchain")):
            return directory
    return path.resolve().parent


def _source_dirs(root: Path) -> list[Path]:
    """The directories that module names start from, as the lakefile says."""
    lakefile = root / "lakefile.toml"
    if not lakefile.is_file():
        return [root]
    try:
        config = tomllib.loads(lakefile.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RepositoryError(f"{lakefile} cannot be read ({error}): mend it first.") from None
    try:
        package = root / config.get("srcDir", ".")
        libraries = [*config.get("lean_lib", []), *config.get("lean_exe", [])]
        found = [package / library.get("srcDir", ".") for library in libraries] or [package]
    except (TypeError, AttributeError):
        raise RepositoryError(f"{lakefile} is not laid out as Lake reads it: mend `srcDir` or `lean_lib`.") from None
    return list(dict.fromkeys(path.resolve() for path in found))
