"""What the prover does for other programs: each tool has arguments, a result, and works on one file or directory.

Servers for every protocol offer these tools. Lines and columns are counted from 1, columns in characters. Lists are in
a field `items`, because some libraries take a bare list apart.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from prover.app.assembly import DEFAULT_GENERATORS, generators_named
from prover.app.checking import ProofVerdict, audit_module, check_proof
from prover.app.locating import FileLine, Locator, Target
from prover.app.premises import PremiseIndexes, query_of
from prover.app.proving import ProveRequest, prove
from prover.app.refuting import RefutationPlan, decide
from prover.app.report import Status, TheoremReport
from prover.app.sorrydb import SorryPlan, fill
from prover.app.suggesting import FilePosition, SuggestRequest, TriedSuggestion, goal_near, suggest
from prover.app.watching import SearchWatch
from prover.app.workspace import Workspace
from prover.check.checkers import PERMITTED_AXIOMS
from prover.check.levels import HIGHEST_LEVEL
from prover.errors import LeanError, UsageError
from prover.lean.protocol import displayed_name
from prover.progress import Reporter
from prover.project.build import source_of
from prover.search.budget import Budget
from prover.tactics.language.formats import state_text

MAX_TIMEOUT_S = 3600.0
MAX_SUGGESTIONS = 200
MAX_OPEN_FILES = 4
"""The number of files that Lean keeps in memory while it lists the `sorry`s of many."""

FilePath = Annotated[str, Meta(min_length=1, description="A Lean file, absolute or relative to the project.")]
Line = Annotated[int, Meta(ge=1, description="A line, counted from 1.")]
Column = Annotated[int, Meta(ge=1, description="A column, counted from 1 in characters.")]
TheoremName = Annotated[str, Meta(min_length=1, description="The full name of a theorem of the file, or its end.")]
Timeout = Annotated[float, Meta(gt=0, le=MAX_TIMEOUT_S, description="The time limit of the search, in seconds.")]
Count = Annotated[int, Meta(ge=1, le=MAX_SUGGESTIONS)]


# --- arguments ---


class ProveArguments(Struct, frozen=True, forbid_unknown_fields=True):
    """The theorem to prove, by its name or by a line that it contains."""

    file_path: FilePath
    theorem_name: TheoremName | None = None
    line: Line | None = None
    timeout_s: Timeout = 60.0
    apply: bool = False
    """Whether the proof is written into the file; the server must have been started with permission for that."""


class SuggestArguments(Struct, frozen=True, forbid_unknown_fields=True):
    """The position of a goal: that of the `sorry` there or next after it, else the theorem's statement."""

    file_path: FilePath
    line: Line
    column: Column | None = None
    k: Count = 16
    """The number of tactics that are tried."""
    failures: bool = False
    """Whether tactics that fail are in the result."""


class CheckArguments(Struct, frozen=True, forbid_unknown_fields=True):
    """The theorem whose proof is checked; without one, the whole file is audited."""

    file_path: FilePath
    theorem_name: TheoremName | None = None
    line: Line | None = None
    level: Annotated[int, Meta(ge=1, le=HIGHEST_LEVEL)] = 3


class PremisesArguments(Struct, frozen=True, forbid_unknown_fields=True):
    """The position of the goal for which premises are looked for."""

    file_path: FilePath
    line: Line
    column: Column | None = None
    num_results: Count = 32


class RefuteArguments(Struct, frozen=True, forbid_unknown_fields=True):
    """The theorem to refute, by its name or by a line that it contains."""

    file_path: FilePath
    theorem_name: TheoremName | None = None
    line: Line | None = None
    timeout_s: Timeout = 20.0


class FillArguments(Struct, frozen=True, forbid_unknown_fields=True):
    """The position of a `sorry`, which a proof is to replace; other `sorry`s of its theorem stay."""

    file_path: FilePath
    line: Line
    column: Column
    text: str | None = None
    """The text of the file, if it is not that on the disk."""
    timeout_s: Timeout = 60.0


