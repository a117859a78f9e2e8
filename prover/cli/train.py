"""`prover train …`: trains models on traced proofs by gradient descent."""

import importlib

import click

KINDS = {
    "generator": ("prover.cli.train_generator", "A model that proposes tactics."),
    "policy": ("prover.cli.train_policy", "The order in which suggestions are tried, from logs of searches."),
    "preferences": (
        "prover.cli.train_preferences",
        "DPO: fine-tune a model to prefer its own suggestions that Lean accepts.",
    ),
    "retriever": ("prover.cli.train_retriever", "An encoder that retrieves premises."),
}


class Trainings(click.Group):
    """The commands, each imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(KINDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in KINDS:
            return None
        command: click.Command = importlib.import_module(KINDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in KINDS.items()])


@click.group("train", cls=Trainings)
def command() -> None:
    """Train models of tactics and of premise retrieval on traced proofs."""
