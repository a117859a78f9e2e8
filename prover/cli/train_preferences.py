"""`prover train preferences`: DPO on a model's own suggestions."""

from pathlib import Path
from typing import Any

import click

from prover.app.training import ModelDestination, PreferenceTraining, TrainingSources, train_preferences
from prover.cli.options import JsonCommand, jobs_option, json_option, toolchain_option
from prover.cli.output import consoles, print_result, reporter
from prover.cli.train_generator import print_model
from prover.lean.toolchain.choose import ToolchainChoice


@click.command("preferences", cls=JsonCommand)
@click.option("--repo", "repos", multiple=True, default=(".",), show_default=True, metavar="URL_OR_PATH[@REV]",
              help="Repository whose goals the model is asked about; may be given several times.")  # fmt: skip
@click.option("--module", "modules", multiple=True, metavar="NAME", help="Train on this module only; may be repeated.")
@click.option("--base", required=True, help="Model to fine-tune: a name of the list, or a directory.")
@click.option("--out", type=click.Path(path_type=Path), help="Directory of the new model.")
@click.option("--name", help="Name in the list of models.")
@click.option("--lora", is_flag=True, help="Train a low-rank adapter instead of all weights.")
@click.option("--samples", type=click.IntRange(min=2), default=8, show_default=True, help="Suggestions for each goal.")
@click.option("--goals", type=click.IntRange(min=1), default=500, show_default=True,
              help="Maximum number of goals with pairs.")  # fmt: skip
@click.option("--beta", type=click.FloatRange(min=0, min_open=True), default=0.1, show_default=True,
              help="Weight of the divergence from the base.")  # fmt: skip
@click.option("--epochs", type=click.IntRange(min=1), default=1, show_default=True, help="Passes over the pairs.")
@click.option("--batch", type=click.IntRange(min=1), default=8, show_default=True, help="Pairs in a batch.")
@click.option("--learning-rate", "--rate", "learning_rate", type=click.FloatRange(min=0, min_open=True),
              default=5e-5, show_default=True, help="Learning rate.")  # fmt: skip
@click.option("--device", default="cpu", show_default=True, help="cpu or cuda.")
@click.option("--seed", type=int, default=0, show_default=True, help="Determines the split and the training.")
@click.option("--held-out", type=click.FloatRange(0, 0.9), default=0.1, show_default=True,
              help="Share of theorems that are held out.")  # fmt: skip
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
    """DPO: fine-tune a model to prefer its own suggestions that Lean accepts.

    Each pair is a goal of a finished proof with one suggestion that Lean accepts and one that it refuses. The same
    seed and share hold out the same theorems as `prover train generator`; the share of accepted suggestions is
    measured on them before and after. The pairs are stored beside the model, in NAME.….pairs.jsonl. An interrupted
    training continues when the same command is given again.
    """
    sources = TrainingSources(repos, toolchain_choice, jobs, modules)
    trained = train_preferences(sources, PreferenceTraining(**settings), ModelDestination(out, name), reporter())
    facts = {"name": trained.name, "directory": str(trained.directory), "pairs": str(trained.pairs)}
    print_result(
        {**facts, "metrics": dict(trained.metrics)},
        json_file,
        lambda: print_model(consoles()[0], trained.name, trained.directory, trained.metrics),
    )
