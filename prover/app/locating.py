"""Looks up theorems in a repository: by name, by file and line, or all that have a `sorry`."""

import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from prover.app.workspace import Workspace
from prover.attempt import Task, line_of
from prover.check.challenge import errors_in
from prover.errors import BrokenFile, LeanDied, LeanError, ProverError, RepositoryError, UnknownTheorem, UsageError
from prover.lean.gateway_session import LeanSession
from prover.lean.module_name import spelling
from prover.lean.protocol import Declaration, errors_among
from prover.project.build import errors_of, source_of
from prover.project.layout import Module, Repository
from prover.wording import counted

MAX_SIMILAR_NAMES = 5
"""The number of similar names in the message about an unknown theorem."""
MAX_UNLIKELY_MODULES = 40
"""The number of modules that are searched for a theorem although their text does not contain its name."""


PLACE = re.compile(r"(?P<file>.+\.lean)#L?(?P<line>[1-9]\d*)(?:-L?\d+)?")
"""A place that a user writes instead of a name: a line of a file, as git hosts write it too; of a range the first."""
IN_MODULE = re.compile(r"(?P<module>[^:«»\s]+):(?P<name>[^:\s]+|.*«.*)")
"""A theorem's name, or its end, after the module or file that declares it."""


@dataclass(frozen=True)
class FileLine:
    """A file of a repository, or one declaration of it, by a line or by its name."""

    file: Path
    line: int | None = None
    """The line, counted from 1; None for the whole file."""
    name: str | None = None
    """The name of the declaration, or the end of its name; it counts more than the line."""


DeclaredTypes = frozenset[tuple[str, str]]
"""The declarations of a file, each as its name and the key of its type."""


@dataclass(frozen=True)
class Target:
    """A theorem or `example` of a repository, with its module."""

    module: Module
    task: Task
    dependents: int = field(default=0, compare=False)
    """The number of declarations of its file that rest on it, without others between them that have a `sorry`."""
    error: str | None = field(default=None, compare=False)
    """Lean's first error in it, in one line."""
    declared: DeclaredTypes | None = field(default=None, compare=False)
    """What its file declares, if that has no errors."""

    @property
    def place(self) -> str:
        """Its place in the form that commands accept instead of a name."""
        source = self.task.source
        return f"{source.file}#{line_of(source.text, self.task.declaration.selection)}"


@dataclass(frozen=True)
class ReadModule:
    """The declarations of a module, and Lean's errors in its file."""

    targets: tuple[Target, ...]
    errors: tuple[str, ...]
    """The errors as `lean` prints them."""

    def incomplete(self) -> Iterator[Target]:
        """Yields each target that has a `sorry` and no errors."""
        yield from (t for t in self.targets if t.task.declaration.incomplete and not t.task.broken)


Unreadable = Callable[[Module, ProverError], None]
"""Receives a module that has errors or cannot be read, with the error."""


def ignored(_module: Module, _error: ProverError) -> None:
    """Ignores that a module has errors."""


