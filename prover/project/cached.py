"""Deletes cached checkouts that no repository uses. Fetches nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from prover.errors import UsageError
from prover.project.checkout import Checkouts
from prover.project.lakefile import FromGit
from prover.project.location import Location, required_location
from prover.project.manifest import read_manifest


@dataclass(frozen=True)
class CheckoutUse:
    """A repository and the revisions of it that are in use."""

    location: Location
    revisions: frozenset[str]


@dataclass(frozen=True)
class _Use:
    """A commit of a repository's address."""

    address: str | Path
    commit: str


def remove_unused(checkouts: Checkouts, removed: CheckoutUse, others: Iterable[CheckoutUse]) -> list[str]:
    """Deletes the checkouts of a repository and its packages, except those that other repositories use.

    Returns the deleted checkouts, each as an address and a commit.
    """
    used = {use for other in others for use in _uses(checkouts, other)}
    addresses = dict.fromkeys((removed.location.address, *(use.address for use in _uses(checkouts, removed))))
    deleted: list[str] = []
    for address in addresses:
        place = checkouts.place(Location(address))
        keep = frozenset(use.commit for use in used if checkouts.place(Location(use.address)) == place)
        deleted.extend(f"{Location(address)}@{commit}" for commit in sorted(checkouts.remove(Location(address), keep)))
    return deleted


def _uses(checkouts: Checkouts, used: CheckoutUse) -> Iterator[_Use]:
    """Yields the checkouts of a repository, and those of the packages in its manifests."""
    roots = [used.location.address] if isinstance(used.location.address, Path) and used.location.is_directory else []
    for revision in used.revisions:
        yield _Use(used.location.address, revision)
        if (tree := checkouts.cached(used.location, revision)) is not None:
            roots.append(tree)
    for root in roots:
        yield from _packages(root)


def _packages(root: Path) -> Iterator[_Use]:
    try:
        manifest = read_manifest(root)
        sources = [package.source for package in manifest.packages.values()] if manifest else []
        for source in sources:
            if isinstance(source, FromGit) and source.revision:
                yield _Use(required_location(source.url, None, root).address, source.revision)
    except UsageError:
        return  # what cannot be read needs no packages