class SorriesArguments(Struct, frozen=True, forbid_unknown_fields=True):
    """The file or directory whose `sorry`s are listed."""

    path: FilePath


ToolArguments = Struct
"""The arguments of a tool; one of them, `file_path` or `path`, names the file or directory."""


# --- results ---

Trust = Literal["standard", "incomplete", "custom"]
"""`incomplete`: the proof rests on open theorems; `custom`: on axioms that are not Lean's own."""


class ProveResult(Struct, frozen=True):
    """The result for one theorem. Only `proved` is a proof; a fresh Lean has accepted it."""

    status: Status
    theorem: str = ""
    file: str = ""
    line: int = 0
    proof: str | None = None
    patch: str | None = None
    """A unified diff, relative to the repository's root."""
    axioms: tuple[str, ...] = ()
    trust: Trust | None = None
    rests_on: tuple[str, ...] = ()
    """Open theorems that the proof rests on, if the status is `proved_given`."""
    open_goals: tuple[str, ...] = ()
    """The goals that remained of the proof that got furthest."""
    partial: str | None = None
    """A proof of the theorem from `facts`, which are not proved."""
    facts: tuple[str, ...] = ()
    counterexample: dict[str, str] | None = None
    refutation: str | None = None
    """A proof of the negation, if the theorem is refuted."""
    reason: str | None = None
    hint: str | None = None
    verified: str | None = None
    """How far the proof was checked, and by which Lean."""
    applied: bool = False
    seconds: float = 0.0


class FillResult(Struct, frozen=True):
    """A proof for one `sorry`."""

    status: Literal["proved", "filled", "open"]
    """`filled`: a fresh Lean has compiled the file with the proof, but the theorem has other `sorry`s."""
    proof: str | None = None
    """The text in place of the five letters."""
    verified: str | None = None
    reason: str | None = None
    seconds: float = 0.0


class SuggestDiagnostic(Struct, frozen=True):
    """A message of Lean about a suggestion."""

    severity: Literal["error", "warning", "info", "hint"]
    message: str
    line: int
    column: int


class SuggestedTactic(Struct, frozen=True):
    """A tactic that was tried, in the shape of lean-lsp-mcp's `lean_multi_attempt`, with its score."""

    snippet: str
    goals: tuple[str, ...]
    """The goals that remain after it."""
    diagnostics: tuple[SuggestDiagnostic, ...] = ()
    timed_out: bool = False
    proof_status: str | None = None
    """`Completed`, or what is left; null if the tactic fails."""
    score: float = 0.0
    """The logarithm of the probability that its generators give it; larger is better."""


class SuggestResult(Struct, frozen=True):
    """Tried tactics, those that close the goal first."""

    goal: str
    items: tuple[SuggestedTactic, ...]


class CheckFinding(Struct, frozen=True):
    """Something that counts against a proof or a file, or that a reader should look at."""

    line: int
    what: str
    refused: bool
    declaration: str | None = None


class CheckResult(Struct, frozen=True):
    """The verdict of the gate on a proof, or of the audit on a file."""

    accepted: bool
    level: int
    """The highest level that the proof passed; see docs/gate.md. For a file it is 0."""
    axioms: tuple[str, ...] = ()
    trust: Trust | None = None
    rests_on: tuple[str, ...] = ()
    reason: str | None = None
    findings: tuple[CheckFinding, ...] = ()
    theorem: str | None = None
    toolchain: str = ""
    seconds: float = 0.0


class FoundPremise(Struct, frozen=True):
    """A declaration that may help to prove a goal."""

    name: str
    kind: str
    file: str
    """The module that declares it."""
    score: float
    statement: str = ""


class PremisesResult(Struct, frozen=True):
    """Premises for a goal, the best first."""

    goal: str
    items: tuple[FoundPremise, ...]


