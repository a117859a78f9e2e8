"""`prover bench lean`."""

import click


@click.group("bench")
def command() -> None:
    """Measure the prover against its baselines."""
