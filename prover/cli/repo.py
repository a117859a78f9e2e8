"""`prover repo add | list | show | update | remove`: the repositories that are kept in the database."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from prover.app.environment import database, home
from prover.errors import CheckoutFailed, ProverError, UsageError
from prover.lean.toolchain.install import embedded
from prover.lean.toolchain.native import NativeSearch, find_native, is_served_by
from prover.lean.toolchain.node import find_node
from prover.lean.toolchain.toolchain import EmbeddedToolchain, NativeToolchain
from prover.project.cached import CheckoutUse, remove_unused
from prover.project.checkout import Checkout, Checkouts
from prover.project.lakefile import Lakefile, LeanLibrary
from prover.project.layout import Package, Repository, open_repository
from prover.project.location import Location, location_of, parse_location
from prover.project.revision import revision_of

if TYPE_CHECKING:
    from curriculum.database.database import Database
    from curriculum.database.listing import ListedRepository

SHORT = 12
"""digits of a commit that are shown"""


@click.group("repo")
def command() -> None:
    """Keep a list of repositories in the database.

    URL_OR_PATH[@REV] names one: the URL of a git repository or a directory, at a branch, tag or commit;
    URL[@REV]#DIR a directory of one. One that is kept can also be named by the last part of its address.
    """


@command.command()
@click.argument("location", metavar="URL_OR_PATH[@REV]")
def add(location: str) -> None:
    """Check a repository out and keep it in the list. Adding it again changes the revision that is followed."""
    with database() as db:
        reading = _read(parse_location(location), refresh=False)
        _store(db, reading)
        click.echo(f"added {reading.describe()}")


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def list_(as_json: bool) -> None:
    """List the repositories: location, commit, when it was read, how many modules it has."""
    with database() as db:
        lines = [_summary(repository) for repository in _listed(db)]
    if as_json:
        click.echo(json.dumps([asdict(line) for line in lines], ensure_ascii=False))
        return
    for line in lines:
        modules = "not here" if line.modules is None else f"{line.modules} modules"
        click.echo(f"{line.location}  {_shown(line.commit, line.dirty)}  {line.read or 'never read'}  {modules}")
    if not lines:
        click.echo("no repositories yet: `prover repo add URL_OR_PATH` adds one", err=True)


@command.command()
@click.argument("location", metavar="REPOSITORY")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(location: str, as_json: bool) -> None:
    """Show a repository: libraries, modules, required packages, toolchains, snapshots."""
    with database() as db:
        listed = _named(_listed(db), location)
        facts = _facts(listed, _open(listed))
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    for name, value in facts.items():
        label = f"{name}:"
        for line in value if isinstance(value, list) else [value]:
            click.echo(f"{label:14}{line}")
            label = ""


@command.command()
@click.argument("locations", metavar="[REPOSITORY]...", nargs=-1)
def update(locations: tuple[str, ...]) -> int:
    """Fetch the newest commit of what each repository follows; of all repositories when none is named.

    Exit status 1 when a repository cannot be read; the others are updated.
    """
    failed = 0
    with database() as db:
        listed = _listed(db)
        for repository in [_named(listed, location) for location in locations] or listed:
            before = repository.snapshots[0].revision if repository.snapshots else "nothing"
            try:
                reading = _read(_location(repository), refresh=True)
            except ProverError as error:
                failed = 1
                click.echo(f"{repository.location}: {error}", err=True)
                continue
            _store(db, reading)
            change = "nothing new" if reading.revision == before else f"{_short(before)} → {_short(reading.revision)}"
            click.echo(f"{repository.location}: {change}")
    return failed


@command.command()
@click.argument("location", metavar="REPOSITORY")
def remove(location: str) -> None:
    """Take a repository off the list, with all that was traced of it and the cached checkouts nobody else uses.

    Proofs and attempts stay in the database; your own directories are never touched.
    """
    with database() as db:
        listed = _listed(db)
        gone = _named(listed, location)
        deleted = remove_unused(
            _checkouts(), _kept(gone), [_kept(other) for other in listed if other.location != gone.location]
        )
        db.perform(lambda work: work.traces.forget_repository(gone.location))
    click.echo(f"removed {gone.location}: snapshots {len(gone.snapshots)}, cached checkouts {len(deleted)}")
    for checkout in deleted:
        click.echo(f"  deleted {checkout}")


# --- reading ---


@dataclass(frozen=True)
class Reading:
    """A repository as it is now."""

    checkout: Checkout
    repository: Repository
    toolchain: EmbeddedToolchain | NativeToolchain
    """the one that would be used; not necessarily installed"""
    revision: str

    def describe(self) -> str:
        """It in one line."""
        modules = len(self.repository.modules)
        packages = len(self.repository.dependencies)
        return (
            f"{self.checkout.describe()}: {modules} modules, {packages} required packages; {self.toolchain.describe()}"
        )


def _read(location: Location, refresh: bool) -> Reading:
    checkouts = _checkouts()
    checkout = checkouts.get(location, refresh)
    repository = open_repository(checkout.root, checkouts)
    for package in repository.unavailable:
        _note(f"{package.name} {package.why}")
    return Reading(checkout, repository, _toolchain_for(repository), revision_of(checkout, repository))


def _toolchain_for(repository: Repository) -> EmbeddedToolchain | NativeToolchain:
    """The toolchain that would be used for it, without installing anything for that."""
    native = find_native(home(), NativeSearch(repository.root))
    if native is not None and native.lake is not None and is_served_by(repository.toolchain, native.lean_version):
        return native
    return embedded(home(), find_node())


def _store(db: "Database", reading: Reading) -> None:
    from curriculum.database.traces import SnapshotSource

    location = reading.checkout.location
    dirty = reading.revision != reading.checkout.commit
    read = SnapshotSource(location.canonical, reading.revision, reading.toolchain.name, dirty)

    def stored(work: Any) -> None:
        work.traces.follow(location.canonical, location.revision)
        work.traces.record_snapshot(read)

    db.perform(stored)


def _checkouts() -> Checkouts:
    return Checkouts(home().checkouts, _note)


def _note(text: str) -> None:
    click.echo(text, err=True)


# --- what is kept ---


def _listed(db: "Database") -> "list[ListedRepository]":
    from curriculum.database.listing import listed_repositories

    with db.reading() as connection:
        return listed_repositories(connection)


def _location(repository: "ListedRepository") -> Location:
    return location_of(repository.location, repository.follows)


def _kept(repository: "ListedRepository") -> CheckoutUse:
    return CheckoutUse(_location(repository), frozenset(snapshot.revision for snapshot in repository.snapshots))


def _named(listed: "list[ListedRepository]", text: str) -> "ListedRepository":
    """The repository that the user means.

    Raises:
        UsageError: none, or several, have that name.
    """
    try:
        canonical = parse_location(text).canonical
    except UsageError:
        canonical = text.rstrip("/")
    found = [repository for repository in listed if repository.location == canonical]
    found = found or [repository for repository in listed if _location(repository).name == text]
    if not found:
        raise UsageError(f"{text} is not among the repositories: see `prover repo list`.")
    if len(found) > 1:
        raise UsageError(f"{text} may be {found[0].location} or {found[1].location}: give the whole address.")
    return found[0]


def _open(listed: "ListedRepository") -> Repository | None:
    """The newest snapshot, if its files are here. Asks no network."""
    location = _location(listed)
    root = location.address if isinstance(location.address, Path) and location.is_directory else None
    if root is None and listed.snapshots:
        root = _checkouts().cached(location, listed.snapshots[0].revision)
    try:
        return open_repository(root, _Offline(home().checkouts)) if root is not None else None
    except ProverError as error:
        _note(f"{listed.location}: {error}")
        return None


class _Offline(Checkouts):
    """Checkouts that are in the cache."""

    def get(self, location: Location, refresh: bool = False) -> Checkout:
        tree = self.cached(location, location.revision or "")
        if tree is None:
            raise CheckoutFailed(f"{location} is not in the cache: `prover repo update` fetches it.")
        return Checkout(tree, location, location.revision, dirty=False, cached=True)


# --- what is shown ---


@dataclass(frozen=True)
class Summary:
    """A repository in a line."""

    location: str
    commit: str | None
    dirty: bool
    read: str | None
    """when its newest snapshot was first read, as a local time"""
    modules: int | None
    """traced, or else found in its files; None where neither is here"""
    traced: bool = field(default=False)


def _summary(listed: "ListedRepository") -> Summary:
    if not listed.snapshots:
        return Summary(str(_location(listed)), None, False, None, None)
    newest = listed.snapshots[0]
    traced = newest.traced_at is not None
    repository = None if traced else _open(listed)
    modules = newest.modules if traced else len(repository.modules) if repository else None
    where = str(_location(listed))
    return Summary(where, newest.revision, newest.dirty, _time(newest.began_at), modules, traced)


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
    return revision.removeprefix("files-")[:SHORT]


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().isoformat(sep=" ", timespec="seconds")