class Locator:
    """Finds theorems with one Lean session."""

    def __init__(self, workspace: Workspace, session: LeanSession, unreadable: Unreadable = ignored) -> None:
        """Creates a locator.

        Args:
            unreadable: Receives each file with targets that has errors; Lean recovers, so the others are found.
        """
        self._workspace = workspace
        self._session = session
        self._unreadable = unreadable

    def read(self, module: Module, examples: bool = False) -> ReadModule:
        """Returns the declarations of a module.

        Args:
            examples: Whether each `example` is among them.

        Raises:
            UsageError, LeanError: A module that it imports cannot be built, or Lean does not finish.
        """
        self._workspace.builder.prepare(module)
        source = source_of(self._workspace.repository, module)
        try:
            messages = self._session.elaborate(source)
        except LeanDied as error:
            raise LeanDied(f"{source.file} cannot be read: {error}", error.killed) from None
        declared = self._session.declarations(source, detail=True, examples=examples)
        errors = errors_among(messages)
        inside = {each: errors_in(errors, source.text, (each.start, each.stop)) for each in declared if errors}
        broken = {each: f"line {its[0].line}: {its[0].summary}" for each, its in inside.items() if its}
        incomplete = tuple(each for each in declared if each.incomplete)
        types = declared_types(declared)
        dependents = Counter(name for each in declared for name in each.rests)
        targets = tuple(
            Target(
                module,
                Task(source, each, incomplete, broken=each in broken),
                dependents[each.name],
                broken.get(each),
                None if errors else types,
            )
            for each in declared
        )
        return ReadModule(targets, errors_of(errors))

    def named(self, name: "str | FileLine") -> Target:
        """Returns the declaration of that full name, or the one at a place.

        A place is `A/B.lean#12`, `A/B.lean#L12`, or `A.B:name` where the name may lack its namespaces.

        Modules whose text contains the last part of the name are searched first.

        Raises:
            UnknownTheorem: No theorem has that name; the message has the most similar names.
            BrokenFile: A file has a theorem of that name, but with errors, so that Lean does not know it.
            UsageError: Several files declare the name, or there is no declaration at the place.
            UsageError, LeanError: A module that probably contains the theorem cannot be read.
        """
        if isinstance(name, FileLine):
            return self._in_file(name)
        if match := PLACE.fullmatch(name):
            return self._on_line(Path(match["file"]), int(match["line"]))
        if match := IN_MODULE.fullmatch(name):
            return self._in_module(match["module"], match["name"])
        seen: list[str] = []
        found: list[tuple[Target, ReadModule]] = []
        failed: UsageError | LeanError | None = None
        broken: BrokenFile | None = None
        for module, likely in likely_first(self._workspace.repository, name):
            if found and not (likely and may_declare(module, name)):
                continue
            try:
                read = self.read(module)
            except (UsageError, LeanError) as error:
                if likely:
                    failed = failed or error
                continue
            found += [(target, read) for target in read.targets if target.task.declaration.name == name][:1]
            if read.errors and likely and may_declare(module, name):
                file = self._workspace.repository.relative(module)
                broken = broken or BrokenFile(f"{file} has errors, and does not declare {name}: fix them.", read.errors)
            seen.extend(t.task.declaration.name for t in read.targets if t.task.declaration.kind == "theorem")
        if len(found) > 1:
            raise UsageError(ambiguous(name, [target.place for target, _ in found]))
        if not found:
            last = name.rsplit(".", 1)[-1]
            elsewhere = any(each.rsplit(".", 1)[-1] == last for each in seen)
            raise failed or (None if elsewhere else broken) or UnknownTheorem(unknown_theorem(name, seen))
        target, read = found[0]
        self._tell(target.module, read)
        return target

    def wanted(self, wanted: tuple[str, ...] | FileLine | None) -> Iterator[Target]:
        """Yields the theorems of some names or at a place; for None, every one that has a `sorry`.

        Raises:
            UnknownTheorem: No theorem has one of the names.
            UsageError: There is nothing to prove at the place.
        """
        match wanted:
            case None:
                yield from self.incomplete(self._workspace.repository.modules.values())
            case FileLine() as place:
                yield from self.at(place)
            case names:
                yield from (provable(self.named(name)) for name in dict.fromkeys(names))

    def at(self, place: FileLine) -> list[Target]:
        """Returns the theorems and `example`s with a `sorry` of a file, or the one that a line is part of.

        Raises:
            UsageError: The repository has no such file, or no declaration is at that line.
        """
        if place.line is not None or place.name is not None:
            return [provable(self._in_file(place))]
        module = self._module(place.file)
        read = self.read(module, examples=True)
        self._tell(module, read)
        return list(read.incomplete())

    def incomplete(self, modules: Iterable[Module]) -> Iterator[Target]:
        """Yields every theorem and `example` with a `sorry`, of the modules that can be read."""
        for module in self._workspace.one_by_one(modules):
            try:
                read = self.read(module, examples=True)
            except (UsageError, LeanError) as error:
                self._unreadable(module, error)
                continue
            self._tell(module, read)
            yield from read.incomplete()

    def _on_line(self, file: Path, line: int) -> Target:
        """Returns the innermost declaration that a line is part of."""
        module = self._module(file)
        read = self.read(module, examples=True)
        lines = module.text().encode().splitlines(keepends=True)
        start, stop = (sum(map(len, lines[:count])) for count in (line - 1, line))
        there = [t for t in read.targets if t.task.declaration.start < stop and start < t.task.declaration.stop]
        if not there:
            raise UsageError(f"No declaration is at line {line} of {file}: check the line.")
        self._tell(module, read)
        return min(there, key=lambda t: t.task.declaration.stop - t.task.declaration.start)

    def _in_module(self, place: str, name: str) -> Target:
        """Returns the declaration of a module, given by its name or file, that has a name or whose name ends in it."""
        known = self._workspace.repository.modules
        module = known.get(spelling(place)) or (self._module(Path(place)) if place.endswith(".lean") else None)
        if module is None:
            near = difflib.get_close_matches(place, known, 1)
            hint = f"did you mean {near[0]}?" if near else "write MODULE:NAME, or the full name alone."
            raise UsageError(f"The repository has no module {place}: {hint}")
        return self._declared(module, name)

    def _in_file(self, place: FileLine) -> Target:
        """Returns the declaration of a file that has a name, or that a line is part of."""
        if place.name is not None:
            return self._declared(self._module(place.file), place.name)
        return self._on_line(place.file, place.line or 1)

    def _declared(self, module: Module, name: str) -> Target:
        """Returns the declaration of a module that has a name, or whose name ends in it."""
        read = self.read(module)
        full = [target for target in read.targets if target.task.declaration.name == name]
        ends = [target for target in read.targets if target.task.declaration.name.endswith(f".{name}")]
        found = full or ends
        if len(found) > 1:
            names = " and ".join(target.task.declaration.name for target in found)
            raise UsageError(f"{name} is the end of {names} in {module.name}: write more of the name.")
        if not found:
            theorems = (t.task.declaration.name for t in read.targets if t.task.declaration.kind == "theorem")
            raise UnknownTheorem(unknown_theorem(name, list(theorems)))
        self._tell(module, read)
        return found[0]

    def _module(self, file: Path) -> Module:
        repository = self._workspace.repository
        inside = repository.root / file
        return repository.at(inside if inside.is_file() else file)

    def _tell(self, module: Module, read: ReadModule) -> None:
        if read.errors:
            file, number = self._workspace.repository.relative(module), counted(len(read.errors), "error")
            message = f"{file} has {number}: its theorems without errors are treated as usual."
            self._unreadable(module, BrokenFile(message, read.errors))


