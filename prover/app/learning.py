"""Learning over repositories: the executor of courses and the daemon, learners by name, and `prover learn` itself."""

import dataclasses
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from curriculum.lifelong.registry import MEMORY
from prover.app.assembly import DEFAULT_GENERATORS, GENERATORS, ProverOptions, assemble, generators_named, mixture
from prover.app.environment import database, home
from prover.app.planning import order_named
from prover.app.store import known_proofs, result_of
from prover.app.tracing import trace_into_database
from prover.app.workspace import Workspace
from prover.attempt import AttemptOutcome, KnownProof, Task, TheoremProved, have_read
from prover.check.levels import DEFAULT_LEVEL
from prover.errors import LeanError, RepositoryError, RunError, UsageError
from prover.lean.pool import Pool
from prover.lean.toolchain.choose import ToolchainChoice
from prover.progress import Reporter
from prover.project.build import source_of
from prover.project.checkout import COMMIT
from prover.project.layout import Module
from prover.project.location import Location
from prover.project.patch import patch_of, patched
from prover.project.revision import revision_of
from prover.search.budget import Budget
from prover.search.engine import Strategy
from prover.tactics.ensemble import GeneratorStatistics
from prover.tactics.generator import Frozen, Generator

if TYPE_CHECKING:
    from curriculum.database.courses import StoredStep
    from curriculum.database.database import Database
    from curriculum.learn.learner import Learner
    from curriculum.lifelong.course import CourseConfig
    from curriculum.lifelong.executor import AttemptRequest, AttemptResult, LearnedState

LEASE_S = 180.0
STRATEGIES = ("progressive", "merged", "replay", "ewc", "adapters")


@dataclass(frozen=True)
class ExecutorOptions:
    """The options of an executor."""

    toolchain_choice: ToolchainChoice = "auto"
    jobs: int = 2
    """The number of Lean processes."""
    seconds: float = 60.0
    """The time limit of an attempt, in seconds; its budget is a number of tactics."""
    generators: tuple[str, ...] = DEFAULT_GENERATORS
    """The names of the generators that take part, in addition to what was learned."""
    strategy: Strategy = Strategy()  # noqa: RUF009  # frozen
    """The search engine and its settings."""
    level: int = DEFAULT_LEVEL
    """The gate's level up to which proofs are checked."""
    polish_seconds: float = 0.0
    """See `ProverOptions`. What a course measures does not depend on it."""

    def settings(self) -> dict[str, Any]:
        """Returns what the outcome of an attempt depends on, as a JSON object; what is usual is left out."""
        settings: dict[str, Any] = {
            "generators": [*self.generators, MEMORY],
            "mixture": "fixed within a step",
            "seconds": self.seconds,
        }
        if self.strategy != Strategy():
            settings["width"] = self.strategy.width
            settings["invent"] = list(self.strategy.invent)
            settings["tactic_ms"] = self.strategy.limits.milliseconds
            settings["engine"] = self.strategy.engine
        return settings | ({} if self.level == DEFAULT_LEVEL else {"level": self.level})


class LeanExecutor:
    """Traces repositories and attempts theorems with Lean; see `curriculum.lifelong.executor.Executor`."""

    def __init__(
        self, locations: Mapping[str, Location], options: ExecutorOptions, database: "Database", reporter: Reporter
    ) -> None:
        """
        Args:
            locations: the repositories, by their canonical location.

        Raises:
            UsageError: there are no generators, one is unknown, or one is a learner.
        """
        if not options.generators:
            raise UsageError(f"Name at least one generator: {', '.join(GENERATORS.names())}.")
        if MEMORY in options.generators:
            raise UsageError("The memory is a learner in courses and in the daemon: name it among the learners.")
        for name in options.generators:
            GENERATORS.named(name)
        self._locations = locations
        self._options = options
        self._database = database
        self._reporter = reporter

    def settings(self) -> dict[str, Any]:
        """See `Executor`."""
        return self._options.settings()

    def trace(self, location: str) -> str:
        """See `Executor`."""
        with self._workspace(self._locations[location]) as workspace:
            traced = trace_into_database(workspace, self._reporter.notify)
            if traced.failed:
                first = traced.failed[0]
                self._reporter.notify(
                    f"{location}: modules of it and of its packages that are not traced: {len(traced.failed)}, "
                    f"for example {first.module.name}: {first.error}"
                )
            if not traced.own and traced.failed:
                raise RepositoryError(f"No module of {location} can be built: {traced.failed[0].error}")
            return revision_of(workspace.checkout, workspace.repository)

    def attempt(
        self, location: str, revision: str, requests: "Sequence[AttemptRequest]", learned: "LearnedState"
    ) -> "Iterator[AttemptResult]":
        """See `Executor`."""
        with self._workspace_at(location, revision) as workspace, ThreadPoolExecutor(self._options.jobs) as threads:
            pool = workspace.pool()
            chosen = generators_named(",".join(self._options.generators), self._reporter)
            generators = (*(Frozen(generator) for generator in chosen), *learned.generators)
            attempts = _Attempts(workspace, pool, generators, learned, self._options, self._recall)
            try:
                running = [threads.submit(attempts.attempt, *each) for each in attempts.tasks(requests)]
                for future in as_completed(running):
                    yield future.result()
            except BaseException:  # among them GeneratorExit: nobody wants the rest
                threads.shutdown(wait=False, cancel_futures=True)
                pool.close()
                raise

    def _workspace(self, location: Location) -> Workspace:
        options = self._options
        return Workspace.open(str(location), options.toolchain_choice, self._reporter, options.jobs)

    @contextmanager
    def _workspace_at(self, location: str, revision: str) -> Iterator[Workspace]:
        """Opens a repository as it was traced; a directory that has changed since, at the commit it was traced at."""
        place = self._locations[location]
        if place.is_directory and place.revision is None:
            with self._workspace(place) as workspace:
                if revision_of(workspace.checkout, workspace.repository) == revision:
                    yield workspace
                    return
            if not COMMIT.fullmatch(revision):
                raise UsageError(f"{location} has changed since it was traced: it is traced again next time.")
        with self._workspace(dataclasses.replace(place, revision=revision)) as workspace:
            yield workspace

    def _recall(self, statement_key: str) -> tuple[KnownProof, ...]:
        return known_proofs(self._database, statement_key)


