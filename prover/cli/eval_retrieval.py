"""`prover eval retrieval`: how well premises are found that the proofs of a repository needed."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table

from prover.app.premise_needs import SPLITS, divided, needs, spread
from prover.app.premises import load_index
from prover.app.workspace import Workspace
from prover.cli.options import repo_option, toolchain_option
from prover.cli.output import consoles, reporter
from prover.errors import UsageError
from prover.lean.toolchain.choose import ToolchainChoice

if TYPE_CHECKING:
    from retrieval.evaluate import Needed
    from retrieval.retriever import Retriever
    from retrieval.statistics import Interval

WAYS: Mapping[str, tuple[tuple[str, ...], bool]] = {
    "dense": (("dense",), False),
    "words": (("words",), False),
    "symbols": (("symbols",), False),
    "words, near": (("words",), True),
    "fused": (("dense", "words", "symbols"), True),
}
"""what is compared: the rankings that it is made of, and whether theorems and what is near count more"""
DEEPEST = 32


@dataclass(frozen=True)
class Row:
    """How one way of ranking did."""

    way: str
    figures: "dict[str, Interval]"
    median_ms: float
    slowest_ms: float
    """of 99 in 100 searches"""

    def as_json(self) -> dict[str, object]:
        """Returns the row with each metric as an object of `mean`, `low` and `high`."""
        figures = {
            name: {"mean": interval.estimate, "low": interval.low, "high": interval.high}
            for name, interval in self.figures.items()
        }
        return {**asdict(self), "figures": figures}


@click.command("retrieval")
@repo_option
@click.option("--split", type=click.Choice(SPLITS), default="all", show_default=True, help="Which theorems' goals.")
@click.option("--limit", type=click.IntRange(min=1), help="Goals, at most; evenly spread.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the split and of the intervals.")
@toolchain_option
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write the figures to this file.")
def command(
    repo: str, split: str, limit: int | None, seed: int, toolchain_choice: ToolchainChoice, json_file: Path | None
) -> None:
    """Compare dense, lexical, symbolic and fused rankings of premises on the steps of a traced repository.

    A step counts that names a theorem of the index; what is not visible where it stands is not searched.
    """
    console = consoles()[0]
    reporting = reporter()
    notify = reporting.notify
    with Workspace.open(repo, toolchain_choice, reporting) as ready:
        retriever = load_index(ready, notify)
        _, held = divided(list(needs(ready, retriever.corpus)), split, seed)
        goals = spread(held, limit)
    if not goals:
        raise UsageError(f"No proof of {repo} names a premise of the index: is it traced, and the index up to date?")
    rows = [row_of(retriever, way, goals, seed) for way in WAYS]
    table = Table("ranking", *(name for name in rows[0].figures), "ms", title=f"{len(goals)} goals, {split}")
    for row in rows:
        means = [f"{interval.estimate:.3f}" for interval in row.figures.values()]
        table.add_row(row.way, *means, f"{row.median_ms:.1f}")
    console.print(table)
    for row in rows:
        ten = row.figures["R@10"]
        said = f"R@10 between {ten.low:.3f} and {ten.high:.3f} with 95% confidence; 99 in 100 searches within"
        console.print(f"{row.way}: {said} {row.slowest_ms:.1f} ms")
    if json_file is not None:
        found = {
            "repository": repo,
            "split": split,
            "seed": seed,
            "goals": len(goals),
            "rows": [row.as_json() for row in rows],
        }
        json_file.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def row_of(retriever: "Retriever", way: str, goals: "Sequence[Needed]", seed: int) -> Row:
    """How one way of ranking does on goals of one repository."""
    from retrieval.encode.encoder import Query
    from retrieval.evaluate import figures
    from retrieval.retriever import UNIFORM_PRIOR

    names, near = WAYS[way]
    weights = {name: retriever.weights[name] for name in names}
    ranked = retriever.weighed(weights, retriever.prior if near else UNIFORM_PRIOR)
    found, times = [], []
    for goal in goals:
        allowed = ranked.corpus.visible(goal.position)
        began = time.perf_counter()
        best = ranked.search(Query(goal.goal), DEEPEST, allowed, goal.position.module if near else None)
        times.append((time.perf_counter() - began) * 1000)
        found.append((goal, [each.premise.name for each in best]))
    times.sort()
    return Row(way, figures(found, seed), times[len(times) // 2], times[int(len(times) * 0.99)])
