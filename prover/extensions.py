"""Registries of things that are looked up by name, which other installed packages can add to through entry points.

Each registry lives with its domain: `prover/search/engines.py` has that of the search engines. docs/extending.md shows
how a package adds to each of them.
"""

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar

from prover.errors import ExtensionFailed, UsageError

GENERATORS_GROUP = "prover.generators"
ENGINES_GROUP = "prover.engines"
BENCHMARKS_GROUP = "prover.benchmarks"
PROMPT_FORMATS_GROUP = "prover.prompt_formats"
LEARNERS_GROUP = "prover.learners"

T = TypeVar("T")


class Registry(Generic[T]):
    """Objects of one kind by their names: those built in, then those of the entry points of one group.

    Installed packages are searched only for names that are not built in. They cannot replace what is built in.
    """

    def __init__(self, kind: str, group: str, built_in: Mapping[str, T], expected: Any) -> None:
        """Creates a registry.

        Args:
            kind: what error messages call one of its objects, such as "search engine".
            group: the group of entry points that other packages use.
            expected: the type that an object of an entry point must have, or `Callable`.
        """
        self.kind = kind
        self.group = group
        self.built_in = dict(built_in)
        self._expected = expected

    def names(self) -> tuple[str, ...]:
        """Returns all names, those built in first."""
        added = sorted({point.name for point in entry_points(group=self.group)})
        return (*self.built_in, *(name for name in added if name not in self.built_in))

    def find(self, name: str) -> T | None:
        """Returns the object of a name, or None if there is none.

        Raises:
            ExtensionFailed: a package offers one that cannot be loaded, or several packages offer it.
        """
        if name in self.built_in:
            return self.built_in[name]
        points = list(entry_points(group=self.group, name=name))
        if len(points) > 1:
            packages = " and ".join(sorted(map(_package, points)))
            raise ExtensionFailed(f"The {self.kind} {name!r} is offered by {packages}: uninstall one of them.")
        return self._loaded(points[0]) if points else None

    def named(self, name: str) -> T:
        """Returns the object of a name.

        Raises:
            UsageError: there is none of that name; the message lists the names.
            ExtensionFailed: a package offers one that cannot be loaded, or several packages offer it.
        """
        found = self.find(name)
        if found is None:
            raise UsageError(f"There is no {self.kind} {name!r}: choose from {', '.join(self.names())}.")
        return found

    def _loaded(self, point: EntryPoint) -> T:
        where = f"The {self.kind} {point.name!r} of the package {_package(point)}"
        try:
            found = point.load()
        except Exception as error:  # whatever the code of another package raises when it is imported
            raise ExtensionFailed(
                f"{where} cannot be loaded ({type(error).__name__}: {error}): fix or uninstall it."
            ) from error
        if not isinstance(found, self._expected):
            raise ExtensionFailed(
                f"{where} is of the type {type(found).__name__}, not {self._expected.__name__}: see docs/extending.md."
            )
        return found  # type: ignore[no-any-return]  # of the expected type, as has been checked


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.value
