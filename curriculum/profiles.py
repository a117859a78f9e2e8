"""Builds the curriculum's view of a repository, its theorems' difficulty and import closures, from the database."""

from collections.abc import Mapping, Sequence

from curriculum.database.database import Connection
from curriculum.database.loading import snapshot_of
from curriculum.database.provable import found_proof_lengths, provable_theorems
from curriculum.database.steps import imports_in
from curriculum.difficulty import RatedTheorem
from curriculum.ordering import RepositoryProfile


def profile_of(connection: Connection, location: str) -> RepositoryProfile | None:
    """Returns a repository as the curriculum sees it; None where it has not been traced."""
    snapshot = snapshot_of(connection, location)
    if snapshot is None:
        return None
    theorems = provable_theorems(connection, snapshot)
    found = found_proof_lengths(connection, location)
    rated = tuple(RatedTheorem(t.name, t.incomplete, t.steps, found.get(t.statement_key)) for t in theorems)
    closures = closure_sizes(imports_in(connection, snapshot))
    return RepositoryProfile(location, rated, tuple(t.statement for t in theorems), tuple(closures.values()))


def closure_sizes(imports: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Returns, for each module, the number of these modules in its import closure, itself included.

    Imports of modules that are not among the keys do not count.
    """
    sizes: dict[str, int] = {}
    for name in sorted(imports):
        seen = {name}
        waiting = [name]
        while waiting:
            for needed in imports[waiting.pop()]:
                if needed in imports and needed not in seen:
                    seen.add(needed)
                    waiting.append(needed)
        sizes[name] = len(seen)
    return sizes
