"""`prover prove`: proves theorems of a repository and prints, writes or applies the proofs."""

import sys
from pathlib import Path

import click

from prover.app.assembly import generators_named
from prover.app.locating import FileLine
from prover.app.models import Mode, ModelChoice, asked_of, model_limits
from prover.app.proving import ProveRequest, prove
from prover.app.report import Report
from prover.app.workspace import Workspace
from prover.check.levels import DEFAULT_LEVEL
from prover.cli.main import EXIT_INTERRUPTED, EXIT_OPEN, EXIT_REFUSED, EXIT_USAGE
from prover.cli.modelling import model_limit_options, model_options
from prover.cli.options import jobs_option, repo_option, toolchain_option
from prover.cli.output import consoles, reporter
from prover.cli.report import ReportPrinter, write_json
from prover.errors import UsageError
from prover.lean.toolchain.choose import ToolchainChoice
from prover.search.budget import Budget


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
@model_limit_options
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
    wanted = theorems or (FileLine(file, line) if file is not None else None)
    reporting = reporter()
    budget = Budget(seconds=timeout, expansions=expansions, **model_limits(tokens, cost, model))
    asked = asked_of(model, mode, revisions, reporting)
    proposing = generators_named(generators, reporting, asked.tactics) if mode != "whole-proof" else ()
    request = ProveRequest(wanted, budget, proposing, jobs, apply, level, asked, arguments=tuple(sys.argv[1:]))
    printer = ReportPrinter(consoles()[0], patches=not apply)
    with Workspace.open(repo, toolchain_choice, reporting, jobs) as workspace:
        report = prove(workspace, request, reporting.notify, printer.theorem)
    printer.summary(report)
    if json_file is not None:
        write_json(report, json_file)
    return status_of(report)


def status_of(report: Report) -> int:
    """Returns the exit status for a run."""
    if report.interrupted:
        return EXIT_INTERRUPTED
    if any(theorem.refused for theorem in report.theorems if theorem.status != "proved"):
        return EXIT_REFUSED
    if any(theorem.status == "error" for theorem in report.theorems):
        return EXIT_USAGE
    return EXIT_OPEN if any(theorem.status == "open" for theorem in report.theorems) else 0
