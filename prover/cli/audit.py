"""`prover audit FILE`: audits one file, from disk or pasted."""

import tempfile
from pathlib import Path

import click

from prover.app.checking import audit_file
from prover.cli.check import read_text, report_audits
from prover.cli.main import EXIT_REFUSED, existing_path
from prover.cli.options import GIVEN_ARGUMENTS, JsonCommand, json_option, toolchain_option
from prover.cli.output import reporter
from prover.lean.toolchain.choose import ToolchainChoice


@click.command("audit", cls=JsonCommand)
@click.argument("file", required=False)
@click.option("--strict", is_flag=True, help="Also refuse what is only suspicious.")
@toolchain_option
@json_option
@click.pass_context
def command(
    ctx: click.Context, file: str | None, strict: bool, toolchain_choice: ToolchainChoice, json_file: Path | None
) -> int:
    """Audit FILE (- for standard input): the axioms of its declarations, and what in it could mislead a reader.

    Exit status: 0 accepted, 2 wrong usage or input, 3 refused.
    """
    if file is None and "-" in ctx.meta[GIVEN_ARGUMENTS]:
        file = "-"  # `--json -` was a flag and FILE in earlier versions
    if file is None:
        raise click.MissingParameter(ctx=ctx, param_type="argument", param_hint="'FILE'")
    with tempfile.TemporaryDirectory(prefix="prover-audit-") as scratch:
        if file == "-":
            path = Path(scratch) / "Pasted.lean"
            path.write_bytes(read_text(file).encode())
        else:
            path = existing_path(file)
        found, toolchain = audit_file(path, toolchain_choice, reporter())
    report_audits([found], toolchain, strict, json_file)
    return 0 if found.accepted(strict) else EXIT_REFUSED
