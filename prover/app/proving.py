"""Proves theorems of a repository: finds them, attempts each, stores the results, puts the proofs together."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from prover.agent import Agent
from prover.app.assembly import ProverOptions, assemble, mixture
from prover.app.joining import Joined, alone, joined
from prover.app.locating import FileLine, Locator, Target
from prover.app.models import NOBODY, AskedModel
from prover.app.ordering import imported_below, in_levels
from prover.app.report import Report, TheoremReport, corrected, left_out, report_of, usage_of
from prover.app.store import Ledger
from prover.app.watching import SearchWatch, WatchedGate, WatchedGenerator
from prover.app.working import Attempted, WorkingTask, proofs_in, prove_in_rounds, working
from prover.app.workspace import Workspace
from prover.app.writing import write_files
from prover.attempt import AcceptedProof, AttemptOutcome, Prover, Recall, have_read
from prover.check.gate import GATE_SECONDS, Gate
from prover.check.levels import DEFAULT_LEVEL
from prover.check.refutation import REFUTATION_SECONDS, Refuter
from prover.errors import ProverError, UsageError
from prover.lean.pool import Pool
from prover.lean.requests import EVERY_OPEN_THEOREM
from prover.lean.team import Team
from prover.polish.polish import POLISH_SECONDS
from prover.progress import Notify
from prover.project.layout import Module
from prover.project.patch import patch_of, patched
from prover.search.budget import Budget
from prover.search.engine import Strategy
from prover.tactics.generator import Generator
from prover.tactics.language.augmented import premise_texts
from prover.tactics.language.whole_proofs import WholeProofWriter
from prover.tactics.policy.log import SearchLogs
from prover.tactics.premises.premises import PremiseTactics
from prover.wording import counted

if TYPE_CHECKING:
    from curriculum.database.records import RunProof

SHARE_FOR_ASSUMING = 0.25
"""The share of the budget with which a theorem that stays open is tried once more, with open theorems above it."""


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
    refute_seconds: float = REFUTATION_SECONDS
    """The time for evaluating the instances of a theorem before the search; 0 to look for no counterexample."""
    axioms: tuple[str, ...] = ()
    """The axioms of the files and their imports that proofs may use, besides Lean's three."""
    assumed: tuple[str, ...] = EVERY_OPEN_THEOREM
    """The open theorems that proofs may rest on where no other proof is found."""
    recall: Recall | None = None
    """Returns known proofs of a statement; by default those in the database."""
    arguments: tuple[str, ...] = ()
    """The command line, which is stored with the run."""
    watch: SearchWatch | None = None
    """Is told of each goal and tactic, and of the gate."""

    def settings(self) -> dict[str, Any]:
        """Returns the settings on which the outcome of an attempt depends, for the database."""
        names = [generator.name for generator in self.generators]
        limits = {"seconds": self.budget.seconds, "expansions": self.budget.expansions, **self.budget.of_models()}
        search = {"width": self.strategy.width, "tactic_milliseconds": self.strategy.limits.milliseconds}
        axioms = {"axioms": sorted(set(self.axioms))} if self.axioms else {}
        policy = {} if self.strategy.policy is None else {"policy": self.strategy.policy.name}
        return {"generators": names, **limits, **search, **axioms, **policy}


@dataclass(frozen=True)
class ProofRun:
    """The result of a run: the report, and the proofs that hold together."""

    report: Report
    joined: Joined


def prove(
    workspace: Workspace, request: ProveRequest, notify: Notify, each: Callable[[TheoremReport], None] = lambda _: None
) -> Report:
    """Proves the theorems that a request names; a keyboard interrupt ends it early with a partial report.

    Args:
        each: receives the result for each theorem as soon as it is known.

    Raises:
        UsageError: a theorem does not exist, or proofs cannot be written into this repository.
        NotWritable: a file changed during the run, or cannot be written; then none is.
    """
    if request.apply and workspace.checkout.cached:
        raise UsageError("--apply writes into a directory of yours: give its path, not a URL or a revision.")
    done = prove_together(workspace, request, notify, each)
    if request.apply and not done.report.interrupted:
        write_files(done.joined.files, notify)
    return done.report


