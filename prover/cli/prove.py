"""`prover prove`: proves theorems of a repository and prints, writes or applies the proofs."""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from prover.app.assembly import generators_named
from prover.app.ending import EXIT_INTERRUPTED
from prover.app.environment import home
from prover.app.locating import FileLine
from prover.app.models import Mode, ModelChoice, Rounds, asked_of, model_limits
from prover.app.policies import policy_named
from prover.app.proving import ProveRequest, prove
from prover.app.report import Report
from prover.app.served_run import RunArguments
from prover.app.workspace import Workspace
from prover.cli.main import EXIT_OPEN, EXIT_REFUSED
from prover.cli.modelling import model_limit_options, model_options
from prover.cli.options import (
    ProjectCommand,
    agent_parts_option,
    allowed_axioms_option,
    assume_option,
    every_theorem_option,
    gate_timeout_option,
    generators_option,
    invent_option,
    jobs_option,
    json_option,
    mode_option,
    policy_option,
    repo_option,
    revisions_option,
    rounds_option,
    search_level_option,
    tactic_limits,
    tactic_timeout_option,
    targets_argument,
    theorems_option,
    timeout_option,
    toolchain_option,
    width_option,
)
from prover.cli.output import STANDARD_OUTPUT, consoles, reporter, write_json
from prover.cli.report import ReportPrinter
from prover.cli.served import served_report
from prover.errors import UsageError
from prover.lean.toolchain.choose import ToolchainChoice
from prover.search.budget import Budget
from prover.search.engine import Strategy


@click.command("prove", cls=ProjectCommand)
@repo_option
@targets_argument
@theorems_option
@click.option("--file", "file", type=click.Path(path_type=Path), help="Every theorem of this file with a `sorry`.")
@click.option("--line", type=click.IntRange(min=1), help="With --file: the theorem that contains this line.")
@every_theorem_option
@timeout_option()
@gate_timeout_option
@tactic_timeout_option()
@click.option("--expansions", type=click.IntRange(min=1), help="Maximum number of goals expanded for each theorem.")
@width_option()
@invent_option
@policy_option
@generators_option()
@mode_option
@revisions_option
@rounds_option
@agent_parts_option
@model_options
@model_limit_options
@search_level_option
@allowed_axioms_option
@assume_option("all")
@jobs_option
@toolchain_option
@click.option("--apply", is_flag=True, help="Write the proofs into the files instead of printing patches.")
@click.option("--server/--no-server", default=True, help="Let a running `prover serve` do it, where there is one.")
@click.option("--raw", is_flag=True, help="Leave proofs as the search finds them, instead of rewriting them.")
@json_option
def command(
    repo: str,
    theorems: tuple[str, ...],
    file: Path | None,
    line: int | None,
    everything: bool,
    timeout: float,
    gate_timeout: float,
    tactic_timeout: float,
    expansions: int | None,
    width: int,
    invent: tuple[str, ...],
    policy: str,
    tokens: int | None,
    cost: float | None,
    generators: str,
    mode: Mode,
    revisions: int,
    rounds: int,
    agent_parts: tuple[str, ...],
    model: ModelChoice | None,
    level: int,
    axioms: tuple[str, ...],
    assumed: tuple[str, ...],
    jobs: int,
    toolchain_choice: ToolchainChoice,
    apply: bool,
    server: bool,
    raw: bool,
    json_file: Path | None,
) -> int:
    """Prove theorems of a Lean repository.

    Theorems are attempted after those that they can use, and use what the same run has proved, in other files too. One
    that stays open is tried once more with the help of theorems that are open themselves (--assume): then it is proved
    given these, which counts apart. Proofs are stored in the database and not searched for again.

    Exit status: 0 all proved, 1 some open, refuted or proved given open theorems, or a file has errors, 2 wrong usage
    or input, 3 a proof was refused by the gate as wrong, 130 interrupted. With --json alone the text goes to standard
    error.
    """
    if [bool(theorems), file is not None, everything].count(True) != 1 or (line is not None and file is None):
        raise UsageError("Say what to prove: NAME, FILE#LINE, --file FILE [--line LINE], or --all.")
    wanted = theorems or (FileLine(file, line) if file is not None else None)
    reporting = reporter()
    budget = Budget(seconds=timeout, expansions=expansions, **model_limits(tokens, cost, model))
    judging = policy_named(policy, reporting.notify)
    asked = asked_of(model, mode, revisions, reporting, Rounds(rounds, agent_parts))
    request = ProveRequest(
        wanted,
        budget,
        generators_named(generators, reporting, asked.tactics) if mode != "whole-proof" else (),
        jobs,
        apply,
        level,
        gate_timeout,
        asked,
        Strategy(limits=tactic_limits(tactic_timeout), width=width, invent=invent, policy=judging),
        axioms=axioms,
        assumed=assumed,
        polish=not raw,
        arguments=tuple(sys.argv[1:]),
    )
    out, err = consoles()
    printer = ReportPrinter(err if json_file == STANDARD_OUTPUT else out, patches=not apply)
    report: Report | None = None
    plain = model is None and mode == "tactics" and judging is None and not (tokens or cost)
    if server and plain and toolchain_choice == "auto":
        report = served_report(_as_message(request, repo, generators), home().root, reporting.notify, printer.theorem)
    if report is None:
        with Workspace.open(repo, toolchain_choice, reporting, jobs) as workspace:
            report = prove(workspace, request, reporting.notify, printer.theorem)
    printer.summary(report)
    if json_file is not None:
        write_json(asdict(report), json_file)
    return status_of(report)


def _as_message(request: ProveRequest, repo: str, generators: str) -> RunArguments:
    """Returns a request as a server takes it."""
    root = Path(repo).expanduser().resolve()
    place = request.wanted if isinstance(request.wanted, FileLine) else None
    file = place and (place.file if (root / place.file).is_file() else place.file.resolve())
    return RunArguments(
        str(root),
        generators,
        request.budget.seconds or 0.0,
        request.strategy.limits,
        request.strategy.width,
        request.strategy.invent,
        request.wanted if isinstance(request.wanted, tuple) else (),
        str(file) if file is not None else None,
        place.line if place is not None else None,
        request.budget.expansions,
        request.level,
        request.gate_seconds,
        request.axioms,
        request.assumed,
        request.polish,
        request.apply,
        request.jobs,
        request.arguments,
    )


def status_of(report: Report) -> int:
    """Returns the exit status for a run."""
    if report.interrupted:
        return EXIT_INTERRUPTED
    if any(theorem.refused for theorem in report.theorems if theorem.status not in ("proved", "proved_given")):
        return EXIT_REFUSED
    return EXIT_OPEN if any(theorem.status != "proved" for theorem in report.theorems) else 0
