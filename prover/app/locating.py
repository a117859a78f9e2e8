"""Looks up theorems in a repository: by name, by file and line, or all that have a `sorry`."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from prover.app.workspace import Workspace
from prover.attempt import Task
from prover.errors import BrokenFile, LeanError, ProverError, RepositoryError, UnknownTheorem, UsageError
from prover.lean.gateway_session import LeanSession
from prover.project.build import errors_of, source_of
from prover.project.layout import Module, Repository

MAX_SIMILAR_NAMES = 5
"""The number of similar names in the message about an unknown theorem."""
MAX_UNLIKELY_MODULES = 40
"""The number of modules that are searched for a theorem although their text does not contain its name."""


@dataclass(frozen=True)
class FileLine:
    """A file of a repository, or one line of it."""

    file: Path
    line: int | None = None
    """The line, counted from 1; None for the whole file."""


@dataclass(frozen=True)
class Target:
    """A theorem of a repository, with its module."""

    module: Module
    task: Task


class Locator:
    """Finds theorems with one Lean session."""

    def __init__(self, workspace: Workspace, session: LeanSession) -> None:
        self._workspace = workspace
        self._session = session

    def in_module(self, module: Module, broken: bool = False) -> list[Target]:
        """Returns the declarations of a module.

        Args:
            broken: Accept a file with errors.

        Raises:
            BrokenFile: The module, or one that it imports, does not compile.
        """
        self._workspace.builder.prepare(module)
        source = source_of(self._workspace.repository, module)
        errors = errors_of(self._session.elaborate(source))
        if errors and not broken:
            raise BrokenFile(f"{source.file} does not compile: fix it first.", errors)
        declared = self._session.declarations(source, detail=True)
        incomplete = tuple(each for each in declared if each.incomplete)
        return [Target(module, Task(source, each, incomplete)) for each in declared]

    def named(self, name: str, broken: bool = False) -> Target:
        """Returns the declaration of that full name.

        Modules whose text contains the last part of the name are searched first.

        Args:
            broken: Accept a declaration in a file with errors.

        Raises:
            UnknownTheorem: No theorem has that name; the message has the most similar names.
            UsageError, LeanError: A module that probably contains the theorem cannot be read.
        """
        seen: list[str] = []
        failed: UsageError | LeanError | None = None
        for module, likely in likely_first(self._workspace.repository, name):
            try:
                targets = self.in_module(module, broken)
            except (UsageError, LeanError) as error:
                if likely:
                    failed = failed or error
                continue
            for target in targets:
                if target.task.declaration.name == name:
                    return target
            seen.extend(t.task.declaration.name for t in targets if t.task.declaration.kind == "theorem")
        raise failed or UnknownTheorem(unknown_theorem(name, seen))

    def at(self, place: FileLine) -> list[Target]:
        """Returns the theorems with a `sorry` of a file, or the one that a line is part of.

        Raises:
            UsageError: The repository has no such file, or no declaration is at that line.
            BrokenFile: The file does not compile.
        """
        repository = self._workspace.repository
        inside = repository.root / place.file
        module = repository.at(inside if inside.is_file() else place.file)
        targets = self.in_module(module)
        if place.line is None:
            return [target for target in targets if target.task.declaration.incomplete]
        lines = module.text().encode().splitlines(keepends=True)
        start, stop = (sum(map(len, lines[:count])) for count in (place.line - 1, place.line))
        there = [t for t in targets if t.task.declaration.start < stop and start < t.task.declaration.stop]
        if not there:
            raise UsageError(f"No declaration is at line {place.line} of {place.file}: check the line.")
        return [provable(min(there, key=lambda t: t.task.declaration.stop - t.task.declaration.start))]

    def incomplete(
        self, modules: Iterable[Module], unreadable: Callable[[Module, ProverError], None]
    ) -> Iterator[Target]:
        """Yields every theorem with a `sorry`.

        Args:
            unreadable: Receives each module that cannot be read, with the error.
        """
        for module in modules:
            try:
                targets = self.in_module(module)
            except (UsageError, LeanError) as error:
                unreadable(module, error)
                continue
            yield from (target for target in targets if target.task.declaration.incomplete)


def provable(target: Target) -> Target:
    """Returns the target if it has something to prove.

    Raises:
        UsageError: It is not a theorem and has no `sorry`.
    """
    declaration = target.task.declaration
    if declaration.kind != "theorem" and not declaration.incomplete:
        raise UsageError(f"{declaration.name} is a {declaration.kind} without `sorry`: there is nothing to prove.")
    return target


def unknown_theorem(name: str, known: Sequence[str]) -> str:
    """Returns the message for a theorem that does not exist, with the most similar names that do."""
    similar = difflib.get_close_matches(name, known, MAX_SIMILAR_NAMES, cutoff=0.4)
    last = name.rsplit(".", 1)[-1]
    same = [each for each in known if each.rsplit(".", 1)[-1] == last]
    names = list(dict.fromkeys([*same, *similar]))[:MAX_SIMILAR_NAMES]
    hint = f"did you mean {', '.join(names)}?" if names else "check the name and its namespace."
    return f"There is no theorem {name}: {hint}"


def likely_first(repository: Repository, name: str) -> Iterator[tuple[Module, bool]]:
    """Yields the modules to search for a theorem, and whether the text of each contains the last part of its name."""
    part = name.rsplit(".", 1)[-1]
    likely = {module.name: module for module in repository.modules.values() if part in _text(module)}
    others = (module for module in repository.modules.values() if module.name not in likely)
    yield from ((module, True) for module in likely.values())
    yield from ((module, False) for module in islice(others, MAX_UNLIKELY_MODULES))


def _text(module: Module) -> str:
    try:
        return module.text()
    except RepositoryError:
        return ""