def prove_together(
    workspace: Workspace,
    request: ProveRequest,
    notify: Notify,
    each: Callable[[TheoremReport], None] = lambda _: None,
    targets: Sequence[Target] | None = None,
) -> ProofRun:
    """Proves theorems like `prove`, without writing anything, and returns the proofs that hold together.

    Args:
        targets: the theorems, if they have been located; then those that the request names are not looked up.

    Raises:
        UsageError: a theorem does not exist.
    """
    run = _Run(workspace, request, notify, each)
    try:
        return run.run(targets)
    finally:
        run.close()


class _Bench:
    """What theorems of one level are attempted with: Lean processes that import the proofs found so far, and a gate."""

    def __init__(self, workspace: Workspace, pool: Pool, request: ProveRequest) -> None:
        self.workspace = workspace
        self.pool = pool
        self.gate: Gate = workspace.gate(pool, request.axioms, request.gate_seconds)


class _Run:
    """One call of `prove`."""

    def __init__(
        self, workspace: Workspace, request: ProveRequest, notify: Notify, each: Callable[[TheoremReport], None]
    ) -> None:
        self._workspace = workspace
        self._request = request
        self._notify = notify
        self._each = each
        self._bench = _Bench(workspace, workspace.pool(request.jobs), request)
        self._bench.pool.start()
        seconds = request.refute_seconds
        self._refuter = Refuter(lambda source: self._bench.pool.fresh_for(source), seconds) if seconds else None
        self._report = Report(str(workspace.repository.root), workspace.describe())
        self._reports: dict[Target, TheoremReport] = {}
        self._proofs: dict[Target, AcceptedProof] = {}
        self._rewritten: dict[str, str] = {}
        """the contents with which the bench compiles imported modules"""
        self._ledger = Ledger(workspace.toolchain.name, request.settings(), notify, request.asked.name)
        self._mixture = mixture(request.generators)
        self._logs = SearchLogs()
        self._asking = self._drafting()

    def close(self) -> None:
        """Ends the Lean processes, and marks the run in the database as ended."""
        self._bench.pool.close()
        self._ledger.end(self._report.interrupted)

    def run(self, located: Sequence[Target] | None = None) -> ProofRun:
        """Returns the report, partial after a keyboard interrupt, and the proofs."""
        self._ledger.begin(self._workspace.checkout.location.canonical, self._request.arguments)
        self._mixture.statistics = self._ledger.statistics()
        together = Joined()
        try:
            targets = list(self._targets()) if located is None else list(located)
            self._read_files(targets)
            self._notify(f"{counted(len(targets), 'theorem')} to prove")
            for level in in_levels(self._workspace, targets):
                self._prove_level(level)
            together = self._join()
        except KeyboardInterrupt:
            self._report.interrupted = True
        if together.proofs:
            self._report.run = self._ledger.keep(_kept(together))
        self._ledger.count(self._mixture.statistics.news())
        self._report.generators = usage_of(self._mixture)
        if usage := self._request.asked.usage():
            self._notify(usage)
        return ProofRun(self._report, together)

    def _targets(self) -> Iterator[Target]:
        with self._bench.pool.lend() as session:
            yield from Locator(self._workspace, session, self._unreadable).wanted(self._request.wanted)

    def _unreadable(self, module: Module, error: ProverError) -> None:
        self._report.theorems.append(TheoremReport.of_broken_file(self._workspace.repository.relative(module), error))
        self._each(self._report.theorems[-1])

    def _read_files(self, targets: Iterable[Target]) -> None:
        """Lets generators that need it read the files of the theorems."""
        sources = (each.task.source for each in targets)
        with self._bench.pool.lend() as session:
            have_read(session, self._workspace.contents(), sources, self._request.generators)

    def _prove_level(self, targets: Sequence[Target]) -> None:
        """Attempts theorems whose imports hold the proofs found so far; those left open also with open theorems."""
        self._prepare(targets)
        prover = self._prover(self._request.budget, states_facts=self._request.budget.expansions != 0)
        still_open = prove_in_rounds(
            targets, lambda waiting: self._attempted(prover, waiting), self._proofs, self._notify
        )
        if self._request.assumed and still_open:
            self._assume(still_open)

    def _assume(self, targets: Sequence[Target]) -> None:
        """Attempts open theorems once more, with open theorems above them."""
        prover = self._prover(self._request.budget.share(SHARE_FOR_ASSUMING))
        if isinstance(self._asking, Agent):  # it has had its rounds
            prover = replace(prover, drafting=None)
        for target, _, outcome in self._attempted(prover, targets, self._request.assumed):
            if isinstance(outcome, AcceptedProof):
                self._proofs[target] = outcome

    def _prepare(self, targets: Sequence[Target]) -> None:
        """Replaces the bench if imports of the theorems have proofs that it does not know."""
        names = {target.module.name for target in targets}
        needed = imported_below(self._workspace, names) if self._proofs else set()
        contents = self._contents(needed)
        if contents == self._rewritten:
            return
        self._rewritten = contents
        workspace = self._workspace.rewritten(contents)
        if workspace is self._bench.workspace:
            return
        for module in {target.module.name: target.module for target in targets}.values():
            workspace.builder.prepare(module)
        self._bench.pool.close()
        self._bench = _Bench(workspace, workspace.pool(self._request.jobs), self._request)

    def _contents(self, modules: Iterable[str]) -> dict[str, str]:
        """Returns the contents of those modules that have proofs, with these in them."""
        found = {}
        for module in modules:
            here = {target: proof for target, proof in self._proofs.items() if target.module.name == module}
            if here:
                source = next(iter(here)).task.source
                found[module] = patched(source, proofs_in(source.file, here)).on_disk
        return found

    def _drafting(self) -> WholeProofWriter | Agent | None:
        """Returns what asks the model for proofs; an agent stores what it asks, and shows premises if there are any."""
        drafting = self._request.asked.drafting
        if not isinstance(drafting, Agent):
            return drafting
        found = next((each for each in self._request.generators if isinstance(each, PremiseTactics)), None)
        return drafting.bound(self._ledger.exchanged, premise_texts(found) if found is not None else None)

    def _prover(self, budget: Budget, states_facts: bool = False) -> Prover:
        request = self._request
        options = ProverOptions(
            budget,
            request.strategy,
            request.level,
            self._asking,
            request.recall or self._ledger.recall,
            polish_seconds=POLISH_SECONDS if request.polish else 0.0,
            states_facts=states_facts,
            refuter=self._refuter,
            logs=self._logs,
        )
        if request.watch is None:
            return assemble(self._mixture, self._bench.gate, options)
        return assemble(
            WatchedGenerator(self._mixture, request.watch), WatchedGate(self._bench.gate, request.watch), options
        )

    def _attempted(
        self, prover: Prover, targets: Sequence[Target], assumed: tuple[str, ...] = ()
    ) -> Iterator[Attempted]:
        """Attempts theorems, several at once, and yields the outcome for each when it is known.

        Args:
            assumed: open theorems that proofs may rest on; if there are any, only proofs are reported.
        """
        jobs = self._request.jobs
        alone = len(targets) == 1 and jobs > 1
        if alone:
            self._bench.gate.prepare(self._working(targets[0], assumed).task().source)

        def attempt(target: Target) -> Attempted:
            # the proofs are looked up when the turn of a theorem comes, so that it uses those of the theorems before it
            task = self._working(target, assumed)
            return target, task, (self._prove_with_two if alone else self._prove)(prover, task)

        with ThreadPoolExecutor(jobs) as executor:
            waiting = {executor.submit(attempt, target) for target in targets}
            try:
                while waiting:
                    done, waiting = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
                    for future in done:
                        target, task, outcome = future.result()
                        if not assumed or isinstance(outcome, AcceptedProof):
                            self._record(target, outcome)
                        else:
                            self._logs.take(target.task.ref())
                        yield target, task, outcome
            except BaseException:
                executor.shutdown(wait=False, cancel_futures=True)
                self._bench.pool.close()
                raise

    def _working(self, target: Target, assumed: tuple[str, ...]) -> WorkingTask:
        task = working(target, dict(self._proofs))  # a copy, since another thread adds to them
        return replace(task, original=replace(task.original, assumed=assumed))

    def _prove(self, prover: Prover, task: WorkingTask) -> AttemptOutcome:
        with self._bench.pool.lend() as session:
            self._bench.pool.prepare_fresh()
            return task.in_original(prover.prove(session, task.read(session)))

    def _prove_with_two(self, prover: Prover, task: WorkingTask) -> AttemptOutcome:
        """Proves a single theorem with two processes; a second theorem would have kept the other one busy."""
        with ExitStack() as stack:
            sessions = [stack.enter_context(self._bench.pool.lend()) for _ in range(2)]
            team = stack.enter_context(Team(sessions))
            return task.in_original(prover.prove(team, task.read(sessions[0])))

    def _record(self, target: Target, outcome: AttemptOutcome) -> None:
        self._ledger.record(target.task, outcome, self._logs)
        earlier = proofs_in(target.task.source.file, self._proofs)
        self._show(target, report_of(target.task, outcome, self._workspace.describe(), earlier))

    def _show(self, target: Target, theorem: TheoremReport) -> None:
        if before := self._reports.pop(target, None):
            self._report.theorems.remove(before)
        self._reports[target] = theorem
        self._report.theorems.append(theorem)
        self._each(theorem)

    def _drop_given_refuted(self) -> bool:
        """Leaves out proofs that rest on a theorem which the run has refuted; returns whether there are any."""
        refuted = {theorem.theorem for theorem in self._report.theorems if theorem.status == "refuted"}
        before = len(self._proofs)
        for target, proof in list(self._proofs.items()):
            if wrong := sorted(refuted.intersection(proof.judgement.given)):
                del self._proofs[target]
                self._show(target, left_out(self._reports[target], f"it rests on {wrong[0]}, which is refuted"))
        return len(self._proofs) < before

    def _join(self) -> Joined:
        """Puts the proofs together, and corrects the reports of those that hold otherwise among the others."""
        dropped = self._drop_given_refuted()
        try:
            if len(self._proofs) == 1:
                together = alone(*next(iter(self._proofs.items())))
            else:
                together = joined(self._workspace, self._proofs, self._request.axioms, self._notify)
        except ProverError as error:
            self._notify(f"the proofs are not put together, each stands by itself: {error}")
            return Joined()
        for target, report in list(self._reports.items()):
            if reason := together.left_out.get(target):
                self._show(target, left_out(report, reason))
            elif target in together.rests_on:
                now = corrected(report, self._proofs[target], together.rests_on[target])
                if now != report:
                    self._show(target, now)
        if together.left_out or dropped:
            self._patch_anew(together)
        self._report.patch = together.patch() or None
        return together

    def _patch_anew(self, together: Joined) -> None:
        """Makes the patches of the theorems anew, each to be applied after those before it in the report."""
        earlier: dict[Target, AcceptedProof] = {}
        for target in sorted(together.proofs, key=lambda target: self._report.theorems.index(self._reports[target])):
            known = proofs_in(target.task.source.file, earlier)
            earlier[target] = together.proofs[target]
            after = proofs_in(target.task.source.file, earlier)
            source = target.task.source
            old = self._reports[target]
            new = replace(old, patch=patch_of(patched(source, known), patched(source, after)))
            self._report.theorems[self._report.theorems.index(old)] = self._reports[target] = new


def _kept(together: Joined) -> "list[RunProof]":
    """Returns proofs that hold together, as the database stores them."""
    from curriculum.database.records import RunProof

    found = []
    for target, proof in together.proofs.items():
        declaration, file = target.task.declaration, target.task.source.file
        name = target.place if declaration.kind == "example" else declaration.name
        scripts = tuple("\n".join(script) for script in proof.scripts)
        found.append(RunProof(name, file, declaration.key, scripts, proof.whole, together.rests_on[target]))
    return found
