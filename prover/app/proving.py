"""Proves theorems of a repository: finds them, attempts each, stores the results, writes the proofs."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from prover.app.assembly import ProverOptions, assemble, mixture
from prover.app.locating import FileLine, Locator, Target, provable
from prover.app.models import NOBODY, AskedModel
from prover.app.report import Report, TheoremReport, report_of, usage_of
from prover.app.store import Ledger
from prover.app.wording import counted
from prover.app.working import WorkingTask, proofs_in, prove_in_rounds
from prover.app.workspace import Workspace
from prover.attempt import AttemptOutcome, Prover, TheoremProved, have_read
from prover.check.gate import GATE_SECONDS
from prover.check.levels import DEFAULT_LEVEL
from prover.errors import BrokenFile, ProverError, UsageError
from prover.lean.team import Team
from prover.polish.polish import POLISH_SECONDS
from prover.progress import Notify
from prover.project.build import errors_of, source_of
from prover.project.layout import Module
from prover.project.patch import Replacement, patched, write_patched
from prover.search.budget import Budget
from prover.search.engine import Strategy
from prover.tactics.generator import Generator


@dataclass(frozen=True)
class ProveRequest:
    """The theorems to prove, and the settings."""

    wanted: tuple[str, ...] | FileLine | None
    """Full names of theorems, or their place; None for every theorem with a `sorry`."""
    budget: Budget
    generators: tuple[Generator, ...]
    jobs: int = 1
    """The number of theorems attempted at once."""
    apply: bool = False
    """Whether proofs are written into the files."""
    level: int = DEFAULT_LEVEL
    """The gate's level up to which proofs are checked."""
    gate_seconds: float = GATE_SECONDS
    """The time limit of the gate for one proof, which the budget does not include."""
    asked: AskedModel = NOBODY
    """The language model."""
    strategy: Strategy = Strategy()  # noqa: RUF009  # frozen
    polish: bool = True
    """Whether proofs are rewritten as people write them before they are judged."""
    axioms: tuple[str, ...] = ()
    """The axioms of the files and their imports that proofs may use, besides Lean's three."""
    arguments: tuple[str, ...] = ()
    """The command line, which is stored with the run."""

    def settings(self) -> dict[str, Any]:
        """Returns the settings on which the outcome of an attempt depends, for the database."""
        names = [generator.name for generator in self.generators]
        limits = {"seconds": self.budget.seconds, "expansions": self.budget.expansions, **self.budget.of_models()}
        search = {"width": self.strategy.width, "tactic_milliseconds": self.strategy.limits.milliseconds}
        axioms = {"axioms": sorted(set(self.axioms))} if self.axioms else {}
        return {"generators": names, **limits, **search, **axioms}


def prove(
    workspace: Workspace, request: ProveRequest, notify: Notify, each: Callable[[TheoremReport], None] = lambda _: None
) -> Report:
    """Proves the theorems that a request names; a keyboard interrupt ends it early with a partial report.

    Args:
        each: receives the result for each theorem as soon as it is known.

    Raises:
        UsageError: a theorem does not exist, or proofs cannot be written into this repository.
        BrokenFile: a file does not compile with all proofs together.
    """
    if request.apply and workspace.checkout.cached:
        raise UsageError("--apply writes into a directory of yours: give its path, not a URL or a revision.")
    run = _Run(workspace, request, notify, each)
    try:
        return run.run()
    finally:
        run.close()


