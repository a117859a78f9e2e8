"""`prover toolchain install | list | doctor | prune`."""

import click

from prover.app.environment import embedded_toolchain
from prover.app.toolchains import examine_installation, listed_toolchains, prune_toolchains
from prover.cli.output import reporter


@click.group("toolchain")
def command() -> None:
    """Install, list and examine Lean toolchains."""


@command.command()
def install() -> None:
    """Install the embedded Lean; do nothing if it is installed. Needs the network once."""
    toolchain = embedded_toolchain(reporter())
    click.echo(f"{toolchain.describe()} is installed in {toolchain.root}")


@command.command("list")
def list_() -> None:
    """List the toolchains that can be used in this directory."""
    for toolchain in listed_toolchains():
        click.echo(toolchain.text, err=not toolchain.usable)


@command.command()
def prune() -> None:
    """Delete what earlier versions of this program installed and this one does not use."""
    for path in prune_toolchains():
        click.echo(f"deleted {path}")


@command.command()
def doctor() -> int:
    """Show what is wrong with the installation, and how to fix it. Exit status 1 when something is wrong."""
    findings = examine_installation()
    for finding in findings:
        click.echo(f"{'ok ' if finding.ok else 'BAD'}  {finding.what}: {finding.detail}")
        if not finding.ok and finding.remedy:
            click.echo(f"     → {finding.remedy}")
    return 0 if all(finding.ok for finding in findings) else 1
