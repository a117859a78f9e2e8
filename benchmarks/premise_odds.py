"""Fits how likely each use of a premise is right, on the tactics of traced proofs, and prints the coefficients.

Run as `python -m benchmarks.premise_odds DATABASE…`; each holds repositories that `prover trace` has read. What it
prints belongs into `prover/tactics/premises/odds.py`.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from curriculum.database.database import Database
from curriculum.database.loading import latest_snapshots, modules_of
from prover.app.environment import embedded_toolchain
from prover.app.premises import library_index, traced_index
from prover.lean.protocol import Goal, Hypothesis
from prover.lean.traced import TracedModule, TracedStep
from prover.progress import Reporter
from prover.project.library import DEFAULT_ROOTS
from prover.tactics.premises.odds import FEATURES, features
from prover.tactics.premises.premises import TheoremScope, retrieve
from prover.tactics.premises.shape import shape_of_goal
from prover.tactics.premises.usages import Form, PremiseUsage, usages
from retrieval.lean_text import goal_text
from retrieval.premise import Position
from retrieval.retriever import Retriever

STEPS = 1_500
"""of each repository, at most, evenly spread"""
RIDGE = 1.0
"""The strength of the ridge penalty, in numbers of examples."""
ROUNDS = 30
Floats = np.ndarray[Any, np.dtype[np.float64]]


def examples(database: Database, library: Retriever) -> Iterator[tuple[PremiseUsage, bool]]:
    """Uses that the generator would have made, and whether the proof went that way."""
    with database.reading() as connection:
        for location, snapshot in latest_snapshots(connection).items():
            retriever = traced_index(database, snapshot, library)
            steps = [(module, step) for module in modules_of(connection, snapshot) for step in module.steps]
            print(f"{location}: {len(steps)} steps", file=sys.stderr)
            for place in range(min(STEPS, len(steps))):
                yield from _of_step(retriever, *steps[place * len(steps) // min(STEPS, len(steps))])


def _of_step(retriever: Retriever, module: TracedModule, step: TracedStep) -> Iterator[tuple[PremiseUsage, bool]]:
    starts = {declared.name: declared.start for declared in module.declarations}
    if step.declaration not in starts:
        return
    allowed = retriever.corpus.visible(Position(module.name, starts[step.declaration]))
    goal = _goal(step.before)
    found = retrieve(TheoremScope(retriever, allowed, module.name), goal)
    for use in usages(found, shape_of_goal(goal)):
        yield use, right(use, step, retriever)


def _goal(printed: str) -> Goal:
    """A printed goal as the generator is given one; that a hypothesis is a proposition is guessed from its print."""
    read = goal_text(printed)
    marks = set("=≠<≤>≥∈∉⊆∣↔∧∨¬")
    hypotheses = tuple(Hypothesis(name, type_, "", prop=bool(marks & set(type_))) for name, type_ in read.hypotheses)
    return Goal("", target=read.target, hypotheses=hypotheses)


def right(use: PremiseUsage, step: TracedStep, retriever: Retriever) -> bool:
    """Whether a tactic of a proof does what a use proposes."""
    word = step.text.split(maxsplit=1)[0] if step.text.split() else ""
    numbers = [(each, retriever.corpus.number(each.name)) for each in step.premises]
    named = [each for each, n in numbers if n is not None and retriever.corpus.premises[n].kind == "theorem"]
    if not named:
        return False
    before = step.text.encode()[: named[0].start - step.start].rstrip()
    at = " at " in step.text
    match use.form:
        case "exact" | "apply":
            return word in ("exact", "apply", "refine", "exact'") and named[0].name in use.names
        case "rw" | "rw at":
            turned = before.endswith("←".encode())
            return _rewrites(word) and named[0].name in use.names and not turned and at == (use.form == "rw at")
        case "rw ←":
            return _rewrites(word) and named[0].name in use.names and before.endswith("←".encode()) and not at
        case "simpa":
            return word == "simpa" and named[-1].name in use.names and before.endswith(b"using")
        case "simp" | "simp_all":
            return word in ("simp", "simp_all", "simpa") and not at and {each.name for each in named} <= set(use.names)
        case "grind":
            closing = not step.after and word in ("simp", "simp_all", "grind")
            return closing and {each.name for each in named} <= set(use.names)


def _rewrites(word: str) -> bool:
    return word in ("rw", "rewrite", "erw", "simp_rw", "rwa")


def fitted(rows: Sequence[Sequence[float]], labels: Sequence[bool]) -> Floats:
    """The coefficients of a logistic regression with a ridge, by Newton's method."""
    x, y = np.asarray(rows, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    prior = RIDGE * np.eye(x.shape[1])
    prior[0, 0] = 1e-3
    weights = np.zeros(x.shape[1])
    for _ in range(ROUNDS):
        p = 1.0 / (1.0 + np.exp(-np.clip(x @ weights, -30, 30)))
        gradient = x.T @ (p - y) + prior @ weights
        weights -= np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + prior, gradient)
    return weights


def main(files: Sequence[str]) -> None:
    """Fits over all databases and prints the table."""
    library = library_index(embedded_toolchain(Reporter(print)), DEFAULT_ROOTS, Reporter(print))
    rows: dict[Form, list[tuple[float, ...]]] = defaultdict(list)
    labels: dict[Form, list[bool]] = defaultdict(list)
    for file in files:
        with Database(Path(file)) as database:
            for use, was_right in examples(database, library):
                rows[use.form].append(features(use))
                labels[use.form].append(was_right)
    print(f"# {', '.join(FEATURES)}")
    for form in rows:
        weights = fitted(rows[form], labels[form])
        coefficients = ", ".join(f"{weight:.2f}" for weight in weights)
        print(f'    "{form}": ({coefficients}),  # {sum(labels[form])} right of {len(labels[form])}')


if __name__ == "__main__":
    main(sys.argv[1:])