class _Attempts:
    """Attempts at theorems of one repository; each begins with the same mixture of generators, whichever ends first."""

    def __init__(
        self,
        workspace: Workspace,
        pool: Pool,
        generators: Sequence[Generator],
        learned: "LearnedState",
        options: ExecutorOptions,
        recall: Callable[[str], tuple[KnownProof, ...]],
    ) -> None:
        self._workspace = workspace
        self._pool = pool
        self._learned = learned
        self._options = options
        self._recall = recall
        self._generators = generators
        self._gate = workspace.gate(pool)

    def tasks(self, requests: "Sequence[AttemptRequest]") -> "Iterator[tuple[AttemptRequest, Task | str]]":
        """Yields each request with its theorem, or with the reason why there is none.

        A module that cannot be read affects its own requests only.
        """
        names = dict.fromkeys(request.module for request in requests)
        contents = self._workspace.contents()
        with self._pool.lend() as session:
            for name in names:
                mine = [request for request in requests if request.module == name]
                try:
                    module = self._module(name)
                    self._workspace.builder.prepare(module)
                    source = source_of(self._workspace.repository, module)
                    declared = {d.name: d for d in session.declarations(source, detail=True)}
                    incomplete = tuple(d for d in declared.values() if d.incomplete)
                    have_read(session, contents, [source], self._generators)
                except (UsageError, LeanError) as error:
                    yield from ((request, str(error)) for request in mine)
                    continue
                for request in mine:
                    found = declared.get(request.theorem)
                    missing = f"{name} no longer has {request.theorem}"
                    yield request, Task(source, found, incomplete) if found else missing

    def attempt(self, request: "AttemptRequest", task: Task | str) -> "AttemptResult":
        """Attempts a theorem."""
        from curriculum.database.records import AttemptCost
        from curriculum.lifelong.executor import AttemptResult

        toolchain = self._workspace.toolchain.name
        if isinstance(task, str):
            return AttemptResult(request, request.theorem, toolchain, ("failed", task), AttemptCost())
        statistics = GeneratorStatistics(self._learned.here, self._learned.elsewhere)
        options = ProverOptions(
            budget=Budget(seconds=self._options.seconds, tactics=request.tactics),
            strategy=self._options.strategy,
            level=self._options.level,
            recall=self._recall if request.recall else lambda _: (),
            temperature=request.temperature,
            seed=request.seed,
            polish_seconds=self._options.polish_seconds,
        )
        prover = assemble(mixture(self._generators, statistics), self._gate, options)
        with self._pool.lend() as session:
            self._pool.prepare_fresh()
            outcome = prover.prove(session, task)
        return AttemptResult(
            request,
            task.declaration.key or request.theorem,
            toolchain,
            result_of(outcome, [generator.name for generator in self._generators]),
            AttemptCost(outcome.spent.seconds, outcome.spent.expansions, outcome.spent.tactics),
            recalled=isinstance(outcome, TheoremProved) and outcome.recalled,
            patch=_patch(task, outcome),
            counts=statistics.news(),
        )

    def _module(self, name: str) -> Module:
        module = self._workspace.repository.modules.get(name)
        if module is None:
            raise UsageError(f"There is no longer a module {name}.")
        return module


def _patch(task: Task, outcome: AttemptOutcome) -> str:
    if not isinstance(outcome, TheoremProved):
        return ""
    return patch_of(task.source, patched(task.source, outcome.replacements))


# --- courses ---


def learn(
    locations: Mapping[str, Location],
    config: "CourseConfig",
    learners: "Sequence[Learner]",
    options: ExecutorOptions,
    reporter: Reporter,
) -> "list[StoredStep]":
    """Runs a course over repositories, or continues it, and returns its steps.

    Raises:
        RunError: another course is using the database.
        DatabaseError: the database cannot be used; the course continues from what is stored later.
    """
    from curriculum.database.courses import finished_steps
    from curriculum.lifelong.course import Course
    from curriculum.lifelong.course_run import run_course

    directory = home().caches / "courses"
    with database() as db, _only_course(directory, db):
        executor = LeanExecutor(locations, options, db, reporter)
        run = run_course(Course(db, executor, learners, order_named, directory, reporter.notify), config)
        with db.reading() as connection:
            return finished_steps(connection, run)


@contextmanager
def _only_course(directory: Path, database: "Database") -> Iterator[None]:
    """Keeps other courses off a database while the block lasts: two would continue the same one.

    A lock keeps out others on this computer, and is free as soon as its holder has ended; a lease keeps out the rest.
    """
    from curriculum.lifelong.lease_keeper import LeaseKeeper

    busy = RunError("Another `prover learn` is using this database: wait for it, or end it.")
    directory.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(directory / f"{sha256(database.name.encode()).hexdigest()[:16]}.lock", timeout=0):
            owner = f"{platform.node()} {directory}"
            held = database.perform(lambda work: work.leases.acquire("courses", owner, LEASE_S))
            if held is None:
                raise busy
            with LeaseKeeper(database, held):
                yield
    except Timeout:
        raise busy from None
