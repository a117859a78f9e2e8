"""`prover toolchain install | list | doctor | prune`."""

import shutil

import click

from prover.app.environment import embedded_toolchain, home
from prover.cli.output import reporter
from prover.errors import ProverError
from prover.lean.toolchain.doctor import diagnose
from prover.lean.toolchain.install import installed, superseded
from prover.lean.toolchain.native import find_native
from prover.lean.toolchain.node import find_node


@click.group("toolchain")
def command() -> None:
    """Install, list and examine Lean toolchains."""


@command.command()
def install() -> None:
    """Install the embedded Lean; does nothing when it is there. Needs the network once."""
    toolchain = embedded_toolchain(reporter())
    click.echo(f"{toolchain.describe()} is installed in {toolchain.root}")


@command.command("list")
def list_() -> None:
    """List the toolchains that can be used in this directory."""
    try:
        click.echo(installed(home(), find_node()).describe())
    except ProverError as error:
        click.echo(f"embedded: {error}", err=True)
    try:
        if (native := find_native(home())) is not None:
            click.echo(f"{native.describe()}: {native.lean}")
    except ProverError as error:
        click.echo(f"native: {error}", err=True)


@command.command()
def prune() -> None:
    """Delete what earlier versions of this program have installed and this one does not use."""
    for place in superseded(home(), find_node()):
        shutil.rmtree(place) if place.is_dir() else place.unlink()
        click.echo(f"deleted {place}")


@command.command()
def doctor() -> int:
    """Say what is wrong with the installation, and how to mend it. Exit status 1 when something is."""
    findings = diagnose(home())
    for finding in findings:
        click.echo(f"{'ok ' if finding.ok else 'BAD'}  {finding.what}: {finding.detail}")
        if not finding.ok and finding.remedy:
            click.echo(f"     → {finding.remedy}")
    return 0 if all(finding.ok for finding in findings) else 1
