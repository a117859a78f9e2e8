"""What is open in a repository, what depends on what, and what each proof would unlock. All of it from Lean."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from prover.app.locating import Locator, Target
from prover.app.ordering import imported_below, modules_in_order
from prover.app.report import Status
from prover.app.workspace import Workspace
from prover.attempt import line_of
from prover.errors import LeanError, UsageError
from prover.lean.protocol import displayed_name


@dataclass(frozen=True)
class DeclarationStatus:
    """A declaration that is open or rests on open ones; its fields are those of the JSON output."""

    theorem: str
    """Its full name; `example` for an example."""
    file: str
    line: int
    kind: str
    """Its kind, such as `theorem`, `definition` or `example`."""
    status: Status
    """`open` also where data that it rests on has no value; `error` if it does not compile."""
    rests_on: tuple[str, ...] = ()
    """The open declarations that it rests on, by full name."""
    unlocks: tuple[str, ...] = ()
    """The theorems that are proved as soon as this one is."""
    needed_by: tuple[str, ...] = ()
    """All theorems that rest on it, directly or through other open ones."""
    error: str | None = None
    """Lean's first error in it, in one line."""


@dataclass
class RepositoryStatus:
    """The open declarations of a repository and those that rest on them; its fields are those of the JSON output."""

    repository: str
    toolchain: str
    theorems: list[DeclarationStatus] = field(default_factory=list)
    """The open declarations and the theorems that rest on them, in dependency order."""
    proved: int = 0
    """The number of theorems that rest on nothing open."""
    unreadable: dict[str, str] = field(default_factory=dict)
    """The errors of the files that could not be read."""
    errors: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Lean's errors in the files that could be read, as `lean` prints them; what has one may not be declared at all."""

    def with_status(self, status: Status) -> list[DeclarationStatus]:
        """Returns the declarations with a status."""
        return [each for each in self.theorems if each.status == status]


def status_of_repository(workspace: Workspace) -> RepositoryStatus:
    """Returns what is open in a repository, and what rests on it."""
    found = RepositoryStatus(str(workspace.repository.root), workspace.describe())
    graph = _Graph(workspace, list(_targets(workspace, found)))
    for target in graph.targets:
        declaration = target.task.declaration
        status = graph.status(target)
        if status == "proved":
            found.proved += declaration.kind == "theorem"
            continue
        is_open = declaration.incomplete
        found.theorems.append(
            DeclarationStatus(
                displayed_name(declaration),
                target.task.source.file,
                line_of(target.task.source.text, declaration.selection),
                declaration.kind,
                status,
                declaration.rests,
                graph.unlocked_by(target) if is_open else (),
                graph.needing(target) if is_open else (),
                target.error,
            )
        )
    return found


def _targets(workspace: Workspace, found: RepositoryStatus) -> Iterator[Target]:
    """Yields the declarations of all modules that can be read, in dependency order."""

    with workspace.pool(1) as pool, pool.lend() as session:
        locator = Locator(workspace, session)
        for module in workspace.one_by_one(modules_in_order(workspace)):
            try:
                read = locator.read(module, examples=True)
                if read.errors:
                    found.errors[workspace.repository.relative(module)] = read.errors
                yield from read.targets
            except (UsageError, LeanError) as error:
                found.unreadable[workspace.repository.relative(module)] = str(error)
            session.forget_files()


class _Graph:
    """The declarations of a repository, and which of them rest on which.

    Modules that do not import each other may declare the same name: a name stands for the declaration that is in scope.
    """

    def __init__(self, workspace: Workspace, targets: Sequence[Target]) -> None:
        self.targets = targets
        self._scopes: dict[str, set[str]] = {}
        self._workspace = workspace
        self._named: dict[str, list[Target]] = defaultdict(list)
        for target in targets:
            self._named[target.task.declaration.name].append(target)
        self._users: dict[Target, list[Target]] = defaultdict(list)
        """The theorems that rest on a declaration directly."""
        for target in targets:
            if target.task.declaration.kind == "theorem":
                for below in self._below(target):
                    self._users[below].append(target)

    def status(self, target: Target) -> Status:
        """Returns the status of a declaration."""
        declaration = target.task.declaration
        if target.task.broken:
            return "error"
        if declaration.incomplete:
            return "open"
        if not declaration.rests or declaration.kind not in ("theorem", "example"):
            return "proved"
        below = self._below(target)
        given = len(below) == len(declaration.rests) and all(b.task.declaration.kind == "theorem" for b in below)
        return "proved_given" if given else "open"

    def unlocked_by(self, target: Target) -> tuple[str, ...]:
        """Returns the theorems without errors and a `sorry` of their own that rest on one declaration alone."""
        users = (user.task.declaration for user in self._users[target] if not user.task.broken)
        return tuple(user.name for user in users if not user.incomplete and len(user.rests) == 1)

    def needing(self, target: Target) -> tuple[str, ...]:
        """Returns the theorems that rest on a declaration, directly or through others."""
        found: dict[Target, None] = {}
        waiting = [target]
        while waiting:
            new = [user for user in self._users[waiting.pop()] if user not in found and user != target]
            found.update(dict.fromkeys(new))
            waiting += new
        return tuple(user.task.declaration.name for user in self.targets if user in found)

    def _below(self, target: Target) -> list[Target]:
        """Returns the declarations that a declaration rests on directly."""
        scope = self._scope(target.module.name)
        found: list[Target] = []
        for name in target.task.declaration.rests:
            found += [each for each in self._named[name] if each.module.name in scope][:1]
        return found

    def _scope(self, module: str) -> set[str]:
        """Returns the modules whose declarations a module sees."""
        if module not in self._scopes:
            self._scopes[module] = {module} | imported_below(self._workspace, [module])
        return self._scopes[module]
