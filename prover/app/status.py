"""What is open in a repository, what depends on what, and what each proof would unlock. All of it from Lean."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field

from prover.app.locating import Locator, Target
from prover.app.ordering import modules_in_order
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

    def with_status(self, status: Status) -> list[DeclarationStatus]:
        """Returns the declarations with a status."""
        return [each for each in self.theorems if each.status == status]


def status_of_repository(workspace: Workspace) -> RepositoryStatus:
    """Returns what is open in a repository, and what rests on it."""
    found = RepositoryStatus(str(workspace.repository.root), workspace.toolchain.describe())
    targets = list(_targets(workspace, found))
    rests = {
        target.task.declaration.name: target.task.declaration.rests
        for target in targets
        if target.task.declaration.kind == "theorem"
    }
    unlocked = _unlocked(targets)
    needed = _needed(rests)
    for target in targets:
        declaration = target.task.declaration
        status = _status(target, rests.keys())
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
                tuple(unlocked[declaration.name]) if is_open else (),
                tuple(needed[declaration.name]) if is_open else (),
            )
        )
    return found


def _targets(workspace: Workspace, found: RepositoryStatus) -> Iterator[Target]:
    """Yields the declarations of all modules that can be read, in dependency order."""

    with workspace.pool(1) as pool, pool.lend() as session:
        locator = Locator(workspace, session)
        for module in modules_in_order(workspace):
            try:
                yield from locator.read(module, examples=True).targets
            except (UsageError, LeanError) as error:
                found.unreadable[workspace.repository.relative(module)] = str(error)
            session.forget_files()


def _status(target: Target, theorems: Set[str]) -> Status:
    declaration = target.task.declaration
    if target.task.broken:
        return "error"
    if declaration.incomplete:
        return "open"
    if not declaration.rests or declaration.kind not in ("theorem", "example"):
        return "proved"
    return "proved_given" if theorems >= set(declaration.rests) else "open"


def _unlocked(targets: Iterable[Target]) -> Mapping[str, list[str]]:
    """Returns the theorems without a `sorry` of their own that rest on a single declaration, by its name."""
    found: dict[str, list[str]] = defaultdict(list)
    for target in targets:
        declaration = target.task.declaration
        if declaration.kind == "theorem" and not declaration.incomplete and len(declaration.rests) == 1:
            found[declaration.rests[0]].append(declaration.name)
    return found


def _needed(rests: Mapping[str, tuple[str, ...]]) -> Mapping[str, list[str]]:
    """Returns the theorems that rest on a declaration, directly or through others, by its name."""
    found: dict[str, list[str]] = defaultdict(list)
    for theorem in rests:
        seen: set[str] = set()
        waiting = list(rests[theorem])
        while waiting:
            name = waiting.pop()
            if name not in seen and name != theorem:
                seen.add(name)
                waiting += rests.get(name, ())
        for name in sorted(seen):
            found[name].append(theorem)
    return found
