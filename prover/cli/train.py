"""`prover train`: what learns from traced proofs, by gradient descent."""

import click

from prover.cli.train_retriever import command as retriever


@click.group("train")
def command() -> None:
    """Train the models that retrieval and tactics come from, on the proofs of traced repositories."""


command.add_command(retriever)
