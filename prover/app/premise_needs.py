"""The premises that proofs of a traced repository use, split for training and evaluation."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from prover.app.environment import database
from prover.app.workspace import Workspace
from prover.lean.traced import TracedModule
from prover.project.leandojo.split import at_random, by_novel_premise, default_sizes

if TYPE_CHECKING:
    from retrieval.corpus import Corpus
    from retrieval.evaluate import Needed

SPLITS = ("all", "random", "novel_premises")


def needs(workspace: Workspace, corpus: "Corpus") -> "Iterator[Needed]":
    """Yields each proof step of a traced repository that uses theorems of a corpus, with those theorems."""
    from curriculum.database.loading import modules_of, snapshot_of

    with database() as db, db.reading() as connection:
        snapshot = snapshot_of(connection, workspace.checkout.location.canonical)
        for module in modules_of(connection, snapshot) if snapshot is not None else ():
            yield from needs_of(module, corpus)


def needs_of(module: TracedModule, corpus: "Corpus") -> "Iterator[Needed]":
    """Yields each proof step of a module that uses theorems of a corpus, with those theorems."""
    from retrieval.evaluate import Needed
    from retrieval.premise import Position

    starts = {declared.name: declared.start for declared in module.declarations}
    for step in module.steps:
        if step.declaration in starts:
            numbers = (corpus.number(use.name) for use in step.premises)
            known = (corpus.premises[number] for number in numbers if number is not None)
            needed = frozenset(premise.name for premise in known if premise.kind == "theorem")
            if needed:
                position = Position(module.name, starts[step.declaration])
                yield Needed(step.before, needed, step.declaration, position)


def divided(goals: "Sequence[Needed]", split: str, seed: int) -> "tuple[list[Needed], list[Needed]]":
    """Returns the goals of the training theorems and those of the held-out theorems of a split.

    For the split "all", both are all goals.
    """
    if split == "all":
        return list(goals), list(goals)
    theorems = list(dict.fromkeys(goal.theorem for goal in goals))
    used = [{name for goal in goals if goal.theorem == theorem for name in goal.premises} for theorem in theorems]
    sizes = default_sizes(len(theorems))
    parts = at_random(len(theorems), sizes, seed) if split == "random" else by_novel_premise(used, sizes, seed)
    held = {theorems[number] for number in (*parts["val"], *parts["test"])}
    return [goal for goal in goals if goal.theorem not in held], [goal for goal in goals if goal.theorem in held]


def spread(goals: "Sequence[Needed]", limit: int | None) -> "list[Needed]":
    """Returns at most `limit` of the goals, at even distances."""
    if limit is None or limit >= len(goals):
        return list(goals)
    return [goals[place * len(goals) // limit] for place in range(limit)]
