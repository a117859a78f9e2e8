"""Replays a whole proof into a search: what holds of it becomes steps of the graph, the rest stays to be searched.

This is truncate-and-resume (DeepSeek-Prover-V1.5, Xin et al. 2024) at every depth: a branch that fails costs only
itself, and the search continues from where each branch stopped. Each `sorry` of the proof becomes a goal of the search
(Draft, Sketch, and Prove, Jiang et al. 2022).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prover.lean.session import Advanced, Failed, Session, TacticLimits
from prover.search import blocks
from prover.search.budget import Meter
from prover.search.engine import Hole, Replayed
from prover.search.tree import Node, Status, Step, Tree
from prover.tactics.renaming import renamed


@dataclass
class ProofReplay:
    """Replays whole proofs into a search graph."""

    session: Session
    tree: Tree
    meter: Meter
    sources: tuple[str, ...]
    """the names of the generators that wrote the proofs"""
    limits: TacticLimits
    log_probability: float
    """the log-probability that is given to each tactic of a proof"""
    by_cases: bool = False
    """True if tactics with alternatives are run case by case even where Lean accepts the whole."""

    def replay(self, proof: str, at: Node | None = None) -> Replayed:
        """Runs a proof of a goal, by default the root, as far as it holds. See `Engine.graft`."""
        replayed = Replayed()
        self._block(self.tree.root if at is None else at, proof, replayed)
        replayed.proved = self.tree.proved()
        return replayed

    def _block(self, node: Node, block: str, replayed: Replayed) -> None:
        """Runs the tactics of a block on the open goals, until one fails as a whole."""
        waiting = [node]
        for tactic in self._tactics(blocks.tactics(block)):
            waiting = [each for each in waiting if each.status is not Status.PROVED and not each.refuted]
            if not waiting or self.meter.spent():
                return
            if (body := blocks.bullet(tactic)) is not None:
                self._block(waiting.pop(0), body, replayed)
            elif (found := blocks.case(tactic)) is not None:
                tag, names, body = found
                chosen = _tagged(waiting, tag)
                waiting.remove(chosen)
                self._block(self._renamed(chosen, names), body, replayed)
            elif blocks.is_sorry(tactic):
                self._leave(waiting.pop(0), replayed)
            else:
                first, *rest = waiting
                if (left := self._tactic(first, tactic, replayed)) is None:
                    return
                waiting = [*left, *rest]

    @staticmethod
    def _tactics(block: Sequence[str]) -> Iterator[str]:
        """Yields the tactics of a block, those below an `open … in` or `set_option … in` each inside it."""
        for tactic in block:
            if (found := blocks.scoped(tactic)) is None:
                yield tactic
                continue
            scope, inside = found
            for each in ProofReplay._tactics(inside):
                yield blocks.with_scope(scope, each)

    def _tactic(self, node: Node, tactic: str, replayed: Replayed) -> list[Node] | None:
        """Runs a tactic, whole or in parts; returns the goals that it leaves, or None if no part of it runs."""
        message = ""
        if self.by_cases and (left := self._cases(node, tactic, replayed)) is not None:
            return left
        if not blocks.has_sorry(tactic):
            match self._run(node, tactic):
                case Step(children=children):
                    replayed.held.append(tactic)
                    return [child.node for child in children]
                case Failed("no_progress"):
                    return [node]
                case Failed(kind, explanation):
                    message = explanation or kind
        for branches in blocks.branches(tactic):
            if isinstance(begun := self._run(node, branches.head), Step):
                replayed.held.append(branches.head)
                goals = _holes_first(branches.head, [child.node for child in begun.children])
                if message and not branches.bodies:
                    self._record_failure(replayed, node, tactic, message)
                for goal, body in zip(goals, branches.bodies, strict=False):
                    self._block(goal, body, replayed)
                return goals[len(branches.bodies) :]
        left = self._cases(node, tactic, replayed)
        self._record_failure(replayed, node, tactic, message)
        return left

    def _cases(self, node: Node, tactic: str, replayed: Replayed) -> list[Node] | None:
        """Splits a goal into cases, and runs in each the tactics of the alternative with its tag."""
        if (split := blocks.alternatives(tactic)) is None:
            return None
        head, by_tag = split
        if not isinstance(begun := self._run(node, head), Step):
            return None
        replayed.held.append(head)
        left = []
        for goal in (child.node for child in begun.children):
            alternative = next((each for tag, each in by_tag.items() if _has_tag(goal, tag)), None)
            new = [name for name in goal.state.goals[0].names if name not in node.state.goals[0].names]
            if alternative is None or len(new) < len(alternative.names):
                left.append(goal)
            else:
                self._block(goal, renamed(alternative.body, dict(zip(alternative.names, new, strict=False))), replayed)
        return left

    def _run(self, node: Node, tactic: str) -> Step | Failed:
        self.meter.tactics += 1
        match next(iter(list(self.session.run(node.state, [tactic], self.limits)))):
            case Advanced(states, replacement):
                return self.tree.add(node, replacement or tactic, self.log_probability, states, self.sources)
            case Failed() as failed:
                return failed

    def _renamed(self, node: Node, names: Sequence[str]) -> Node:
        """Returns the goal with the names that `case` gives to its last hypotheses, or unchanged if renaming fails."""
        if not names or node.state.goals[0].names[-len(names) :] == tuple(names):
            return node
        step = self._run(node, f"rename_i {' '.join(names)}")
        return step.children[0].node if isinstance(step, Step) and step.children else node

    @staticmethod
    def _record_failure(replayed: Replayed, node: Node, tactic: str, message: str) -> None:
        if replayed.failed is None:
            replayed.failed, replayed.message, replayed.goal = tactic, message, node.state.goals[0]

    @staticmethod
    def _leave(node: Node, replayed: Replayed) -> None:
        """Records that a proof leaves a goal open."""
        replayed.sorries += 1
        replayed.holes.append(Hole(node.state.goals[0], node.state))


def _holes_first(head: str, nodes: Sequence[Node]) -> list[Node]:
    """Returns the goals of `have`, `obtain` or `suffices` with the one that is proved on the spot first.

    Lean's versions differ in their order. What is stated is proved in the old context, what `suffices` leaves in one
    with the new hypothesis.
    """
    word = next((line.split()[0] for line in head.splitlines() if not blocks.is_scope(line) and line.strip()), "")
    if word not in ("have", "obtain", "suffices"):
        return list(nodes)
    return sorted(nodes, key=lambda node: len(node.state.goals[0].names), reverse=word == "suffices")


def _tagged(nodes: Sequence[Node], tag: str) -> Node:
    """Returns the goal with a tag, or the first goal if none has it."""
    return next((node for node in nodes if _has_tag(node, tag)), nodes[0])


def _has_tag(node: Node, tag: str) -> bool:
    """Returns whether `case tag` would select a goal."""
    own = node.state.goals[0].tag
    return own in (tag, tag.strip("«»")) or own.endswith("." + tag)
