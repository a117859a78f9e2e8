"""What has to be known of all modules before the first line of a benchmark can be written.

Which file each module is, in which order files come, where each declaration stands, and which premises lie
outside the modules, in a library whose sources are not at hand.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

import msgspec

from prover.errors import BenchmarkError
from prover.lean.file_text import LineColumn, Lines
from prover.lean.traced import TracedDeclaration, TracedModule
from prover.project.leandojo.code import is_told
from prover.project.leandojo.records import path_of
from prover.project.leandojo.spool import Spool


@dataclass(frozen=True)
class PremisePlace:
    """Where a premise's name stands."""

    path: str
    start: LineColumn
    end: LineColumn


@dataclass(frozen=True)
class ImportedSignatures:
    """What is known of modules that are imported but were not traced. All of it may be left out."""

    signatures: Mapping[str, str] = field(default_factory=dict)
    """a premise's name, then its signature after a keyword, such as `theorem Nat.le_refl (n : Nat) : n ≤ n`"""
    imports: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """a module, then the modules that it imports"""


@dataclass(frozen=True)
class CatalogueEntry:
    """A traced module, put aside."""

    path: str
    imports: tuple[str, ...]
    slot: int
    """its number in the spool"""


class Catalogue:
    """The modules of a benchmark and the places of their premises.

    Raises:
        BenchmarkError: a text is missing or not the one that was traced, or two modules are one file.
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
        """A traced module."""
        return msgspec.msgpack.decode(self._spool.get(self.traced[name].slot), type=TracedModule)

    def lines(self, module: TracedModule) -> Lines:
        """The lines of its file."""
        return Lines(module.path, self._text(module))

    def path(self, name: str) -> str:
        """The file of any module."""
        return self.traced[name].path if name in self.traced else path_of(name)

    def place(self, module: str, name: str) -> PremisePlace | None:
        """Where a premise is declared: its own place, else that of what it belongs to, as `T` for `T.rec`."""
        while True:
            if place := self._places.get((module, name)):
                return place
            name, dot, _ = name.rpartition(".")
            if not dot:
                return None

    def outside(self, module: str) -> tuple[tuple[str, str], ...]:
        """The premises of a module that was not traced: name and code, the n-th standing in line n."""
        return tuple((name, self._library.signatures.get(name, "")) for name in self._outside.get(module, ()))

    def in_order(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Every module and the modules that it imports, each after what it imports.

        A module's imports are those of its header; after them the library modules whose premises it uses and
        that, as far as is known, no import leads to: the library's own import graph may not be known.

        Raises:
            BenchmarkError: modules import each other in a circle.
        """
        graph = {name: entry.imports for name, entry in self.traced.items()} | self._library_graph()
        used = {name: tuple(sorted({m for m, _ in uses if m not in self.traced})) for name, uses in self._uses.items()}
        bits = {name: 1 << number for number, name in enumerate(n for n in graph if n not in self.traced)}
        reached: dict[str, int] = {}
        """module, then the library modules that it leads to, itself included"""
        for name in _sorted({name: (*imports, *used.get(name, ())) for name, imports in graph.items()}):
            reached[name] = bits.get(name, 0) | _union(reached[i] for i in graph[name])
            unreached = tuple(m for m in used.get(name, ()) if not reached[name] & bits[m])
            reached[name] |= _union(reached[m] for m in unreached)
            yield name, (*graph[name], *unreached)

    def _library_graph(self) -> dict[str, tuple[str, ...]]:
        """The library modules that are imported or used, and those that they lead to."""
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
            (use.module, use.name) for step in module.steps if is_told(step) for use in step.premises
        }
        slot = self._spool.put(msgspec.msgpack.encode(module))
        self.traced[module.name] = CatalogueEntry(module.path, module.imports, slot)

    def _text(self, module: TracedModule) -> str:
        text = self._texts.get(module.path)
        if text is None:
            raise BenchmarkError(f"The text of {module.path} is missing: positions cannot be told without it.")
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
        circle = " → ".join(error.args[1])
        raise BenchmarkError(f"The imports {circle} go in a circle: Lean could not have built them.") from None


def _width(declaration: TracedDeclaration) -> int:
    """Bytes of the name as written: the longest end of the full name that stands at its place; 0 if none does."""
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
