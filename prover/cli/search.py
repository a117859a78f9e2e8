"""`prover search`: theorems and definitions for words, part of a name, or a goal."""

import json
from typing import TYPE_CHECKING

import click

from prover.app.premises import find_premises, goal_text
from prover.app.workspace import Workspace
from prover.cli.options import repo_option, toolchain_option
from prover.cli.output import consoles, notifier, reporter
from prover.lean.toolchain.choose import ToolchainChoice

if TYPE_CHECKING:
    from retrieval.retriever import RetrievedPremise


@click.command("search")
@click.argument("words", default="")
@repo_option
@click.option("--goal", default="", help="A goal as Lean prints it: hypotheses, then ⊢ and the target.")
@click.option("-k", "count", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many to show.")
@toolchain_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def command(words: str, repo: str, goal: str, count: int, toolchain_choice: ToolchainChoice, as_json: bool) -> int:
    """Search a repository and Lean's library in plain words, by part of a name, or by a goal.

    Each line says why: the rank by vectors (dense), by words and by symbols. Needs an index: see `prover index
    build`. Exit status: 0 something was found, 1 nothing was, 2 wrong usage or input.
    """
    console = consoles()[0]
    with Workspace.open(repo, toolchain_choice, reporter()) as workspace:
        found = find_premises(workspace, words, goal, count, notifier())
    if as_json:
        click.echo(json.dumps([_row(each) for each in found], ensure_ascii=False, indent=1))
        return 0 if found else 1
    for each in found:
        premise = each.premise
        console.print(f"{premise.name}  {premise.module}  ({premise.kind}; {_why(each, words, goal)})", markup=False)
        for line in premise.statement.splitlines():
            console.print(f"    {line}", markup=False)
        if premise.docstring:
            console.print(f"    -- {premise.docstring.strip().splitlines()[0]}", markup=False, style="dim")
    if not found:
        console.print("nothing was found")
    return 0 if found else 1


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
