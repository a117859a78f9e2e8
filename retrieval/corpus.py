"""All premises that are known, the modules that they are in, and which of them a place in a file can see."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from retrieval.premise import Position, Premise

if TYPE_CHECKING:
    import networkx as nx

    from retrieval.postings import BoolArray, Int32Array, Int64Array

PRELUDE = "Init"
"""The module that every file imports by default."""


class Corpus:
    """Premises and the import graph. Never changes; `updated` makes another."""

    def __init__(self, premises: Iterable[Premise], imports: Mapping[str, tuple[str, ...]]) -> None:
        """Builds a corpus of premises and of the imports of each module; the first premise of a name counts."""
        named: dict[str, Premise] = {}
        for premise in premises:
            named.setdefault(premise.name, premise)
        self.premises = tuple(named.values())
        self.imports = dict(imports)

    def __len__(self) -> int:
        return len(self.premises)

    def updated(self, premises: Iterable[Premise], imports: Mapping[str, tuple[str, ...]]) -> "Corpus":
        """The corpus with some modules as they are now: all that they declared before is left out."""
        kept = [premise for premise in self.premises if premise.module not in imports]
        return Corpus([*kept, *premises], {**self.imports, **imports})

    def extended(self, premises: Iterable[Premise], imports: Mapping[str, tuple[str, ...]]) -> "Corpus":
        """The corpus with more modules; what it has already keeps its numbers."""
        return Corpus([*self.premises, *premises], {**self.imports, **imports})

    def number(self, name: str) -> int | None:
        """Returns the index of the premise with a name."""
        return self._numbers.get(name)

    def visible(self, position: Position) -> bytes:
        """A byte for each premise, 1 where it can be named at a place.

        Imported modules, directly or not, and what stands above in the same file; so neither what is being proved
        there nor what comes after it.
        """
        import numpy as np

        names, modules, starts = self._places
        imported = self.modules_visible(position)
        seen = np.fromiter((name in imported for name in names), dtype=np.uint8, count=len(names))
        found = seen[modules] if len(names) else np.zeros(0, dtype=np.uint8)
        if position.module in names:
            found[(modules == names[position.module]) & (starts < position.start)] = 1
        return found.tobytes()

    def modules_visible(self, position: Position) -> frozenset[str]:
        """The modules that a place imports, directly or not, without its own."""
        import networkx as nx

        first = self.imports.get(position.module, (PRELUDE,)) if position.imports is None else position.imports
        found: set[str] = set()
        for name in first:
            if name not in found:
                found.add(name)
                if name in self.graph:
                    found |= nx.descendants(self.graph, name)
        return frozenset(found - {position.module})

    def near(self, numbers: "Int64Array", module: str) -> "tuple[BoolArray, BoolArray]":
        """Returns which of some premises are of a module, and which are of modules whose names begin as its does."""
        names, modules, _ = self._places
        roots, root_of = self._roots
        there = modules[numbers]
        return there == names.get(module, -1), root_of[there] == roots.get(module.partition(".")[0], -1)

    @cached_property
    def theorems(self) -> "BoolArray":
        """For each premise whether it is a theorem."""
        import numpy as np

        return np.asarray([premise.kind == "theorem" for premise in self.premises], dtype=bool)

    @cached_property
    def graph(self) -> "nx.DiGraph[str]":
        """From each module to those that it imports."""
        import networkx as nx

        graph: nx.DiGraph[str] = nx.DiGraph()
        for module, imported in self.imports.items():
            graph.add_node(module)
            graph.add_edges_from((module, name) for name in imported)
        return graph

    @cached_property
    def _places(self) -> "tuple[dict[str, int], Int32Array, Int64Array]":
        """The modules, numbered; and for each premise the number of its module and where it stands there."""
        import numpy as np

        names: dict[str, int] = {}
        modules = [names.setdefault(premise.module, len(names)) for premise in self.premises]
        starts = [premise.start for premise in self.premises]
        return names, np.asarray(modules, dtype=np.int32), np.asarray(starts, dtype=np.int64)

    @cached_property
    def _roots(self) -> "tuple[dict[str, int], Int32Array]":
        """What modules' names begin with, numbered; and for each module, as `_places` numbers them, which it is."""
        import numpy as np

        roots: dict[str, int] = {}
        names = (name.partition(".")[0] for name in self._places[0])
        return roots, np.asarray([roots.setdefault(root, len(roots)) for root in names], dtype=np.int32)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {premise.name: number for number, premise in enumerate(self.premises)}
