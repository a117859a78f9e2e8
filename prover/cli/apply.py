"""`prover apply`: writes the proofs of earlier runs into a repository, together."""

from dataclasses import asdict
from pathlib import Path

import click

from prover.app.applying import Applied, ApplyRequest, CommitChoice, apply
from prover.app.workspace import Workspace
from prover.cli.main import EXIT_OPEN
from prover.cli.options import (
    JsonCommand,
    allowed_axioms_option,
    jobs_option,
    json_option,
    repo_option,
    search_level_option,
    toolchain_option,
)
from prover.cli.output import STANDARD_OUTPUT, consoles, print_result, reporter, write_text
from prover.errors import UsageError
from prover.lean.toolchain.choose import ToolchainChoice
from prover.wording import counted


@click.command("apply", cls=JsonCommand)
@click.argument("run", type=click.IntRange(min=1), required=False)
@click.option("--all", "everything", is_flag=True, help="The proofs of all runs on the repository, the newest first.")
@repo_option
@click.option(
    "--patch",
    "patch_file",
    type=click.Path(path_type=Path),
    help="Write one patch to FILE, or - for standard output, and change nothing.",
    metavar="FILE",
)
@click.option(
    "--commit",
    type=click.Choice(["one", "each"]),
    help="Commit the proofs on a new branch, in one commit or one for each theorem; your files stay as they are.",
)
@click.option(
    "--branch", default="", metavar="NAME", help="With --commit: the name of the branch. [default: prover/run-RUN]"
)
@search_level_option
@allowed_axioms_option
@jobs_option
@toolchain_option
@json_option
def command(
    run: int | None,
    everything: bool,
    repo: str,
    patch_file: Path | None,
    commit: CommitChoice | None,
    branch: str,
    level: int,
    axioms: tuple[str, ...],
    jobs: int,
    toolchain_choice: ToolchainChoice,
    json_file: Path | None,
) -> int:
    """Write the proofs of a run of `prove` into the files of its repository.

    RUN is the number that `prove` prints at its end. Each theorem is located again, its proof is checked in the present
    file, and all proofs are elaborated together: what does not hold is left out, and nothing is half written. Exit
    status: 0 all were applied, 1 some were left out, 2 wrong usage or input.
    """
    if (run is not None) == everything:
        raise UsageError("Say which proofs to apply: the number of a run, or --all.")
    if patch_file is not None and commit is not None:
        raise UsageError("Choose one of --patch and --commit.")
    reporting = reporter()
    request = ApplyRequest(run, patch_file is None, commit, branch, level, axioms, jobs)
    with Workspace.open(repo, toolchain_choice, reporting, jobs) as workspace:
        applied = apply(workspace, request, reporting.notify)
    if patch_file is not None:
        write_text(applied.patch, patch_file, "--patch")
    if patch_file != STANDARD_OUTPUT:
        print_result(asdict(applied), json_file, lambda: _print(applied))
    return EXIT_OPEN if applied.left_out else 0


def _print(applied: Applied) -> None:
    out = consoles()[0]
    for theorem in applied.theorems:
        given = f", given {', '.join(theorem.rests_on)}" if theorem.rests_on else ""
        out.print(f"✓ {theorem.theorem}  {theorem.file}:{theorem.line}{given}", markup=False)
    for name, reason in applied.left_out.items():
        out.print(f"· {name}  left out: {reason}", markup=False)
    where = ""
    if applied.branch:
        where = f" on the branch {applied.branch}"
    elif applied.files:
        where = f" in {counted(len(applied.files), 'file')}"
    total = len(applied.theorems) + len(applied.left_out)
    out.print(f"{len(applied.theorems)} of {counted(total, 'proof')} applied{where}", markup=False)
