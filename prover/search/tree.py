"""The AND/OR graph of a proof search. Knows nothing of processes, models or time.

A node is a goal (or several that share metavariables): proved when one of its steps is. A step is a
tactic: proved when all goals that it leaves are. Goals with equal keys are one node.
"""

import heapq
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum

from prover.lean.session import State
from prover.search.priority import Priority
from prover.tactics.generator import Suggestion


class Status(Enum):
    """The status of a node."""

    OPEN = "open"
    PROVED = "proved"
    FAILED = "failed"
    """it is false, or every suggested tactic was run and none of the steps can succeed"""


@dataclass(eq=False)
class Node:
    """A goal to be proved, with the cheapest known path to it."""

    state: State
    log_probability: float
    depth: int
    status: Status = Status.OPEN
    pending: list[Suggestion] | None = None
    """tactics that were not run yet, the most probable first; None until they are requested"""
    steps: list["Step"] = field(default_factory=list)
    parents: list["Step"] = field(default_factory=list)
    proof: "Step | None" = None
    refuted: bool = False
    """True if an instance of the goal is false"""
    queued: float = 0.0
    """the score of its latest entry in the queue"""

    @property
    def exhausted(self) -> bool:
        """Returns whether every suggested tactic was run."""
        return self.pending == []

    @property
    def key(self) -> tuple[str, ...]:
        """Returns the identity of the node: the keys of its goals."""
        return tuple(goal.key for goal in self.state.goals)


@dataclass(eq=False)
class Child:
    """A goal that a step leaves: its node, and the state as this step reached it."""

    node: Node
    state: State


@dataclass(eq=False)
class Step:
    """A tactic applied to a node."""

    parent: Node
    tactic: str
    """the text that is written into the proof"""
    log_probability: float
    children: tuple[Child, ...]
    sources: tuple[str, ...] = ()
    """the names of the generators that proposed it, if known"""

    def proved(self) -> bool:
        """Returns whether all goals that it leaves are proved."""
        return all(child.node.status is Status.PROVED for child in self.children)


