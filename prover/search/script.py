"""Renders a proved search graph as the lines of a tactic block."""

from collections.abc import Iterator, Sequence

from prover.lean.file_text import indented
from prover.lean.protocol import Goal
from prover.search.tree import Child, Node


def render(node: Node, labelled: bool = True) -> list[str]:
    """Returns the lines of a tactic block that proves `node`, indented relative to the block.

    Args:
        labelled: write branches as `case tag =>` if their tags allow it; otherwise as bullets.
    """
    assert node.proof is not None
    lines = node.proof.tactic.splitlines()
    children = node.proof.children
    if len(children) == 1:
        return [*lines, *_renaming(children[0]), *_body(children[0], labelled)]
    labels = _labels([child.state.goals[0] for child in children]) if labelled else [None] * len(children)
    for child, label in zip(children, labels, strict=True):
        lines.extend(_branch(label, child, labelled))
    return lines


def _branch(label: str | None, child: Child, labelled: bool) -> Iterator[str]:
    if label is not None:
        header = " ".join(["case", label, *child.state.goals[0].rename, "=>"])
        yield header
        yield from indented(_body(child, labelled), "  ")
        return
    first, *rest = [*_renaming(child), *_body(child, labelled)]
    yield f"· {first}"
    yield from indented(rest, "  ")


def _body(child: Child, labelled: bool) -> list[str]:
    return [*_aligning(child), *render(child.node, labelled)]


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
