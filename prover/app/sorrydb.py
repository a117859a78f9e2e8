"""SorryDB: its records in, its results out. A record is one `sorry` at its place, not a theorem.

A proof is a text for the five letters. If nothing else of the theorem is missing, the gate has accepted it to level 3.
Otherwise the theorem rests on what is still missing, so that level 3 cannot be reached: then a fresh Lean has compiled
the file (level 2), and what is missing in the theorem is what was missing before, but for the goal of the record.
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec

from prover.app.assembly import DEFAULT_GENERATORS, ProverOptions, assemble, generators_named, mixture
from prover.app.locating import FileLine, Locator
from prover.app.suggesting import FilePosition
from prover.app.watching import SearchWatch, WatchedGenerator
from prover.app.workspace import Workspace
from prover.attempt import AcceptedProof, AttemptOutcome, Task, sorry_goals
from prover.check.gate import Accepted, Gate, Judgement, Refused, Submission, reached
from prover.check.levels import AXIOMS_LEVEL, DEFAULT_LEVEL, verified
from prover.errors import DatasetError, LeanError, ProverError, UsageError
from prover.evaluate.json_lines import records
from prover.evaluate.located import SorryRecord, sorry_record
from prover.lean.gateway_session import LeanSession
from prover.lean.pool import Pool
from prover.lean.session import SorryGoal
from prover.lean.toolchain.choose import ToolchainChoice
from prover.polish.polish import POLISH_SECONDS
from prover.progress import Reporter
from prover.project.patch import Replacement
from prover.search.budget import Budget
from prover.tactics.generator import Generator
from retrieval.files import write_atomically

STRATEGY = "prover"
BOUND_LEVEL = AXIOMS_LEVEL - 1


@dataclass(frozen=True)
class SorryPlan:
    """The settings with which records are proved."""

    generators: tuple[Generator, ...]
    seconds: float = 60.0
    """The time limit of each search."""
    toolchain: ToolchainChoice = "auto"
    jobs: int = 1
    """The number of Lean processes that build modules."""
    watch: SearchWatch | None = None
    """Is told of each goal and tactic."""


@dataclass(frozen=True)
class SorryResult:
    """The result for one record of SorryDB."""

    record: SorryRecord
    proof: str | None = None
    """The text for the five letters; None if none was found."""
    message: str = ""
    """How far the proof was checked, or why there is none."""
    whole: bool = False
    """Whether the gate accepted the theorem as proved."""
    error: str | None = None
    """The name of the error, if the record could not be tried."""

    def json(self) -> dict[str, Any]:
        """Returns the result in SorryDB's format."""
        proved = self.proof is not None
        return {
            "sorry": dict(self.record.record),
            "proof": self.proof,
            "proof_verified": proved,
            "success": proved,
            "feedback": None if proved else self.message,
            "verification_message": self.message if proved else None,
            "error_type": self.error,
            "error_message": self.message if self.error is not None else None,
            "strategy_name": STRATEGY,
        }


class OneSorryGate:
    """A gate for one `sorry` of a theorem that has others: these must stay as they are."""

    def __init__(self, inner: Gate, fresh: Callable[[], LeanSession], filled: int) -> None:
        """Creates the gate.

        Args:
            fresh: returns a session whose process has elaborated nothing.
            filled: the byte of the `sorry` that is filled.
        """
        self._inner = inner
        self._fresh = fresh
        self._filled = filled

    def judge(self, submission: Submission, level: int = DEFAULT_LEVEL) -> Judgement:
        """See `Gate.judge`; what has passed up to level 2 is accepted if nothing else than the goal has changed."""
        judgement = self._inner.judge(submission, level)
        if isinstance(judgement, Accepted) or judgement.level != AXIOMS_LEVEL:
            return judgement
        session = self._fresh()
        try:
            before = session.sorries(submission.original, *submission.command)
            after = session.sorries(submission.candidate, submission.command[0], submission.command_stop)
        except LeanError as error:
            return Refused(f"a fresh Lean could not compare what is missing: {error}", wrong=False)
        finally:
            session.close()
        others = [goal.printed for goal in before if goal.start != self._filled]
        if not others or [goal.printed for goal in after] != others:
            return judgement
        return reached(BOUND_LEVEL, judgement)


def sorrydb_results(
    found: Iterable[SorryRecord], plan: SorryPlan, reporter: Reporter, where: str | None = None
) -> Iterator[SorryResult]:
    """Yields the result for each record, those of one commit one after another.

    Args:
        where: the directory of the repository; None to fetch the commit of each record.
    """
    for location, group in groupby(found, key=lambda record: where or record.location):
        here = list(group)
        try:
            with Workspace.open(location, plan.toolchain, reporter, plan.jobs) as workspace:
                yield from _in_repository(workspace, here, plan)
        except ProverError as error:
            yield from (_failed(record, error) for record in here)


def _in_repository(workspace: Workspace, found: Iterable[SorryRecord], plan: SorryPlan) -> Iterator[SorryResult]:
    with workspace.pool(1) as pool:
        for record in found:
            with pool.lend() as session:
                try:
                    result = _proved(workspace, pool, session, record, plan)
                except ProverError as error:
                    result = _failed(record, error)
            yield result


