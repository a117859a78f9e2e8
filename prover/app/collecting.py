"""Collects logs of searches for training: the theorems of repositories, with their proofs hidden, are searched for.

The gate is not asked, since nothing that is found here counts as a proof. Theorems that have a log are left out, so an
interrupted collection continues when it is started again.
"""

import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prover.app.assembly import mixture
from prover.app.environment import database
from prover.app.store import log_record
from prover.app.workspace import Workspace
from prover.attempt import Task, forget, have_read, sorry_goals, unprovable
from prover.errors import LeanError, ProverError
from prover.lean.pool import Pool
from prover.lean.session import Advanced, Session, TacticLimits
from prover.lean.toolchain.choose import ToolchainChoice
from prover.progress import Reporter
from prover.project.build import source_of
from prover.search.best_first import BestFirstSearch
from prover.search.budget import Budget
from prover.search.engine import Proved, Strategy
from prover.search.proof_replay import ProofReplay
from prover.tactics.generator import BoundGenerator, Generator, ProofStep, Suggestion
from prover.tactics.perturbed import Perturbed
from prover.tactics.policy.log import HUMAN, Logged, LogWriter, SearchLog

if TYPE_CHECKING:
    from curriculum.database.search_logs import SearchLogRecord

WRITTEN_LIMITS = TacticLimits(milliseconds=3_000)
"""the limits of tactics of proofs that people wrote"""
EXPLORED_LIMITS = TacticLimits(milliseconds=400)
"""the limits of tactics that are tried on proved goals for the log alone"""


@dataclass(frozen=True)
class Collection:
    """The theorems to search for, and the time for each."""

    repositories: tuple[str, ...]
    """Paths or URLs, each with or without a revision."""
    generators: tuple[Generator, ...]
    toolchain_choice: ToolchainChoice = "auto"
    seconds: float = 5.0
    """The time for one search."""
    exploring_seconds: float = 4.0
    """The time for trying other tactics on the goals of a proof that was found."""
    temperature: float = 1.0
    """The temperature of the noise on the order of the tactics; with none, only the first ones are ever tried."""
    seed: int = 0
    jobs: int = 1
    minutes: float | None = None
    """The time after which no further search begins."""


@dataclass
class Collected:
    """The numbers of logs and tactics that a collection has added to the database."""

    theorems: int = 0
    proved: int = 0
    tried: int = 0
    """The number of tactics that were run."""


def collect(plan: Collection, reporter: Reporter) -> Collected:
    """Searches for proofs of theorems that have no log, and stores the logs.

    Raises:
        UsageError: a repository cannot be read.
        DatabaseError: the database cannot be used.
    """
    total = Collected()
    deadline = time.monotonic() + plan.minutes * 60 if plan.minutes is not None else float("inf")
    for location in plan.repositories:
        with Workspace.open(location, plan.toolchain_choice, reporter, plan.jobs) as workspace:
            _Collector(workspace, plan, deadline, total, reporter).run()
    return total


class _Collector:
    """Collects the logs of one repository."""

    def __init__(
        self, workspace: Workspace, plan: Collection, deadline: float, total: Collected, reporter: Reporter
    ) -> None:
        self._workspace = workspace
        self._plan = plan
        self._deadline = deadline
        self._total = total
        self._reporter = reporter
        self._repository = workspace.checkout.location.canonical
        self._generator: Generator = mixture(plan.generators, frozen=True)

    def run(self) -> None:
        from curriculum.database.search_logs import logged_statements

        with database() as db, db.reading() as connection:
            known = logged_statements(connection, self._repository)
        with self._workspace.pool(self._plan.jobs) as pool, ThreadPoolExecutor(self._plan.jobs) as executor:
            for tasks in self._modules(pool):
                new = [task for task in tasks if (task.declaration.name, task.declaration.key) not in known]
                for record in executor.map(lambda task: self._searched(pool, task), new):
                    if record is not None:
                        self._keep(record)
                if time.monotonic() > self._deadline:
                    return

    def _modules(self, pool: Pool) -> Iterator[list[Task]]:
        """Yields the theorems of each module that can be read."""
        for module in self._workspace.one_by_one(self._workspace.repository.modules.values()):
            if module.package:
                continue
            try:
                self._workspace.builder.prepare(module)
                source = source_of(self._workspace.repository, module)
                with pool.lend() as session:
                    declared = session.declarations(source, detail=True)
                    have_read(session, self._workspace.contents(), [source], self._plan.generators)
            except ProverError as error:
                self._reporter.notify(f"{module.name} is left out: {error}")
                continue
            incomplete = tuple(each for each in declared if each.incomplete)
            yield [
                Task(source, each, incomplete)
                for each in declared
                if each.kind == "theorem" and (each.proof is not None or each.incomplete)
            ]

    def _searched(self, pool: Pool, task: Task) -> "SearchLogRecord | None":
        if time.monotonic() > self._deadline:
            return None
        try:
            with pool.lend() as session:
                try:
                    log = self._search(session, task)
                finally:
                    forget(session)
        except LeanError as error:
            self._reporter.notify(f"{task.declaration.name} is left out: {error}")
            return None
        if log is None:
            return None
        return log_record(self._repository, task, log)

    def _search(self, session: Session, task: Task) -> SearchLog | None:
        goals = sorry_goals(session, task)
        if unprovable(task, goals):
            return None
        writer, plan, theorem = LogWriter(), self._plan, task.ref()
        bound: BoundGenerator = Logged(self._generator.for_theorem(theorem), writer)
        if plan.temperature > 0:
            bound = Perturbed(bound, plan.temperature, f"{plan.seed} {theorem.module} {theorem.name}")
        steps: list[ProofStep] = []
        proved = True
        for goal in goals:
            budget = Budget(seconds=plan.seconds / len(goals))
            search = BestFirstSearch(session, goal.state, bound, Strategy(invent=()), budget)
            if written := written_proof(task):
                replay = ProofReplay(session, search.tree, search.meter, (HUMAN,), WRITTEN_LIMITS, 0.0, by_cases=True)
                replay.replay(written)
                _log_steps(search, writer)
            result = search.run()
            if isinstance(result, Proved):
                steps += result.steps
                search.explore(EXPLORED_LIMITS, plan.exploring_seconds)
            else:
                proved = False
        log = writer.finished(steps, proved)
        return log if log.trials else None

    def _keep(self, record: "SearchLogRecord") -> None:
        from curriculum.database.search_logs import record_search_log

        with database() as db:
            db.perform(lambda work: record_search_log(work.connection, record, work.now()))
        self._total.theorems += 1
        self._total.proved += record.proved
        self._total.tried += record.tried


def written_proof(task: Task) -> str | None:
    """Returns the tactics of a theorem's own proof; None if it has no such proof.

    They are what follows the first `:= by`. If that is not where the proof begins, Lean refuses them, and nothing is
    learned from them.
    """
    declaration = task.declaration
    if declaration.proof != "tactic" or declaration.incomplete:
        return None
    text = task.source.text.encode()[declaration.selection : declaration.stop].decode(errors="replace")
    _, found, proof = text.partition(":= by")
    return textwrap.dedent(proof.strip("\n")).strip() if found else None


def _log_steps(search: BestFirstSearch, writer: LogWriter) -> None:
    """Logs the steps of a search whose tactics no generator suggested."""
    for node in list(search.tree.nodes.values()):
        for step in node.steps:
            outcome = Advanced(tuple(child.state for child in step.children), None, 0)
            writer.ran(node.state.goals[0], Suggestion(step.tactic, 0.0, step.sources), outcome)
