"""`prover lean FILE`: prints Lean's messages about a file."""

import click

from prover.app.messages import file_messages
from prover.cli.main import existing_path
from prover.cli.options import toolchain_option
from prover.cli.output import reporter
from prover.lean.toolchain.choose import ToolchainChoice
from prover.project.build import errors_of


@click.command("lean")
@click.argument("file")
@toolchain_option
def command(file: str, toolchain_choice: ToolchainChoice) -> int:
    """Print Lean's messages about FILE, as `lean` does; the modules that it imports are built first.

    Exit status: 0 when there is no error, 1 when there is one.
    """
    messages = file_messages(existing_path(file), toolchain_choice, reporter())
    for message in messages:
        click.echo(message.printed, nl=False)
    return 1 if errors_of(messages) else 0
