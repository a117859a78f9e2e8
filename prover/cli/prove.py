"""`prover prove`: proves theorems of a repository and prints, writes or applies the proofs."""

import dataclasses
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from prover.app.assembly import ProverOptions, assemble, generators_named, mixture
from prover.app.locating import likely_first, unknown
from prover.app.store import Ledger
from prover.app.workspace import Workspace
from prover.attempt import Outcome, Prover, Task, TheoremProved, have_read
from prover.check.levels import DEFAULT_LEVEL
from prover.cli.main import EXIT_INTERRUPTED, EXIT_OPEN, EXIT_REFUSED, EXIT_USAGE
from prover.cli.modelling import (
    NOBODY,
    AskedModel,
    Mode,
    ModelChoice,
    asked_of,
    limits_checked,
    model_limits,
    model_options,
)
from prover.cli.options import jobs_option, repo_option, toolchain_option
from prover.cli.output import consoles, reporter
from prover.cli.report import Report, ReportPrinter, TheoremReport, report_of, tallied, write_json
from prover.errors import BrokenFile, LeanError, UnknownTheorem, UsageError
from prover.lean.gateway_session import LeanSession
from prover.lean.team import Team
from prover.lean.toolchain.choose import ToolchainChoice
from prover.project.build import errors_of, source_of
from prover.project.layout import Module
from prover.project.patch import Replacement, replace, write_patched
from prover.search.budget import Budget
from prover.tactics.generator import Generator


@dataclass(frozen=True)
class Place:
    """A file, or a line of it."""

    file: Path
    line: int | None = None
    """from 1"""


@dataclass(frozen=True)
class Request:
    """What the user asked for."""

    wanted: tuple[str, ...] | Place | None
    """names of theorems, or where they are; None for every theorem with a `sorry`"""
    budget: Budget
    generators: tuple[Generator, ...]
    jobs: int
    apply: bool
    level: int = DEFAULT_LEVEL
    """up to which the gate looks at a proof"""
    asked: AskedModel = NOBODY
    """the language model"""

    def settings(self) -> dict[str, Any]:
        """What an attempt's outcome depends on, for the database."""
        names = [generator.name for generator in self.generators]
        limits = {"seconds": self.budget.seconds, "expansions": self.budget.expansions, **self.budget.of_models()}
        return {"generators": names, **limits}


@click.command("prove")
@repo_option
@click.option("--theorem", "theorems", multiple=True, help="Full name of a theorem; may be given several times.")
@click.option("--file", "file", type=click.Path(path_type=Path), help="Every theorem of this file with a `sorry`.")
@click.option("--line", type=click.IntRange(min=1), help="With --file: the theorem that this line is part of.")
@click.option("--all", "everything", is_flag=True, help="Every theorem that has a `sorry`.")
@click.option("--timeout", type=click.FloatRange(min=0.1), default=60.0, show_default=True, help="Seconds a theorem.")
@click.option("--expansions", type=click.IntRange(min=1), help="Goals expanded a theorem, at most.")
@click.option("--generators", default="automation,structure", show_default=True, help="What proposes tactics.")
@click.option(
    "--mode",
    type=click.Choice(["tactics", "whole-proof", "both"]),
    default="tactics",
    show_default=True,
    help="Whether the model proposes tactics, whole proofs, or both.",
)
@click.option("--revisions", type=click.IntRange(0, 20), default=1, show_default=True, help="Of a proof that fails.")
@model_options
@model_limits
@click.option(
    "--level",
    type=click.IntRange(DEFAULT_LEVEL, 4),
    default=DEFAULT_LEVEL,
    show_default=True,
    help="How far the gate looks; see check.",
)
@jobs_option
@toolchain_option
@click.option("--apply", is_flag=True, help="Write the proofs into the files instead of printing patches.")
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path), help="Write a report to this file (- for stdout)."
)
def command(
    repo: str,
    theorems: tuple[str, ...],
    file: Path | None,
    line: int | None,
    everything: bool,
    timeout: float,
    expansions: int | None,
    tokens: int | None,
    cost: float | None,
    generators: str,
    mode: Mode,
    revisions: int,
    model: ModelChoice | None,
    level: int,
    jobs: int,
    toolchain_choice: ToolchainChoice,
    apply: bool,
    json_file: Path | None,
) -> int:
    """Prove theorems of a Lean repository.

    What is proved is kept in the database, and not searched for again. Exit status: 0 all proved, 1 some
    open, 2 wrong usage or input, 3 a proof was refused by the gate, 130 interrupted.
    """
    if [bool(theorems), file is not None, everything].count(True) != 1 or (line is not None and file is None):
        raise UsageError("Say what to prove: --theorem NAME, --file FILE [--line LINE], or --all.")
    wanted = theorems or (Place(file, line) if file is not None else None)
    reporting = reporter()
    budget = Budget(seconds=timeout, expansions=expansions, **limits_checked(tokens, cost, model))
    asked = asked_of(model, mode, revisions, reporting)
    proposing = generators_named(generators, reporting, asked.tactics) if mode != "whole-proof" else ()
    request = Request(wanted, budget, proposing, jobs, apply, level, asked)
    with Workspace.open(repo, toolchain_choice, reporting, jobs) as ready:
        if apply and ready.checkout.cached:
            raise UsageError("--apply writes into a directory of yours: give its path, not a URL or a revision.")
        with Proving(ready, request) as proving:
            report = proving.run()
    if json_file is not None:
        write_json(report, json_file)
    return status_of(report)


