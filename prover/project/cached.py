"""Which cached checkouts repositories have use for, so that the others can be deleted. Fetches nothing."""

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
    """A repository, at the revisions of it that are kept."""

    location: Location
    revisions: frozenset[str]


@dataclass(frozen=True)
class _Use:
    """A commit of an address."""

    address: str | Path
    commit: str


def remove_unused(checkouts: Checkouts, gone: CheckoutUse, others: Iterable[CheckoutUse]) -> list[str]:
    """Deletes the checkouts of a repository, and of the packages that it needs, unless others have use for them.

    Returns what was deleted, each as an address and a commit.
    """
    used = {use for kept in others for use in _uses(checkouts, kept)}
    addresses = dict.fromkeys((gone.location.address, *(use.address for use in _uses(checkouts, gone))))
    deleted: list[str] = []
    for address in addresses:
        place = checkouts.place(Location(address))
        keep = frozenset(use.commit for use in used if checkouts.place(Location(use.address)) == place)
        deleted.extend(f"{Location(address)}@{commit}" for commit in sorted(checkouts.remove(Location(address), keep)))
    return deleted


def _uses(checkouts: Checkouts, kept: CheckoutUse) -> Iterator[_Use]:
    """The checkouts that a repository is read from, and those of the packages in its manifests."""
    roots = [kept.location.address] if isinstance(kept.location.address, Path) and kept.location.is_directory else []
    for revision in kept.revisions:
        yield _Use(kept.location.address, revision)
        if (tree := checkouts.cached(kept.location, revision)) is not None:
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
