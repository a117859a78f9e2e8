"""`prover lean FILE`: Lean's messages about a file, its imports built first."""

import click

from prover.cli.main import existing_path
from prover.cli.wiring import embedded_toolchain, home
from prover.lean.session import LeanSession
from prover.project.build import Builder, errors_of, source_of
from prover.project.layout import enclosing_repository, open_repository


@click.command("lean")
@click.argument("file")
def command(file: str) -> int:
    """Print Lean's messages about FILE, as `lean` does; modules that it imports are built first.

    Exit status: 0 when there is no error, 1 when there is one.
    """
    path = existing_path(file)
    repository = open_repository(enclosing_repository(path))
    module = repository.at(path)
    toolchain = embedded_toolchain()
    builder = Builder(repository, toolchain, home().caches, lambda step: click.echo(step, err=True))
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
