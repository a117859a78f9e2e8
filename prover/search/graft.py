"""A whole proof grafted onto a search: what of it holds becomes steps of the graph, what does not stays to be searched.

Truncate and resume (DeepSeek-Prover-V1.5, Xin et al. 2024), at every depth: a branch that fails costs itself, and the
search goes on from where each stopped. A `sorry` of the proof is a goal of the search (Draft, Sketch, and Prove, Jiang
et al. 2022).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from prover.lean.session import Advanced, Failed, Session, TacticLimits
from prover.search import blocks
from prover.search.budget import Meter
from prover.search.tree import Node, Status, Step, Tree
from prover.tactics.renaming import renamed

SURE = 0.01
"""what a tactic of a whole proof counts as a log-probability: more than certain, so that the search goes on from where
it stopped before it begins anew at the root"""
LIMITS = TacticLimits(milliseconds=6_000)
"""of a tactic that may be half a proof"""


@dataclass
class Grafted:
    """What became of a whole proof."""

    held: list[str] = field(default_factory=list)
    """tactics that Lean accepted, in order"""
    failed: str | None = None
    """the first that it did not"""
    message: str = ""
    """what Lean said of it"""
    holes: int = 0
    """goals that the proof itself left open"""


@dataclass
class Grafting:
    """Puts whole proofs into a search graph."""

    session: Session
    tree: Tree
    meter: Meter
    sources: tuple[str, ...]
    """who wrote them"""
    limits: TacticLimits = LIMITS
    weight: float = SURE
    """what each of its tactics counts as a log-probability"""

    def graft(self, proof: str) -> Grafted:
        """Runs a proof as far as it holds, from the root."""
        told = Grafted()
        self._block(self.tree.root, proof, told)
        return told

    def _block(self, node: Node, block: str, told: Grafted) -> None:
        """Runs the tactics of a block on the goals that are open, until one fails that leaves nothing to go on with."""
        waiting = [node]
        for tactic in blocks.tactics(block):
            waiting = [each for each in waiting if each.status is Status.OPEN]
            if not waiting or self.meter.spent():
                return
            if (body := blocks.bullet(tactic)) is not None:
                self._block(waiting.pop(0), body, told)
            elif (found := blocks.case(tactic)) is not None:
                tag, names, body = found
                chosen = _tagged(waiting, tag)
                waiting.remove(chosen)
                self._block(self._renamed(chosen, names), body, told)
            elif blocks.is_hole(tactic):
                told.holes += 1
                waiting.pop(0)
            else:
                first, *rest = waiting
                if (left := self._tactic(first, tactic, told)) is None:
                    return
                waiting = [*left, *rest]

    def _tactic(self, node: Node, tactic: str, told: Grafted) -> list[Node] | None:
        """The goals that a tactic leaves, run whole or in parts; None where it does not run."""
        message = ""
        if not blocks.has_hole(tactic):
            match self._run(node, tactic):
                case Step(children=children):
                    told.held.append(tactic)
                    return [child.node for child in children]
                case Failed(kind, said):
                    message = said or kind
        for parts in blocks.branches(tactic):
            if isinstance(begun := self._run(node, parts.head), Step):
                told.held.append(parts.head)
                goals = [child.node for child in begun.children]
                if message and not parts.bodies:
                    self._note(told, tactic, message)
                for goal, body in zip(goals, parts.bodies, strict=False):
                    self._block(goal, body, told)
                return goals[len(parts.bodies) :]
        left = self._cases(node, tactic, told)
        self._note(told, tactic, message)
        return left

    def _cases(self, node: Node, tactic: str, told: Grafted) -> list[Node] | None:
        """Takes a goal apart, and does in each case what the tactic does in a case of that name."""
        if (taken := blocks.alternatives(tactic)) is None or not isinstance(begun := self._run(node, taken[0]), Step):
            return None
        told.held.append(taken[0])
        left = []
        for goal in (child.node for child in begun.children):
            known = next((done for tag, done in taken[1].items() if _has_tag(goal, tag)), None)
            new = [name for name in goal.state.goals[0].names if name not in node.state.goals[0].names]
            if known is None or len(new) < len(known.names):
                left.append(goal)
            else:
                self._block(goal, renamed(known.body, dict(zip(known.names, new, strict=False))), told)
        return left

    def _run(self, node: Node, tactic: str) -> Step | Failed:
        self.meter.tactics += 1
        match next(iter(list(self.session.run(node.state, [tactic], self.limits)))):
            case Advanced(states, replacement):
                return self.tree.add(node, replacement or tactic, self.weight, states, self.sources)
            case Failed() as failed:
                return failed

    def _renamed(self, node: Node, names: Sequence[str]) -> Node:
        """The goal with the names that `case` gives to its last hypotheses; as it is, where that does not work."""
        if not names or node.state.goals[0].names[-len(names) :] == tuple(names):
            return node
        step = self._run(node, f"rename_i {' '.join(names)}")
        return step.children[0].node if isinstance(step, Step) and step.children else node

    @staticmethod
    def _note(told: Grafted, tactic: str, message: str) -> None:
        if told.failed is None:
            told.failed, told.message = tactic, message


def _tagged(nodes: Sequence[Node], tag: str) -> Node:
    """The goal of a tag; the first where none has it."""
    return next((node for node in nodes if _has_tag(node, tag)), nodes[0])


def _has_tag(node: Node, tag: str) -> bool:
    """Whether a goal is what `case tag` means."""
    own = node.state.goals[0].tag
    return own in (tag, tag.strip("«»")) or own.endswith("." + tag)
