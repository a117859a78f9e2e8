"""The memory generator, filled from the database when it is asked for."""

from prover.cli.wiring import database, home
from prover.tactics.memory.memory import Memory


def remembered() -> Memory:
    """All that the database can teach.

    Raises:
        DatabaseError: it cannot be read.
    """
    from curriculum.recollection import recollect  # imports the slowest of all packages here

    with database() as db:
        return recollect(db, home().caches / "memory")
