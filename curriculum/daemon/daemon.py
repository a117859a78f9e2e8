"""The daemon's work, turn by turn: look at a repository, learn, attempt theorems, or rest.

A turn that fails costs itself: a repository that cannot be read is put off, each time twice as long; a database that
is gone is waited for; a disk that is full is waited for too. What is stored is stored whole, so that a process that is
killed loses the work in hand and nothing else. Several daemons share a database by leases, one on each repository.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from curriculum.daemon.configuration import DaemonConfig
from curriculum.daemon.environment import DaemonEnvironment, EventLog
from curriculum.database.courses import proved_sorries
from curriculum.database.database import Database, UnitOfWork
from curriculum.database.leases import Held
from curriculum.database.lineage import Change, break_proof, reconcile
from curriculum.database.prospects import Material, Waiting, attempts_made, is_left, material, waiting_in
from curriculum.database.results import FoundProof, Tried
from curriculum.database.watches import Watched, failed, reset_clock, saw, watched
from curriculum.lifelong.executor import AttemptRequest, AttemptResult
from curriculum.lifelong.lease_keeper import LeaseKeeper
from curriculum.selection import next_theorem
from prover.errors import DatabaseError, LeaseLost, ProverError
from prover.project.location import Location
from prover.tactics.generator import Generator

LEASE_S = 180.0
STALE_ENOUGH = 0.05
"""a failure of which less is out of date is not tried again yet"""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 300.0
IDLE_PAUSE_S = 15.0
JUMP_S = 60.0
"""by how much the database's clock must differ from what a steady one says"""


@dataclass
class DaemonCounters:
    """What has been done since the daemon began."""

    looked: int = 0
    traced: int = 0
    attempts: int = 0
    proved: int = 0
    broken: int = 0
    learnt: int = 0
    faults: int = 0
    state: str = "starting"
    """`working`, `idle`, `degraded`, `stopping`"""
    fault: str | None = None
    """what is wrong now"""
    turned_at: float = 0.0
    """when the last turn ended, on the steady clock"""


