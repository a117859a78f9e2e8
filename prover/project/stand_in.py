"""A shorter module in place of one that imports a whole package, such as `Mathlib`.

A file that says `import Mathlib` needs a small part of it. Without Lake, compiling all of it would take many hours, and
more memory than the embedded Lean has. So the module `Mathlib` is taken to import only what the files that import it
use, by the table of `prover.project.provided`, and the modules of the tactics that the search knows. The files
themselves stay as they are. What needs more does not elaborate, and what it lacks is named.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from prover.errors import RepositoryError
from prover.project.layout import Repository
from prover.project.package import Module, Package
from prover.project.provided import Need, Provided, needs_of, needs_of_error, opened_in

MIN_MODULES = 1000
"""The number of modules from which on a module that only imports gets a stand-in."""
MAX_MODULES = 2500
"""The number of modules that a stand-in imports, directly and indirectly, at most: what fits in the memory."""
MAX_FOR_TACTICS = 1000
"""The number of modules that are imported for the tactics of the search, at most; those that need least come first."""
MAX_FOR_EXTRA = 20
"""The number of modules that are imported at most for one more extension of a tactic, or instance of a type."""
MAX_FOR_EXTRAS = 150
"""The number of modules that are imported at most for all of these."""
IMPORTING = r"^\s*(?:public\s+)?(?:meta\s+)?import\s+(?:all\s+)?{}\s*$"

Available = Callable[[str], bool]
"""Returns whether a module may be imported."""


@dataclass(frozen=True)
class StandIn:
    """A shorter module in place of one that imports a whole package."""

    module: Module
    """The module, with its content."""
    imports: tuple[str, ...]
    closure: frozenset[str]
    """All modules of packages that are imported, directly and indirectly."""
    whole: int
    """The number of modules that the module itself imports, directly and indirectly."""
    table: Provided
    left_out: tuple[Need, ...] = ()
    """What the files use that is not imported."""

    def described(self) -> str:
        """Returns what is imported, in one sentence."""
        return (
            f"`import {self.module.name}` stands for {len(self.closure):,} of {self.whole:,} modules: "
            f"{', '.join(self.imports)} and what they import"
        )

    def summary(self) -> str:
        """Returns how much is imported, in a few words."""
        return f"{len(self.closure):,} of the {self.whole:,} modules of {self.module.name}"

    def missing_for(self, text: str, errors: Iterable[str] = ()) -> tuple[Need, ...]:
        """Returns what a text uses, or what Lean's errors about it say to be missing, that is not imported."""
        needs = [*needs_of(self.table, text)]
        for error in errors:
            needs += needs_of_error(self.table, error, opened_in(text))
        return tuple(_not_in(needs, self.closure, _below(self.table, self.module.name)))


def stand_in_for(
    table: Provided,
    module: Module,
    texts: Sequence[str],
    tactics: Sequence[str],
    available: Available = lambda _: True,
) -> StandIn:
    """Returns what a module that imports a whole package has to import for the files that import it.

    Args:
        texts: the files.
        tactics: the first words of tactics that the search uses.
        available: whether a module may be imported; by default every one that the whole package has.
    """
    whole = _below(table, module.name)
    chosen = _Choice(table, lambda name: name in whole and available(name))
    for modules in _of_tactics(table, tactics):
        chosen.add(modules, MAX_FOR_TACTICS)
    wanted = {need.name: need for text in texts for need in needs_of(table, text)}
    left_out = []
    for need in wanted.values():
        known = tuple(name for name in need.modules if name in whole)
        if known and not chosen.add(known, MAX_MODULES):
            left_out.append(Need(need.name, known))
    most = min(MAX_MODULES, len(chosen.closure) + MAX_FOR_EXTRAS)
    for _, name in sorted((len(table.closure([name], chosen.closure)), name) for name in _extras(table, texts)):
        chosen.add([name], min(most, len(chosen.closure) + MAX_FOR_EXTRA))
    imports = tuple(chosen.largest())
    content = "".join(f"import {name}\n" for name in imports)
    return StandIn(
        replace(module, content=content), imports, frozenset(chosen.closure), len(whole), table, tuple(left_out)
    )


