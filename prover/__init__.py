"""Goals, tactics, search and proofs in Lean 4. See ARCHITECTURE.md for the map.

The Python API::

    import prover

    with prover.open("path or URL") as repo:
        result = repo.prove("Foo.bar", seconds=20)
        print(result.patch)
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prover.app.api import open_session as open
    from prover.app.sorrydb import prove_sorry
    from prover.progress import Reporter

__all__ = ["Reporter", "open", "prove_sorry"]


_HOMES = {
    "open": ("prover.app.api", "open_session"),
    "prove_sorry": ("prover.app.sorrydb", "prove_sorry"),
    "Reporter": ("prover.progress", "Reporter"),
}
"""The module and name behind each name of the API."""


def __getattr__(name: str) -> object:
    """Imports the API when it is first used, so that importing the package loads nothing else."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, own = _HOMES[name]
    return getattr(import_module(module), own)
