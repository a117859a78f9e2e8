"""Goals, tactics, search and proofs in Lean 4. See ARCHITECTURE.md for the map.

The Python API::

    import prover

    with prover.open("path or URL") as repo:
        result = repo.prove("Foo.bar", seconds=20)
        print(result.patch)
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prover.app.api import open_session as open
    from prover.app.sorrydb import prove_sorry
    from prover.progress import Reporter

__all__ = ["Reporter", "open", "prove_sorry"]


def __getattr__(name: str) -> object:
    """Imports the API when it is first used, so that importing the package loads nothing else."""
    if name == "open":
        from prover.app.api import open_session

        return open_session
    if name == "prove_sorry":
        from prover.app.sorrydb import prove_sorry

        return prove_sorry
    if name == "Reporter":
        from prover.progress import Reporter

        return Reporter
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
