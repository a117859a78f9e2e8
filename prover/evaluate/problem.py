"""Problems, which are statements without proofs, and benchmarks, which are lists of problems with their origin.

This module defines values. Loaders read them, and the harness runs them.
"""

import hashlib
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from prover.errors import DatasetError


@dataclass(frozen=True)
class WrittenProblem:
    """A problem given by its text, from which a file can be made."""

    name: str
    statement: str
    """The text from `theorem` up to, but not including, `:=`."""
    header: str = ""
    """The text before the statement: imports, options, `open`s, and required definitions."""
    split: str = ""
    informal: str = ""
    """The statement in English; empty if the benchmark does not contain it."""

    @property
    def digest(self) -> str:
        """A digest of the statement and its header, up to white space."""
        return _digest(self.header, self.statement)

    @property
    def text(self) -> str:
        """The text by which statements are compared."""
        return self.statement


@dataclass(frozen=True)
class LocatedProblem:
    """A problem given by a position in a repository."""

    name: str
    repository: str
    """The address or directory of the repository."""
    revision: str = ""
    """A branch, tag or commit; empty for a directory as it is."""
    file: str = ""
    """The path of the file, relative to the repository's root."""
    line: int | None = None
    """The line of the `sorry` or of the declaration, from 1."""
    theorem: str = ""
    """The full name of the declaration; empty if it is unknown."""
    statement: str = ""
    """The statement or goal, as the benchmark prints it."""
    split: str = ""

    @property
    def digest(self) -> str:
        """A digest of its position and statement."""
        return _digest(self.repository, self.revision, self.file, self.theorem or str(self.line), self.statement)

    @property
    def text(self) -> str:
        """The text by which statements are compared."""
        return self.statement

    @property
    def location(self) -> str:
        """The repository at its revision, as the command line accepts it."""
        return f"{self.repository}@{self.revision}" if self.revision else self.repository


Problem = WrittenProblem | LocatedProblem
P = TypeVar("P", WrittenProblem, LocatedProblem)


@dataclass(frozen=True)
class Provenance:
    """The origin of a benchmark's problems."""

    path: str
    """The source as the user named it."""
    commit: str = ""
    """The commit of the dataset's repository; empty if it is unknown."""


@dataclass(frozen=True)
class Benchmark:
    """The problems of one split, in the benchmark's order."""

    name: str
    split: str
    problems: tuple[Problem, ...]
    provenance: Provenance
    sampled_from: int = 0
    """The number of problems from which these were drawn at random; 0 if they were not."""

    @property
    def digest(self) -> str:
        """A digest of all problems, independent of their order."""
        return _digest(*sorted(f"{problem.name} {problem.digest}" for problem in self.problems))

    def only(self, names: Iterable[str]) -> "Benchmark":
        """Returns the benchmark restricted to the named problems.

        Raises:
            DatasetError: There is no problem of a name.
        """
        wanted = set(names)
        if missing := sorted(wanted - {problem.name for problem in self.problems}):
            raise DatasetError(f"{self.name} has no problem {missing[0]} in its split {self.split}: check the name.")
        return replace(self, problems=tuple(problem for problem in self.problems if problem.name in wanted))

    def spread(self, limit: int) -> "Benchmark":
        """Returns the benchmark restricted to at most `limit` problems, evenly spread."""
        total = len(self.problems)
        if limit >= total:
            return self
        return replace(self, problems=tuple(self.problems[index * total // limit] for index in range(limit)))

    def sample(self, size: int, seed: int) -> "Benchmark":
        """Returns the benchmark restricted to `size` problems drawn at random, in its own order.

        Raises:
            DatasetError: There are fewer problems.
        """
        total = len(self.problems)
        if size > total:
            raise DatasetError(f"{self.name} has only {total} problems here: --sample can be at most {total}.")
        drawn = sorted(random.Random(seed).sample(range(total), size))
        return replace(self, problems=tuple(self.problems[index] for index in drawn), sampled_from=total)


def unique(problems: Iterable[tuple[str, P]]) -> Iterator[P]:
    """Yields each of the problems, given with the places from which they were read, once.

    Raises:
        DatasetError: Two places have different problems of the same name.
    """
    places: dict[str, tuple[str, P]] = {}
    for place, problem in problems:
        before, known = places.setdefault(problem.name, (place, problem))
        if known is problem:
            yield problem
        elif known.digest != problem.digest:
            raise DatasetError(f"{before} and {place} are different problems named {problem.name}: rename one of them.")


def one_line(text: str) -> str:
    """Returns the text with each run of white space replaced by one blank."""
    return " ".join(text.split())


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(map(one_line, texts)).encode()).hexdigest()[:16]
