"""The daemon's environment on this computer; see `curriculum.daemon.environment.DaemonEnvironment`."""

import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import psutil

from curriculum.lifelong.registry import MEMORY, LearnerOptions, learners_named
from prover.app.assembly import stored_memory
from prover.app.daemon.log import JsonLog
from prover.app.daemon.patches import Patches
from prover.app.environment import home
from prover.app.learning import ExecutorOptions, LeanExecutor
from prover.app.planning import order_named
from prover.app.workspace import read_repository
from prover.errors import RepositoryError
from prover.polish.polish import POLISH_SECONDS
from prover.progress import Reporter
from prover.project.location import Location, location_of
from prover.project.revision import revision_of
from prover.tactics.generator import Frozen, Generator

if TYPE_CHECKING:
    from curriculum.daemon.configuration import DaemonConfig, LearningConfig
    from curriculum.daemon.environment import Resources
    from curriculum.database.database import Connection, Database
    from curriculum.learn.learner import Learner
    from curriculum.lifelong.executor import Executor

BYTES_IN_GB = 1e9


class LocalEnvironment:
    """Repositories, Lean, learners and patches on this computer."""

    def __init__(
        self, configuration: "DaemonConfig", listed: Sequence[Location], database: "Database", log: JsonLog
    ) -> None:
        from curriculum.lifelong.learners import Learners

        self._configuration = configuration
        self._log = log
        self._locations = _Locations(database, listed)
        work = configuration.daemon
        options = ExecutorOptions(
            work.toolchain, work.jobs, work.seconds, work.generators, polish_seconds=POLISH_SECONDS
        )
        patches = Patches(configuration, log)
        self._lean = LeanExecutor(self._locations, options, database, Reporter(self._message))
        self.executor: Executor = self
        self.learners = Learners(
            _trained_learners(configuration.learning), home().root / "daemon" / "learners", self._message
        )
        self.settings = self._lean.settings
        self.attempt = self._lean.attempt
        self.write_patch = patches.write
        self.publish = patches.publish

    def trace(self, location: str) -> str:
        """Traces a repository, within the configured time limit; see `Executor`."""
        with self.time_limit(self._configuration.limits.trace_hours, f"tracing {location}"):
            return self._lean.trace(location)

    def newest(self, location: str) -> str:
        """See `DaemonEnvironment`."""
        checkout, repository = read_repository(str(self._locations[location]), self._message)
        return revision_of(checkout, repository)

    def recollect(self) -> Sequence[Generator]:
        """Returns the memory, filled from the database, where the configuration names it."""
        remembers = MEMORY in self._configuration.learning.learners
        return (Frozen(stored_memory()),) if remembers else ()

    def order(self, connection: "Connection", locations: Sequence[str]) -> Sequence[str]:
        """See `DaemonEnvironment`."""
        from curriculum.profiles import profile_of

        learning = self._configuration.learning
        profiles = [found for each in locations if (found := profile_of(connection, each)) is not None]
        order = order_named(learning.order, profiles, learning.seed)
        return [each.profile.location for each in order.place(profiles)]

    def time_limit(self, hours: float, activity: str) -> AbstractContextManager[None]:
        """See `DaemonEnvironment`. For the main thread only."""
        return time_limit(hours, activity)

    def resources(self) -> "Resources":
        """See `DaemonEnvironment`."""
        from curriculum.daemon.environment import Resources

        root = home().root
        root.mkdir(parents=True, exist_ok=True)
        free_disk, free_memory = shutil.disk_usage(root).free, psutil.virtual_memory().available
        return Resources(free_disk / BYTES_IN_GB, free_memory / BYTES_IN_GB)

    def steady(self) -> float:
        """See `DaemonEnvironment`."""
        return time.monotonic()

    def _message(self, text: str) -> None:
        self._log("message", text=text)


def _trained_learners(learning: "LearningConfig") -> "list[Learner]":
    """Returns the configured learners that are trained; the memory is filled from the database instead."""
    options = LearnerOptions(
        learning.strategy,
        learning.seed,
        learning.base,
        learning.learning_rate or None,
        learning.epochs,
        home().root / "daemon" / "training",
    )
    return learners_named([name for name in learning.learners if name != MEMORY], options)


class _Locations(dict[str, Location]):
    """Locations by their canonical form: those of a list, or as the database has them."""

    def __init__(self, database: "Database", listed: Sequence[Location]) -> None:
        super().__init__({location.canonical: location for location in listed})
        self._database = database

    def __missing__(self, canonical: str) -> Location:
        from curriculum.database.listing import listed_repositories

        with self._database.reading() as connection:
            for each in listed_repositories(connection):
                if each.location == canonical:
                    return location_of(each.location, each.follows)
        raise RepositoryError(f"{canonical} is no longer among the repositories: `prover repo add` adds it.")


@contextmanager
def time_limit(hours: float, activity: str) -> Iterator[None]:
    """Ends the block with an error when its time is over; 0 for no limit."""

    def over(_signal: int, _frame: FrameType | None) -> None:
        raise RepositoryError(f"{activity} took longer than {hours:g} hours: see [limits] in the configuration.")

    if not hours:
        yield
        return
    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, hours * 3600.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