class _Run:
    """One call of `prove`."""

    def __init__(
        self, workspace: Workspace, request: ProveRequest, notify: Notify, each: Callable[[TheoremReport], None]
    ) -> None:
        self._workspace = workspace
        self._request = request
        self._notify = notify
        self._each = each
        self._pool = workspace.pool(request.jobs)
        self._pool.start()
        self._report = Report(str(workspace.repository.root), workspace.toolchain.describe())
        self._proofs: dict[str, dict[int, Replacement]] = {}
        """the proofs reported so far, by file and place"""
        self._ledger = Ledger(workspace.toolchain.name, request.settings(), notify, request.asked.name)
        self._mixture = mixture(request.generators)

    def close(self) -> None:
        """Ends the Lean processes, and marks the run in the database as ended."""
        self._pool.close()
        self._ledger.end(self._report.interrupted)

    def run(self) -> Report:
        """Returns the report, partial after a keyboard interrupt."""
        self._ledger.begin(self._workspace.checkout.location.canonical, self._request.arguments)
        self._mixture.statistics = self._ledger.statistics()
        try:
            targets = list(self._targets())
            self._read_files(targets)
            self._notify(f"{counted(len(targets), 'theorem')} to prove")
            proved = prove_in_rounds(targets, self._prove_all, self._notify)
            if self._request.apply:
                self._apply(proved)
        except KeyboardInterrupt:
            self._report.interrupted = True
        self._ledger.count(self._mixture.statistics.news())
        self._report.generators = usage_of(self._mixture)
        if usage := self._request.asked.usage():
            self._notify(usage)
        return self._report

    def _targets(self) -> Iterator[Target]:
        with self._pool.lend() as session:
            locator = Locator(self._workspace, session, self._unreadable)
            match self._request.wanted:
                case None:
                    yield from locator.incomplete(self._workspace.repository.modules.values())
                case FileLine() as place:
                    yield from locator.at(place)
                case names:
                    yield from (provable(locator.named(name)) for name in dict.fromkeys(names))

    def _unreadable(self, module: Module, error: ProverError) -> None:
        self._add(TheoremReport.of_broken_file(self._workspace.repository.relative(module), error))

    def _read_files(self, targets: Iterable[Target]) -> None:
        """Lets generators that need it read the files of the theorems."""
        sources = (each.task.source for each in targets)
        with self._pool.lend() as session:
            have_read(session, self._workspace.contents(), sources, self._request.generators)

    def _prove_all(self, tasks: Mapping[Target, WorkingTask]) -> Iterator[tuple[Target, AttemptOutcome]]:
        request, workspace = self._request, self._workspace
        options = ProverOptions(
            request.budget,
            request.strategy,
            request.level,
            request.asked.drafting,
            self._ledger.recall,
            polish_seconds=POLISH_SECONDS if request.polish else 0.0,
        )
        gate = workspace.gate(self._pool, request.axioms, request.gate_seconds)
        prover = assemble(self._mixture, gate, options)
        alone = len(tasks) == 1 and request.jobs > 1
        if alone:
            gate.prepare(next(iter(tasks.values())).task().source)
        with ThreadPoolExecutor(request.jobs) as executor:
            waiting: dict[Future[AttemptOutcome], Target] = {
                executor.submit(self._prove_together if alone else self._prove, prover, task): target
                for target, task in tasks.items()
            }
            try:
                while waiting:
                    done, _ = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
                    for future in done:
                        target = waiting.pop(future)
                        outcome = future.result()
                        self._ledger.record(target.task, outcome)
                        earlier = self._proofs.setdefault(target.task.source.file, {})
                        self._add(report_of(target.task, outcome, workspace.toolchain, tuple(earlier.values())))
                        if isinstance(outcome, TheoremProved):
                            earlier.update((each.start, each) for each in outcome.replacements)
                        yield target, outcome
            except BaseException:
                executor.shutdown(wait=False, cancel_futures=True)
                self._pool.close()
                raise

    def _prove(self, prover: Prover, task: WorkingTask) -> AttemptOutcome:
        with self._pool.lend() as session:
            self._pool.prepare_fresh()
            return task.in_original(prover.prove(session, task.task()))

    def _prove_together(self, prover: Prover, task: WorkingTask) -> AttemptOutcome:
        """Proves a single theorem with two processes; a second theorem would have kept the other one busy."""
        with ExitStack() as stack:
            team = stack.enter_context(Team([stack.enter_context(self._pool.lend()) for _ in range(2)]))
            return task.in_original(prover.prove(team, task.task()))

    def _add(self, theorem: TheoremReport) -> None:
        others = (each for each in self._report.theorems if not each.same_theorem(theorem))
        self._report.theorems = [*others, theorem]
        self._each(theorem)

    def _apply(self, proved: dict[Target, TheoremProved]) -> None:
        """Writes the proofs, file by file; a file that does not compile with all of them stays as it was."""
        for module in dict.fromkeys(target.module for target in proved):
            self._apply_to(module, proved)

    def _apply_to(self, module: Module, proved: dict[Target, TheoremProved]) -> None:
        source = source_of(self._workspace.repository, module)
        candidate = patched(source, proofs_in(source.file, proved))
        session = self._pool.fresh()
        try:
            errors = errors_of(session.elaborate(candidate))
            before = errors_of(session.elaborate(source)) if errors else ()
        finally:
            session.close()
        if len(errors) > len(before):
            raise BrokenFile(f"{source.file} does not compile with all proofs together: nothing was written.", errors)
        write_patched(module.path, candidate.on_disk)
        self._notify(f"wrote {source.file}")