class FoundSorry(Struct, frozen=True):
    """A `sorry` and its goal."""

    file: str
    line: int
    column: int
    theorem: str | None
    goal: str
    value: bool = False
    """Whether data is missing there, and not a proof."""


class SorriesResult(Struct, frozen=True):
    """The `sorry`s of a file or directory, in the order of their places."""

    items: tuple[FoundSorry, ...]
    failed: tuple[str, ...] = ()
    """Files that could not be read, each with the reason."""


ToolResult = Struct


# --- the tools ---


@dataclass(frozen=True)
class ToolCall:
    """The circumstances of a call: an open repository, and those who wait for the result."""

    workspace: Workspace
    path: Path
    """The file or directory that the arguments name, with symbolic links resolved."""
    reporter: Reporter
    watch: SearchWatch
    indexes: PremiseIndexes
    """Those of earlier calls."""
    found: Callable[[object], None] = lambda _: None
    """Receives each part of the result that is known before the rest, as JSON."""

    @cached_property
    def of_file(self) -> Workspace:
        """The repository for work on the file alone."""
        return self.workspace.for_module(self.workspace.repository.at(self.path))

    @property
    def file(self) -> Path:
        """The file, relative to the repository's root where it is below it."""
        root = self.workspace.repository.root
        return self.path.relative_to(root) if self.path.is_relative_to(root) else self.path


@dataclass(frozen=True)
class Tool:
    """A tool of the prover."""

    name: str
    description: str
    arguments: type[ToolArguments]
    result: type[ToolResult]
    run: Callable[[ToolCall, Any], ToolResult]


def prove_theorem(call: ToolCall, wanted: ProveArguments) -> ProveResult:
    """Proves one theorem of a file."""
    place = _place(call, wanted)
    request = ProveRequest(
        place,
        Budget(seconds=wanted.timeout_s),
        generators_named(",".join(DEFAULT_GENERATORS), call.reporter),
        call.workspace.jobs,
        apply=wanted.apply,
        watch=call.watch,
    )
    started = time.monotonic()
    report = prove(call.of_file, request, call.reporter.notify)
    result = result_of_report(report.theorems[-1])
    applied = wanted.apply and result.status in ("proved", "proved_given")
    return msgspec.structs.replace(result, applied=applied, seconds=round(time.monotonic() - started, 3))


def result_of_report(report: TheoremReport) -> ProveResult:
    """Returns the report on a theorem in the shape that tools return."""
    proved = report.status in ("proved", "proved_given")
    return ProveResult(
        report.status,
        report.theorem,
        report.file,
        report.line,
        report.proof,
        report.patch,
        report.axioms,
        trust_in(report.axioms, report.rests_on) if proved else None,
        report.rests_on,
        report.stuck,
        report.partial,
        report.facts,
        dict(report.counterexample) if report.counterexample is not None else None,
        report.refutation,
        report.reason or report.refused,
        verified=report.verified and f"{report.verified}; {report.toolchain}",
    )


def trust_in(axioms: Sequence[str], rests_on: Sequence[str]) -> Trust:
    """Returns how far a proof with these axioms and open theorems can be relied on."""
    return "incomplete" if rests_on else "standard" if set(axioms) <= set(PERMITTED_AXIOMS) else "custom"


def suggest_tactics(call: ToolCall, wanted: SuggestArguments) -> SuggestResult:
    """Suggests tactics for the goal at a position, and tries each."""
    generators = generators_named(",".join(DEFAULT_GENERATORS), call.reporter)
    position = FilePosition(wanted.line, wanted.column or 1)
    request = SuggestRequest(FileLine(call.file, wanted.line), (), generators, wanted.k, near=position)
    state, tried = suggest(call.of_file, request, call.reporter.notify)
    shown = (each for each in tried if wanted.failures or each.goals is not None)
    return SuggestResult(state_text(state.goals[0]), tuple(_suggested(each, position) for each in shown))


