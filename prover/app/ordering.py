"""The order in which the theorems of a repository are attempted: after what they can use, the most useful first."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from graphlib import CycleError, TopologicalSorter

from prover.app.locating import Target
from prover.app.workspace import Workspace
from prover.errors import ProverError
from prover.project.layout import Module


def modules_in_order(workspace: Workspace) -> list[Module]:
    """Returns the modules of a repository, each after those that it imports; in a cycle, by name."""
    modules = workspace.repository.modules
    graph = {name: imported_modules(workspace, module) for name, module in modules.items()}
    try:
        return [modules[name] for name in TopologicalSorter(graph).static_order()]
    except CycleError:
        return list(modules.values())


def imported_modules(workspace: Workspace, module: Module) -> tuple[str, ...]:
    """Returns the modules of the same repository that a module imports; none if its header cannot be read."""
    try:
        found = workspace.builder.imports(module)
    except ProverError:
        return ()
    return tuple(name for name in found if name in workspace.repository.modules and name != module.name)


def in_levels(workspace: Workspace, targets: Sequence[Target]) -> Iterator[list[Target]]:
    """Yields theorems in groups: those of modules that import no module of a later group, the most useful first."""
    depths = import_depths(workspace, {target.module.name for target in targets})
    for depth in sorted(set(depths.values())):
        here = [target for target in targets if depths[target.module.name] == depth]
        yield sorted(here, key=lambda target: -target.dependents)


def imported_below(workspace: Workspace, names: Iterable[str]) -> set[str]:
    """Returns the modules of the repository that some modules import, directly or indirectly."""
    return _closure(names, _imports_of(workspace))


def _imports_of(workspace: Workspace) -> Callable[[str], tuple[str, ...]]:
    """Returns a function that gives the imports of a module by its name, and reads each header once."""
    return cache(lambda name: imported_modules(workspace, workspace.repository.modules[name]))


def _closure(names: Iterable[str], imports: Callable[[str], tuple[str, ...]]) -> set[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        new = [name for name in imports(waiting.pop()) if name not in found]
        found.update(new)
        waiting += new
    return found


def import_depths(workspace: Workspace, names: set[str]) -> dict[str, int]:
    """Returns how many of some modules lie one below the other under each of them, as imports lead."""
    imports = _imports_of(workspace)
    below = {name: _closure([name], imports) & names - {name} for name in names}
    depths: dict[str, int] = {}
    for name in sorted(names, key=lambda name: (len(below[name]), name)):
        depths[name] = 1 + max((depths.get(other, 0) for other in below[name]), default=-1)
    return depths
