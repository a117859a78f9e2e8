"""`prover prove` as a job of a server: its settings as a message, and its report as the result."""

from pathlib import Path

import msgspec
from msgspec import Struct

from prover.app.assembly import generators_named
from prover.app.locating import FileLine, module_meant
from prover.app.proving import ProveRequest, prove
from prover.app.report import Report, TheoremReport
from prover.app.tools import Tool, ToolCall
from prover.app.workspace import Workspace
from prover.check.gate import GATE_SECONDS
from prover.check.levels import DEFAULT_LEVEL
from prover.lean.requests import EVERY_OPEN_THEOREM
from prover.lean.session import TacticLimits
from prover.search.budget import Budget
from prover.search.engine import Strategy


class RunArguments(Struct, frozen=True, forbid_unknown_fields=True):
    """The theorems of a repository to prove, and the settings; see `ProveRequest`, whose fields have these names."""

    path: str
    """The root of the repository."""
    generators: str
    """Their names, separated by commas."""
    timeout_s: float
    """The time limit for each theorem."""
    tactic_limits: TacticLimits
    width: int
    invent: tuple[str, ...]
    theorems: tuple[str, ...] = ()
    """Their names or places; without them and without a file, every theorem with a `sorry` is meant."""
    file: str | None = None
    line: int | None = None
    expansions: int | None = None
    level: int = DEFAULT_LEVEL
    gate_seconds: float = GATE_SECONDS
    axioms: tuple[str, ...] = ()
    assumed: tuple[str, ...] = EVERY_OPEN_THEOREM
    polish: bool = True
    apply: bool = False
    jobs: int = 2
    arguments: tuple[str, ...] = ()
    """The command line."""

    def wanted(self) -> tuple[str, ...] | FileLine | None:
        """Returns the theorems as a `ProveRequest` names them."""
        return self.theorems or (FileLine(Path(self.file), self.line) if self.file is not None else None)


class RunResult(Struct, frozen=True):
    """The report on a run."""

    report: Report


def run(call: ToolCall, wanted: RunArguments) -> RunResult:
    """Proves the theorems; each result is reported when it is known."""
    request = ProveRequest(
        wanted.wanted(),
        Budget(seconds=wanted.timeout_s, expansions=wanted.expansions),
        generators_named(wanted.generators, call.reporter),
        wanted.jobs,
        wanted.apply,
        wanted.level,
        wanted.gate_seconds,
        strategy=Strategy(limits=wanted.tactic_limits, width=wanted.width, invent=wanted.invent),
        axioms=wanted.axioms,
        assumed=wanted.assumed,
        polish=wanted.polish,
        arguments=wanted.arguments,
        watch=call.watch,
    )

    def each(theorem: TheoremReport) -> None:
        call.found(msgspec.to_builtins(theorem))

    return RunResult(prove(_narrowed(call.workspace, request), request, call.reporter.notify, each))


def _narrowed(workspace: Workspace, request: ProveRequest) -> Workspace:
    """Returns the repository for work on one module if the request names theorems of one module only."""
    modules = {module_meant(workspace.repository, each) for each in _places(request)}
    module = modules.pop() if len(modules) == 1 else None
    return workspace.for_module(module) if module is not None else workspace


def _places(request: ProveRequest) -> tuple[str | FileLine, ...]:
    match request.wanted:
        case None:
            return ()
        case FileLine() as place:
            return (place,)
        case names:
            return names


RUN = Tool("run", "Do what `prover prove` does, with all of its settings.", RunArguments, RunResult, run)
