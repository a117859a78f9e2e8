"""The goals at which a search is stuck: what remains of the partial proof that got furthest.

A partial proof counts for each goal that it proves and against each that it leaves. Knows nothing of Lean.
"""

from dataclasses import dataclass

from prover.lean.protocol import Goal
from prover.search.tree import Node, Status, Step, Tree

STEP_COST = 0.01
"""What each tactic counts against a partial proof: of equal ones, the shortest is best."""
MAX_DEPTH = 150
"""The number of tactics after which a partial proof is followed no further."""


@dataclass(frozen=True)
class StuckAt:
    """A goal that remained of a partial proof."""

    goal: Goal
    after: tuple[str, ...]
    """The tactics that lead to it from the root."""


@dataclass(frozen=True)
class _Partial:
    """The best partial proof of a node: its value, and its first step; no step if the node is left as it is."""

    value: float
    step: Step | None


def stuck_at(tree: Tree) -> tuple[StuckAt, ...]:
    """Returns what remains of the partial proof of the root that got furthest; nothing if the root is proved."""
    best: dict[Node, _Partial] = {}
    _best(tree.root, best, set())
    found: dict[str, StuckAt] = {}
    waiting: list[tuple[Node, tuple[str, ...]]] = [(tree.root, ())]
    while waiting:
        node, after = waiting.pop()
        if node.status is Status.PROVED:
            continue
        step = best[node].step
        if step is None or len(after) >= MAX_DEPTH:
            for goal in node.state.goals:
                found.setdefault(goal.key, StuckAt(goal, after))
        else:
            waiting += ((child.node, (*after, step.tactic)) for child in reversed(step.children))
    return tuple(found.values())


def _best(node: Node, best: dict[Node, _Partial], path: set[Node]) -> float:
    """Returns the value of the best partial proof of a node, and stores it; steps back to `path` do not count."""
    if node.status is Status.PROVED:
        return 1.0
    if node in best:
        return best[node].value
    best[node] = _Partial(-1.0, None)  # what a step that leads back here finds
    if len(path) < MAX_DEPTH:
        path.add(node)
        for step in node.steps:
            if not any(child.node in path for child in step.children):
                value = sum(_best(child.node, best, path) for child in step.children) - STEP_COST
                if value > best[node].value:
                    best[node] = _Partial(value, step)
        path.remove(node)
    return best[node].value
