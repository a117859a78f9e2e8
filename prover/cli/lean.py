"""`prover lean FILE`: Lean's messages about a file, its imports built first."""

import click

from prover.app.environment import choose_toolchain, home
from prover.cli.main import existing_path
from prover.cli.options import toolchain_option
from prover.cli.output import reporter
from prover.lean.gateway_session import LeanSession
from prover.lean.toolchain.choose import ToolchainChoice
from prover.project.build import errors_of, source_of
from prover.project.builders import builder_for
from prover.project.layout import enclosing_repository, open_repository


@click.command("lean")
@click.argument("file")
@toolchain_option
def command(file: str, toolchain_choice: ToolchainChoice) -> int:
    """Print Lean's messages about FILE, as `lean` does; modules that it imports are built first.

    Exit status: 0 when there is no error, 1 when there is one.
    """
    reporting = reporter()
    path = existing_path(file)
    repository = open_repository(enclosing_repository(path))
    module = repository.at(path)
    toolchain = choose_toolchain(repository, toolchain_choice, reporting)
    builder = builder_for(repository, toolchain, home().caches, reporting.notify)
    try:
        builder.prepare(module)
        session = LeanSession(toolchain, builder.search_path())
    finally:
        builder.close()
    try:
        messages = session.elaborate(source_of(repository, module))
    finally:
        session.end()
    for message in messages:
        click.echo(message.printed, nl=False)
    return 1 if errors_of(messages) else 0
