"""`prover search`: finds theorems and definitions by words, part of a name, or a goal."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from prover.app.premises import find_premises, goal_text
from prover.app.workspace import Workspace
from prover.cli.options import JsonCommand, json_option, repo_option, toolchain_option
from prover.cli.output import consoles, print_result, reporter
from prover.lean.toolchain.choose import ToolchainChoice

if TYPE_CHECKING:
    from retrieval.retriever import RetrievedPremise


@click.command("search", cls=JsonCommand)
@click.argument("words", default="")
@repo_option
@click.option("--goal", default="", help="A goal as Lean prints it: hypotheses, then ⊢ and the target.")
@click.option(
    "-k", "count", type=click.IntRange(1, 1000), default=20, show_default=True, help="Maximum number of results."
)
@toolchain_option
@json_option
def command(
    words: str, repo: str, goal: str, count: int, toolchain_choice: ToolchainChoice, json_file: Path | None
) -> int:
    """Search a repository and Lean's library in plain words, by part of a name, or by a goal.

    Each line shows the ranks by vectors (dense), by words and by symbols. Needs an index: see `prover index build`.
    Exit status: 0 something was found, 1 nothing was, 2 wrong usage or input.
    """
    reporting = reporter()
    with Workspace.open(repo, toolchain_choice, reporting) as workspace:
        found = find_premises(workspace, words, goal, count, reporting.notify)
    print_result([_row(each) for each in found], json_file, lambda: _print_premises(found, words, goal))
    return 0 if found else 1


def _print_premises(found: "Sequence[RetrievedPremise]", words: str, goal: str) -> None:
    console = consoles()[0]
    for each in found:
        premise = each.premise
        console.print(f"{premise.name}  {premise.module}  ({premise.kind}; {_why(each, words, goal)})", markup=False)
        for line in premise.statement.splitlines():
            console.print(f"    {line}", markup=False)
        if premise.docstring:
            console.print(f"    -- {premise.docstring.strip().splitlines()[0]}", markup=False, style="dim")
    if not found:
        console.print("nothing was found")


def _why(found: "RetrievedPremise", words: str, goal: str) -> str:
    from retrieval.encode.encoder import Query, premise_features

    query = Query(goal_text(goal), words)
    features = premise_features(found.premise)
    shared = dict.fromkeys(word for word in query.terms if word in features.terms)
    ranks = ", ".join(f"{name} {rank}" for name, rank in found.ranks.items())
    return f"{ranks}; {' '.join(shared)}" if shared else ranks


def _row(found: "RetrievedPremise") -> dict[str, object]:
    premise = found.premise
    return {
        "name": premise.name,
        "statement": premise.statement,
        "module": premise.module,
        "kind": premise.kind,
        "docstring": premise.docstring,
        "score": found.score,
        "ranks": dict(found.ranks),
    }
