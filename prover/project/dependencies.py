"""The packages that a repository needs, each brought to a directory. Builds nothing.

What the repository's manifest pins is taken at that commit: where Lake has put it if it is there, else
from the cache of checkouts. Without a manifest, the lakefiles' own words count. A package that cannot
be had is set down with the reason, so that modules which do without it still work.
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

LEFT_OUT = frozenset({"mathlib"})
"""what the embedded toolchain cannot build"""


@dataclass(frozen=True)
class Unavailable:
    """A package that is needed and not here."""

    name: str
    why: str
    """as the end of a sentence that begins with its name"""


@dataclass
class Dependencies:
    """The packages needed by the one in a directory, found one after the other."""

    root: Path
    checkouts: Checkouts | None = None
    """where packages come from that Lake has not fetched; nowhere when not given"""
    left_out: frozenset[str] = LEFT_OUT
    lake: Path | None = None
    """see `read_lakefile`"""
    found: list[Package] = field(default_factory=list)
    unavailable: list[Unavailable] = field(default_factory=list)

    def collect(self, lakefile: Lakefile) -> None:
        """Finds what a lakefile requires, what that requires, and so on.

        What only a package that is left out requires is left out too.

        Raises:
            RepositoryError: the repository's own manifest cannot be read.
        """
        manifest = read_manifest(self.root)
        waiting = deque(_wanted(self.root, lakefile, manifest))
        seen: set[str] = set()
        while waiting:
            base, requirement = waiting.popleft()
            if requirement.name not in seen:
                seen.add(requirement.name)
                if (package := self._had(base, requirement, manifest or LakeManifest({}))) is not None:
                    self.found.append(package)
                    waiting.extend(self._wanted_by(package, manifest))

    def _wanted_by(self, package: Package, manifest: LakeManifest | None) -> "Iterator[_Wanted]":
        """What a required package requires, at the repository's pins, or else at its own."""
        if manifest is not None:
            pinned = (manifest.packages.get(requirement.name) for requirement in package.lakefile.requires)
            return ((self.root, requirement) for requirement in pinned if requirement is not None)
        try:
            return _wanted(package.root, package.lakefile, read_manifest(package.root))
        except RepositoryError as error:
            self.unavailable.append(Unavailable(package.name, f"is here without what it needs: {error}"))
            return iter(())

    def _had(self, base: Path, requirement: Requirement, manifest: LakeManifest) -> Package | None:
        if requirement.name.lower() in self.left_out:
            why = "is not built by the embedded toolchain: use a native one for the modules that import it"
            self.unavailable.append(Unavailable(requirement.name, why))
            return None
        try:
            directory, commit = self._place(base, requirement, manifest)
            return read_package(directory, requirement.name, self.lake, commit)
        except UsageError as error:
            self.unavailable.append(Unavailable(requirement.name, f"cannot be had: {error}"))
            return None

    def _place(self, base: Path, requirement: Requirement, manifest: LakeManifest) -> tuple[Path, str | None]:
        """The directory of a package, and its commit."""
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
                raise RepositoryError("Only Lake knows where it is: let `lake update` write a lake-manifest.json.")


_Wanted = tuple[Path, Requirement]
"""a package's directory, and what it requires"""


def _wanted(root: Path, lakefile: Lakefile, manifest: LakeManifest | None) -> Iterator[_Wanted]:
    """What a package requires: what its manifest says of that when it has one."""
    if manifest is None:
        yield from ((root, requirement) for requirement in lakefile.requires)
        return
    asked = {requirement.name for requirement in lakefile.requires}
    for requirement in manifest.packages.values():
        if requirement.name in asked or not requirement.inherited:
            yield root, requirement


def _head(place: Path) -> str | None:
    """The commit that Lake has checked out there."""
    if not (place / ".git").exists():
        return None
    said = git("rev-parse", "--verify", "--quiet", "HEAD", directory=place)
    return said.out.strip() if said.ok else None


def _inside(root: Path, below: str) -> Path:
    """A directory of a checkout."""
    place = (root / below).resolve()
    if not place.is_dir() or not place.is_relative_to(root):
        raise RepositoryError(f"There is no directory {below} in {root}: check the lakefile.")
    return place
