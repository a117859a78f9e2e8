"""A simulated week of commits for the daemon, in a fake environment, with a SIGKILL every few seconds.

    python -m benchmarks.daemon_soak [--seconds 120] [--kills-every 4]

Wrong would be: a row that is lost or doubled, a lease that stays, memory that grows.
"""

import argparse
import hashlib
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import func, select, true

from curriculum.daemon.configuration import DaemonConfig, LimitsConfig, WorkConfig
from curriculum.daemon.daemon import Daemon
from curriculum.daemon.environment import Resources
from curriculum.database.checking import faults
from curriculum.database.database import Connection, Database
from curriculum.database.identity import ModuleText, module_keys
from curriculum.database.listing import row_counts
from curriculum.database.records import AttemptCost, FoundProof
from curriculum.database.tables import AttemptRow, LeaseRow, TheoremRow
from curriculum.database.theorem_queue import queue_of
from curriculum.database.traces import SnapshotSource
from curriculum.lifelong.executor import AttemptRequest, AttemptResult, Executor, LearnedState
from curriculum.lifelong.learners import Learners
from prover.lean.traced import TracedDeclaration, TracedModule
from prover.tactics.generator import Generator

WEEK_S = 7 * 24 * 3600.0
COMMIT_S = 6 * 3600.0
REPOSITORIES, THEOREMS = 5, 12
BASE = 1.8e9
LEAN = "fake"


class FakeEnvironment:
    """Repositories that get a commit every six hours: one theorem restated, one renamed, one new."""

    def __init__(self, db: Database, clock: Callable[[], float]) -> None:
        self.executor: Executor = self
        self.learners = Learners([], Path(), lambda _: None)
        self._db = db
        self._clock = clock

    def newest(self, location: str) -> str:
        return str(int((self._clock() - BASE) / COMMIT_S))

    def trace(self, location: str) -> str:
        revision = self.newest(location)
        made = [_module(location, int(revision), number) for number in range(3)]
        keys = module_keys(LEAN, {m.name: ModuleText(m.digest, m.imports) for m in made})
        read = SnapshotSource(location, revision, LEAN)
        with_keys = {keys[m.name]: m for m in made}
        self._db.perform(lambda work: work.traces.record_trace(read, with_keys, {}))
        return revision

    def attempt(
        self, location: str, revision: str, requests: Sequence[AttemptRequest], learned: LearnedState
    ) -> Iterator[AttemptResult]:
        for request in requests:
            time.sleep(0.005)
            hard = _number(request.theorem) % 3 == 0
            proof = FoundProof((f"simp [{request.theorem}]",), (), 3, "fake", whole=True)
            result: Any = ("open", "the budget is spent") if hard else proof
            yield AttemptResult(request, f"key {request.theorem}", LEAN, result, AttemptCost(20.0, 5, 30))

    def recollect(self) -> Sequence[Generator]:
        return ()

    def order(self, connection: Connection, locations: Sequence[str]) -> Sequence[str]:
        return locations

    def time_limit(self, hours: float, activity: str) -> AbstractContextManager[None]:
        return nullcontext()

    def settings(self) -> dict[str, Any]:
        return {"executor": "fake"}

    def write_patch(self, location: str, finished: AttemptResult) -> Path | None:
        return None

    def publish(self, location: str, patch: Path) -> None:
        raise AssertionError("there is no patch")

    def resources(self) -> Resources:
        return Resources(1e3, 1e3)

    def steady(self) -> float:
        return self._clock()


