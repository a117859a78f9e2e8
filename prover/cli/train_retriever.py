"""`prover train retriever`: trains a transformer encoder on the premises that traced proofs use."""

from pathlib import Path

import click
from rich.table import Table

from prover.app.premise_needs import SPLITS
from prover.app.retrieval import RetrieverExperiment, train_retriever
from prover.cli.options import repo_option, toolchain_option
from prover.cli.output import consoles, reporter
from prover.lean.toolchain.choose import ToolchainChoice


@click.command("retriever")
@repo_option
@click.option("--base", help="Name or directory of the first model; by default a small one with random weights.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Directory of the encoder.")
@click.option("--split", type=click.Choice(SPLITS), default="random", show_default=True, help="How goals are held out.")
@click.option("--epochs", type=click.IntRange(min=1), default=1, show_default=True, help="Passes over the steps.")
@click.option("--batch", type=click.IntRange(min=2), default=16, show_default=True, help="Proof steps in a batch.")
@click.option("--hard", type=click.IntRange(min=0), default=2, show_default=True,
              help="Hard negatives for each step.")  # fmt: skip
@click.option("--learning-rate", type=click.FloatRange(min=0, min_open=True), default=1e-4, show_default=True,
              help="Learning rate.")  # fmt: skip
@click.option("--updates", type=click.IntRange(min=1), help="Stop after this many updates; the same command continues.")
@click.option("--limit", type=click.IntRange(min=1), help="Maximum number of proof steps, evenly spread.")
@click.option("--patience", type=click.IntRange(min=1),
              help="Stop after this many epochs without a better R@10 on validation theorems.")  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True,
              help="Determines the split, the order and the negatives.")  # fmt: skip
@toolchain_option
def command(
    repo: str,
    base: str | None,
    out: Path | None,
    split: str,
    epochs: int,
    batch: int,
    hard: int,
    learning_rate: float,
    updates: int | None,
    limit: int | None,
    patience: int | None,
    seed: int,
    toolchain_choice: ToolchainChoice,
) -> None:
    """Train an encoder of goals and premises on a traced repository that has an index, and measure it.

    An interrupted training continues when the same command is given again. The encoder is measured on held-out
    theorems, among the premises of the repository and those that its proofs use. Use it with
    `prover index build --encoder DIR`.
    """
    from retrieval.train import RetrieverSettings

    settings = RetrieverSettings(
        epochs=epochs, batch=batch, hard=hard, learning_rate=learning_rate, seed=seed, patience=patience
    )
    experiment = RetrieverExperiment(settings, base, out, split, updates, limit)
    trained = train_retriever(repo, toolchain_choice, experiment, reporter())
    console, training = consoles()[0], trained.training
    console.print(f"{trained.directory}: {training.updates} updates, {training.seconds:.0f} s", markup=False)
    console.print(f"loss {' '.join(f'{loss:.2f}' for loss in training.losses)}")
    if training.scores:
        console.print(
            f"R@10 after each epoch {' '.join(f'{score:.3f}' for score in training.scores)}; the best is kept"
        )
    table = Table("", *trained.after, title=f"{trained.goals} goals held out, {split}")
    for name, row in (("before", trained.before), ("after", trained.after)):
        table.add_row(name, *(f"{each.estimate:.3f} ({each.low:.3f} to {each.high:.3f})" for each in row.values()))
    console.print(table, width=180)
