"""Renders a search graph, proved or in part, as the lines of a tactic block."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from prover.lean.file_text import indented
from prover.lean.protocol import Goal
from prover.search.tree import Child, Node, Step

Chosen = Callable[[Node], Step | None]
"""Returns the step that is written for a node; None for a goal that is left open."""


def render(
    node: Node,
    labelled: bool = True,
    chosen: Chosen = lambda node: node.proof,
    hole: Callable[[Node], str] = lambda _: "sorry",
) -> list[str]:
    """Returns the lines of a tactic block that proves `node`, indented relative to the block.

    Args:
        labelled: write branches as `case tag =>` if their tags allow it; otherwise as bullets.
        chosen: the step of each node; by default that of its proof.
        hole: the tactic that is written for a goal that is left open.
    """
    return _Writer(labelled, chosen, hole).lines(node)


@dataclass(frozen=True)
class _Writer:
    """Writes a proof as lines; see `render`."""

    labelled: bool
    chosen: Chosen
    hole: Callable[[Node], str]

    def lines(self, node: Node) -> list[str]:
        step = self.chosen(node)
        if step is None:
            return [self.hole(node)]
        lines = step.tactic.splitlines()
        children = step.children
        if len(children) == 1:
            return [*lines, *_renaming(children[0]), *self._body(children[0])]
        goals = [child.state.goals[0] for child in children]
        labels = _labels(goals) if self.labelled else [None] * len(children)
        for child, label in zip(children, labels, strict=True):
            lines.extend(self._branch(label, child))
        return lines

    def _branch(self, label: str | None, child: Child) -> Iterator[str]:
        if label is not None:
            header = " ".join(["case", label, *child.state.goals[0].rename, "=>"])
            yield header
            yield from indented(self._body(child), "  ")
            return
        first, *rest = [*_renaming(child), *self._body(child)]
        yield f"· {first}"
        yield from indented(rest, "  ")

    def _body(self, child: Child) -> list[str]:
        return [*_aligning(child), *self.lines(child.node)]


def _renaming(child: Child) -> list[str]:
    """Returns `rename_i` for the hypotheses that the tactic left without a usable name."""
    return [f"rename_i {' '.join(goal.rename)}" for goal in child.state.goals[:1] if goal.rename]


def _aligning(child: Child) -> list[str]:
    """Returns tactics that give the hypotheses the names of the equal goal for which the proof was found."""
    own, proved = child.state.goals[0].names, child.node.state.goals[0].names
    if own == proved or len(own) != len(proved):
        return []
    start = next(index for index, (a, b) in enumerate(zip(own, proved, strict=True)) if a != b)
    return [f"revert {' '.join(own[start:])}", f"intro {' '.join(proved[start:])}"]


def _labels(goals: Sequence[Goal]) -> list[str | None]:
    """Returns the tags of the goals if they are distinct and can be written; otherwise None for each."""
    tags = [goal.tag for goal in goals]
    usable = len(set(tags)) == len(tags) and all(tag.isidentifier() for tag in tags)
    return [tag if usable else None for tag in tags]
