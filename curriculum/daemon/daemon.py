"""The daemon's work, turn by turn: look at a repository, learn, attempt theorems, or rest.

A turn that fails costs itself: a repository that cannot be read is deferred, each time twice as long; an unreachable
database and a full disk are waited for. Everything is stored in whole units of work, so that a process that is killed
loses the work in hand and nothing else. Several daemons share a database by leases, one on each repository.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from curriculum.daemon.configuration import DaemonConfig
from curriculum.daemon.environment import DaemonEnvironment, EventLog
from curriculum.daemon.training import DaemonTraining
from curriculum.database.database import Database, UnitOfWork
from curriculum.database.leases import HeldLease
from curriculum.database.lineage import ProofChange
from curriculum.database.records import FoundProof
from curriculum.database.theorem_queue import (
    QueuedTheorem,
    attempts_made,
    is_excluded,
    queue_of,
    results_by_temperature,
)
from curriculum.database.watches import (
    WatchedRepository,
    record_failure,
    record_visit,
    reset_clock,
    watched_repositories,
)
from curriculum.lifelong.executor import AttemptRequest, AttemptResult, LearnedState
from curriculum.lifelong.lease_keeper import LeaseKeeper
from curriculum.lifelong.policy import ProvingPolicy
from curriculum.lifelong.steps import Guard, LoopSteps
from curriculum.scheduling import SuccessRecord
from curriculum.selection import next_theorem
from prover.errors import DatabaseError, LeaseLost, ProverError
from prover.project.location import Location

LEASE_S = 180.0
MIN_STALENESS = 0.05
"""A theorem whose last failure is less out of date than this is not tried again yet; see `scheduling.staleness`."""
RECHECK_TACTICS = 1
"""A recheck runs no search: a theorem whose proof no longer holds waits in the queue like any other."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 300.0
IDLE_PAUSE_S = 15.0
CLOCK_JUMP_S = 60.0
"""The difference between the database's clock and a steady one from which on the former was set."""


@dataclass
class DaemonCounters:
    """Counts of the work done since the daemon began, and its present state."""

    looked: int = 0
    traced: int = 0
    attempts: int = 0
    proved: int = 0
    broken: int = 0
    learnt: int = 0
    faults: int = 0
    state: str = "starting"
    """One of `starting`, `working`, `idle`, `degraded` and `stopping`."""
    fault: str | None = None
    """The present fault, if there is one."""
    turned_at: float = 0.0
    """The end of the last turn, in seconds on the steady clock."""


