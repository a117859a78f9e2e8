"""When the daemon learns: memory as soon as something is new, learners with weights as the configuration allows."""

from collections.abc import Callable, Collection, Sequence

from curriculum.daemon.configuration import DaemonConfig
from curriculum.daemon.environment import DaemonEnvironment, EventLog
from curriculum.database.database import Database
from curriculum.database.theorem_queue import LearningMaterial, learning_material
from curriculum.lifelong.training import DatabaseTraining, PendingTraining
from prover.errors import DatabaseError, ProverError
from prover.tactics.generator import Generator

FIRST_RETRY_S, LONGEST_RETRY_S = 60.0, 24 * 3600.0


class DaemonTraining:
    """The daemon's learning: what was learned so far, and what is due next."""

    def __init__(
        self,
        database: Database,
        environment: DaemonEnvironment,
        config: DaemonConfig,
        log: EventLog,
        on_failure: Callable[[], None],
    ) -> None:
        """
        Args:
            on_failure: called for each training that fails.
        """
        learning = config.learning
        self._database = database
        self._environment = environment
        self._config = config
        self._log = log
        self._on_failure = on_failure
        self._training = DatabaseTraining(database, environment.learners, learning.settings(), learning.seed)
        self._recollected: Sequence[Generator] = ()
        self._recollected_from: LearningMaterial | None = None
        self._resumed = False
        self._next_at = 0.0
        """When the next training may begin, in seconds on the steady clock."""
        self._retry_s = FIRST_RETRY_S

    def generators(self) -> list[Generator]:
        """Returns the generators that were filled or trained so far."""
        return [*self._recollected, *self._environment.learners.generators()]

    def learn(self, among: Collection[str]) -> bool:
        """Learns what is new, at most one training task; returns false where nothing is new or due.

        Args:
            among: the locations whose repositories may be learned.

        Raises:
            DatabaseError: the database cannot be used.
        """
        recollected = self._recollect()
        return self._train(among) or recollected

    def _recollect(self) -> bool:
        with self._database.reading() as connection:
            now = learning_material(connection)
        if now == self._recollected_from:
            return False
        self._recollected = self._environment.recollect()
        self._recollected_from = now
        self._log("learned", proofs=now.proofs)
        return True

    def _train(self, among: Collection[str]) -> bool:
        learners = self._environment.learners
        if not learners.names:
            return False
        if not self._resumed:
            self._training.resume()
            self._resumed = True
            self._log("learners_restored", learners=learners.names, tasks=self._training.cursor.tasks)
        if self._environment.steady() < self._next_at:
            return False
        pending = self._training.pending(self._config.learning.every_proofs, self._environment.order, among)
        if pending is None:
            return False
        self._perform(pending)
        return True

    def _perform(self, pending: PendingTraining) -> None:
        task = pending.task
        facts = {"repository": task.location or None, "modules": len(task.modules), "proofs": len(task.found)}
        self._log("training", learners=self._environment.learners.names, **facts)
        began = self._environment.steady()
        try:
            with self._environment.time_limit(self._config.limits.training_hours, "a training"):
                performance = self._training.train(pending)
        except DatabaseError:
            raise
        except (ProverError, OSError, RuntimeError, MemoryError) as error:  # torch raises RuntimeError without memory
            self._failed(str(error) or type(error).__name__)
            return
        now = self._environment.steady()
        self._retry_s = FIRST_RETRY_S
        self._next_at = now + 60 * self._config.learning.every_minutes
        self._log("trained", **facts, seconds=round(now - began, 1), performance=performance or None)

    def _failed(self, reason: str) -> None:
        """Restores the learners to the last checkpoint; the task is tried again later, each time twice as late."""
        self._log("training_failed", error=reason, seconds=round(self._retry_s))
        self._on_failure()
        self._training.resume()
        self._next_at = self._environment.steady() + self._retry_s
        self._retry_s = min(LONGEST_RETRY_S, 2 * self._retry_s)