def _suggested(tried: TriedSuggestion, at: FilePosition) -> SuggestedTactic:
    if tried.goals is None:
        message = SuggestDiagnostic("error", tried.failure or "", at.line, at.column)
        timed_out = tried.failure == "timeout"
        return SuggestedTactic(tried.tactic, (), (message,), timed_out, None, tried.log_probability)
    status = "Incomplete: open goals remain" if tried.goals else "Completed"
    return SuggestedTactic(tried.tactic, tried.goals, proof_status=status, score=tried.log_probability)


def fill_sorry(call: ToolCall, wanted: FillArguments) -> FillResult:
    """Finds a proof for the `sorry` at a position."""
    started = time.monotonic()
    workspace = call.of_file
    if wanted.text is not None:
        workspace = workspace.with_text(workspace.repository.at(call.path), wanted.text)
    generators = generators_named(",".join(DEFAULT_GENERATORS), call.reporter)
    plan = SorryPlan(generators, wanted.timeout_s, watch=call.watch)
    found = fill(workspace, call.file, FilePosition(wanted.line, wanted.column), plan)
    seconds = round(time.monotonic() - started, 3)
    if found.proof is None:
        return FillResult("open", reason=found.message, seconds=seconds)
    return FillResult("proved" if found.whole else "filled", found.proof, found.message, seconds=seconds)


def check_file(call: ToolCall, wanted: CheckArguments) -> CheckResult:
    """Checks the proof of a theorem, or audits a file."""
    started = time.monotonic()
    if wanted.theorem_name is None and wanted.line is None:
        return _audited(call, started)
    return result_of_verdict(check_proof(call.of_file, _place(call, wanted), level=wanted.level))


def result_of_verdict(verdict: ProofVerdict) -> CheckResult:
    """Returns a verdict on a proof in the shape that tools return."""
    holds = verdict.accepted or verdict.rests_on
    return CheckResult(
        verdict.accepted,
        verdict.level,
        verdict.axioms,
        trust_in(verdict.axioms, verdict.rests_on) if holds else None,
        verdict.rests_on,
        verdict.reason,
        tuple(CheckFinding(verdict.line, what, False, verdict.theorem) for what in verdict.findings),
        verdict.theorem,
        verdict.toolchain,
        verdict.seconds,
    )


def _audited(call: ToolCall, started: float) -> CheckResult:
    workspace = call.of_file
    with workspace.pool(1) as pool:
        audited = audit_module(workspace, pool, workspace.repository.at(call.path))
    found = tuple(CheckFinding(each.line, each.what, each.refused, each.declaration) for each in audited.found)
    refused = next((each for each in audited.found if each.refused), None)
    return CheckResult(
        audited.accepted(),
        0,
        audited.axioms,
        trust_in(audited.axioms, ()) if audited.accepted() else None,
        reason=f"line {refused.line}: {refused.what}" if refused is not None else None,
        findings=found,
        toolchain=workspace.describe(),
        seconds=round(time.monotonic() - started, 3),
    )


def find_premises_at(call: ToolCall, wanted: PremisesArguments) -> PremisesResult:
    """Finds premises for the goal at a position, with an up-to-date index."""
    with call.of_file.pool(1) as pool, pool.lend() as session:
        task = Locator(call.of_file, session).named(FileLine(call.file, wanted.line)).task
        state = goal_near(session, task, FilePosition(wanted.line, wanted.column or 1)).state
    goal = state_text(state.goals[0])
    index = call.indexes.of(call.workspace, call.reporter)
    found = index.search(query_of("", goal), wanted.num_results)
    items = (
        FoundPremise(each.premise.name, each.premise.kind, each.premise.module, each.score, each.premise.statement)
        for each in found
    )
    return PremisesResult(goal, tuple(items))


