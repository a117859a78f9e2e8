"""`prover audit FILE`: audits one file, from disk or pasted."""

import tempfile
from pathlib import Path

import click

from prover.app.checking import audit_file
from prover.cli.check import read_text, report_audits
from prover.cli.main import EXIT_REFUSED, existing_path
from prover.cli.options import toolchain_option
from prover.cli.output import consoles, reporter
from prover.lean.toolchain.choose import ToolchainChoice
from prover.lean.toolchain.toolchain import EmbeddedToolchain, NativeToolchain

AnyToolchain = EmbeddedToolchain | NativeToolchain


@click.command("audit")
@click.argument("file")
@click.option("--strict", is_flag=True, help="What is only suspicious is refused too.")
@toolchain_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(file: str, strict: bool, toolchain_choice: ToolchainChoice, as_json: bool) -> int:
    """Audit FILE (- for standard input): what its declarations rest on, and what in it could mislead a reader.

    Exit status: 0 accepted, 2 wrong usage or input, 3 refused.
    """
    out = consoles()[0]
    with tempfile.TemporaryDirectory(prefix="prover-audit-") as scratch:
        if file == "-":
            path = Path(scratch) / "Pasted.lean"
            path.write_bytes(read_text(file).encode())
        else:
            path = existing_path(file)
        found, toolchain = audit_file(path, toolchain_choice, reporter())
    report_audits(out, [found], toolchain, strict, as_json)
    return 0 if found.accepted(strict) else EXIT_REFUSED
