"""The scheduler's next decision with many repositories and theorems in the database, made up.

python -m benchmarks.scheduler [--repositories 1000] [--theorems 1000] [--database URL]
"""

import argparse
import json
import random
import statistics
import tempfile
import time
from pathlib import Path

from sqlalchemy import text

from curriculum.database.database import Database, UnitOfWork
from curriculum.database.rows import insert_all, table_of
from curriculum.database.tables import ProspectRow, RepositoryRow, TheoremRow, YieldRow
from curriculum.database.theorem_queue import MAX_COUNTED_TRIES
from curriculum.selection import next_theorem

DECISIONS = 30
NOW = 1.8e9


def fill(db: Database, repositories: int, theorems: int) -> None:
    """Repositories with so many open theorems each, tried between never and often."""
    chance = random.Random(0)
    for number in range(1, repositories + 1):
        db.perform(lambda work, n=number: _repository(work, n, theorems, chance))  # type: ignore[misc]
    with db.unit_of_work() as work:
        work.connection.execute(text("ANALYZE"))


def _repository(work: UnitOfWork, number: int, theorems: int, chance: random.Random) -> None:
    place = {"id": number, "location": f"https://example.org/{number}", "follows": None, "added_at": 0.0}
    insert_all(work.connection, table_of(RepositoryRow), [place])
    first = (number - 1) * theorems + 1
    ids = range(first, first + theorems)
    insert_all(work.connection, table_of(TheoremRow), [_theorem(number, i, chance) for i in ids])
    tried = {i: chance.choice([0, 0, 0, 1, 2, 3, MAX_COUNTED_TRIES]) for i in ids}
    insert_all(
        work.connection,
        table_of(ProspectRow),
        [
            {
                "theorem_id": i,
                "repository_id": number,
                "tried": tried[i],
                "tried_at": NOW - chance.uniform(0, 1e7) if tried[i] else 0.0,
                "knew": 0,
                "difficulty": chance.uniform(5, 500),
            }
            for i in ids
        ],
    )
    counted = [
        {"repository_id": number, "tried": n, "attempts": 20, "proved": chance.randint(0, 12), "seconds": 400.0}
        for n in range(MAX_COUNTED_TRIES + 1)
    ]
    insert_all(work.connection, table_of(YieldRow), counted)


def _theorem(repository: int, number: int, chance: random.Random) -> dict[str, object]:
    return {
        "id": number,
        "repository_id": repository,
        "module": f"M{chance.randint(0, 40)}",
        "name": f"theorem_{number}",
        "statement_key": str(number),
        "incomplete": True,
        "present": True,
        "difficulty": chance.uniform(5, 500),
        "proof_id": None,
    }


def measure(db: Database) -> list[tuple[float, float]]:
    """The milliseconds of some decisions, by the clock and of the processor; each takes the theorem that the last one
    chose off the queue."""
    found = []
    for _ in range(DECISIONS):
        began, used = time.perf_counter(), time.process_time()
        with db.reading() as connection:
            chosen = next_theorem(connection, NOW, 60.0)
        found.append(((time.perf_counter() - began) * 1e3, (time.process_time() - used) * 1e3))
        assert chosen is not None
        theorem = chosen[0].theorem
        with db.unit_of_work() as work:
            work.connection.execute(text("DELETE FROM prospects WHERE theorem_id = :id"), {"id": theorem})
    return found


def main() -> None:
    """Fills a database, decides, and prints JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repositories", type=int, default=1_000)
    parser.add_argument("--theorems", type=int, default=1_000, help="in each repository")
    parser.add_argument("--database", help="an empty one; SQLite in a temporary directory by default")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, Database(asked.database or Path(scratch) / "prover.db") as db:
        fill(db, asked.repositories, asked.theorems)
        times = measure(db)
        said = {
            "repositories": asked.repositories,
            "theorems": asked.repositories * asked.theorems,
            "median_ms": round(statistics.median(wall for wall, _ in times), 1),
            "slowest_ms": round(max(wall for wall, _ in times), 1),
            "median_processor_ms": round(statistics.median(used for _, used in times), 1),
            "slowest_processor_ms": round(max(used for _, used in times), 1),
        }
        print(json.dumps(said))


if __name__ == "__main__":
    main()
