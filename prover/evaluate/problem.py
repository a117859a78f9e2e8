"""What a benchmark is made of: problems, each a statement without a proof, and where they come from.

Values only. Reading them is for the loaders, running them for the harness.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from prover.errors import DatasetError


@dataclass(frozen=True)
class Written:
    """A problem whose text the benchmark gives: a file can be made of it."""

    name: str
    statement: str
    """from `theorem` up to what stands before `:=`"""
    header: str = ""
    """what comes before the statement: imports, options, `open`s, definitions that it needs"""
    split: str = ""
    informal: str = ""
    """the same in English, where the benchmark says it"""

    @property
    def digest(self) -> str:
        """Of the statement and its header, blanks aside."""
        return _digest(self.header, self.statement)

    @property
    def text(self) -> str:
        """What is compared when two statements are."""
        return self.statement


@dataclass(frozen=True)
class Located:
    """A problem that is a place in a repository."""

    name: str
    repository: str
    """an address or directory"""
    revision: str = ""
    """a branch, tag or commit; empty for a directory as it is"""
    file: str = ""
    """from the repository's root"""
    line: int | None = None
    """from 1; of a `sorry`, or of the declaration"""
    theorem: str = ""
    """the full name, where it is known"""
    statement: str = ""
    """or goal, as the benchmark prints it"""
    split: str = ""

    @property
    def digest(self) -> str:
        """Of where it is, and of its statement."""
        return _digest(self.repository, self.revision, self.file, self.theorem or str(self.line), self.statement)

    @property
    def text(self) -> str:
        """What is compared when two statements are."""
        return self.statement

    @property
    def location(self) -> str:
        """The repository at its revision, as the command line takes it."""
        return f"{self.repository}@{self.revision}" if self.revision else self.repository


Problem = Written | Located
P = TypeVar("P", Written, Located)


@dataclass(frozen=True)
class Provenance:
    """Where a benchmark's problems were read from."""

    path: str
    """as the user named it"""
    commit: str = ""
    """of the dataset's repository; empty where it is not known"""


@dataclass(frozen=True)
class Benchmark:
    """Problems of one split, in the benchmark's order."""

    name: str
    split: str
    problems: tuple[Problem, ...]
    provenance: Provenance

    @property
    def digest(self) -> str:
        """Of all problems, whatever their order."""
        return _digest(*sorted(f"{problem.name} {problem.digest}" for problem in self.problems))

    def only(self, names: Iterable[str]) -> "Benchmark":
        """The problems of those names.

        Raises:
            DatasetError: there is none of a name.
        """
        wanted = set(names)
        if missing := sorted(wanted - {problem.name for problem in self.problems}):
            raise DatasetError(f"{self.name} has no problem {missing[0]} in its split {self.split}: check the name.")
        return replace(self, problems=tuple(problem for problem in self.problems if problem.name in wanted))

    def spread(self, limit: int) -> "Benchmark":
        """At most `limit` of the problems, evenly spread over all of them."""
        total = len(self.problems)
        if limit >= total:
            return self
        return replace(self, problems=tuple(self.problems[index * total // limit] for index in range(limit)))


def unique(problems: Iterable[tuple[str, P]]) -> Iterator[P]:
    """Problems with the places that they were read from, given out once each.

    Raises:
        DatasetError: two places have different problems of one name.
    """
    places: dict[str, tuple[str, P]] = {}
    for place, problem in problems:
        before, known = places.setdefault(problem.name, (place, problem))
        if known is problem:
            yield problem
        elif known.digest != problem.digest:
            raise DatasetError(f"{before} and {place} are different problems named {problem.name}: rename one of them.")


def one_line(text: str) -> str:
    """A text with each run of blanks made one."""
    return " ".join(text.split())


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(map(one_line, texts)).encode()).hexdigest()[:16]
