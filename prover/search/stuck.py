"""The goals at which a search is stuck: what remains of the partial proof that got furthest.

A partial proof counts for each goal that it proves and against each that it leaves. Knows nothing of Lean.
"""

from dataclasses import dataclass, field

from prover.lean.protocol import Goal
from prover.lean.session import State
from prover.search.script import render
from prover.search.tree import Node, Status, Step, Tree

STEP_COST = 0.01
"""What each tactic counts against a partial proof: of equal ones, the shortest is best."""
MAX_WRITTEN_DEPTH = 30
"""The number of tactics above a goal up to which a partial proof is written out."""
HOLE = "exact ?stuck_{}"
"""The tactic at a goal that a partial proof leaves, by the index of the goal."""
MAX_DEPTH = 150
"""The number of tactics after which a partial proof is followed no further."""


@dataclass(frozen=True)
class StuckAt:
    """A goal that remained of a partial proof."""

    goal: Goal
    after: tuple[str, ...]
    """The tactics that lead to it from the root."""
    state: State | None = field(default=None, compare=False)
    """The state with this goal alone; None if it shares metavariables with others."""


@dataclass(frozen=True)
class PartialProof:
    """The partial proof that got furthest, and what it leaves."""

    stuck: tuple[StuckAt, ...] = ()
    """The goals that remain."""
    lines: tuple[str, ...] = ()
    """The lines of the proof, with `HOLE` at each of these goals; none if it has no step or is too deep."""


NO_PARTIAL_PROOF = PartialProof()


@dataclass(frozen=True)
class _Partial:
    """The best partial proof of a node: its value, and its first step; no step if the node is left as it is."""

    value: float
    step: Step | None


def stuck_at(tree: Tree, root: Node | None = None) -> tuple[StuckAt, ...]:
    """Returns what remains of the partial proof of a goal that got furthest; nothing if the goal is proved.

    Args:
        root: the goal; by default that of the search.
    """
    return partial_proof(tree, root).stuck


def partial_proof(tree: Tree, root: Node | None = None) -> PartialProof:
    """Returns the partial proof of a goal that got furthest, by default of the root; an empty one if it is proved."""
    root = tree.root if root is None else root
    best: dict[Node, _Partial] = {}
    _best(root, best, set())
    found: dict[str, StuckAt] = {}
    deepest = 0
    waiting: list[tuple[Node, tuple[str, ...]]] = [(root, ())]
    while waiting:
        node, after = waiting.pop()
        deepest = max(deepest, len(after))
        if node.status is Status.PROVED:
            continue
        step = best[node].step
        if step is None or len(after) >= MAX_DEPTH:
            alone = node.state if len(node.state.goals) == 1 else None
            for goal in node.state.goals:
                found.setdefault(goal.key, StuckAt(goal, after, alone))
        else:
            waiting += ((child.node, (*after, step.tactic)) for child in reversed(step.children))
    stuck = tuple(found.values())
    if not 0 < deepest <= MAX_WRITTEN_DEPTH:
        return PartialProof(stuck)
    places = {key: index for index, key in enumerate(found)}

    def chosen(node: Node) -> Step | None:
        return node.proof if node.status is Status.PROVED else best[node].step

    return PartialProof(stuck, tuple(render(root, True, chosen, lambda node: HOLE.format(places[node.key[0]]))))


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