def refute_theorem(call: ToolCall, wanted: RefuteArguments) -> ProveResult:
    """Says whether a theorem is false, with a counterexample."""
    started = time.monotonic()
    (found,) = decide(call.of_file, RefutationPlan(_place(call, wanted), wanted.timeout_s))
    return ProveResult(
        found.status,
        found.theorem,
        found.file,
        found.line,
        found.proof,
        axioms=found.axioms,
        trust=trust_in(found.axioms, ()) if found.status == "proved" else None,
        counterexample=dict(found.counterexample) if found.counterexample is not None else None,
        refutation=found.refutation,
        reason=found.reason or None,
        seconds=round(time.monotonic() - started, 3),
    )


def list_sorries(call: ToolCall, wanted: SorriesArguments) -> SorriesResult:
    """Lists the `sorry`s of a file or of all files below a directory."""
    workspace = call.workspace
    modules = sorted(workspace.repository.modules.values(), key=lambda module: module.path)
    if call.path.is_file():
        modules = [workspace.repository.at(call.path)]
    found: list[FoundSorry] = []
    failed: list[str] = []
    with workspace.pool(1) as pool, pool.lend() as session:
        locator = Locator(workspace, session)
        for module in modules:
            if not module.path.resolve().is_relative_to(call.path):
                continue
            try:
                targets = locator.read(module, examples=True).targets
            except (UsageError, LeanError) as error:
                failed.append(f"{workspace.repository.relative(module)}: {error}")
                continue
            source = source_of(workspace.repository, module)
            for goal in session.sorries(source, 0, len(source.text.encode())):
                at = FilePosition.of(source.text, goal.start)
                owner = _owner(targets, goal.start)
                found.append(FoundSorry(source.file, at.line, at.column, owner, goal.printed, goal.value))
            session.forget_others(MAX_OPEN_FILES)
    return SorriesResult(tuple(found), tuple(failed))


def _owner(targets: Sequence[Target], offset: int) -> str | None:
    """Returns the name of the declaration that a byte is part of."""
    around = (each.task.declaration for each in targets)
    return next((displayed_name(each) for each in around if each.start <= offset < each.stop), None)


def _place(call: ToolCall, wanted: ProveArguments | CheckArguments | RefuteArguments) -> FileLine:
    if (wanted.theorem_name is None) == (wanted.line is None):
        raise UsageError("Say which theorem is meant: give either theorem_name or line.")
    return FileLine(call.file, wanted.line, wanted.theorem_name)


TOOLS: dict[str, Tool] = {
    tool.name: tool
    for tool in (
        Tool(
            "prove",
            "Prove a theorem of a Lean file, by its name or by a line. A fresh Lean checks the proof; only the status "
            "`proved` is a proof. The result has the proof, a patch, and what is missing if the theorem stays open.",
            ProveArguments,
            ProveResult,
            prove_theorem,
        ),
        Tool(
            "fill",
            "Find a text for one `sorry`, at a position, whatever else its theorem lacks. The text of the file can be "
            "sent, so that it need not be saved.",
            FillArguments,
            FillResult,
            fill_sorry,
        ),
        Tool(
            "suggest",
            "Suggest tactics for the goal of a `sorry` at a position. Each has been tried, so the goals that it leaves "
            "are known; those that close the goal come first.",
            SuggestArguments,
            SuggestResult,
            suggest_tactics,
        ),
        Tool(
            "check",
            "Check the proof that a theorem has, or audit a whole file: axioms, `sorry`s, and text that misleads.",
            CheckArguments,
            CheckResult,
            check_file,
        ),
        Tool(
            "premises",
            "Find theorems and definitions of the project and of Lean's library that may help with the goal at a "
            "position. Works without a network; the first call indexes the project, which can take minutes.",
            PremisesArguments,
            PremisesResult,
            find_premises_at,
        ),
        Tool(
            "refute",
            "Look for a counterexample of a theorem. A fresh Lean checks a proof of the negation.",
            RefuteArguments,
            ProveResult,
            refute_theorem,
        ),
        Tool(
            "sorries",
            "List the `sorry`s of a Lean file or of all files below a directory, with their goals.",
            SorriesArguments,
            SorriesResult,
            list_sorries,
        ),
    )
}
"""The tools by name."""
