"""`prover eval retrieval`: premise-retrieval recall on a traced repository."""

from pathlib import Path

import click
from rich.table import Table

from prover.app.premise_needs import SPLITS
from prover.app.retrieval import RankingComparison, compare_rankings
from prover.cli.options import JsonCommand, json_option, repo_option, toolchain_option
from prover.cli.output import consoles, print_result, reporter
from prover.lean.toolchain.choose import ToolchainChoice


@click.command("retrieval", cls=JsonCommand)
@repo_option
@click.option("--split", type=click.Choice(SPLITS), default="all", show_default=True,
              help="The theorems whose goals are used.")  # fmt: skip
@click.option("--limit", type=click.IntRange(min=1), help="Maximum number of goals, evenly spread.")
@click.option("--seed", type=int, default=0, show_default=True, help="Determines the split and the resamples.")
@toolchain_option
@json_option
def command(
    repo: str, split: str, limit: int | None, seed: int, toolchain_choice: ToolchainChoice, json_file: Path | None
) -> None:
    """Measure premise retrieval on a traced repository: recall of dense, lexical, symbolic and fused rankings.

    Each goal whose tactic uses theorems of the index is a query, over the premises that are in scope at the goal.
    """
    found = compare_rankings(repo, toolchain_choice, split, seed, limit, reporter())
    facts = {
        "repository": repo,
        "split": split,
        "seed": seed,
        "goals": found.goals,
        "rows": [ranking.as_json() for ranking in found.rankings],
    }
    print_result(facts, json_file, lambda: _print_comparison(found, split))


def _print_comparison(found: RankingComparison, split: str) -> None:
    console = consoles()[0]
    names = found.rankings[0].figures
    table = Table("ranking", *names, "ms", title=f"{found.goals} goals, {split}")
    for ranking in found.rankings:
        means = [f"{interval.estimate:.3f}" for interval in ranking.figures.values()]
        table.add_row(ranking.way, *means, f"{ranking.median_ms:.1f}")
    console.print(table)
    for ranking in found.rankings:
        ten = ranking.figures["R@10"]
        interval = f"R@10 between {ten.low:.3f} and {ten.high:.3f} with 95% confidence"
        console.print(f"{ranking.way}: {interval}; 99 in 100 searches within {ranking.slowest_ms:.1f} ms")