class Tree:
    """All goals of one search, and the queue of those to expand, best first."""

    def __init__(self, root: State, priority: Priority, penalty: Callable[[Suggestion], float] = lambda _: 0.0) -> None:
        """Creates a graph; `penalty` is subtracted from the log-probability of a goal's next tactic, for its cost."""
        self._priority = priority
        self._penalty = penalty
        self._queue: list[tuple[float, int, Node]] = []
        self._irrelevant: list[Node] = []
        self._order = itertools.count()
        self.root = Node(root, 0.0, 0)
        self.nodes: dict[tuple[str, ...], Node] = {self.root.key: self.root}
        self._push(self.root)

    def next(self) -> Node | None:
        """Returns the goal whose next tactics are the most promising, or None if no goal is left."""
        while self._queue:
            score, _, node = heapq.heappop(self._queue)
            stale = -score != node.queued
            if stale or node.exhausted or node.status is not Status.OPEN:
                continue
            if self._relevant(node):
                return node
            self._irrelevant.append(node)
        return None

    def upcoming(self, count: int) -> list[Node]:
        """Returns the most promising goals whose tactics were not requested yet, at most `count`; changes nothing."""
        fresh = {node: entry for entry in self._queue if (node := entry[2]).pending is None}
        waiting = (entry for node, entry in fresh.items() if node.status is Status.OPEN)
        return [node for _, _, node in heapq.nsmallest(count, waiting)]

    def add(
        self,
        parent: Node,
        tactic: str,
        log_probability: float,
        states: tuple[State, ...],
        sources: tuple[str, ...] = (),
    ) -> Step:
        """Records that `tactic` turned `parent` into `states`."""
        children = tuple(Child(self._meet(parent, log_probability, state), state) for state in states)
        step = Step(parent, tactic, log_probability, children, sources)
        parent.steps.append(step)
        for child in children:
            child.node.parents.append(step)
        if parent.status is Status.FAILED and self._possible(step):
            self._reopen(parent)
        if step.proved():
            self._prove(step)
        return step

    def resume(self, node: Node) -> None:
        """Puts a goal back into the queue with the score of its next tactic, or settles it if no tactic is left."""
        if node.exhausted:
            self._settle(node)
        else:
            self._push(node)

    def refute(self, node: Node) -> None:
        """Records that a goal is false: it is not searched further, nor are steps that lead to it."""
        node.refuted, node.pending = True, []
        self._settle(node)

    def _reopen(self, node: Node) -> None:
        """Opens a goal that had no step left, and those above it, since it has a new one; what is false stays so."""
        waiting = [node]
        while waiting:
            node = waiting.pop()
            if node.status is Status.FAILED and not node.refuted:
                node.status = Status.OPEN
                if not node.exhausted:
                    self._push(node)
                waiting.extend(step.parent for step in node.parents if self._possible(step))

    def shorten(self, node: Node) -> bool:
        """Makes a step that closes a proved goal alone its proof, if one is known; returns whether one is."""
        closing = next((step for step in node.steps if not step.children), None)
        node.proof = closing or node.proof
        return closing is not None

    def retract(self, step: Step) -> None:
        """Removes a step that did not hold, and recomputes what is proved without it."""
        step.parent.steps.remove(step)
        for child in step.children:
            child.node.parents.remove(step)
        for node in self.nodes.values():
            node.status, node.proof = Status.OPEN, None
        for node in self.nodes.values():
            for proved in [step for step in node.steps if step.proved()]:
                self._prove(proved)
        for node in self.nodes.values():
            if not node.exhausted:
                self._push(node)
        for node in self.nodes.values():
            self._settle(node)

    def check(self) -> None:
        """Asserts the invariants of the graph."""
        for key, node in self.nodes.items():
            assert key == node.key
            assert (node.status is Status.PROVED) == (node.proof is not None)
            if node.proof is not None:
                assert node.proof in node.steps
                assert node.proof.proved()
            if node.status is Status.FAILED:
                assert node.exhausted
                assert node.refuted or not any(self._possible(step) for step in node.steps)
            for step in node.steps:
                assert step.parent is node
                assert all(step in child.node.parents for child in step.children)
                assert all(self.nodes[child.node.key] is child.node for child in step.children)
        assert self._acyclic()

    def proved(self) -> bool:
        """Returns whether the root is proved."""
        return self.root.status is Status.PROVED

    def _meet(self, parent: Node, log_probability: float, state: State) -> Node:
        total, depth = parent.log_probability + log_probability, parent.depth + 1
        key = tuple(goal.key for goal in state.goals)
        node = self.nodes.get(key)
        if node is None:
            node = self.nodes[key] = Node(state, total, depth)
            self._push(node)
            return node
        for irrelevant in self._irrelevant:  # a new path to a known goal may make others relevant again
            self._push(irrelevant)
        self._irrelevant.clear()
        if self._priority(total, depth) > self._priority(node.log_probability, node.depth):
            node.log_probability, node.depth = total, depth
            if not node.exhausted:
                self._push(node)
        return node

    def _push(self, node: Node) -> None:
        node.queued = self._score(node)
        heapq.heappush(self._queue, (-node.queued, next(self._order), node))

    def _score(self, node: Node) -> float:
        """Returns the priority of the goal that the node's next tactic would lead to, minus its penalty."""
        if not node.pending:
            return self._priority(node.log_probability, node.depth)
        best = node.pending[0]
        return self._priority(node.log_probability + best.log_probability, node.depth + 1) - self._penalty(best)

    def _prove(self, step: Step) -> None:
        waiting = [step]
        while waiting:
            step = waiting.pop()
            if step.parent.status is Status.PROVED or not step.proved():
                continue
            step.parent.status, step.parent.proof = Status.PROVED, step
            waiting.extend(step.parent.parents)

    def _settle(self, node: Node) -> None:
        waiting = [node]
        while waiting:
            node = waiting.pop()
            hopeless = node.refuted or (node.exhausted and not any(map(self._possible, node.steps)))
            if node.status is Status.OPEN and hopeless:
                node.status = Status.FAILED
                waiting.extend(step.parent for step in node.parents)

    @staticmethod
    def _possible(step: Step) -> bool:
        return all(child.node.status is not Status.FAILED for child in step.children)

    def _relevant(self, node: Node) -> bool:
        """Returns whether a proof of `node` could still be part of a proof of the root."""
        seen: set[Node] = set()
        waiting = [node]
        while waiting:
            node = waiting.pop()
            if node is self.root:
                return True
            if node in seen:
                continue
            seen.add(node)
            waiting.extend(
                step.parent for step in node.parents if self._possible(step) and step.parent.status is Status.OPEN
            )
        return False

    def _acyclic(self) -> bool:
        """Returns whether no proof depends on itself."""
        done: set[Node] = set()

        def visit(node: Node, path: frozenset[Node]) -> bool:
            if node in done or node.proof is None:
                return True
            if node in path:
                return False
            ok = all(visit(child.node, path | {node}) for child in node.proof.children)
            done.add(node)
            return ok

        return all(visit(node, frozenset()) for node in self.nodes.values())


def proof_steps(node: Node) -> Iterator[Step]:
    """Yields the steps of a node's proof, parents first."""
    assert node.proof is not None
    yield node.proof
    for child in node.proof.children:
        yield from proof_steps(child.node)
