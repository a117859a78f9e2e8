"""The packages of a repository as the embedded Lean has them: fetched, and with a stand-in for `import Mathlib`."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from prover.app.environment import home
from prover.lean.toolchain.toolchain import EmbeddedToolchain, Toolchain
from prover.progress import Notify
from prover.project import stand_in
from prover.project.build import Builder
from prover.project.checkout import Checkouts
from prover.project.layout import Module, Package, Repository, completed
from prover.project.provided import Provided, provided_by
from prover.project.stand_in import Available, StandIn, stand_in_for, with_stand_in
from prover.tactics.mathlib.availability import MATHLIB_TACTICS


def with_packages(repository: Repository, toolchain: Toolchain, notify: Notify) -> Repository:
    """Returns the repository with all packages that the builder of a toolchain compiles; Lake finds its own."""
    return repository if toolchain.kind == "native" else completed(repository, Checkouts(home().checkouts, notify))


def with_stand_ins(
    repository: Repository, toolchain: Toolchain, notify: Notify, texts: Sequence[str] = (), compiled: bool = False
) -> tuple[Repository, tuple[StandIn, ...]]:
    """Returns the repository with shorter modules in place of those that import a whole large package.

    Lake downloads such packages compiled: with a native Lean nothing is replaced.

    Args:
        texts: further files, besides those of the repository, that import these modules.
        compiled: whether only modules that are compiled may be imported.
    """
    if not isinstance(toolchain, EmbeddedToolchain) or not _large(repository):
        return repository, ()
    named = {name: _texts(repository, name, texts) for name in _roots(repository)}
    wanted = {name: found for name, found in named.items() if found}
    if not wanted:
        return repository, ()
    table = _table(repository, notify)
    found = []
    builder = Builder(repository, toolchain, home().caches)
    try:
        for module in stand_in.umbrellas(repository, table):
            if module.name in wanted:
                available: Available = _CompiledModules(table, builder) if compiled else lambda _: True
                chosen = stand_in_for(table, module, wanted[module.name], sorted(MATHLIB_TACTICS), available)
                notify(f"{chosen.described()}.")
                if chosen.left_out:
                    notify(_left_out(chosen))
                found.append(chosen)
    finally:
        builder.close()
    for chosen in found:
        repository = with_stand_in(repository, chosen)
    return repository, tuple(found)


class _CompiledModules:
    """The modules that have been compiled before, together with all that they import.

    A module is asked for after its imports, so that Lean need not read the headers of others.
    """

    def __init__(self, table: Provided, builder: Builder) -> None:
        self._table = table
        self._builder = builder
        self._known: dict[str, bool] = {}

    def __call__(self, name: str) -> bool:
        if name not in self._known:
            imported = (each for each in self._table.imports.get(name, ()) if each in self._table.imports)
            self._known[name] = all(map(self, imported)) and self._builder.is_compiled(name)
        return self._known[name]


def as_requirement(repository: Repository) -> Repository:
    """Returns a repository that requires a large package, given one that does or the package's own.

    Modules of a package are compiled as part of it, so that they need not be compiled for each repository.
    """
    if len(repository.modules) < stand_in.MIN_MODULES:
        return repository
    name = repository.lakefile.name or repository.root.name
    modules = {each.name: replace(each, package=name) for each in repository.modules.values()}
    own = Package(name, repository.root, repository.lakefile, modules)
    return replace(repository, modules={}, dependencies=(own, *repository.dependencies), shadowed=(), linked=())


def _large(repository: Repository) -> bool:
    return any(len(package.modules) >= stand_in.MIN_MODULES for package in repository.dependencies)


def _roots(repository: Repository) -> Iterator[str]:
    """Yields the modules of packages whose names have one part, such as `Mathlib`."""
    for package in repository.dependencies:
        yield from (name for name in package.modules if "." not in name)


def _texts(repository: Repository, umbrella: str, texts: Sequence[str]) -> list[str]:
    """Returns the texts of the files that import a module."""
    own = (stand_in.text_of(module) for module in repository.modules.values())
    return [text for text in (*own, *texts) if stand_in.imports_module(text, umbrella)]


def _table(repository: Repository, notify: Notify) -> Provided:
    modules: list[Module] = []
    for package in repository.dependencies:
        modules += (module for module in package.modules.values() if module.kind == "library")
    return provided_by(modules, home().caches, notify)


def _left_out(chosen: StandIn) -> str:
    missing = list(dict.fromkeys(need.modules[0] for need in chosen.left_out))
    named = ", ".join(f"{need.name} ({need.modules[0]})" for need in chosen.left_out[:5])
    more = f" and {len(chosen.left_out) - 5} more names" if len(chosen.left_out) > 5 else ""
    return f"{len(missing)} modules that the files may need are not imported: {named}{more}"
