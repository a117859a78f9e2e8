"""Trains and measures the retrieval of premises on the steps of a traced repository that has an index."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from prover.app.environment import home
from prover.app.premise_needs import divided, needs, spread
from prover.app.premises import load_index
from prover.app.workspace import Workspace
from prover.errors import UsageError
from prover.lean.toolchain.choose import ToolchainChoice
from prover.progress import Reporter

if TYPE_CHECKING:
    from retrieval.corpus import Corpus
    from retrieval.encode.transformer import TransformerEncoder
    from retrieval.evaluate import Needed
    from retrieval.retriever import Retriever
    from retrieval.statistics import Interval
    from retrieval.train import RetrieverSettings, RetrieverTraining

RANKINGS: Mapping[str, tuple[tuple[str, ...], bool]] = {
    "dense": (("dense",), False),
    "words": (("words",), False),
    "symbols": (("symbols",), False),
    "words, near": (("words",), True),
    "fused": (("dense", "words", "symbols"), True),
}
"""For each compared ranking, the rankings that it fuses, and whether theorems and nearby premises are preferred."""
MAX_RANK = 32
"""The number of premises that are retrieved for a goal."""
MAX_MEASURED_GOALS = 300
"""The number of held-out goals on which an encoder is measured, at most."""
REPORT_EVERY_UPDATES = 20


@dataclass(frozen=True)
class MeasuredRanking:
    """The quality and the speed of one ranking."""

    way: str
    """The name of the ranking, one of `RANKINGS`."""
    figures: "dict[str, Interval]"
    median_ms: float
    slowest_ms: float
    """The 99th percentile of the times of a search, in milliseconds."""

    def as_json(self) -> dict[str, object]:
        """Returns the values as JSON objects, each metric with `mean`, `low` and `high`."""
        figures = {
            name: {"mean": interval.estimate, "low": interval.low, "high": interval.high}
            for name, interval in self.figures.items()
        }
        return {**asdict(self), "figures": figures}


@dataclass(frozen=True)
class RankingComparison:
    """Several rankings, measured on the same goals."""

    goals: int
    rankings: tuple[MeasuredRanking, ...]


@dataclass(frozen=True)
class RetrieverExperiment:
    """How an encoder is trained and measured."""

    settings: "RetrieverSettings"
    base: str | None = None
    """The name or directory of the first model; None for a small one with random weights."""
    out: Path | None = None
    split: str = "random"
    """How goals are held out; one of `premise_needs.SPLITS`."""
    updates: int | None = None
    """The number of updates after which training stops, to be continued later; None for no limit."""
    limit: int | None = None
    """The number of steps to train on, at most."""


@dataclass(frozen=True)
class TrainedRetriever:
    """A trained encoder and its measurements."""

    directory: Path
    training: "RetrieverTraining"
    goals: int
    """The number of held-out goals."""
    before: "dict[str, Interval]"
    after: "dict[str, Interval]"


def compare_rankings(
    repo: str, choice: ToolchainChoice, split: str, seed: int, limit: int | None, reporter: Reporter
) -> RankingComparison:
    """Measures dense, lexical, symbolic and fused rankings on the steps of a repository.

    Args:
        split: which theorems' goals are used; one of `premise_needs.SPLITS`.
        seed: determines the split and the resamples of the confidence intervals.
        limit: the number of goals, at most.

    Raises:
        UsageError: no proof uses a premise of the index.
        RetrievalError: there is no index, or it is damaged or outdated.
    """
    with Workspace.open(repo, choice, reporter) as workspace:
        retriever = load_index(workspace, reporter.notify)
        _, held_out = divided(_steps(repo, workspace, retriever.corpus), split, seed)
    if not (goals := spread(held_out, limit)):
        raise UsageError(f"The split {split} of {repo} holds out no goals: choose another one.")
    return RankingComparison(len(goals), tuple(measure_ranking(retriever, name, goals, seed) for name in RANKINGS))


def train_retriever(
    repo: str, choice: ToolchainChoice, experiment: RetrieverExperiment, reporter: Reporter
) -> TrainedRetriever:
    """Trains an encoder on a repository, and measures it before and after; continues an interrupted training.

    Raises:
        UsageError: no proof uses a premise of the index.
        RetrievalError: there is no usable index, the base cannot be loaded, or the directory has another checkpoint.
    """
    from retrieval.encode.transformer import TransformerEncoder
    from retrieval.train import fresh, train

    settings = experiment.settings
    with Workspace.open(repo, choice, reporter) as workspace:
        corpus = load_index(workspace, reporter.notify).corpus
        goals = _steps(repo, workspace, corpus)
    learned, held_out = divided(goals, experiment.split, settings.seed)
    learned, checked = divided(learned, "random", settings.seed) if settings.patience is not None else (learned, [])
    base = experiment.base
    encoder = TransformerEncoder.load(base) if base else fresh(settings.seed)
    directory = experiment.out or home().root / "models" / f"retriever-{Path(base).name if base else 'fresh'}"
    measured = spread(held_out, MAX_MEASURED_GOALS)

    def progress(done: int, total: int, loss: float) -> None:
        if done % REPORT_EVERY_UPDATES == 0 or done == total:
            reporter.notify(f"update {done} of {total}: loss {loss:.3f}")

    def score(encoder: TransformerEncoder) -> float:
        chosen = spread(checked, MAX_MEASURED_GOALS)
        return encoder_figures(encoder, corpus, goals, chosen, settings.seed)["R@10"].estimate

    before = encoder_figures(encoder, corpus, goals, measured, settings.seed)
    steps = spread(learned, experiment.limit)
    training = train(
        encoder, corpus, steps, directory, settings, progress, experiment.updates, score if checked else None
    )
    after = encoder_figures(encoder, corpus, goals, measured, settings.seed)
    return TrainedRetriever(directory, training, len(measured), before, after)


def encoder_figures(
    encoder: "TransformerEncoder", corpus: "Corpus", goals: "Sequence[Needed]", measured: "Sequence[Needed]", seed: int
) -> "dict[str, Interval]":
    """Returns the metrics of an encoder alone, on the goals `measured`.

    It searches the premises of the modules of `goals`, and those that any of `goals` needs.
    """
    import numpy as np

    from retrieval.encode.encoder import Query
    from retrieval.evaluate import figures

    modules = {goal.position.module for goal in goals}
    used = {name for goal in goals for name in goal.premises}
    pool = [n for n, p in enumerate(corpus.premises) if p.module in modules or p.name in used]
    rows = encoder.premises([corpus.premises[number] for number in pool])
    queries = encoder.texts([encoder.format.query(Query(goal.goal)) for goal in measured])
    found = []
    for goal, query in zip(measured, queries, strict=True):
        visible = np.frombuffer(corpus.visible(goal.position), dtype=np.uint8)[pool]
        similarity = np.where(visible == 1, rows @ query, -np.inf)
        best = np.argsort(-similarity, kind="stable")[: min(MAX_RANK, int(visible.sum()))]
        found.append((goal, [corpus.premises[pool[index]].name for index in best]))
    return figures(found, seed)


def _steps(repo: str, workspace: Workspace, corpus: "Corpus") -> "list[Needed]":
    """Returns the steps of a repository whose tactics use premises of the index.

    Raises:
        UsageError: there are none.
    """
    if not (steps := list(needs(workspace, corpus))):
        raise UsageError(f"No proof of {repo} names a premise of the index: is it traced, and the index up to date?")
    return steps


def measure_ranking(retriever: "Retriever", name: str, goals: "Sequence[Needed]", seed: int) -> MeasuredRanking:
    """Returns the quality and the speed of a ranking, on goals of one repository."""
    from retrieval.encode.encoder import Query
    from retrieval.evaluate import figures
    from retrieval.retriever import UNIFORM_PRIOR

    parts, near = RANKINGS[name]
    weights = {part: retriever.weights[part] for part in parts}
    ranked = retriever.weighed(weights, retriever.prior if near else UNIFORM_PRIOR)
    found, times = [], []
    for goal in goals:
        visible = ranked.corpus.visible(goal.position)
        began = time.perf_counter()
        best = ranked.search(Query(goal.goal), MAX_RANK, visible, goal.position.module if near else None)
        times.append((time.perf_counter() - began) * 1000)
        found.append((goal, [each.premise.name for each in best]))
    times.sort()
    return MeasuredRanking(name, figures(found, seed), times[len(times) // 2], times[int(len(times) * 0.99)])
