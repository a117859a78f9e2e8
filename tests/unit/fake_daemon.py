"""A fake environment for the daemon: repositories, proofs, a clock and a log that tests control."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from curriculum.daemon.configuration import DaemonConfig, WorkConfig
from curriculum.daemon.daemon import Daemon
from curriculum.daemon.environment import Resources
from curriculum.database.database import Connection, Database
from curriculum.database.listing import row_counts
from curriculum.database.records import AttemptCost, FoundProof
from curriculum.lifelong.executor import AttemptRequest, AttemptResult, LearnedState
from curriculum.lifelong.learners import Learners
from prover.errors import CheckoutFailed, LakeFailed
from prover.tactics.generator import Generator
from tests.traced_modules import LEAN, keyed, module, read, theorem

GOOD, BAD = "https://example.org/good", "https://example.org/bad"
NAMES = ("easy.a", "hard.b", "false.c")


class Killed(BaseException):
    """The process ends here."""


class FakeEnvironment:
    """Two repositories: one is readable; the other never builds. The database's clock is this environment's."""

    def __init__(self, db: Database, die_at: int = -1, learners: Learners | None = None) -> None:
        self.db = db
        self.executor = self
        self.learners = learners or Learners([], Path(), lambda _: None)
        self.revisions = {GOOD: "1", BAD: "1"}
        self.disk = 100.0
        self.time = 1_000_000.0
        self.uptime = 0.0
        db._clock = lambda: self.time
        self.attempted: list[str] = []
        self.requests: list[AttemptRequest] = []
        self.seeds: dict[str, list[int]] = {name: [] for name in NAMES}
        self.traces: list[str] = []
        self.recollections = 0
        self.generators: list[list[str]] = []
        """the names of the learned generators of each attempt"""
        self.published: list[str] = []
        self.rotten: set[str] = set()
        """theorems whose known proofs no longer compile"""
        self._left = die_at

    def tick(self) -> None:
        self._left -= 1
        if self._left == 0:
            raise Killed

    def newest(self, location: str) -> str:
        self.tick()
        if location not in self.revisions:
            raise CheckoutFailed("There is no repository any more: check its address.")
        return self.revisions[location]

    def trace(self, location: str) -> str:
        self.tick()
        self.traces.append(location)
        if location == BAD:
            raise LakeFailed("Lake cannot build it.")
        revision = self.revisions[location]
        made = module("A", *(theorem(name, incomplete=True) for name in NAMES), text=revision)
        self.db.perform(lambda work: work.traces.record_trace(read(revision, location), keyed(made), {}))
        return revision

    def attempt(
        self, location: str, revision: str, requests: Sequence[AttemptRequest], learned: LearnedState
    ) -> Iterator[AttemptResult]:
        for request in requests:
            self.tick()
            self.attempted.append(request.theorem)
            self.requests.append(request)
            self.generators.append([each.name for each in learned.generators])
            self.seeds[request.theorem].append(request.seed)
            proof = FoundProof((f"simp [{request.theorem}]",), (), 3, "automation", whole=True)
            known = request.tactics == 1 and request.theorem not in self.rotten
            found = known or (request.tactics > 1 and request.theorem.startswith("easy"))
            result: Any = proof if found else ("open", "the budget is spent")
            patch = request.theorem if found else ""
            yield AttemptResult(
                request, f"key of {request.theorem}", LEAN, result, AttemptCost(1.0, 2, 3), recalled=known, patch=patch
            )
            self.tick()

    def recollect(self) -> Sequence[Generator]:
        self.recollections += 1
        return ()

    def order(self, connection: Connection, locations: Sequence[str]) -> Sequence[str]:
        return locations

    def time_limit(self, hours: float, activity: str) -> AbstractContextManager[None]:
        return nullcontext()

    def settings(self) -> dict[str, Any]:
        return {}

    def write_patch(self, location: str, finished: AttemptResult) -> Path | None:
        return Path(finished.patch) if finished.patch else None

    def publish(self, location: str, patch: Path) -> None:
        with self.db.reading() as connection:
            assert row_counts(connection)["proofs"], "it is stored before it is published"
        self.published.append(patch.name)

    def resources(self) -> Resources:
        return Resources(self.disk, 100.0)

    def steady(self) -> float:
        return self.uptime

    def wait(self, seconds: float) -> None:
        self.time += seconds
        self.uptime += seconds


class RecordedLog:
    """A log that keeps its events."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, event: str, **facts: Any) -> None:
        self.events.append((event, facts))

    def __contains__(self, event: object) -> bool:
        return any(name == event for name, _ in self.events)

    def count(self, event: str) -> int:
        return sum(name == event for name, _ in self.events)


CONFIGURATION = DaemonConfig(daemon=WorkConfig(batch=2))


def daemon(
    db: Database, environment: FakeEnvironment, owner: str = "one", configuration: DaemonConfig = CONFIGURATION
) -> tuple[Daemon, RecordedLog]:
    log = RecordedLog()
    return Daemon(db, environment, configuration, owner, log), log


def until_idle(one: Daemon, environment: FakeEnvironment, most: int = 30) -> None:
    for _ in range(most):
        pause = one.safe_turn()
        if one.counters.state == "idle":
            return
        environment.wait(pause)
    raise AssertionError(f"not idle after {most} turns: {one.counters}")