def module_meant(repository: Repository, place: str | FileLine) -> Module | None:
    """Returns the module that a place names; None for the name of a theorem alone, or if there is no such module."""
    if isinstance(place, FileLine):
        file = place.file
    elif match := PLACE.fullmatch(place):
        file = Path(match["file"])
    elif match := IN_MODULE.fullmatch(place):
        if module := repository.modules.get(spelling(match["module"])):
            return module
        file = Path(match["module"])
    else:
        return None
    try:
        return repository.at(repository.root / file)
    except RepositoryError:
        return None


def declared_types(declarations: Iterable[Declaration]) -> DeclaredTypes:
    """Returns what a file declares, without its `example`s."""
    return frozenset((each.name, each.key) for each in declarations if each.kind != "example")


def may_declare(module: Module, name: str) -> bool:
    """Returns whether the text of a module has the last part of a name at the end of a word that follows another word.

    A declaration is written so. Only Lean knows what is declared; this spares it the files that merely use the name.
    """
    part = re.escape(name.rsplit(".", 1)[-1])
    return re.search(rf"\w\s+(?:[^\s()\[\]{{}}:,]+\.)?{part}(?![\w'!?.])", _text(module)) is not None


def ambiguous(name: str, places: Sequence[str]) -> str:
    """Returns the message for a name that several files declare."""
    return f"{name} is declared at {' and at '.join(places)}: name one of these places instead."


def provable(target: Target) -> Target:
    """Returns the target if it has something to prove.

    Raises:
        UsageError: It is not a theorem and has no `sorry`.
    """
    declaration = target.task.declaration
    if declaration.kind not in ("theorem", "example") and not declaration.incomplete:
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
