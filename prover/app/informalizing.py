"""Descriptions in words of the theorems of a repository, from their statements by rules."""

from collections.abc import Iterator
from dataclasses import dataclass

from prover.app.simulation import THEOREM, traced_modules
from prover.app.workspace import Workspace
from prover.errors import UsageError
from prover.tactics.language.informal import informal


@dataclass(frozen=True)
class Described:
    """A theorem in words."""

    theorem: str
    module: str
    statement: str
    """Its signature as Lean prints it."""
    words: str
    docstring: str | None
    """What its author says of it."""


def descriptions(workspace: Workspace, wanted: tuple[str, ...]) -> Iterator[Described]:
    """Yields theorems in words, in the order of the modules.

    Args:
        wanted: full names, or ends of them; empty for every theorem.

    Raises:
        UsageError: there is no theorem of one of the names.
    """
    left = set(wanted)
    for module, _ in traced_modules(workspace):
        for each in module.declarations:
            named = {name for name in wanted if each.name == name or each.name.endswith(f".{name}")}
            if each.kind == THEOREM and (named or not wanted):
                left -= named
                yield Described(each.name, module.name, each.statement, informal(each.statement), each.docstring)
    if left:
        raise UsageError(f"There is no theorem {min(left)}: `prover search` finds names.")