def _failed(record: SorryRecord, error: ProverError) -> SorryResult:
    return SorryResult(record, message=str(error), error=type(error).__name__)


def _proved(
    workspace: Workspace, pool: Pool, session: LeanSession, record: SorryRecord, plan: SorryPlan
) -> SorryResult:
    task = Locator(workspace, session).named(FileLine(Path(record.file), record.line)).task
    goal = _goal_at(session, task, record)
    task = replace(task, only=goal.start)
    pool.prepare_fresh()
    gate = OneSorryGate(workspace.gate(pool), pool.fresh, goal.start)
    options = ProverOptions(Budget(seconds=plan.seconds), polish_seconds=POLISH_SECONDS)
    generator: Generator = mixture(plan.generators, frozen=True)
    if plan.watch is not None:
        generator = WatchedGenerator(generator, plan.watch)
    prover = assemble(generator, gate, options)
    return _result(record, goal, task, prover.prove(session, task))


def fill(workspace: Workspace, file: Path, at: FilePosition, plan: SorryPlan) -> SorryResult:
    """Returns a text for the `sorry` at a position of a file; that of a record of SorryDB is found likewise.

    Raises:
        ProverError: There is no `sorry` there, or the file cannot be read.
    """
    record = SorryRecord({}, "", "", "", file.as_posix(), at.line, at.column - 1)
    with workspace.pool(1) as pool, pool.lend() as session:
        return _proved(workspace, pool, session, record, plan)


def _goal_at(session: LeanSession, task: Task, record: SorryRecord) -> SorryGoal:
    """Returns the goal of the `sorry` at the place of a record.

    Raises:
        UsageError: There is none.
    """
    offset = FilePosition(record.line, record.column + 1).offset(task.source.text)
    for goal in sorry_goals(session, task):
        if goal.start <= offset < goal.stop and task.declaration.incomplete:
            return goal
    place = f"line {record.line}, column {record.column} of {record.file}"
    raise UsageError(f"There is no `sorry` at {place}: check the commit and the place.")


def _result(record: SorryRecord, goal: SorryGoal, task: Task, outcome: AttemptOutcome) -> SorryResult:
    if not isinstance(outcome, AcceptedProof):
        return SorryResult(record, message=outcome.reason)
    (replacement,) = outcome.replacements
    proof = in_place(task.source.text, replacement, goal.start, goal.stop)
    if proof is None:
        return SorryResult(record, message="a proof was found that cannot stand in place of the `sorry` alone")
    judgement = outcome.judgement
    if judgement.level < AXIOMS_LEVEL:
        said = "compiles in a fresh Lean; the theorem has other `sorry`s, which are as before"
        return SorryResult(record, proof, said)
    return SorryResult(record, proof, verified(judgement.level, judgement.axioms, judgement.library), True)


def in_place(text: str, replacement: Replacement, start: int, stop: int) -> str | None:
    """Returns a replacement as a text for some bytes of a file; None if it changes more than blanks around them."""
    if replacement.start > start or replacement.stop < stop:
        return None
    data = text.encode()
    around = data[replacement.start : start] + data[stop : replacement.stop]
    return None if around.strip() else replacement.text


def earlier_results(file: Path) -> dict[str, Mapping[str, Any]]:
    """Returns the results in a file of an earlier run, by the ids of their records; none if there is no such file.

    Raises:
        DatasetError: The file has something else.
    """
    if not file.exists():
        return {}
    found = {}
    for place, result in records(file):
        if not isinstance(result.get("sorry"), dict) or "proof" not in result:
            raise DatasetError(f"{place}, is no result for SorryDB: choose another file for --out.")
        found[sorry_record(result["sorry"], place).id] = result
    return found


def write_results(file: Path, results: Iterable[Mapping[str, Any]]) -> None:
    """Writes results in SorryDB's format, whole or not at all."""
    write_atomically(file, msgspec.json.format(msgspec.json.encode(list(results)), indent=2) + b"\n")


def prove_sorry(repo_path: Path | str, sorry: Any, seconds: float = 60.0) -> str | None:
    """Returns a proof of a `sorry`, as SorryDB's strategies do.

    Args:
        repo_path: The directory of the repository, at the commit of the record.
        sorry: The record: a dictionary, or SorryDB's own class.
        seconds: The time limit of the search.

    Returns:
        A text for the five letters; None if no proof was found.

    Raises:
        ProverError: The record is wrong, or its place cannot be read.
    """
    record = sorry_record(_as_mapping(sorry))
    reporter = Reporter()
    plan = SorryPlan(generators_named(",".join(DEFAULT_GENERATORS), reporter), seconds)
    with (
        Workspace.open(str(repo_path), plan.toolchain, reporter) as workspace,
        workspace.pool(1) as pool,
        pool.lend() as session,
    ):
        return _proved(workspace, pool, session, record, plan).proof


def _as_mapping(sorry: Any) -> Mapping[str, Any]:
    if dataclasses.is_dataclass(sorry) and not isinstance(sorry, type):
        return dataclasses.asdict(sorry)
    if callable(dump := getattr(sorry, "model_dump", None)):
        return dict(dump())
    return dict(sorry)