def _module(location: str, revision: int, number: int) -> TracedModule:
    names = [f"r{_number(location) % 1000}.m{number}.t{n}" for n in range(THEOREMS + revision // 3)]
    declared = tuple(_theorem(name, revision if _number(f"{name} {revision}") % 10 == 0 else 0) for name in names)
    digest = hashlib.sha256(repr(declared).encode()).hexdigest()
    return TracedModule(f"M{number}", f"M{number}.lean", digest, (), declared, (), ())


def _theorem(name: str, version: int) -> TracedDeclaration:
    key = f"key {name}" if not version else f"key {name} {version}"
    return TracedDeclaration(
        name, "theorem", f"{name} : True", "", 0, 9, 8, "public", "", incomplete=True, statement_key=key
    )


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def child(file: Path, began: float, seconds: float, until_idle: bool) -> None:
    """Runs a daemon whose clock makes a week take `seconds` seconds."""
    scale = WEEK_S / seconds

    def clock() -> float:
        return BASE + min((time.time() - began) * scale, WEEK_S + (time.time() - began))

    with Database(file, clock=clock) as db:
        configuration = DaemonConfig(daemon=WorkConfig(batch=4, poll_minutes=60), limits=LimitsConfig(0, 0, 0, 0))
        daemon = Daemon(
            db, FakeEnvironment(db, clock), configuration, f"{os.getpid()} {time.time()}", lambda *_, **__: None
        )

        def rest(pause: float) -> bool:
            time.sleep(min(pause, 0.05))
            return False

        daemon.run(rest, until_idle)


def soak(seconds: float, kills_every: float, seed: int) -> dict[str, Any]:
    """Runs and kills daemons, and says what is wrong afterwards."""
    chance, memory, kills = random.Random(seed), [], 0
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "prover.db"
        with Database(file) as db:
            for number in range(REPOSITORIES):
                place = f"https://example.org/{number}"
                db.perform(lambda work, p=place: work.traces.record_repository(p))  # type: ignore[misc]
        began = time.time()
        while time.time() - began < seconds:
            process = _child(file, began, seconds)
            time.sleep(chance.uniform(0.5, 1.5) * kills_every)
            memory.append(psutil.Process(process.pid).memory_info().rss / 1e6)
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
        _child(file, began, seconds, "--until-idle").wait(600)
        with Database(file) as db:
            return {"kills": kills, "rss_mb": _spread(memory), **_examined(db)}


def _child(file: Path, began: float, seconds: float, *more: str) -> "subprocess.Popen[bytes]":
    words = [sys.executable, "-m", "benchmarks.daemon_soak", "--child", str(file)]
    return subprocess.Popen([*words, "--began", str(began), "--seconds", str(seconds), *more])


def _spread(values: Sequence[float]) -> dict[str, float]:
    half = len(values) // 2 or 1
    return {
        "first half": round(statistics.median(values[:half])),
        "second half": round(statistics.median(values[half:])),
    }


def _examined(db: Database) -> dict[str, Any]:
    with db.reading() as connection:
        waiting = [len(queue_of(connection, f"https://example.org/{n}")) for n in range(REPOSITORIES)]
        same = select(func.count()).select_from(AttemptRow).group_by(AttemptRow.theorem_id, AttemptRow.started_at)
        doubled = connection.scalar(select(func.count()).select_from(same.having(func.count() > 1).subquery()))
        open_ = select(func.count()).where(TheoremRow.present == true(), TheoremRow.proof_id.is_(None))
        counts = row_counts(connection)
        held = select(func.count()).where(LeaseRow.expires_at > BASE + WEEK_S + 3600.0)
        return {
            "faults": list(faults(connection)),
            "snapshots": counts["snapshots"],
            "attempts": counts["attempts"],
            "proofs": counts["proofs"],
            "lineage": counts["lineage"],
            "attempts_doubled": doubled,
            "open_theorems_not_waiting": (connection.scalar(open_) or 0) - sum(waiting),
            "leases_stuck": connection.scalar(held),
        }


def main() -> None:
    """Soaks, and prints JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0, help="of a simulated week")
    parser.add_argument("--kills-every", type=float, default=4.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--began", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--until-idle", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        child(asked.child, asked.began, asked.seconds, asked.until_idle)
    else:
        print(json.dumps(soak(asked.seconds, asked.kills_every, asked.seed)))


if __name__ == "__main__":
    main()