class _Choice:
    """The modules that have been chosen, with all that they import."""

    def __init__(self, table: Provided, available: Available) -> None:
        self._table = table
        self._available = available
        self._chosen: list[str] = []
        self.closure: set[str] = set()

    def add(self, modules: Sequence[str], most: int) -> bool:
        """Chooses the one of some modules that costs least, and returns whether one is imported.

        Args:
            most: the number of modules that may be imported together with it.
        """
        costs = {name: self._table.closure([name], self.closure) for name in modules if self._available(name)}
        cheapest = min(costs, key=lambda name: (len(costs[name]), name), default=None)
        if cheapest is None or (costs[cheapest] and len(self.closure) + len(costs[cheapest]) > most):
            return False
        if costs[cheapest]:
            self._chosen.append(cheapest)
            self.closure |= costs[cheapest]
        return True

    def largest(self) -> Iterator[str]:
        """Yields the chosen modules that no other chosen one imports."""
        below = self._table.closure([each for name in self._chosen for each in self._table.imports[name]])
        return (name for name in self._chosen if name not in below)


def _below(table: Provided, name: str) -> set[str]:
    """Returns the modules that a module imports, directly and indirectly."""
    return table.closure(table.imports.get(name, ()))


def _of_tactics(table: Provided, tactics: Iterable[str]) -> list[list[str]]:
    """Returns the modules that provide tactics, each any of several, in the order of how much they import.

    The syntax of `norm_num` alone, in `Mathlib.Tactic.NormNum.Core`, has none of the extensions that make it useful: of
    a module and the one above it that collects what belongs to it, here `Mathlib.Tactic.NormNum`, both are wanted.
    """
    own = [[*modules] for tactic in tactics if (modules := table.tactics.get(tactic))]
    above = [[parent] for modules in own for name in modules if (parent := _collecting(table, name)) is not None]
    return sorted(own + above, key=lambda modules: min(len(table.closure([name])) for name in modules))


def _collecting(table: Provided, name: str) -> str | None:
    """Returns the module that collects what belongs to a part of a tactic."""
    parent = name.rpartition(".")[0]
    return parent if name in table.imports.get(parent, ()) else None


def _extras(table: Provided, texts: Iterable[str]) -> set[str]:
    """Returns the modules that extend tactics, and those with instances of the types whose notation some text uses."""
    found = {module for modules in table.extensions.values() for module in modules}
    used = {sign for sign in _types(table) if any(sign in text for text in texts)}
    for key, modules in table.instances.items():
        if key.partition(" ")[2] in used:
            found.update(modules)
    return found


def _types(table: Provided) -> set[str]:
    """Returns the notations that are a single sign for a type, such as `ℝ`."""
    signs = (each for each in table.symbols if len(each.literals) == 1 and each.stands_for[:1].isupper())
    return {each.literals[0] for each in signs if len(each.literals[0]) == 1}


def _not_in(needs: Iterable[Need], closure: frozenset[str], whole: set[str]) -> Iterator[Need]:
    """Yields the needs that only modules outside of a closure provide, with those of them that the whole has."""
    for need in {need.name: need for need in needs}.values():
        known = tuple(name for name in need.modules if name in whole)
        if known and closure.isdisjoint(known):
            yield Need(need.name, known)


def imports_module(text: str, name: str) -> bool:
    """Returns whether a file has a line that imports a module."""
    return re.search(IMPORTING.format(re.escape(name)), text, re.MULTILINE) is not None


def text_of(module: Module) -> str:
    """Returns the text of a module; nothing if it cannot be read."""
    try:
        return module.text()
    except RepositoryError:
        return ""


def umbrellas(repository: Repository, table: Provided) -> Iterator[Module]:
    """Yields the modules that import a whole large package, one for each such package."""
    for package in repository.dependencies:
        for module in package.modules.values():
            if "." not in module.name and len(_below(table, module.name)) >= MIN_MODULES:
                yield module


def with_stand_in(repository: Repository, stand_in: StandIn) -> Repository:
    """Returns the repository with a stand-in in place of the module of a package."""
    replaced = stand_in.module

    def of(package: Package) -> Package:
        if replaced.name not in package.modules or package.name != replaced.package:
            return package
        return replace(package, modules={**package.modules, replaced.name: replaced})

    return replace(repository, dependencies=tuple(map(of, repository.dependencies)))
