"""Indexes all modules before the first line of a benchmark is written.

The index has the file of each module, the order of files, the place of each declaration, and the premises outside of
the modules, in a library without sources.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

import msgspec

from prover.errors import BenchmarkError
from prover.lean.file_text import LineColumn, Lines
from prover.lean.traced import TracedDeclaration, TracedModule
from prover.project.leandojo.code import is_exported
from prover.project.leandojo.records import path_of
from prover.project.leandojo.spool import Spool


@dataclass(frozen=True)
class PremisePlace:
    """The place of a premise's name."""

    path: str
    start: LineColumn
    end: LineColumn


@dataclass(frozen=True)
class ImportedSignatures:
    """Information about modules that are imported but were not traced; may be empty."""

    signatures: Mapping[str, str] = field(default_factory=dict)
    """Signatures by the name of the premise, after a keyword, such as `theorem Nat.le_refl (n : Nat) : n ≤ n`."""
    imports: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The imports of each module."""


@dataclass(frozen=True)
class CatalogueEntry:
    """A spooled module."""

    path: str
    imports: tuple[str, ...]
    slot: int
    """Its number in the spool."""


class Catalogue:
    """The modules of a benchmark and the places of their premises.

    Raises:
        BenchmarkError: A text is missing or differs from the traced one, or two modules have the same file.
    """

    def __init__(
        self, modules: Iterable[TracedModule], texts: Mapping[str, str], library: ImportedSignatures, spool: Spool
    ):
        self._spool = spool
        self._texts = texts
        self._library = library
        self._places: dict[tuple[str, str], PremisePlace] = {}
        self._uses: dict[str, set[tuple[str, str]]] = {}
        self.traced: dict[str, CatalogueEntry] = {}
        paths: dict[str, str] = {}
        for module in modules:
            if paths.setdefault(module.path, module.name) != module.name or module.name in self.traced:
                raise BenchmarkError(f"{module.path} was traced twice: give each module once.")
            self._add(module)
        self._outside = self._outside_premises()

    def module(self, name: str) -> TracedModule:
        """Returns a traced module."""
        return msgspec.msgpack.decode(self._spool.get(self.traced[name].slot), type=TracedModule)

    def lines(self, module: TracedModule) -> Lines:
        """Returns the lines of a module's file."""
        return Lines(module.path, self._text(module))

    def path(self, name: str) -> str:
        """Returns the path of a module, traced or not."""
        return self.traced[name].path if name in self.traced else path_of(name)

    def place(self, module: str, name: str) -> PremisePlace | None:
        """Returns the place of a premise, or of the declaration that it belongs to, such as `T` for `T.rec`."""
        while True:
            if place := self._places.get((module, name)):
                return place
            name, dot, _ = name.rpartition(".")
            if not dot:
                return None

    def outside(self, module: str) -> tuple[tuple[str, str], ...]:
        """Returns names and code of the premises of a module that was not traced; the n-th is in line n."""
        return tuple((name, self._library.signatures.get(name, "")) for name in self._outside.get(module, ()))

    def in_order(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yields every module and its imports, each module after its imports.

        The imports are those of the module's header, then the library modules whose premises it uses and that are not
        reachable through known imports, since the library's own import graph may be unknown.

        Raises:
            BenchmarkError: Modules import each other in a cycle.
        """
        graph = {name: entry.imports for name, entry in self.traced.items()} | self._library_graph()
        used = {name: tuple(sorted({m for m, _ in uses if m not in self.traced})) for name, uses in self._uses.items()}
        bits = {name: 1 << number for number, name in enumerate(n for n in graph if n not in self.traced)}
        reached: dict[str, int] = {}
        """The library modules reachable from each module, itself included, as a bit set."""
        for name in _sorted({name: (*imports, *used.get(name, ())) for name, imports in graph.items()}):
            reached[name] = bits.get(name, 0) | _union(reached[i] for i in graph[name])
            unreached = tuple(m for m in used.get(name, ()) if not reached[name] & bits[m])
            reached[name] |= _union(reached[m] for m in unreached)
            yield name, (*graph[name], *unreached)

    def _library_graph(self) -> dict[str, tuple[str, ...]]:
        """Returns the imports of all library modules that are imported or used, directly or indirectly."""
        waiting = [i for entry in self.traced.values() for i in entry.imports]
        waiting += [module for uses in self._uses.values() for module, _ in uses]
        graph: dict[str, tuple[str, ...]] = {}
        while waiting:
            name = waiting.pop()
            if name not in self.traced and name not in graph:
                graph[name] = self._library.imports.get(name, ())
                waiting += graph[name]
        return dict(sorted(graph.items()))

    def _add(self, module: TracedModule) -> None:
        lines = self.lines(module)
        for declaration in module.declarations:
            start = lines.position(declaration.selection)
            end = lines.position(declaration.selection + _width(declaration))
            self._places.setdefault((module.name, declaration.name), PremisePlace(module.path, start, end))
        self._uses[module.name] = {
            (use.module, use.name) for step in module.steps if is_exported(step) for use in step.premises
        }
        slot = self._spool.put(msgspec.msgpack.encode(module))
        self.traced[module.name] = CatalogueEntry(module.path, module.imports, slot)

    def _text(self, module: TracedModule) -> str:
        text = self._texts.get(module.path)
        if text is None:
            raise BenchmarkError(f"The text of {module.path} is missing: it is needed for positions.")
        if module.digest and hashlib.sha256(text.encode()).hexdigest() != module.digest:
            raise BenchmarkError(f"{module.path} has changed since it was traced: trace it again.")
        return text

    def _outside_premises(self) -> dict[str, tuple[str, ...]]:
        names: dict[str, set[str]] = {}
        for module, name in set().union(*self._uses.values()):
            if module not in self.traced:
                names.setdefault(module, set()).add(name)
        for module, found in names.items():
            for line, name in enumerate(sorted(found), 1):
                self._places[module, name] = PremisePlace(path_of(module), (line, 1), (line, len(name) + 1))
        return {module: tuple(sorted(found)) for module, found in names.items()}


def _sorted(graph: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    try:
        return tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        cycle = " → ".join(error.args[1])
        raise BenchmarkError(f"The imports {cycle} form a cycle: Lean could not have built them.") from None


def _width(declaration: TracedDeclaration) -> int:
    """Returns the length of the name as written, in bytes: the longest suffix of the full name found at its place."""
    written = declaration.text.encode()[max(0, declaration.selection - declaration.start) :]
    name = declaration.name
    while name:
        if written.startswith(name.encode()):
            return len(name.encode())
        name = name.partition(".")[2]
    return 0


def _union(sets: Iterable[int]) -> int:
    union = 0
    for one in sets:
        union |= one
    return union
