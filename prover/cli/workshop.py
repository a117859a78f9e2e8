"""Where courses and the daemon work: repositories opened, traced and attempted with a real Lean."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from prover.app.assembly import ProverOptions, assemble, mixture
from prover.app.environment import home
from prover.app.store import known_proofs, result_of
from prover.app.tracing import trace_into_database
from prover.app.workspace import Workspace
from prover.attempt import Known, Outcome, Prover, Task, TheoremProved
from prover.check.challenge import challenge_directory
from prover.check.gate import Gate
from prover.errors import LeanError, RepositoryError, UsageError
from prover.lean.pool import Pool
from prover.lean.toolchain.choose import ToolchainChoice
from prover.progress import Reporter
from prover.project.build import source_of
from prover.project.checkout import COMMIT
from prover.project.layout import Module
from prover.project.location import Location
from prover.project.patch import replace as replace_in
from prover.project.patch import unified_diff
from prover.project.revision import revision_of
from prover.search.budget import Budget
from prover.tactics.automation import Automation
from prover.tactics.ensemble import Ensemble, Standing
from prover.tactics.generator import Generator
from prover.tactics.structure import Structure

if TYPE_CHECKING:
    from curriculum.database.database import Database
    from curriculum.lifelong.executor import AttemptRequest, AttemptResult, LearnedState


@dataclasses.dataclass(frozen=True)
class Tools:
    """With what a workshop works."""

    toolchain_choice: ToolchainChoice
    """which Lean"""
    jobs: int
    """Lean processes"""
    seconds: float
    """of an attempt, at most; what is shared out is tactics, whose number the load does not change"""


class LeanWorkshop:
    """Repositories by their canonical location."""

    def __init__(
        self,
        locations: Mapping[str, Location],
        tools: Tools,
        database: "Database",
        reporter: Reporter,
    ) -> None:
        self._locations = locations
        self._tools = tools
        self._database = database
        self._reporter = reporter

    def settings(self) -> dict[str, Any]:
        """See `Workshop`."""
        return {"generators": ["automation", "structure", "memory"], "seconds": self._tools.seconds}

    def trace(self, location: str) -> str:
        """See `Workshop`."""
        with Workspace.open(
            str(self._locations[location]), self._tools.toolchain_choice, self._reporter, self._tools.jobs
        ) as ready:
            traced = trace_into_database(ready, self._reporter.notify)
            if traced.failed:
                first = traced.failed[0]
                self._reporter.notify(
                    f"{location}: modules of it and of its packages that are not traced: {len(traced.failed)}, "
                    f"{first.module.name} for one: {first.error}"
                )
            if not traced.own and traced.failed:
                raise RepositoryError(f"No module of {location} can be built: {traced.failed[0].error}")
            return revision_of(ready.checkout, ready.repository)

    @contextmanager
    def _opened_at(self, location: str, revision: str) -> "Iterator[Workspace]":
        """The repository as it was traced; a directory that has gone on since, at the commit that it was at."""
        place = self._locations[location]
        if place.is_directory and place.revision is None:
            with Workspace.open(str(place), self._tools.toolchain_choice, self._reporter, self._tools.jobs) as ready:
                if revision_of(ready.checkout, ready.repository) == revision:
                    yield ready
                    return
            if not COMMIT.fullmatch(revision):
                raise UsageError(f"{location} has changed while it was worked on: it is traced anew next time.")
        pinned = dataclasses.replace(place, revision=revision)
        with Workspace.open(str(pinned), self._tools.toolchain_choice, self._reporter, self._tools.jobs) as ready:
            yield ready

    def attempt(
        self, location: str, revision: str, requests: "Sequence[AttemptRequest]", learned: "LearnedState"
    ) -> "Iterator[AttemptResult]":
        """See `Workshop`."""
        with self._opened_at(location, revision) as ready:
            pool = Pool(ready.toolchain, ready.builder.search_path(), self._tools.jobs)
            with pool, ThreadPoolExecutor(self._tools.jobs) as executor:
                bench = _Bench(self, ready, pool, learned)
                try:
                    running = [executor.submit(bench.attempt, *each) for each in bench.tasks(requests)]
                    for future in as_completed(running):
                        yield future.result()
                except BaseException:  # among them GeneratorExit: nobody wants the rest
                    executor.shutdown(wait=False, cancel_futures=True)
                    pool.close()
                    raise

    def recall(self, statement_key: str) -> tuple[Known, ...]:
        """Known proofs of a statement."""
        return known_proofs(self._database, statement_key)


class _Bench:
    """The attempts at one repository."""

    def __init__(self, shop: LeanWorkshop, ready: Workspace, pool: Pool, learned: "LearnedState") -> None:
        self._shop = shop
        self._ready = ready
        self._pool = pool
        self._generators: tuple[Generator, ...] = (Automation(), Structure(), *learned.generators)
        self._learned = learned
        self._gate = Gate(pool.fresh, challenge_directory(home().caches, ready.toolchain, ready.builder.search_path()))

    def tasks(self, trials: "Sequence[AttemptRequest]") -> "Iterator[tuple[AttemptRequest, Task | str]]":
        """Each trial with its theorem, or with why there is none; a module that cannot be read costs itself only."""
        names = dict.fromkeys(trial.module for trial in trials)
        with self._pool.lend() as session:
            for name in names:
                mine = [trial for trial in trials if trial.module == name]
                try:
                    module = self._module(name)
                    self._ready.builder.prepare(module)
                    source = source_of(self._ready.repository, module)
                    declared = {d.name: d for d in session.declarations(source, detail=True)}
                except (UsageError, LeanError) as error:
                    yield from ((trial, str(error)) for trial in mine)
                    continue
                for trial in mine:
                    found = declared.get(trial.theorem)
                    yield trial, Task(source, found) if found else f"{name} has no {trial.theorem} any more"

    def attempt(self, trial: "AttemptRequest", task: Task | str) -> "AttemptResult":
        """One trial."""
        from curriculum.database.results import Cost
        from curriculum.lifelong.executor import AttemptResult

        toolchain = self._ready.toolchain.name
        if isinstance(task, str):
            return AttemptResult(trial, trial.theorem, toolchain, ("failed", task), Cost())
        with self._pool.lend() as session:
            self._pool.prepare_fresh()
            ensemble = self._ensemble()
            outcome = self._prover(trial, ensemble).prove(session, task)
        spent = outcome.spent
        names = [generator.name for generator in self._generators]
        return AttemptResult(
            trial,
            task.declaration.key or trial.theorem,
            toolchain,
            result_of(outcome, names),
            Cost(spent.seconds, spent.expansions, spent.tactics),
            recalled=isinstance(outcome, TheoremProved) and outcome.recalled,
            patch=self._patch(task, outcome),
            counts=ensemble.standing.news(),
        )

    @staticmethod
    def _patch(task: Task, outcome: Outcome) -> str:
        if not isinstance(outcome, TheoremProved):
            return ""
        source = task.source
        return unified_diff(source.file, source.text, replace_in(source.text, outcome.replacements))

    def _module(self, name: str) -> Module:
        module = self._ready.repository.modules.get(name)
        if module is None:
            raise UsageError(f"There is no module {name} any more.")
        return module

    def _ensemble(self) -> Ensemble:
        """Returns the generators of one attempt; each attempt begins with the same mixture, whichever ends first."""
        return mixture(self._generators, Standing(self._learned.here, self._learned.elsewhere))

    def _prover(self, trial: "AttemptRequest", ensemble: Ensemble) -> Prover:
        budget = Budget(seconds=self._shop._tools.seconds, tactics=trial.tactics)
        recall = self._shop.recall if trial.recall else lambda _: ()
        options = ProverOptions(budget, recall=recall, temperature=trial.temperature, seed=trial.seed)
        return assemble(ensemble, self._gate, options)
