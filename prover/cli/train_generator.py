"""`prover train generator`: trains a model that proposes tactics on the proofs of repositories."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from prover.app.training import GeneratorTraining, ModelDestination, TrainingSources, train_generator
from prover.cli.options import JsonCommand, jobs_option, json_option, toolchain_option
from prover.cli.output import consoles, print_result, reporter
from prover.lean.toolchain.choose import ToolchainChoice


@click.command("generator", cls=JsonCommand)
@click.option("--repo", "repos", multiple=True, default=(".",), show_default=True, metavar="URL_OR_PATH[@REV]",
              help="Repository to train on; may be given several times.")  # fmt: skip
@click.option("--module", "modules", multiple=True, metavar="NAME", help="Train on this module only; may be repeated.")
@click.option("--base", default="tiny", show_default=True, help="A preset, a directory, or the name of a model.")
@click.option("--out", type=click.Path(path_type=Path), help="Directory of the new model.")
@click.option("--name", help="Name in the list of models.")
@click.option("--lora", is_flag=True, help="Train a low-rank adapter instead of all weights.")
@click.option("--epochs", type=click.IntRange(min=1), default=20, show_default=True, help="Passes over the examples.")
@click.option("--batch", type=click.IntRange(min=1), default=16, show_default=True, help="Examples in a batch.")
@click.option("--accumulate", type=click.IntRange(min=1), default=1, show_default=True, help="Batches in a step.")
@click.option("--learning-rate", "--rate", "learning_rate", type=click.FloatRange(min=0, min_open=True),
              help="Learning rate (default depends on --base).")  # fmt: skip
@click.option("--precision", type=click.Choice(["float32", "bfloat16"]), default="float32", show_default=True,
              help="Precision of the computation.")  # fmt: skip
@click.option("--device", default="cpu", show_default=True, help="cpu or cuda.")
@click.option("--seed", type=int, default=0, show_default=True, help="Determines the split and the training.")
@click.option("--held-out", type=click.FloatRange(0, 0.9), default=0.1, show_default=True,
              help="Share of theorems that are held out.")  # fmt: skip
@click.option("--except", "excepted", multiple=True, metavar="NAME", help="Theorem that is held out; may be repeated.")
@click.option("--found/--no-found", default=True, show_default=True, help="Train on the prover's own proofs too.")
@click.option("--validity/--no-validity", default=True, show_default=True, help="Measure the valid-tactic rate.")
@jobs_option
@toolchain_option
@json_option
def command(
    repos: tuple[str, ...],
    modules: tuple[str, ...],
    out: Path | None,
    name: str | None,
    jobs: int,
    toolchain_choice: ToolchainChoice,
    json_file: Path | None,
    **settings: Any,
) -> None:
    """Train a model on the tactic proofs of repositories: it predicts each tactic from the goal before it.

    An interrupted training continues when the same command is given again. The model is measured on held-out
    theorems: its loss, and the share of its suggestions that Lean accepts.
    """
    sources = TrainingSources(repos, toolchain_choice, jobs, modules)
    trained = train_generator(sources, GeneratorTraining(**settings), ModelDestination(out, name), reporter())
    facts = {"name": trained.name, "directory": str(trained.directory), "format": trained.format}
    print_result(
        {**facts, "metrics": dict(trained.metrics)},
        json_file,
        lambda: print_model(consoles()[0], trained.name, trained.directory, trained.metrics),
    )


def print_model(out: Console, name: str, directory: Path, metrics: Mapping[str, float]) -> None:
    """Prints the name, the directory and the metrics of a new model."""
    out.print(f"{name}: {directory}", markup=False)
    width = max([16, *(len(metric) + 1 for metric in metrics)])
    for metric, value in metrics.items():
        out.print(f"  {metric:{width}}{value:10.4g}", markup=False)
    out.print(f"use it with `prover prove --model {name}`", markup=False)
