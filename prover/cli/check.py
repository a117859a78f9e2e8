"""`prover check`: judges one proof of a repository, or audits all of it."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console

from prover.app.checking import Checked, audit_all, check_proof
from prover.app.workspace import Workspace
from prover.check.audit import FileAudit
from prover.check.levels import HIGHEST_LEVEL, verified
from prover.check.proof_text import ProofText
from prover.cli.main import EXIT_REFUSED
from prover.cli.options import jobs_option, repo_option, toolchain_option
from prover.cli.output import consoles, reporter
from prover.errors import UsageError
from prover.lean.toolchain.choose import ToolchainChoice
from prover.tactics.automation import Automation
from prover.tactics.structure import Structure

SANITY = (Automation(), Structure())
"""what looks for contradictions in a statement"""
SANITY_SECONDS = 5.0
"""for each question"""


@click.command("check")
@repo_option
@click.option("--theorem", help="Full name of the theorem whose proof is judged.")
@click.option("--all", "everything", is_flag=True, help="Audit every file: axioms, sorries, suspicious sources.")
@click.option("--proof", "proof_file", help="A file with the tactic block that takes the proof's place (- for stdin).")
@click.option("--term", is_flag=True, help="With --proof: the file holds a term.")
@click.option(
    "--level", type=click.IntRange(1, HIGHEST_LEVEL), default=HIGHEST_LEVEL, show_default=True, help="How far to look."
)
@click.option("--strict", is_flag=True, help="With --all: what is only suspicious is refused too.")
@jobs_option
@toolchain_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    repo: str,
    theorem: str | None,
    everything: bool,
    proof_file: str | None,
    term: bool,
    level: int,
    strict: bool,
    jobs: int,
    toolchain_choice: ToolchainChoice,
    as_json: bool,
) -> int:
    """Judge the proof of a theorem, its own or one that is handed in; or audit a whole repository.

    Exit status: 0 accepted, 2 wrong usage or input, 3 refused.
    """
    if (theorem is not None) == everything or (everything and proof_file) or (term and not proof_file):
        raise UsageError("Say what to check: --theorem NAME [--proof FILE [--term]], or --all.")
    proof = ProofText(read_text(proof_file), term) if proof_file is not None else None
    out = consoles()[0]
    with Workspace.open(repo, toolchain_choice, reporter(), jobs) as workspace:
        if theorem is None:
            audits = audit_all(workspace)
            report_audits(out, audits, workspace.toolchain.describe(), strict, as_json)
            return 0 if all(each.accepted(strict) for each in audits) else EXIT_REFUSED
        checked = check_proof(workspace, theorem, proof, level)
    print_json(checked.json()) if as_json else print_checked(out, checked)
    return 0 if checked.accepted else EXIT_REFUSED


def read_text(file: str) -> str:
    """The text of a file that the user named, or standard input.

    Raises:
        UsageError: it cannot be read, or is not UTF-8.
    """
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).expanduser().read_bytes()
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 (byte {error.start}): convert it first.") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be read ({error.strerror}): check the path.") from None


def print_checked(out: Console, checked: Checked) -> None:
    """One proof, for people: up to which level it holds, and by which toolchain."""
    mark, style = ("✓", "green") if checked.accepted else ("✗", "red")
    out.print(f"[{style}]{mark}[/] ", end="")
    out.print(f"{checked.theorem}  {checked.file}:{checked.line}  ({checked.seconds:.1f} s)", markup=False)
    for finding in checked.findings:
        out.print(f"    look at the statement: {finding}", markup=False)
    if checked.accepted:
        said = verified(checked.level, checked.axioms, checked.library, checked.kernels)
    else:
        failed = next(level for level in checked.levels if level.state == "refused")
        said = f"refused at level {failed.number} ({failed.name}): {checked.reason}"
        for message in checked.messages:
            out.print(f"    {message}", markup=False)
    out.print(f"    {said}; {checked.toolchain}", markup=False)


def report_audits(out: Console, audits: list[FileAudit], toolchain: str, strict: bool, as_json: bool) -> None:
    """What audits found, for people or for programs."""
    accepted = sum(each.accepted(strict) for each in audits)
    if as_json:
        files = [{**asdict(each), "accepted": each.accepted(strict)} for each in audits]
        print_json({"accepted": accepted == len(audits), "toolchain": toolchain, "files": files})
        return
    for each in audits:
        mark, style = ("✓", "green") if each.accepted(strict) else ("✗", "red")
        out.print(f"[{style}]{mark}[/] ", end="")
        out.print(
            f"{each.file}  {each.declarations} declarations; axioms: {', '.join(each.axioms) or 'none'}", markup=False
        )
        for found in each.found:
            whose = f"{found.declaration}: " if found.declaration else ""
            word = "refused" if found.refused else "look at"
            out.print(f"    {each.file}:{found.line}  {word}: {whose}{found.what}", markup=False)
    out.print(
        f"{accepted} of {len(audits)} accepted: compiled, taken by the kernel twice, axioms; nothing to compare with"
    )
    out.print(toolchain, markup=False)


def print_json(value: object) -> None:
    """One JSON object on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
