"""Tactics from retrieved premises that are in scope at the goal.

Premises of the library come from an index, those of the repository from its compiled modules, and those of the file
from its declarations; the last two are embedded when the file is read. No I/O.
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

RETRIEVED_PREMISES = 48
"""the number of premises retrieved for a goal"""
MAX_SUGGESTIONS = 24
MAX_QUERY_CHARACTERS = 20_000
"""the maximum number of characters of a goal that are used as a query"""
KINDS: frozenset[str] = frozenset(get_args(Kind))

Library = Callable[["Toolchain", Sequence[str]], "Retriever"]
"""Returns the retriever of the library's premises, for a toolchain and the imports of a file."""


@dataclass(frozen=True)
class FileScope:
    """The premises that the theorems of one file may name."""

    retriever: "Retriever"
    imports: tuple[str, ...]


@dataclass(frozen=True)
class TheoremScope:
    """The premises that one theorem may name, and its module."""

    retriever: "Retriever"
    allowed: bytes
    """a byte for each premise: 1 if the theorem may name it, otherwise 0"""
    module: str


FindInScope = Callable[[TheoremScope, Goal], Sequence[Premise]]
"""Returns premises for a goal, the most promising first."""


def retrieve(scope: TheoremScope, goal: Goal) -> Sequence[Premise]:
    """Returns the premises that the retriever ranks first for a goal."""
    query = Query(goal.printed()[-MAX_QUERY_CHARACTERS:])
    return [found.premise for found in scope.retriever.search(query, RETRIEVED_PREMISES, scope.allowed, scope.module)]


class PremiseTactics(Generator):
    """Suggests uses of retrieved premises in files that it has read; in other files it suggests nothing."""

    name = "premises"
    reads_files = True

    def __init__(self, library: Library, find: FindInScope = retrieve) -> None:
        self._library = library
        self._find = find
        self._lock = threading.Lock()
        self._files: dict[str, FileScope] = {}

    def read_file(self, file: FileContents) -> None:
        """Indexes the declarations of a file and those of its repository that it imports."""
        premises = [*_of_repository(file.imported), *_of_file(file)]
        imports = {**{module.module: module.imports for module in file.imported}, file.module: file.imports}
        found = self._library(file.toolchain, [name for names in imports.values() for name in names])
        file_scope = FileScope(found.extended(premises, imports), file.imports)
        with self._lock:
            self._files[file.module] = file_scope

    def for_theorem(self, theorem: TheoremRef) -> BoundGenerator:
        """Returns the generator bound to a theorem; it finds neither that theorem nor later declarations."""
        scope = self._scope(theorem)
        return _NoSuggestions() if scope is None else BoundPremises(scope, self._find)

    def relevant(self, theorem: TheoremRef, goal: Goal) -> Sequence[Premise]:
        """Returns the premises for a goal, the most promising first; none in a file that was not read."""
        scope = self._scope(theorem)
        return () if scope is None else self._find(scope, goal)

    def _scope(self, theorem: TheoremRef) -> TheoremScope | None:
        with self._lock:
            file_scope = self._files.get(theorem.module)
        if file_scope is None:
            return None
        position = Position(theorem.module, theorem.start, file_scope.imports)
        return TheoremScope(file_scope.retriever, file_scope.retriever.corpus.visible(position), theorem.module)


class BoundPremises(BoundGenerator):
    """Suggests uses of the premises that are in scope at one theorem."""

    name = PremiseTactics.name

    def __init__(self, scope: TheoremScope, find: FindInScope) -> None:
        self._theorem_scope = scope
        self._find = find

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        """Returns the most probable uses of the premises that are retrieved for a goal."""
        made: dict[str, float] = {}
        for use in usages(self._find(self._theorem_scope, goal), shape_of_goal(goal)):
            made[use.tactic] = max(made.get(use.tactic, -100.0), log_probability(use))
        ranked = sorted(made.items(), key=lambda pair: (-pair[1], pair[0]))[:MAX_SUGGESTIONS]
        return [Suggestion(tactic, weight) for tactic, weight in ranked]


class _NoSuggestions(BoundGenerator):
    """Suggests nothing, for theorems of files that were not read."""

    name = PremiseTactics.name

    def suggest(self, goal: Goal) -> Sequence[Suggestion]:
        """Returns nothing."""
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
    """Returns the declarations that rest on a `sorry` here or elsewhere in the repository; no proof may use them."""
    broken = {premise.name for module in file.imported for premise in module.premises if premise.incomplete}
    for each in file.declarations:  # a declaration rests only on earlier ones
        if each.incomplete or broken.intersection(each.premises):
            broken.add(each.name)
    return broken


def without_name(declaration: Declaration) -> str:
    """Returns a declaration's signature without its name and its universes."""
    _, _, rest = declaration.statement.partition(declaration.name)
    if rest.startswith(".{"):
        rest = rest.partition("}")[2]
    return (rest or declaration.statement).strip()
