"""Measures foreign repositories, from their address to stored results: each is traced, and some theorems are attempted.

A repository that cannot be fetched or built is a row with its reason. Each row is reported as soon as it is known.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.workload import conditions, spread
from prover.app.assembly import ProverOptions, assemble, mixture
from prover.app.report import TheoremReport, report_of
from prover.app.store import Ledger
from prover.app.tracing import TraceResult, trace_into_database
from prover.app.workspace import Workspace
from prover.attempt import AttemptOutcome, Prover, Task
from prover.errors import ProverError, UsageError
from prover.lean.gateway_session import LeanSession
from prover.lean.pool import Pool
from prover.lean.traced import TracedDeclaration
from prover.progress import Notify, Reporter
from prover.project.build import Compiled, NotCompiled, source_of
from prover.project.layout import Module
from prover.project.revision import revision_of
from prover.search.budget import Budget
from prover.tactics.automation import Automation
from prover.tactics.generator import StatelessGenerator
from prover.tactics.structure import Structure

GENERATORS: tuple[StatelessGenerator, ...] = (Automation(), Structure())


@dataclass(frozen=True)
class RepositoriesPlan:
    """The plan of a measurement."""

    seconds: float
    """The budget of a theorem."""
    limit: int
    """The maximum number of theorems of a repository."""
    jobs: int

    def settings(self) -> dict[str, Any]:
        """Returns the settings of an attempt, as the database stores them."""
        return {"generators": [generator.name for generator in GENERATORS], "seconds": self.seconds}


@dataclass
class RepositoryResult:
    """The result of one repository."""

    repository: str
    """The address in the list."""
    revision: str = ""
    """The commit, with a note if files differ from it."""
    pin: str | None = None
    """The version of Lean that it requires."""
    toolchain: str = ""
    modules: int = 0
    clean: int = 0
    """The number of modules built without errors."""
    erroneous: dict[str, str] = field(default_factory=dict)
    """The modules in which Lean found errors, with the first error."""
    not_built: dict[str, str] = field(default_factory=dict)
    """The modules that could not be built, with the reason."""
    traced: int = 0
    traced_now: int = 0
    """The number of those that were not in the cache."""
    theorems: int = 0
    steps: int = 0
    sorries: int = 0
    minutes_traced: float = 0.0
    from_sorries: bool = False
    """Whether the attempted theorems contain a `sorry`; otherwise their proofs were removed."""
    attempts: list[dict[str, Any]] = field(default_factory=list)
    """The attempts; see `TheoremReport`."""
    minutes: float = 0.0
    """The total duration in minutes."""
    reason: str | None = None
    """The reason why the measurement failed; None if it did not."""

    @property
    def proved(self) -> int:
        """The number of attempts that the gate accepted."""
        return sum(attempt["status"] == "proved" for attempt in self.attempts)


@dataclass(frozen=True)
class Pick:
    """A theorem to attempt."""

    module: Module
    declaration: TracedDeclaration


def read_list(file: Path) -> list[str]:
    """The addresses in a file, one on each line; lines that begin with `#` are left out.

    Raises:
        UsageError: it cannot be read, or names none.
    """
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read ({error}): give a text file with an address on each line.") from None
    found = [line for line in lines if line and not line.startswith("#")]
    if not found:
        raise UsageError(f"{file} names no repository: write URL@REV on a line each.")
    return list(dict.fromkeys(found))


def measure(
    addresses: Sequence[str], plan: RepositoriesPlan, progress: Notify, keep: Callable[[dict[str, Any]], None]
) -> list[RepositoryResult]:
    """Traces and attempts each repository in turn.

    Args:
        keep: given everything so far, whenever a repository is done.
    """
    rows: list[RepositoryResult] = []
    for address in addresses:
        progress(f"{address} ({len(rows) + 1} of {len(addresses)})")
        rows.append(_row(address, plan, progress))
        keep({"conditions": {**conditions(), **asdict(plan)}, "repositories": [_json(row) for row in rows]})
    return rows


def _json(row: RepositoryResult) -> dict[str, Any]:
    return {**asdict(row), "attempted": len(row.attempts), "proved": row.proved}


def _row(address: str, plan: RepositoriesPlan, progress: Notify) -> RepositoryResult:
    row, began = RepositoryResult(address), time.monotonic()
    try:
        with Workspace.open(address, "auto", Reporter(progress), plan.jobs) as ready:
            row.revision = revision_of(ready.checkout, ready.repository) or ""
            row.pin, row.toolchain = ready.repository.toolchain, ready.toolchain.describe()
            traced = trace_into_database(ready, progress)
            row.minutes_traced = _minutes(began)
            picks = _fill(row, ready, traced, plan)
            progress(f"{address}: {len(picks)} theorems to prove")
            for report in _attempts(ready, picks, plan, progress):
                row.attempts.append(asdict(report))
    except ProverError as error:
        row.reason = str(error)
    row.minutes = _minutes(began)
    return row


def _minutes(began: float) -> float:
    return round((time.monotonic() - began) / 60, 2)


def _fill(row: RepositoryResult, ready: Workspace, traced: TraceResult, plan: RepositoriesPlan) -> list[Pick]:
    """Sets down what the trace says; the theorems to attempt."""
    own = sorted(traced.own, key=lambda outcome: outcome.module.name)
    row.modules = len(ready.repository.modules)
    row.clean = sum(not outcome.errors for outcome in own)
    row.erroneous = {each.module.name: each.errors[0] for each in own if each.errors}
    row.not_built = {each.module.name: str(each.error) for each in _own(traced.failed)}
    row.traced, row.traced_now = len(own), sum(not outcome.cached for outcome in own)
    row.steps, row.sorries = sum(each.steps for each in own), sum(each.sorries for each in own)
    theorems = [(outcome, pick) for outcome in own for pick in _theorems(ready, outcome)]
    row.theorems = len(theorems)
    sound = [pick for outcome, pick in theorems if not outcome.errors]
    missing = [pick for pick in sound if pick.declaration.incomplete]
    row.from_sorries = bool(missing)
    return spread(missing or sound, plan.limit)


def _own(failed: Sequence[NotCompiled]) -> list[NotCompiled]:
    return [each for each in failed if not each.module.package]


def _theorems(ready: Workspace, outcome: Compiled) -> Iterator[Pick]:
    """Those with a proof of their own: what Lean adds to a definition has none."""
    for declaration in ready.builder.traced_module(outcome.module).declarations:
        if declaration.kind == "theorem" and declaration.proof is not None:
            yield Pick(outcome.module, declaration)


def _attempts(
    ready: Workspace, picks: Sequence[Pick], plan: RepositoriesPlan, progress: Notify
) -> Iterator[TheoremReport]:
    """Attempts the theorems, and stores what comes of it as `prover prove` does."""
    ledger = Ledger(ready.toolchain.name, plan.settings(), progress)
    ledger.begin(ready.checkout.location.canonical, ["bench", "repositories"])
    finished = False
    try:
        with Pool(ready.toolchain, ready.builder.search_path(), plan.jobs) as pool:
            options = ProverOptions(Budget(seconds=plan.seconds))
            prover = assemble(mixture(GENERATORS, frozen=True), ready.gate(pool), options)
            with ThreadPoolExecutor(plan.jobs) as executor:
                for task, outcome in executor.map(lambda pick: _attempt(ready, pool, prover, pick), picks):
                    ledger.record(task, outcome)
                    yield report_of(task, outcome, ready.describe())
        finished = True
    finally:
        ledger.end(interrupted=not finished)


def _attempt(ready: Workspace, pool: Pool, prover: Prover, pick: Pick) -> tuple[Task, AttemptOutcome]:
    with pool.lend() as session:
        pool.prepare_fresh()
        task = _task(ready, session, pick)
        return task, prover.prove(session, task)


def _task(ready: Workspace, session: LeanSession, pick: Pick) -> Task:
    source = source_of(ready.repository, pick.module)
    session.elaborate(source)
    declared = session.declarations(source, detail=True)
    return Task(source, next(each for each in declared if each.selection == pick.declaration.selection))


def table(rows: Sequence[RepositoryResult]) -> Iterator[tuple[str, list[str]]]:
    """Each repository's figures, then their sums; in the order of `COLUMNS`."""
    all_of_them = [_figures(row) for row in rows]
    for row, figures in zip(rows, all_of_them, strict=True):
        yield row.repository, [f"{figure:,}" for figure in figures]
    yield "all", [f"{round(sum(column), 2):,}" for column in zip(*all_of_them, strict=True)]


COLUMNS = (
    "modules",
    "theorems",
    "steps",
    "sorries",
    "no error",
    "errors",
    "not built",
    "traced",
    "attempted",
    "proved",
    "minutes",
)


def _figures(row: RepositoryResult) -> tuple[int | float, ...]:
    return (
        row.modules,
        row.theorems,
        row.steps,
        row.sorries,
        row.clean,
        len(row.erroneous),
        len(row.not_built),
        row.traced,
        len(row.attempts),
        row.proved,
        row.minutes,
    )
