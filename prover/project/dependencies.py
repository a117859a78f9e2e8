"""Finds or fetches the packages that a repository requires. Builds nothing.

A package that the repository's manifest pins is taken at its commit: from Lake's directory if it is there, else from
the cache of checkouts. Without a manifest, the lakefiles decide. A package that is not available is recorded with the
reason, so that modules which do not need it still work.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from prover.errors import RepositoryError, UsageError
from prover.project.checkout import Checkouts
from prover.project.git import git
from prover.project.lakefile import FromGit, FromRegistry, InDirectory, Lakefile, Requirement
from prover.project.location import required_location
from prover.project.manifest import LakeManifest, read_manifest
from prover.project.package import Package, read_package

LARGE_PACKAGES = frozenset({"mathlib"})
"""Packages that are fetched only for a build with the embedded toolchain: Lake fetches and caches its own."""


@dataclass(frozen=True)
class Unavailable:
    """A required package that is not available."""

    name: str
    why: str
    """The reason, as the end of a sentence that begins with the package's name."""


@dataclass
class Dependencies:
    """Collects the packages that the package in a directory requires."""

    root: Path
    checkouts: Checkouts | None = None
    """Fetches packages that Lake has not fetched; None if nothing may be fetched."""
    excluded: frozenset[str] = LARGE_PACKAGES
    """Names of packages, in lower case, that are not looked for."""
    lake: Path | None = None
    """The program that translates a `lakefile.lean`; see `read_lakefile`."""
    found: list[Package] = field(default_factory=list)
    unavailable: list[Unavailable] = field(default_factory=list)

    def collect(self, lakefile: Lakefile) -> None:
        """Collects the requirements of a lakefile, directly and indirectly.

        Packages that only an excluded package requires are excluded too.

        Raises:
            RepositoryError: The repository's own manifest cannot be read.
        """
        manifest = read_manifest(self.root)
        waiting = deque(_requirements(self.root, lakefile, manifest))
        seen: set[str] = set()
        while waiting:
            base, requirement = waiting.popleft()
            if requirement.name not in seen:
                seen.add(requirement.name)
                if (package := self._package(base, requirement, manifest or LakeManifest({}))) is not None:
                    self.found.append(package)
                    waiting.extend(self._requirements_of(package, manifest))

    def _requirements_of(self, package: Package, manifest: LakeManifest | None) -> "Iterator[_LocatedRequirement]":
        """Returns the requirements of a required package, as pinned by the repository or else by itself."""
        if manifest is not None:
            pinned = (manifest.packages.get(requirement.name) for requirement in package.lakefile.requires)
            return ((self.root, requirement) for requirement in pinned if requirement is not None)
        try:
            return _requirements(package.root, package.lakefile, read_manifest(package.root))
        except RepositoryError as error:
            self.unavailable.append(Unavailable(package.name, f"lacks its own requirements: {error}"))
            return iter(())

    def _package(self, base: Path, requirement: Requirement, manifest: LakeManifest) -> Package | None:
        if requirement.name.lower() in self.excluded:
            why = "is left to Lake, or to the first build with the embedded Lean"
            self.unavailable.append(Unavailable(requirement.name, why))
            return None
        try:
            directory, commit = self._place(base, requirement, manifest)
            return read_package(directory, requirement.name, self.lake, commit)
        except UsageError as error:
            self.unavailable.append(Unavailable(requirement.name, f"is not available: {error}"))
            return None

    def _place(self, base: Path, requirement: Requirement, manifest: LakeManifest) -> tuple[Path, str | None]:
        """Returns the directory of a package and its commit."""
        match requirement.source:
            case InDirectory(directory):
                if not (base / directory).is_dir():
                    raise RepositoryError(f"There is no directory {base / directory}: check the lakefile.")
                return base / directory, None
            case FromGit(url, revision, below):
                place = self.root / manifest.packages_dir / requirement.name
                if revision is not None and _head(place) == revision:
                    return place / below, revision
                if self.checkouts is None:
                    raise RepositoryError(f"It is not in {place} at {revision}, and nothing may be fetched.")
                checkout = self.checkouts.get(required_location(url, revision, self.root))
                return _inside(checkout.root, below), checkout.commit
            case FromRegistry():
                raise RepositoryError(
                    "Only Lake's registry knows its location: let `lake update` write a lake-manifest.json."
                )


_LocatedRequirement = tuple[Path, Requirement]
"""The directory of a package, and one of its requirements."""


def _requirements(root: Path, lakefile: Lakefile, manifest: LakeManifest | None) -> Iterator[_LocatedRequirement]:
    """Yields the requirements of a package, as pinned by its manifest if it has one."""
    if manifest is None:
        yield from ((root, requirement) for requirement in lakefile.requires)
        return
    direct = {requirement.name for requirement in lakefile.requires}
    for requirement in manifest.packages.values():
        if requirement.name in direct or not requirement.inherited:
            yield root, requirement


def _head(place: Path) -> str | None:
    """Returns the commit that Lake has checked out in a directory."""
    if not (place / ".git").exists():
        return None
    result = git("rev-parse", "--verify", "--quiet", "HEAD", directory=place)
    return result.out.strip() if result.ok else None


def _inside(root: Path, below: str) -> Path:
    """Returns a directory of a checkout."""
    place = (root / below).resolve()
    if not place.is_dir() or not place.is_relative_to(root):
        raise RepositoryError(f"There is no directory {below} in {root}: check the lakefile.")
    return place
