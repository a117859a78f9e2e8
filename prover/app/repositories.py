"""The list of repositories in the database: adds, lists, describes, updates and removes them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prover.app.environment import database, home
from prover.errors import CheckoutFailed, ProverError, UsageError
from prover.lean.toolchain.install import embedded
from prover.lean.toolchain.native import NativeSearch, find_native, is_served_by
from prover.lean.toolchain.node import find_node
from prover.lean.toolchain.toolchain import EmbeddedToolchain, NativeToolchain
from prover.progress import Notify
from prover.project.cached import CheckoutUse, remove_unused
from prover.project.checkout import Checkout, Checkouts
from prover.project.lakefile import Lakefile, LeanLibrary
from prover.project.layout import Package, Repository, open_repository
from prover.project.location import Location, location_of, parse_location
from prover.project.revision import revision_of

if TYPE_CHECKING:
    from curriculum.database.database import Database
    from curriculum.database.listing import ListedRepository

SHOWN_DIGITS = 12
"""The number of digits of a commit that are shown."""


# --- reading a repository ---


@dataclass(frozen=True)
class RepositoryReading:
    """A repository as it is now."""

    checkout: Checkout
    repository: Repository
    toolchain: EmbeddedToolchain | NativeToolchain
    """The toolchain that would be used; it need not be installed."""
    revision: str

    def describe(self) -> str:
        """Returns a description in one line."""
        modules = len(self.repository.modules)
        packages = len(self.repository.dependencies)
        return (
            f"{self.checkout.describe()}: {modules} modules, {packages} required packages; {self.toolchain.describe()}"
        )


def add_repository(location: str, notify: Notify) -> RepositoryReading:
    """Checks a repository out and adds it to the list; if it is there, changes the revision that is followed.

    Raises:
        ProverError: it cannot be read.
    """
    with database() as db:
        reading = _read(parse_location(location), False, notify)
        _store(db, reading)
    return reading


@dataclass(frozen=True)
class RepositoryUpdate:
    """The result of an update of one repository."""

    location: str
    before: str | None
    """The revision that was read last; None if there is none."""
    after: str | None
    """The revision now; None if the repository cannot be read."""
    error: ProverError | None = None
    """Why the repository cannot be read."""

    def describe(self) -> str:
        """Returns the change in a few words."""
        if self.after is None:
            return str(self.error)
        if self.before == self.after:
            return "nothing new"
        return f"{_short(self.before or 'nothing')} → {_short(self.after)}"


def update_repositories(names: Sequence[str], notify: Notify) -> Iterator[RepositoryUpdate]:
    """Fetches the newest commit of what each repository follows, and yields the results one by one.

    Args:
        names: addresses, or the last parts of addresses; all repositories of the list if there are none.

    Raises:
        UsageError: a name stands for none or for several repositories.
    """
    with database() as db:
        listed = _listed(db)
        for repository in [_named(listed, name) for name in names] or listed:
            before = repository.snapshots[0].revision if repository.snapshots else None
            try:
                reading = _read(_location(repository), True, notify)
            except ProverError as error:
                yield RepositoryUpdate(repository.location, before, None, error)
                continue
            _store(db, reading)
            yield RepositoryUpdate(repository.location, before, reading.revision)


def _read(location: Location, refresh: bool, notify: Notify) -> RepositoryReading:
    checkouts = Checkouts(home().checkouts, notify)
    checkout = checkouts.get(location, refresh)
    repository = open_repository(checkout.root, checkouts)
    for package in repository.unavailable:
        notify(f"{package.name} {package.why}")
    return RepositoryReading(checkout, repository, _toolchain_for(repository), revision_of(checkout, repository))


def _toolchain_for(repository: Repository) -> EmbeddedToolchain | NativeToolchain:
    """Returns the toolchain that would be used for a repository, and installs nothing for that."""
    native = find_native(home(), NativeSearch(repository.root))
    if native is not None and native.lake is not None and is_served_by(repository.toolchain, native.lean_version):
        return native
    return embedded(home(), find_node())


def _store(db: "Database", reading: RepositoryReading) -> None:
    from curriculum.database.traces import SnapshotSource

    location = reading.checkout.location
    dirty = reading.revision != reading.checkout.commit
    source = SnapshotSource(location.canonical, reading.revision, reading.toolchain.name, dirty)

    def stored(work: Any) -> None:
        work.traces.follow(location.canonical, location.revision)
        work.traces.record_snapshot(source)

    db.perform(stored)


# --- removing ---


@dataclass(frozen=True)
class RepositoryRemoval:
    """The result of a removal."""

    location: str
    snapshots: int
    """The number of snapshots that were deleted from the database."""
    deleted: tuple[str, ...]
    """The cached checkouts that were deleted, each as an address and a commit."""


def remove_repository(name: str, notify: Notify) -> RepositoryRemoval:
    """Removes a repository from the list, with its traces and the cached checkouts that no other one uses.

    Raises:
        UsageError: the name stands for none or for several repositories.
    """
    with database() as db:
        listed = _listed(db)
        removed = _named(listed, name)
        others = [_checkout_use(other) for other in listed if other.location != removed.location]
        deleted = remove_unused(Checkouts(home().checkouts, notify), _checkout_use(removed), others)
        db.perform(lambda work: work.traces.forget_repository(removed.location))
    return RepositoryRemoval(removed.location, len(removed.snapshots), tuple(deleted))


def _checkout_use(repository: "ListedRepository") -> CheckoutUse:
    return CheckoutUse(_location(repository), frozenset(snapshot.revision for snapshot in repository.snapshots))


# --- the list ---


@dataclass(frozen=True)
class RepositorySummary:
    """A repository of the list, in one line."""

    location: str
    commit: str | None
    dirty: bool
    """Whether the repository had uncommitted changes."""
    read: str | None
    """When its newest snapshot was first read, as a local time."""
    modules: int | None
    """The number of modules: traced, or else found in its files; None where neither is here."""
    traced: bool = False

    def describe(self) -> str:
        """Returns the summary as text."""
        modules = "not here" if self.modules is None else f"{self.modules} modules"
        return f"{self.location}  {_shown(self.commit, self.dirty)}  {self.read or 'never read'}  {modules}"


def repository_summaries(notify: Notify) -> list[RepositorySummary]:
    """Returns a summary of each repository of the list, by location."""
    with database() as db:
        return [_summary(repository, notify) for repository in _listed(db)]


def repository_facts(name: str, notify: Notify) -> dict[str, Any]:
    """Returns the facts about a repository, by label: libraries, modules, packages, toolchains, snapshots.

    Raises:
        UsageError: the name stands for none or for several repositories.
    """
    with database() as db:
        listed = _named(_listed(db), name)
        return _facts(listed, _open(listed, notify))


def _listed(db: "Database") -> "list[ListedRepository]":
    from curriculum.database.listing import listed_repositories

    with db.reading() as connection:
        return listed_repositories(connection)


def _location(repository: "ListedRepository") -> Location:
    return location_of(repository.location, repository.follows)


def _named(listed: "list[ListedRepository]", name: str) -> "ListedRepository":
    """Returns the repository that a user means.

    Raises:
        UsageError: none, or several, have that name.
    """
    try:
        canonical = parse_location(name).canonical
    except UsageError:
        canonical = name.rstrip("/")
    found = [repository for repository in listed if repository.location == canonical]
    found = found or [repository for repository in listed if _location(repository).name == name]
    if not found:
        raise UsageError(f"{name} is not among the repositories: see `prover repo list`.")
    if len(found) > 1:
        raise UsageError(f"{name} may be {found[0].location} or {found[1].location}: give the whole address.")
    return found[0]


def _open(listed: "ListedRepository", notify: Notify) -> Repository | None:
    """Returns the newest snapshot if its files are on this computer; never uses the network."""
    location = _location(listed)
    root = location.address if isinstance(location.address, Path) and location.is_directory else None
    checkouts = CachedCheckouts(home().checkouts, notify)
    if root is None and listed.snapshots:
        root = checkouts.cached(location, listed.snapshots[0].revision)
    try:
        return open_repository(root, checkouts) if root is not None else None
    except ProverError as error:
        notify(f"{listed.location}: {error}")
        return None


class CachedCheckouts(Checkouts):
    """The checkouts that are in the cache; nothing is fetched."""

    def get(self, location: Location, refresh: bool = False) -> Checkout:
        """Returns the checkout of a revision.

        Raises:
            CheckoutFailed: it is not in the cache.
        """
        tree = self.cached(location, location.revision or "")
        if tree is None:
            raise CheckoutFailed(f"{location} is not in the cache: `prover repo update` fetches it.")
        return Checkout(tree, location, location.revision, dirty=False, cached=True)


def _summary(listed: "ListedRepository", notify: Notify) -> RepositorySummary:
    location = str(_location(listed))
    if not listed.snapshots:
        return RepositorySummary(location, None, False, None, None)
    newest = listed.snapshots[0]
    traced = newest.traced_at is not None
    repository = None if traced else _open(listed, notify)
    modules = newest.modules if traced else len(repository.modules) if repository else None
    return RepositorySummary(location, newest.revision, newest.dirty, _time(newest.began_at), modules, traced)


def _facts(listed: "ListedRepository", repository: Repository | None) -> dict[str, Any]:
    location = _location(listed)
    facts: dict[str, Any] = {
        "location": listed.location,
        "follows": listed.follows or ("the directory as it is" if location.is_directory else "the default branch"),
        "added": _time(listed.added_at),
        "snapshots": [
            f"{_shown(each.revision, each.dirty)}  {_time(each.began_at)}  {each.toolchain}  "
            + (f"traced {_time(each.traced_at)}, {each.modules} modules" if each.traced_at else "not traced")
            for each in listed.snapshots
        ],
    }
    if repository is None:
        return facts | {"files": "not here: `prover repo update` fetches them"}
    kinds = Counter(module.kind for module in repository.modules.values())
    return facts | {
        "root": str(repository.root),
        "libraries": [_library(repository.lakefile, each) for each in repository.lakefile.libraries],
        "modules": f"{len(repository.modules)} (" + ", ".join(f"{kinds[kind]} {kind}" for kind in kinds) + ")",
        "packages": [_package(package) for package in repository.dependencies],
        "unavailable": [f"{package.name} {package.why}" for package in repository.unavailable],
        "wants": repository.toolchain or "any toolchain",
        "uses": _toolchain_for(repository).describe(),
    }


def _package(package: Package) -> str:
    at = _short(package.commit) if package.commit else str(package.root)
    return f"{package.name}  {at}  {len(package.modules)} modules"


def _library(lakefile: Lakefile, library: LeanLibrary) -> str:
    return f"{library.name or 'the whole directory'}  ({library.kind}, from {lakefile.source_of(library)})"


def _shown(revision: str | None, dirty: bool) -> str:
    return (_short(revision) if revision else "-") + (" (with changes)" if dirty else "")


def _short(revision: str) -> str:
    return revision.removeprefix("files-")[:SHOWN_DIGITS]


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().isoformat(sep=" ", timespec="seconds")
