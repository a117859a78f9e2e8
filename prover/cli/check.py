"""`prover check`: judges one proof of a repository, or audits all of it."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console

from prover.app.checking import ProofVerdict, audit_all, check_proof
from prover.app.workspace import Workspace
from prover.check.audit import FileAudit
from prover.check.levels import HIGHEST_LEVEL, verified
from prover.check.proof_text import ProofText
from prover.cli.main import EXIT_OPEN, EXIT_REFUSED
from prover.cli.options import (
    JsonCommand,
    allowed_axioms_option,
    assume_option,
    jobs_option,
    json_option,
    level_option,
    repo_option,
    targets_argument,
    toolchain_option,
)
from prover.cli.output import consoles, print_result, reporter
from prover.errors import UsageError
from prover.lean.toolchain.choose import ToolchainChoice
from prover.wording import counted


@click.command("check", cls=JsonCommand)
@repo_option
@targets_argument
@click.option("--theorem", metavar="NAME|FILE#LINE", help="The theorem whose proof is checked: its full name or place.")
@click.option("--all", "everything", is_flag=True, help="Audit every file: axioms, sorries, suspicious sources.")
@click.option(
    "--proof",
    "proof_file",
    help="A file with another proof, as tactics, a term or the whole theorem, fenced or not (- for standard input).",
)
@click.option("--term", is_flag=True, help="With --proof: read the file as a term.")
@level_option(HIGHEST_LEVEL)
@allowed_axioms_option
@assume_option("none")
@click.option("--strict", is_flag=True, help="With --all: also refuse what is only suspicious.")
@jobs_option
@toolchain_option
@json_option
def command(
    repo: str,
    theorem: str | None,
    everything: bool,
    proof_file: str | None,
    term: bool,
    level: int,
    axioms: tuple[str, ...],
    assumed: tuple[str, ...],
    strict: bool,
    jobs: int,
    toolchain_choice: ToolchainChoice,
    json_file: Path | None,
) -> int:
    """Check the proof of a theorem, its own or a given one; or audit a whole repository.

    Exit status: 0 accepted, 1 it could not be checked or is proved given open theorems (--assume), 2 wrong usage or
    input, 3 refused.
    """
    if everything and (axioms or assumed):
        option = "--allow-axiom" if axioms else "--assume"
        raise UsageError(f"{option} is for one proof: an audit lists what every file rests on.")
    if (theorem is not None) == everything or (everything and proof_file) or (term and not proof_file):
        raise UsageError("Say what to check: NAME or FILE#LINE [--proof FILE [--term]], or --all.")
    proof = ProofText(read_text(proof_file), term) if proof_file is not None else None
    with Workspace.open(repo, toolchain_choice, reporter(), jobs) as workspace:
        if theorem is None:
            audits = audit_all(workspace)
            report_audits(audits, workspace.describe(), strict, json_file)
            return 0 if all(each.accepted(strict) for each in audits) else EXIT_REFUSED
        checked = check_proof(workspace, theorem, proof, level, axioms, assumed)
    print_result(checked.json(), json_file, lambda: print_checked(consoles()[0], checked))
    return 0 if checked.accepted else EXIT_OPEN if checked.undecided or checked.rests_on else EXIT_REFUSED


def read_text(file: str) -> str:
    """Returns the text of a file that the user named, or of standard input.

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


def print_checked(out: Console, checked: ProofVerdict) -> None:
    """Prints the verdict on a proof as text: the level that it reached, and the toolchain."""
    mark, style = ("✓", "green") if checked.accepted else ("(✓)", "yellow") if checked.rests_on else ("✗", "red")
    out.print(f"[{style}]{mark}[/] ", end="")
    out.print(f"{checked.theorem}  {checked.file}:{checked.line}  ({checked.seconds:.1f} s)", markup=False)
    for remark in checked.remarks:
        out.print(f"    note: {remark}", markup=False)
    for finding in checked.findings:
        out.print(f"    look at the statement: {finding}", markup=False)
    if checked.accepted or checked.rests_on:
        rests_on = checked.rests_on
        verdict = verified(checked.level, checked.axioms, checked.library, checked.kernels, checked.unchecked, rests_on)
    else:
        failed = next(level for level in checked.levels if level.state == "refused")
        verb = "not checked" if checked.undecided else "refused"
        verdict = f"{verb} at level {failed.number} ({failed.name}): {checked.reason}"
        for line in (line for message in checked.messages for line in message.splitlines()):
            out.print(f"    {line}", markup=False)
    out.print(f"    {verdict}; {checked.toolchain}", markup=False)


def report_audits(audits: Sequence[FileAudit], toolchain: str, strict: bool, json_file: Path | None) -> None:
    """Prints the results of audits as text or JSON.

    Args:
        strict: whether what is only suspicious is refused.
    """
    files = [{**asdict(each), "accepted": each.accepted(strict)} for each in audits]
    accepted = all(each.accepted(strict) for each in audits)
    value = {"accepted": accepted, "toolchain": toolchain, "files": files}
    print_result(value, json_file, lambda: print_audits(consoles()[0], audits, toolchain, strict))


def print_audits(out: Console, audits: Sequence[FileAudit], toolchain: str, strict: bool) -> None:
    """Prints the results of audits as text."""
    accepted = sum(each.accepted(strict) for each in audits)
    for each in audits:
        mark, style = ("✓", "green") if each.accepted(strict) else ("✗", "red")
        out.print(f"[{style}]{mark}[/] ", end="")
        out.print(
            f"{each.file}  {counted(each.declarations, 'declaration')}; axioms: {', '.join(each.axioms) or 'none'}",
            markup=False,
        )
        for finding in each.found:
            declaration = f"{finding.declaration}: " if finding.declaration else ""
            word = "refused" if finding.refused else "look at"
            first, *rest = f"{each.file}:{finding.line}  {word}: {declaration}{finding.what}".splitlines()
            for line in (first, *(f"  {line}" for line in rest)):
                out.print(f"    {line}", markup=False)
    out.print(
        f"{accepted} of {len(audits)} accepted: compiled, checked by the kernel twice, axioms allowed; "
        "there was nothing to compare with"
    )
    out.print(toolchain, markup=False)