def status_of(report: Report) -> int:
    """The exit status for a run."""
    if report.interrupted:
        return EXIT_INTERRUPTED
    if any(theorem.refused for theorem in report.theorems if theorem.status != "proved"):
        return EXIT_REFUSED
    if any(theorem.status == "error" for theorem in report.theorems):
        return EXIT_USAGE
    return EXIT_OPEN if any(theorem.status == "open" for theorem in report.theorems) else 0


@dataclass(frozen=True)
class Target:
    """A theorem to prove, and its module."""

    module: Module
    task: Task


class Proving:
    """One run of the command. A context manager: leaving it ends every Lean process."""

    def __init__(self, ready: Workspace, request: Request) -> None:
        self._request = request
        self._out, self._err = consoles()
        self._ready = ready
        self._repository = ready.repository
        self._toolchain = ready.toolchain
        self._builder = ready.builder
        self._pool = ready.pool(request.jobs)
        self._printer = ReportPrinter(self._out, patches=not request.apply)
        self._report = Report(str(ready.repository.root), self._toolchain.describe())
        self._ledger = Ledger(self._toolchain.name, request.settings(), self._note, request.asked.name)
        self._location = ready.checkout.location.canonical
        self._contents = ready.contents()
        self._ensemble = mixture(request.generators)

    def __enter__(self) -> "Proving":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.close()
        self._ledger.end(self._report.interrupted)

    def run(self) -> Report:
        """Proves what was asked for; a keyboard interrupt ends it early, with what it has."""
        self._ledger.begin(self._location, sys.argv[1:])
        self._ensemble.standing = self._ledger.standing()
        try:
            targets = list(self._targets())
            self._read_files(targets)
            self._note(f"{len(targets)} theorem{'' if len(targets) == 1 else 's'} to prove")
            proved = dict(self._prove_all(targets))
            if self._request.apply:
                self._apply(proved)
        except KeyboardInterrupt:
            self._report.interrupted = True
        self._ledger.count(self._ensemble.standing.news())
        self._report.generators = tallied(self._ensemble)
        if usage := self._request.asked.usage():
            self._note(usage)
        self._printer.summary(self._report)
        return self._report

    def _targets(self) -> Iterator[Target]:
        match self._request.wanted:
            case None:
                return self._open(self._repository.modules.values())
            case Place() as place:
                return self._at(place)
            case names:
                return self._named(names)

    def _note(self, text: str) -> None:
        self._err.print(text, style="dim", markup=False)

    def _declared(self, session: LeanSession, module: Module) -> list[Target]:
        """The theorems of a module.

        Raises:
            UsageError: it, or what it imports, does not compile.
        """
        self._builder.prepare(module)
        source = source_of(self._repository, module)
        if errors := errors_of(session.elaborate(source)):
            raise BrokenFile(f"{source.file} does not compile: mend it first.", errors)
        return [Target(module, Task(source, d)) for d in session.declarations(source, detail=True)]

    def _read_files(self, targets: Iterable[Target]) -> None:
        """Has the generators that must read the files that have something to prove."""
        with self._pool.lend() as session:
            have_read(session, self._contents, (each.task.source for each in targets), self._request.generators)

    def _at(self, place: Place) -> Iterator[Target]:
        """The theorems with a `sorry` of a file; or the one that a line is part of.

        Raises:
            UsageError: there is no such file in the repository, or no theorem at that line.
            BrokenFile: it does not compile.
        """
        beside = self._repository.root / place.file
        module = self._repository.at(beside if beside.is_file() else place.file)
        with self._pool.lend() as session:
            targets = self._declared(session, module)
        if place.line is None:
            yield from (target for target in targets if target.task.declaration.incomplete)
            return
        lines = module.text().encode().splitlines(keepends=True)
        start, stop = (sum(map(len, lines[:count])) for count in (place.line - 1, place.line))
        there = [t for t in targets if t.task.declaration.start < stop and start < t.task.declaration.stop]
        if not there:
            raise UsageError(f"No declaration is at line {place.line} of {place.file}: check the line.")
        yield _provable(min(there, key=lambda t: t.task.declaration.stop - t.task.declaration.start))

    def _open(self, modules: Iterable[Module]) -> Iterator[Target]:
        """Every theorem with a `sorry`; a module that cannot be read is reported, not fatal."""
        with self._pool.lend() as session:
            for module in modules:
                try:
                    targets = self._declared(session, module)
                except (UsageError, LeanError) as error:
                    self._add(TheoremReport.of_broken_file(self._repository.relative(module), error))
                    continue
                yield from (t for t in targets if t.task.declaration.incomplete)

    def _named(self, names: Iterable[str]) -> Iterator[Target]:
        """The theorems that were named, each looked for first where the text makes it likely.

        Raises:
            UnknownTheorem: there is none of that name.
            BrokenFile: there may be, in a file that does not compile.
        """
        with self._pool.lend() as session:
            for name in dict.fromkeys(names):
                yield self._find(session, name)

    def _find(self, session: LeanSession, name: str) -> Target:
        seen: list[str] = []
        broken: UsageError | None = None
        for module, likely in likely_first(self._repository, name):
            try:
                targets = self._declared(session, module)
            except UsageError as error:
                if likely:
                    broken = broken or error
                continue
            for target in targets:
                if target.task.declaration.name == name:
                    return _provable(target)
            seen.extend(t.task.declaration.name for t in targets if t.task.declaration.kind == "theorem")
        raise broken or UnknownTheorem(unknown(name, seen))

    def _prove_all(self, targets: Sequence[Target]) -> Iterator[tuple[Target, TheoremProved]]:
        request = self._request
        options = ProverOptions(
            request.budget, level=request.level, drafting=request.asked.drafting, recall=self._ledger.recall
        )
        prover = assemble(self._ensemble, self._ready.gate(self._pool), options)
        alone = len(targets) == 1 and self._request.jobs > 1
        with ThreadPoolExecutor(self._request.jobs) as executor:
            waiting: dict[Future[Outcome], Target] = {
                executor.submit(self._prove_together if alone else self._prove, prover, target): target
                for target in targets
            }
            try:
                while waiting:
                    done, _ = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
                    for future in done:
                        target = waiting.pop(future)
                        outcome = future.result()
                        self._ledger.record(target.task, outcome)
                        self._add(report_of(self._repository, target.task, outcome, self._toolchain))
                        if isinstance(outcome, TheoremProved):
                            yield target, outcome
            except BaseException:
                executor.shutdown(wait=False, cancel_futures=True)
                self._pool.close()
                raise

    def _prove(self, prover: Prover, target: Target) -> Outcome:
        with self._pool.lend() as session:
            self._pool.prepare_fresh()
            return prover.prove(session, target.task)

    def _prove_together(self, prover: Prover, target: Target) -> Outcome:
        """One theorem with two processes; a second theorem would have kept the other busy."""
        with ExitStack() as stack:
            team = stack.enter_context(Team([stack.enter_context(self._pool.lend()) for _ in range(2)]))
            self._pool.prepare_fresh()
            return prover.prove(team, target.task)

    def _add(self, theorem: TheoremReport) -> None:
        self._report.theorems.append(theorem)
        self._printer.theorem(theorem)

    def _apply(self, proved: dict[Target, TheoremProved]) -> None:
        """Writes the proofs, file by file; a file that does not compile with all of them stays as it was."""
        for module in dict.fromkeys(target.module for target in proved):
            replacements: list[Replacement] = []
            for target, outcome in proved.items():
                if target.module == module:
                    replacements.extend(outcome.replacements)
            self._apply_to(module, replacements)

    def _apply_to(self, module: Module, replacements: Sequence[Replacement]) -> None:
        source = source_of(self._repository, module)
        text = replace(source.text, replacements)
        session = self._pool.fresh()
        try:
            errors = errors_of(session.elaborate(dataclasses.replace(source, text=text)))
        finally:
            session.close()
        if errors:
            raise BrokenFile(f"{source.file} does not compile with all proofs together: nothing was written.", errors)
        write_patched(module.path, text)
        self._note(f"wrote {source.file}")


def _provable(target: Target) -> Target:
    declaration = target.task.declaration
    if declaration.kind != "theorem" and not declaration.incomplete:
        raise UsageError(f"{declaration.name} is a {declaration.kind} without `sorry`: there is nothing to prove.")
    return target
