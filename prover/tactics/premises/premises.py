"""Tactics from premises that were found for the goal: what the file can name at that place, and nothing else.

The library's premises come from an index, the repository's from its compiled modules, those of the file itself from
its declarations; the last two are embedded when the file is read. Does no input or output.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from prover.lean.protocol import Declaration, Goal, LibraryModule
from prover.project.contents import FileContents
from prover.tactics.generator import BoundGenerator, Generator, Suggestion, TheoremRef
from prover.tactics.premises.odds import log_probability
from prover.tactics.premises.shape import shape_of_goal
from prover.tactics.premises.usages import usages
from retrieval.encode.encoder import Query
from retrieval.premise import Kind, Position, Premise

if TYPE_CHECKING:
    from prover.lean.toolchain.toolchain import Toolchain
    from retrieval.retriever import Retriever

FOUND = 48
"""premises that are looked at for a goal"""
SUGGESTIONS = 24
LONGEST = 20_000
"""characters of a goal that are looked at"""
KINDS: frozenset[str] = frozenset(get_args(Kind))

Library = Callable[["Toolchain", Sequence[str]], "Retriever"]
"""from a toolchain, and what a file imports, to the premises of its library"""


@dataclass(frozen=True)
class FileScope:
    """What the theorems of one file can name."""

    retriever: "Retriever"
    imports: tuple[str, ...]


@dataclass(frozen=True)
class TheoremScope:
    """What one theorem can name, and where it stands."""

    retriever: "Retriever"
    allowed: bytes
    """a byte for each premise, 1 where it can be named"""
    module: str


FindInScope = Callable[[TheoremScope, Goal], Sequence[Premise]]
"""premises for a goal, the most promising first"""


def retrieve(around: TheoremScope, goal: Goal) -> Sequence[Premise]:
    """The premises that the retriever finds the likeliest to help."""
    query = Query(goal.printed()[-LONGEST:])
    return [found.premise for found in around.retriever.search(query, FOUND, around.allowed, around.module)]


class PremiseTactics(Generator):
    """The generator. It knows the files that it was given; elsewhere it suggests nothing."""

    name = "premises"
    reads_files = True

    def __init__(self, library: Library, find: FindInScope = retrieve) -> None:
        self._library = library
        self._find = find
        self._lock = threading.Lock()
        self._files: dict[str, FileScope] = {}

    def read_file(self, file: FileContents) -> None:
        """Makes what a file declares, and what its repository declares for it, fit to be found."""
        premises = [*_of_repository(file.imported), *_of_file(file)]
        imports = {**{module.module: module.imports for module in file.imported}, file.module: file.imports}
        found = self._library(file.toolchain, [name for names in imports.values() for name in names])
        reach = FileScope(found.extended(premises, imports), file.imports)
        with self._lock:
            self._files[file.module] = reach

    def for_theorem(self, theorem: TheoremRef) -> BoundGenerator:
        """Returns the generator for one theorem, which finds neither that theorem nor anything after it."""
        around = self._around(theorem)
        return _Silent() if around is None else BoundPremises(around, self._find)

    def relevant(self, theorem: TheoremRef, goal: Goal) -> Sequence[Premise]:
        """The premises for a goal of a theorem, the most promising first; none in a file that was not read."""
        around = self._around(theorem)
        return () if around is None else self._find(around, goal)

    def _around(self, theorem: TheoremRef) -> TheoremScope | None:
        with self._lock:
            reach = self._files.get(theorem.module)
        if reach is None:
            return None
        position = Position(theorem.module, theorem.start, reach.imports)
        return TheoremScope(reach.retriever, reach.retriever.corpus.visible(position), theorem.module)


class BoundPremises(BoundGenerator):
    """The generator for one theorem."""

    name = PremiseTactics.name

    def __init__(self, around: TheoremScope, find: FindInScope) -> None:
        self._around = around
        self._find = find

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        """The likeliest uses of the premises that were found."""
        made: dict[str, float] = {}
        for use in usages(self._find(self._around, goal), shape_of_goal(goal)):
            made[use.tactic] = max(made.get(use.tactic, -100.0), log_probability(use))
        ranked = sorted(made.items(), key=lambda pair: (-pair[1], pair[0]))[:SUGGESTIONS]
        return [Suggestion(tactic, weight) for tactic, weight in ranked]


class _Silent(BoundGenerator):
    """The generator for a file that was not read."""

    name = PremiseTactics.name

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        """Nothing."""
        return ()


def _of_repository(modules: Sequence[LibraryModule]) -> Iterator[Premise]:
    for module in modules:
        for place, each in enumerate(module.premises):
            if not each.incomplete:
                yield Premise(each.name, module.module, each.kind, each.statement, each.docstring, place)


def _of_file(file: FileContents) -> Iterator[Premise]:
    broken = _resting_on_sorry(file)
    for each in file.declarations:
        if each.kind in KINDS and each.name not in broken:
            yield Premise(each.name, file.module, each.kind, without_name(each), each.docstring, each.start)  # type: ignore[arg-type]  # as checked


def _resting_on_sorry(file: FileContents) -> set[str]:
    """What rests on a `sorry`, here or elsewhere in the repository: no proof may use it."""
    broken = {premise.name for module in file.imported for premise in module.premises if premise.incomplete}
    for each in file.declarations:  # what one rests on stands above it
        if each.incomplete or broken.intersection(each.premises):
            broken.add(each.name)
    return broken


def without_name(declaration: Declaration) -> str:
    """A declaration's signature without the name and the universes that it begins with."""
    _, _, rest = declaration.statement.partition(declaration.name)
    if rest.startswith(".{"):
        rest = rest.partition("}")[2]
    return (rest or declaration.statement).strip()
