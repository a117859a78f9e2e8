"""`prover train retriever`: a transformer encoder, trained on the premises that traced proofs used."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table

from prover.app.environment import home
from prover.app.premise_needs import SPLITS, divided, needs, spread
from prover.app.premises import load_index
from prover.app.workspace import Workspace
from prover.cli.options import repo_option, toolchain_option
from prover.cli.output import consoles, reporter
from prover.errors import UsageError
from prover.lean.toolchain.choose import ToolchainChoice

if TYPE_CHECKING:
    from retrieval.corpus import Corpus
    from retrieval.encode.transformer import TransformerEncoder
    from retrieval.evaluate import Needed
    from retrieval.statistics import Interval

DEEPEST = 32
JUDGED = 300
"""held-out goals that the encoder is judged by, at most"""
TOLD_EVERY = 20
"""updates"""


@click.command("retriever")
@repo_option
@click.option("--base", help="A model's name or directory to begin with; without it a small one that knows nothing.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Where it is written, and gone on with.")
@click.option("--split", type=click.Choice(SPLITS), default="random", show_default=True, help="What is held out.")
@click.option("--epochs", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--batch", type=click.IntRange(min=2), default=16, show_default=True, help="Steps of proofs an update.")
@click.option("--hard", type=click.IntRange(min=0), default=2, show_default=True, help="Hard negatives a step.")
@click.option("--learning-rate", type=click.FloatRange(min=0, min_open=True), default=1e-4, show_default=True)
@click.option("--updates", type=click.IntRange(min=1), help="Stop after so many; the same command then goes on.")
@click.option("--limit", type=click.IntRange(min=1), help="Steps to learn from, at most; evenly spread.")
@click.option(
    "--patience",
    type=click.IntRange(min=1),
    help="Epochs without a better R@10, on theorems put aside for it, after which to stop.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the split, the order and the negatives.")
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
    """Train an encoder of goals and premises on a traced repository that has an index; then judge it.

    What it was at before an interruption is gone on with. Use it with `prover index build --encoder DIR`. It is
    judged on held-out theorems, among the premises of the repository and those that its proofs use.
    """
    from retrieval.encode.transformer import TransformerEncoder
    from retrieval.train import RetrieverSettings, fresh, train

    console = consoles()[0]
    reporting = reporter()
    notify = reporting.notify
    with Workspace.open(repo, toolchain_choice, reporting) as ready:
        corpus = load_index(ready, notify).corpus
        goals = list(needs(ready, corpus))
    if not goals:
        raise UsageError(f"No proof of {repo} names a premise of the index: is it traced, and the index up to date?")
    learnt, held = divided(goals, split, seed)
    learnt, checked = divided(learnt, "random", seed) if patience is not None else (learnt, [])
    encoder = TransformerEncoder.load(base) if base else fresh(seed)
    directory = out or home().root / "models" / f"retriever-{Path(base).name if base else 'fresh'}"
    settings = RetrieverSettings(
        epochs=epochs, batch=batch, hard=hard, learning_rate=learning_rate, seed=seed, patience=patience
    )
    judged = spread(held, JUDGED)
    before = judge(encoder, corpus, goals, judged, seed)

    def told(done: int, total: int, loss: float) -> None:
        if done % TOLD_EVERY == 0 or done == total:
            notify(f"update {done} of {total}: loss {loss:.3f}")

    def scored(encoder: TransformerEncoder) -> float:
        return judge(encoder, corpus, goals, spread(checked, JUDGED), seed)["R@10"].estimate

    scoring = scored if checked else None
    trained = train(encoder, corpus, spread(learnt, limit), directory, settings, told, updates, scoring)
    after = judge(encoder, corpus, goals, judged, seed)
    console.print(f"{directory}: {trained.updates} updates, {trained.seconds:.0f} s", markup=False)
    console.print(f"loss {' '.join(f'{loss:.2f}' for loss in trained.losses)}")
    if trained.scores:
        console.print(f"R@10 after each epoch {' '.join(f'{score:.3f}' for score in trained.scores)}; the best is kept")
    table = Table("", *after, title=f"{len(judged)} goals held out, {split}")
    for name, row in (("before", before), ("after", after)):
        table.add_row(name, *(f"{each.estimate:.3f} ({each.low:.3f} to {each.high:.3f})" for each in row.values()))
    console.print(table, width=180)


def judge(
    encoder: "TransformerEncoder", corpus: "Corpus", goals: "Sequence[Needed]", judged: "Sequence[Needed]", seed: int
) -> "dict[str, Interval]":
    """How well an encoder alone finds what some goals need, among the premises of their repository and those used."""
    import numpy as np

    from retrieval.encode.encoder import Query
    from retrieval.evaluate import figures

    modules = {goal.position.module for goal in goals}
    used = {name for goal in goals for name in goal.premises}
    pool = [n for n, p in enumerate(corpus.premises) if p.module in modules or p.name in used]
    rows = encoder.premises([corpus.premises[number] for number in pool])
    queries = encoder.texts([encoder.format.query(Query(goal.goal)) for goal in judged])
    found = []
    for goal, query in zip(judged, queries, strict=True):
        allowed = np.frombuffer(corpus.visible(goal.position), dtype=np.uint8)[pool]
        likeness = np.where(allowed == 1, rows @ query, -np.inf)
        best = np.argsort(-likeness, kind="stable")[: min(DEEPEST, int(allowed.sum()))]
        found.append((goal, [corpus.premises[pool[place]].name for place in best]))
    return figures(found, seed)