@dataclass
class Daemon:
    """A daemon. No other daemon on the same database may have the same owner's name."""

    database: Database
    environment: DaemonEnvironment
    configuration: DaemonConfig
    owner: str
    log: EventLog
    listed: Sequence[Location] = ()
    """The repositories that it looks after; all of the database's if empty."""
    counters: DaemonCounters = field(default_factory=DaemonCounters)

    def __post_init__(self) -> None:
        work = self.configuration.daemon
        self._learning = DaemonTraining(
            self.database, self.environment, self.configuration, self.log, self._count_fault
        )
        learners = self.configuration.learning.learners
        policy = ProvingPolicy(work.tactics, work.seconds)
        self._loop = LoopSteps(self.database, self.environment.executor, policy, tuple(learners))
        self._pause = FIRST_PAUSE_S
        self._poll_s = 60 * self.configuration.daemon.poll_minutes
        self._begun = False
        self._ahead = 0.0

    def run(self, rest: Callable[[float], bool], until_idle: bool = False) -> None:
        """Performs turns until it is to end.

        Args:
            rest: waits for a number of seconds; returns true when the daemon is to end.
            until_idle: whether to end as soon as there is nothing to do.
        """
        ended = False
        while not ended:
            pause = self.safe_turn()
            if until_idle and self.counters.state == "idle":
                return
            ended = rest(pause)

    def safe_turn(self) -> float:
        """Performs one turn, whatever happens in it, and returns the seconds to rest afterwards."""
        try:
            worked = self.turn()
        except LeaseLost as error:
            self.log("lease_lost", error=str(error))
            return 0.0
        except (ProverError, OSError) as error:
            return self._degraded(str(error))
        self._pause = FIRST_PAUSE_S
        if self.counters.state == "degraded":
            self.log("recovered")
        self.counters.state, self.counters.fault = ("working" if worked else "idle"), None
        self.counters.turned_at = self.environment.steady()
        return 0.0 if worked else IDLE_PAUSE_S

    def turn(self) -> bool:
        """Does one thing; returns false when there is nothing to do.

        Raises:
            DatabaseError: the database cannot be used.
            ProverError, OSError: disk or memory is short, or another fault of the computer.
        """
        self._demand_room()
        now = self.database.now()
        if not self._begun:
            self._begin(now)
        self._watch_clock(now)
        everything = self._watched()
        for each in everything:
            if each.next_at <= now and (held := self._lease(each.location)) is not None:
                with LeaseKeeper(self.database, held):
                    self._look(each, held)
                return True
        learned = self._learning.learn({each.location for each in everything})
        self.counters.learnt += learned
        return self._prove_next(now) or learned

    # --- repositories ---

    def _begin(self, now: float) -> None:
        """Stores the listed repositories in the database; logs the rules that match no repository."""

        def act(work: UnitOfWork) -> None:
            reset_clock(work.connection, now, self._poll_s)
            for each in self.listed:
                work.traces.record_repository(each.canonical, each.revision)

        self.database.perform(act)
        everything = self._watched()
        for rule in self.configuration.leave:
            if not any(rule.is_about(each.location) for each in everything):
                self.log("rule_without_repository", repository=rule.repository)
        self._begun, self._ahead = True, now - self.environment.steady()

    def _look(self, each: WatchedRepository, held: HeldLease) -> None:
        """Checks a repository for a new revision; if there is one, traces it and rechecks the known proofs."""
        self.counters.looked += 1
        try:
            newest = self.environment.newest(each.location)
            if newest != each.revision:
                self.log("tracing", repository=each.location, revision=newest)
                newest = self.environment.executor.trace(each.location)
                self._reconcile(each, newest, held)
                self._recheck(each, newest, held)
        except DatabaseError:
            raise
        except (ProverError, OSError) as error:
            self._defer(each, str(error))
            return

        def act(work: UnitOfWork) -> None:
            work.leases.hold(held)
            record_visit(work.connection, each.repository, newest, work.now(), self._poll_s)

        self.database.perform(act)  # last, so that a daemon killed before checks again
        if newest != each.revision:
            self.counters.traced += 1
            self.log("traced", repository=each.location, revision=newest)

    def _reconcile(self, each: WatchedRepository, revision: str, held: HeldLease) -> None:
        """Logs what a new revision did to the known proofs."""

        def act(work: UnitOfWork) -> list[ProofChange]:
            work.leases.hold(held)
            return self._loop.reconcile(work, each.repository, revision)

        for change in self.database.perform(act):
            if change.event != "kept":
                self._changed(each, change.event, change.theorem)

    def _recheck(self, each: WatchedRepository, revision: str, held: HeldLease) -> None:
        """Tries the known proofs again; a theorem whose proof no longer holds waits like any other."""
        rechecked = self._loop.recheck(each.location, revision, RECHECK_TACTICS, guard=_holding(held))
        for proof in rechecked:
            self._changed(each, proof.event, proof.theorem)
            if proof.event == "mended" and (patch := self.environment.write_patch(each.location, proof.result)):
                self.environment.publish(each.location, patch)

    def _changed(self, each: WatchedRepository, event: str, theorem: str) -> None:
        self.counters.broken += event == "broken"
        self.log("proof_changed", change=event, repository=each.location, theorem=theorem)

    def _defer(self, each: WatchedRepository, why: str) -> None:
        """Logs that a repository cannot be worked on, and leaves it for a while."""
        pause = self.database.perform(lambda work: record_failure(work.connection, each.repository, why, work.now()))
        self._count_fault()
        self.log("repository_deferred", repository=each.location, error=why, seconds=round(pause))

    def _count_fault(self) -> None:
        self.counters.faults += 1

    # --- proving ---

    def _prove_next(self, now: float) -> bool:
        """Attempts the theorem with the highest priority, and others of its repository."""
        everything = self._watched()
        excluded = {e.repository: names for e in everything if (names := self.configuration.excluded_in(e.location))}
        unavailable = {e.repository for e in everything if e.failures or e.revision is None}
        known = {e.repository for e in everything}
        while True:
            with self.database.reading() as connection:
                chosen = next_theorem(
                    connection, now, self.configuration.daemon.seconds, unavailable, known, MIN_STALENESS, excluded
                )
            if chosen is None:
                return False
            theorem = chosen[0]
            held = self._lease(theorem.location)
            if held is not None:
                break
            unavailable.add(theorem.repository)  # another daemon works there
        with LeaseKeeper(self.database, held):
            self._prove(next(e for e in everything if e.repository == theorem.repository), theorem, held)
        return True

    def _prove(self, each: WatchedRepository, first: QueuedTheorem, held: HeldLease) -> None:
        self.log("proving", repository=each.location, theorems=len(requests := self._requests(each, first)))
        learned = LearnedState(self._learning.generators(), *self._loop.statistics(each.repository))
        try:
            for result in self._loop.attempt(each.location, each.revision or "", requests, learned):
                self._store(each, result, held)
        except DatabaseError:
            raise
        except (ProverError, OSError) as error:
            self._defer(each, str(error))

    def _requests(self, each: WatchedRepository, first: QueuedTheorem) -> list[AttemptRequest]:
        """Returns attempts at a theorem and at others of its repository that were tried as often."""
        excluded = self.configuration.excluded_in(each.location)
        with self.database.reading() as connection:
            queue = queue_of(connection, each.location)
            alike = [w for w in queue if w.tried == first.tried and not is_excluded(w.name, excluded)]
            chosen = sorted(alike, key=lambda w: w.theorem != first.theorem)[: self.configuration.daemon.batch]
            made = attempts_made(connection, [w.theorem for w in chosen])
            counted = results_by_temperature(connection)
        results = {temperature: SuccessRecord(*counts) for temperature, counts in counted.items()}
        requests = self._loop.choose(chosen, results, self.database.now())
        seeds = [made.get(theorem.theorem, 0) for theorem in chosen]  # a further try is another search
        return [replace(request, seed=seed) for request, seed in zip(requests, seeds, strict=True)]

    def _store(self, each: WatchedRepository, result: AttemptResult, held: HeldLease) -> None:
        def act(work: UnitOfWork) -> None:
            work.leases.hold(held)
            self._loop.store(work, each.repository, result)

        patch = self.environment.write_patch(each.location, result)
        self.database.perform(act)
        proved = isinstance(result.result, FoundProof)
        self.counters.attempts += 1
        self.counters.proved += proved
        self.log(
            "proved" if proved else "unproved",
            repository=each.location,
            theorem=result.request.theorem,
            seconds=round(result.cost.seconds, 2),
            reason=None if isinstance(result.result, FoundProof) else result.result[1],
        )
        if patch is not None:
            self.environment.publish(each.location, patch)  # after it is stored, so that it is not published twice

    # --- the computer ---

    def _watched(self) -> list[WatchedRepository]:
        with self.database.reading() as connection:
            every = watched_repositories(connection)
        wanted = {location.canonical for location in self.listed}
        return [each for each in every if not wanted or each.location in wanted]

    def _lease(self, location: str) -> HeldLease | None:
        return self.database.perform(lambda work: work.leases.acquire(f"work {location}", self.owner, LEASE_S))

    def _demand_room(self) -> None:
        limits, left = self.configuration.limits, self.environment.resources()
        if left.free_disk_gb < limits.free_disk_gb:
            raise OSError(
                f"less than {limits.free_disk_gb:g} GB of disk are free: nothing is begun until there are more"
            )
        if left.free_memory_gb < limits.free_memory_gb:
            raise OSError(
                f"less than {limits.free_memory_gb:g} GB of memory are free: nothing is begun until there are more"
            )

    def _watch_clock(self, now: float) -> None:
        """Notices a clock that was set: repositories that are due in the far future become due now."""
        ahead = now - self.environment.steady()
        jumped = ahead - self._ahead
        if abs(jumped) > CLOCK_JUMP_S:
            self.database.perform(lambda work: reset_clock(work.connection, now, self._poll_s))
            self.log("clock_jumped", seconds=round(jumped))
        self._ahead = ahead

    def _degraded(self, why: str) -> float:
        """Handles a fault that would affect every turn: returns a pause, each time twice as long."""
        if self.counters.fault != why:
            self.log("degraded", error=why)
        self.counters.state, self.counters.fault = "degraded", why
        self.counters.faults += 1
        pause, self._pause = self._pause, min(LONGEST_PAUSE_S, 2 * self._pause)
        return pause


def _holding(held: HeldLease) -> Guard:
    """Returns a guard that raises LeaseLost if another process has the lease now."""

    def guard(work: UnitOfWork) -> None:
        work.leases.hold(held)

    return guard