@dataclass
class Daemon:
    """A daemon. Its owner's name must be no one else's."""

    database: Database
    environment: DaemonEnvironment
    configuration: DaemonConfig
    owner: str
    log: EventLog
    listed: Sequence[Location] = ()
    """the repositories that it looks after; with none, all of the database"""
    counters: DaemonCounters = field(default_factory=DaemonCounters)

    def __post_init__(self) -> None:
        self._generators: Sequence[Generator] = ()
        self._learnt_from: Material | None = None
        self._pause = FIRST_PAUSE_S
        self._poll_s = 60 * self.configuration.daemon.poll_minutes
        self._begun = False
        self._ahead = 0.0

    def run(self, rest: Callable[[float], bool], until_idle: bool = False) -> None:
        """Turns until it is told to end.

        Args:
            rest: waits so many seconds; true when the daemon is to end.
            until_idle: ends as soon as there is nothing to do.
        """
        ended = False
        while not ended:
            pause = self.safe_turn()
            if until_idle and self.counters.state == "idle":
                return
            ended = rest(pause)

    def safe_turn(self) -> float:
        """One turn, whatever happens in it; for how many seconds to rest then."""
        try:
            worked = self.turn()
        except LeaseLost as error:
            self.log("lease lost", error=str(error))
            return 0.0
        except (ProverError, OSError) as error:
            return self._degraded(str(error))
        self._pause = FIRST_PAUSE_S
        if self.counters.state == "degraded":
            self.log("well again")
        self.counters.state, self.counters.fault = ("working" if worked else "idle"), None
        self.counters.turned_at = self.environment.steady()
        return 0.0 if worked else IDLE_PAUSE_S

    def turn(self) -> bool:
        """Does one thing; false when there is nothing to do.

        Raises:
            DatabaseError: the database cannot be used.
            ProverError, OSError: there is no room, or something else is wrong with the computer.
        """
        self._demand_room()
        now = self.database.now()
        if not self._begun:
            self._begin(now)
        self._watch_clock(now)
        for each in self._watched():
            if each.next_at <= now and (held := self._lease(each.location)) is not None:
                with LeaseKeeper(self.database, held):
                    self._look(each, held)
                return True
        learnt = self._learn()
        return self._prove_next(now) or learnt

    # --- repositories ---

    def _begin(self, now: float) -> None:
        """Puts the repositories that are listed into the database; says which rules are about none of them."""

        def act(work: UnitOfWork) -> None:
            reset_clock(work.connection, now, self._poll_s)
            for each in self.listed:
                work.traces.record_repository(each.canonical, each.revision)

        self.database.perform(act)
        everything = self._watched()
        for rule in self.configuration.leave:
            if not any(rule.is_about(each.location) for each in everything):
                self.log("rule without a repository", repository=rule.repository)
        self._begun, self._ahead = True, now - self.environment.steady()

    def _look(self, each: Watched, held: Held) -> None:
        """Looks for a new revision, traces it, and tries the proofs again that are known."""
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
            self._put_off(each, str(error))
            return

        def act(work: UnitOfWork) -> None:
            work.leases.hold(held)
            saw(work.connection, each.repository, newest, work.now(), self._poll_s)

        self.database.perform(act)  # the last: what was killed before looks again
        if newest != each.revision:
            self.counters.traced += 1
            self.log("traced", repository=each.location, revision=newest)

    def _reconcile(self, each: Watched, revision: str, held: Held) -> None:
        """Says what a new revision did to the proofs that were known."""

        def act(work: UnitOfWork) -> list[Change]:
            work.leases.hold(held)
            return reconcile(work.connection, each.repository, revision, work.now())

        for change in self.database.perform(act):
            if change.event != "kept":
                self._changed(each, change.event, change.theorem)

    def _recheck(self, each: Watched, revision: str, held: Held) -> None:
        """Tries the known proofs again; a theorem whose proof no longer holds waits like any other."""
        with self.database.reading() as connection:
            proved = proved_sorries(connection, each.location)
        trials = [AttemptRequest(module, name, tactics=1) for module, name in proved]
        for finished in self.environment.executor.attempt(each.location, revision, trials, ()) if trials else ():
            if finished.refutes:
                theorem = proved[finished.trial.module, finished.trial.theorem]
                self.database.perform(partial(self._break, theorem, held))
                self._changed(each, "broken", finished.trial.theorem)

    @staticmethod
    def _break(theorem: int, held: Held, work: UnitOfWork) -> None:
        work.leases.hold(held)
        break_proof(work.connection, theorem, None, work.now())

    def _changed(self, each: Watched, event: str, theorem: str) -> None:
        self.counters.broken += event == "broken"
        self.log("proof changed", change=event, repository=each.location, theorem=theorem)

    def _put_off(self, each: Watched, why: str) -> None:
        """Says that a repository cannot be worked on, and leaves it for a while."""
        pause = self.database.perform(lambda work: failed(work.connection, each.repository, why, work.now()))
        self.counters.faults += 1
        self.log("put off", repository=each.location, error=why, seconds=round(pause))

    # --- proving ---

    def _prove_next(self, now: float) -> bool:
        """Attempts the theorem that is worth most now, and others of its repository."""
        everything = self._watched()
        left = {e.repository: names for e in everything if (names := self.configuration.left_in(e.location))}
        shut = {e.repository for e in everything if e.failures or e.revision is None}
        known = {e.repository for e in everything}
        while True:
            with self.database.reading() as connection:
                chosen = next_theorem(
                    connection, now, self.configuration.daemon.seconds, shut, known, STALE_ENOUGH, left
                )
            if chosen is None:
                return False
            theorem = chosen[0]
            held = self._lease(theorem.location)
            if held is not None:
                break
            shut.add(theorem.repository)  # another daemon works there
        with LeaseKeeper(self.database, held):
            self._prove(next(e for e in everything if e.repository == theorem.repository), theorem, held)
        return True

    def _prove(self, each: Watched, first: Waiting, held: Held) -> None:
        work = self.configuration.daemon
        left = self.configuration.left_in(each.location)
        with self.database.reading() as connection:
            queue = waiting_in(connection, each.location)
            like = [w for w in queue if w.tried == first.tried and not is_left(w.name, left)]
            chosen = sorted(like, key=lambda w: w.theorem != first.theorem)[: work.batch]
            made = attempts_made(connection, [w.theorem for w in chosen])
        trials = [
            AttemptRequest(
                w.module, w.name, work.tactics, temperature=0.3 * min(w.tried, 3), seed=made.get(w.theorem, 0)
            )
            for w in chosen
        ]
        self.log("proving", repository=each.location, theorems=len(trials))
        try:
            for finished in self.environment.executor.attempt(
                each.location, each.revision or "", trials, self._generators
            ):
                self._store(each, finished, held)
        except DatabaseError:
            raise
        except (ProverError, OSError) as error:
            self._put_off(each, str(error))

    def _store(self, each: Watched, finished: AttemptResult, held: Held) -> None:
        trial = finished.trial
        settings = {**self.environment.executor.settings(), "tactics": trial.tactics, "temperature": trial.temperature}
        tried = Tried(
            trial.theorem,
            trial.module,
            finished.statement_key,
            finished.toolchain,
            settings,
            finished.result,
            cost=finished.cost,
            seed=trial.seed,
        )

        def act(work: UnitOfWork) -> None:
            work.leases.hold(held)
            work.results.record_attempt(tried, each.repository)

        patch = self.environment.write_patch(each.location, finished)
        self.database.perform(act)
        proved = isinstance(finished.result, FoundProof)
        self.counters.attempts += 1
        self.counters.proved += proved
        self.log(
            "proved" if proved else "not proved",
            repository=each.location,
            theorem=trial.theorem,
            seconds=round(finished.cost.seconds, 2),
            reason=None if isinstance(finished.result, FoundProof) else finished.result[1],
        )
        if patch is not None:
            self.environment.publish(each.location, patch)  # what is stored, so that it is not published twice

    # --- learning ---

    def _learn(self) -> bool:
        """Learns what there is to learn; false when nothing is new."""
        with self.database.reading() as connection:
            now = material(connection)
        if now == self._learnt_from:
            return False
        self._generators = self.environment.learn()
        self._learnt_from = now
        self.counters.learnt += 1
        self.log("learnt", proofs=now.proofs)
        return True

    # --- the computer ---

    def _watched(self) -> list[Watched]:
        with self.database.reading() as connection:
            every = watched(connection)
        wanted = {location.canonical for location in self.listed}
        return [each for each in every if not wanted or each.location in wanted]

    def _lease(self, location: str) -> Held | None:
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
        """Notices a clock that was set; what is due after a time that will not come is due now."""
        ahead = now - self.environment.steady()
        jumped = ahead - self._ahead
        if abs(jumped) > JUMP_S:
            self.database.perform(lambda work: reset_clock(work.connection, now, self._poll_s))
            self.log("clock jumped", seconds=round(jumped))
        self._ahead = ahead

    def _degraded(self, why: str) -> float:
        """Something is wrong that no other turn would do better at: waits, each time twice as long."""
        if self.counters.fault != why:
            self.log("degraded", error=why)
        self.counters.state, self.counters.fault = "degraded", why
        self.counters.faults += 1
        pause, self._pause = self._pause, min(LONGEST_PAUSE_S, 2 * self._pause)
        return pause
