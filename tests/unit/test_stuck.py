"""What remains of the partial proof that got furthest."""

from prover.lean.protocol import Goal
from prover.lean.scripted import named, opened
from prover.lean.session import State
from prover.search.engine import DEFAULT_PRIORITY
from prover.search.stuck import MAX_DEPTH, partial_proof, stuck_at
from prover.search.tree import Node, Tree


def tree_of(root: str, steps: dict[str, list[tuple[str, list[str]]]]) -> Tree:
    """The tree of a search in which tactics led from goals to goals; goals are named by their keys."""
    tree = Tree(opened(root), DEFAULT_PRIORITY)
    waiting: list[Node] = [tree.root]
    seen = set()
    while waiting:
        node = waiting.pop(0)
        if node.key in seen:
            continue
        seen.add(node.key)
        for tactic, goals in steps.get(node.key[0], []):
            step = tree.add(node, tactic, -1.0, tuple(opened(goal) for goal in goals))
            waiting += (child.node for child in step.children)
    return tree


def remaining(tree: Tree) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.goal.key, each.after) for each in stuck_at(tree)]


def test_without_any_step_the_root_remains() -> None:
    assert remaining(tree_of("a", {})) == [("a", ())]


def test_a_step_that_proves_a_part_got_further_than_one_that_does_not() -> None:
    steps = {"a": [("exfalso", ["false"]), ("constructor", ["b", "c"])], "b": [("simp", [])]}
    assert remaining(tree_of("a", steps)) == [("c", ("constructor",))]


def test_a_split_that_proves_nothing_is_not_further() -> None:
    assert remaining(tree_of("a", {"a": [("constructor", ["b", "c"])]})) == [("a", ())]


def test_the_path_leads_through_several_steps() -> None:
    steps = {
        "a": [("induction n", ["zero", "succ"])],
        "zero": [("rfl", [])],
        "succ": [("cases h", ["left", "right"])],
        "left": [("omega", [])],
    }
    assert remaining(tree_of("a", steps)) == [("right", ("induction n", "cases h"))]


def test_goals_that_lead_back_to_themselves_end() -> None:
    steps = {"a": [("symm", ["b"])], "b": [("symm", ["a"]), ("constructor", ["a", "c"])], "c": [("rfl", [])]}
    assert remaining(tree_of("a", steps)) == [("a", ())]


def test_a_long_chain_ends() -> None:
    links: dict[str, list[tuple[str, list[str]]]] = {
        f"g{n}": [("cases", [f"g{n + 1}", f"p{n}"])] for n in range(3 * MAX_DEPTH)
    }
    proved: dict[str, list[tuple[str, list[str]]]] = {f"p{n}": [("rfl", [])] for n in range(3 * MAX_DEPTH)}
    ((_, after),) = remaining(tree_of("g0", {**links, **proved}))
    assert len(after) == MAX_DEPTH


def test_a_proved_root_is_not_stuck() -> None:
    assert stuck_at(tree_of("a", {"a": [("rfl", [])]})) == ()


def test_goals_that_share_metavariables_remain_together() -> None:
    both = State((named("a"), Goal("b")), opened("a").origin)
    assert [each.goal.key for each in stuck_at(Tree(both, DEFAULT_PRIORITY))] == ["a", "b"]


def test_a_partial_proof_is_written_with_a_hole_at_each_goal_that_remains() -> None:
    steps = {
        "a": [("induction n", ["zero", "succ"])],
        "zero": [("rfl", [])],
        "succ": [("cases h", ["left", "right"])],
        "left": [("omega", [])],
    }
    found = partial_proof(tree_of("a", steps))
    assert found.lines == ("induction n", "· rfl", "· cases h", "  · omega", "  · exact ?stuck_0")
    assert [each.goal.key for each in found.stuck] == ["right"]
    assert found.stuck[0].state is not None


def test_equal_goals_that_remain_are_one() -> None:
    steps = {
        "a": [("constructor", ["b", "c"])],
        "b": [("intro h", ["d"])],
        "c": [("split", ["d", "e"])],
        "e": [("rfl", [])],
    }
    best = {**steps, "b": [("split", ["d", "f"])], "f": [("rfl", [])]}
    found = partial_proof(tree_of("a", best))
    assert [line.strip() for line in found.lines].count("· exact ?stuck_0") == 2
    assert len(found.stuck) == 1


def test_nothing_is_written_where_no_step_got_further() -> None:
    assert partial_proof(tree_of("a", {})).lines == ()
    assert partial_proof(tree_of("a", {"a": [("rfl", [])]})).lines == ()
