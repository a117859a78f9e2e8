"""The AND/OR graph of a search: its invariants after every step, whatever is added to it."""

from hypothesis import given
from hypothesis import strategies as st

from prover.lean.scripted import opened
from prover.search.priority import length_normalised
from prover.search.tree import Node, Status, Step, Tree, proof_steps
from prover.tactics.generator import Suggestion
from tests.properties import with_examples

PLAIN = length_normalised(0.0)
KEYS = st.sampled_from([f"g{number}" for number in range(7)])
LEAVES = st.lists(KEYS, max_size=3)
COST = st.integers(-8, 0).map(float)
MOVES = st.one_of(
    st.tuples(st.just("expand"), st.lists(st.tuples(COST, st.none() | LEAVES), max_size=4)),
    st.tuples(st.just("add"), st.tuples(st.integers(0, 50), COST, LEAVES)),
    st.tuples(st.just("retract"), st.integers(0, 50)),
    st.tuples(st.just("refute"), st.integers(1, 50)),
)


def tree(alpha: float = 0.0) -> Tree:
    return Tree(opened("root"), length_normalised(alpha))


def add(graph: Tree, parent: Node, tactic: str, cost: float, *keys: str) -> Step:
    return graph.add(parent, tactic, cost, tuple(opened(key) for key in keys))


def node(graph: Tree, key: str) -> Node:
    return graph.nodes[(key,)]


def exhaust(graph: Tree, *keys: str) -> None:
    for key in keys:
        node(graph, key).pending = []
        graph.resume(node(graph, key))


def expand(graph: Tree, tactics: list[tuple[float, list[str] | None]]) -> None:
    """Runs the next goal's tactics two at a time; the first visit asks for them, as a search does."""
    chosen = graph.next()
    if chosen is None:
        return
    if chosen.pending is None:
        chosen.pending = [
            Suggestion("fail" if keys is None else f"leave {' '.join(keys)}", cost)
            for cost, keys in sorted(tactics, key=lambda t: -t[0])
        ]
    wave, chosen.pending = chosen.pending[:2], chosen.pending[2:]
    for suggestion in wave:
        if suggestion.tactic != "fail":
            add(graph, chosen, suggestion.tactic, suggestion.log_probability, *suggestion.tactic.split()[1:])
    graph.resume(chosen)


def apply(graph: Tree, move: tuple) -> None:  # type: ignore[type-arg]  # one of MOVES
    match move:
        case ("expand", tactics):
            expand(graph, tactics)
        case ("add", (which, cost, keys)):
            open_ones = [n for n in graph.nodes.values() if n.status is Status.OPEN and not n.exhausted]
            if open_ones:
                add(graph, open_ones[which % len(open_ones)], "added", cost, *keys)
        case ("retract", which):
            steps = [step for n in graph.nodes.values() for step in n.steps if not step.children]
            if steps:
                graph.retract(steps[which % len(steps)])
        case ("refute", which):
            open_ones = [n for n in graph.nodes.values() if n.status is Status.OPEN and n is not graph.root]
            if open_ones:
                graph.refute(open_ones[which % len(open_ones)])


def least_fixpoint(graph: Tree) -> set[Node]:
    """The provable nodes, computed again from nothing."""
    proved: set[Node] = set()
    while True:
        more = {
            n for n in graph.nodes.values() if any(all(c.node in proved for c in step.children) for step in n.steps)
        }
        if more == proved:
            return proved
        proved = more


@with_examples(200)
@given(st.lists(MOVES, max_size=25), st.sampled_from([0.0, 0.5, 1.0]))
def test_the_invariants_hold_after_every_step(moves: list[tuple], alpha: float) -> None:  # type: ignore[type-arg]
    graph = tree(alpha)
    for move in moves:
        apply(graph, move)
        graph.check()
        assert {n for n in graph.nodes.values() if n.status is Status.PROVED} == least_fixpoint(graph)


@with_examples(200)
@given(st.lists(MOVES, max_size=25))
def test_a_proof_ends_in_steps_that_leave_nothing_and_never_uses_itself(moves: list[tuple]) -> None:  # type: ignore[type-arg]
    graph = tree()
    for move in moves:
        apply(graph, move)
    for proved in (n for n in graph.nodes.values() if n.status is Status.PROVED):
        steps = list(proof_steps(proved))
        assert steps[0].parent is proved
        assert not steps[-1].children
        assert all(step.proved() for step in steps)


@with_examples(300)
@given(st.lists(MOVES, max_size=25))
def test_the_queue_runs_dry_only_when_no_relevant_goal_has_tactics_left(moves: list[tuple]) -> None:  # type: ignore[type-arg]
    graph = tree()
    for move in moves:
        apply(graph, move)
    while (chosen := graph.next()) is not None:
        chosen.pending = []
        graph.resume(chosen)
    if not graph.proved():
        left = [n for n in graph.nodes.values() if n.status is Status.OPEN and not n.exhausted and graph._relevant(n)]
        assert left == []


def test_goals_with_equal_keys_are_one_node() -> None:
    graph = tree()
    add(graph, graph.root, "left", -1.0, "a", "b")
    add(graph, graph.root, "right", -2.0, "a")
    assert len(graph.nodes) == 3
    assert len(node(graph, "a").parents) == 2


def test_goals_that_share_metavariables_are_a_node_of_their_own() -> None:
    graph = tree()
    graph.add(graph.root, "constructor", -1.0, (opened("a", "b"),))
    assert set(graph.nodes) == {("root",), ("a", "b")}


def test_a_goal_proved_for_one_parent_is_proved_for_the_other() -> None:
    graph = tree()
    add(graph, graph.root, "have", -1.0, "a", "b")
    add(graph, node(graph, "b"), "apply", -1.0, "a")
    add(graph, node(graph, "a"), "rfl", -1.0)
    assert graph.proved()


def test_every_goal_of_a_step_must_be_proved() -> None:
    graph = tree()
    add(graph, graph.root, "constructor", -1.0, "a", "b")
    add(graph, node(graph, "a"), "rfl", -1.0)
    assert not graph.proved()
    add(graph, node(graph, "b"), "rfl", -1.0)
    assert graph.proved()


def test_the_most_probable_goal_comes_first() -> None:
    graph = tree()
    assert graph.next() is graph.root
    graph.root.pending = []
    for key, cost in (("likely", -1.0), ("unlikely", -5.0), ("middling", -3.0)):
        add(graph, graph.root, key, cost, key)
    assert [n.key for n in iter(graph.next, None)] == [("likely",), ("middling",), ("unlikely",)]


def test_a_better_path_moves_a_goal_forward() -> None:
    graph = tree()
    graph.next()
    add(graph, graph.root, "long way", -5.0, "a")
    add(graph, graph.root, "other", -3.0, "b")
    add(graph, graph.root, "short cut", -1.0, "a")
    assert node(graph, "a").log_probability == -1.0
    assert [n.key for n in iter(graph.next, None)] == [("a",), ("b",)]


def test_a_worse_path_leaves_a_goal_where_it_is() -> None:
    graph = tree()
    add(graph, graph.root, "short cut", -1.0, "a")
    add(graph, graph.root, "long way", -5.0, "a")
    assert node(graph, "a").log_probability == -1.0


def test_a_goal_is_queued_at_the_place_of_its_next_tactic() -> None:
    graph = tree()
    graph.next()
    graph.root.pending = [Suggestion("desperate", -9.0)]
    add(graph, graph.root, "intro", -1.0, "a")
    graph.resume(graph.root)
    assert [n.key for n in iter(graph.next, None)] == [("a",), ("root",)]


def test_a_goal_fails_when_all_its_tactics_have() -> None:
    graph = tree()
    graph.next()
    exhaust(graph, "root")
    assert graph.root.status is Status.FAILED


def test_failure_climbs_to_parents_with_nothing_else_left() -> None:
    graph = tree()
    add(graph, graph.root, "apply", -1.0, "a", "b")
    exhaust(graph, "root")
    assert graph.root.status is Status.OPEN
    exhaust(graph, "a")
    assert graph.root.status is Status.FAILED


def test_a_goal_that_has_failed_is_open_again_when_a_step_is_added() -> None:
    graph = tree()
    add(graph, graph.root, "a", -1, "x")
    exhaust(graph, "root", "x")
    assert graph.root.status is Status.FAILED
    add(graph, node(graph, "x"), "b", -1, "y")
    assert (graph.root.status, node(graph, "x").status) == (Status.OPEN, Status.OPEN)
    graph.check()
    assert graph.next() is node(graph, "y")


def test_a_refuted_goal_fails_though_tactics_wait() -> None:
    graph = tree()
    add(graph, graph.root, "weaken", -1.0, "false")
    add(graph, node(graph, "false"), "intro", -1.0, "below")
    graph.root.pending = []
    graph.refute(node(graph, "false"))
    assert graph.root.status is Status.FAILED
    assert graph.next() is None
    graph.check()


def test_a_failed_sibling_makes_a_goal_unwanted() -> None:
    graph = tree()
    graph.next()
    add(graph, graph.root, "constructor", -1.0, "hopeless", "fine")
    exhaust(graph, "root", "hopeless")
    assert graph.next() is None


def test_a_goal_below_a_proved_one_is_unwanted() -> None:
    graph = tree()
    graph.next()
    graph.root.pending = []
    add(graph, graph.root, "constructor", -1.0, "a", "b")
    add(graph, node(graph, "a"), "detour", -0.5, "c")
    add(graph, node(graph, "a"), "rfl", -0.5)
    assert graph.next() is node(graph, "b")
    assert graph.next() is None


def test_an_unwanted_goal_is_queued_again_when_another_step_wants_it() -> None:
    graph = tree()
    graph.next()
    add(graph, graph.root, "constructor", -1.0, "hopeless", "fine")
    graph.root.pending = [Suggestion("other", -4.0)]
    exhaust(graph, "hopeless")
    graph.resume(graph.root)
    assert graph.next() is graph.root
    add(graph, graph.root, "other", -4.0, "fine")
    exhaust(graph, "root")
    assert graph.next() is node(graph, "fine")


def test_retracting_a_step_reopens_what_rested_on_it() -> None:
    graph = tree()
    add(graph, graph.root, "apply", -1.0, "a")
    wrong = add(graph, node(graph, "a"), "wrong", -1.0)
    assert graph.proved()
    graph.retract(wrong)
    graph.check()
    assert not graph.proved()
    assert graph.next() is not None


def test_retracting_keeps_a_proof_that_does_not_need_the_step() -> None:
    graph = tree()
    add(graph, graph.root, "apply", -1.0, "a")
    wrong = add(graph, node(graph, "a"), "wrong", -1.0)
    right = add(graph, node(graph, "a"), "right", -1.0)
    graph.retract(wrong)
    assert graph.proved()
    assert node(graph, "a").proof is right


def test_retracting_the_last_hope_fails_the_goal() -> None:
    graph = tree()
    graph.next()
    wrong = add(graph, graph.root, "wrong", -1.0)
    exhaust(graph, "root")
    graph.retract(wrong)
    assert graph.root.status is Status.FAILED


def test_a_circle_proves_nothing() -> None:
    graph = tree()
    add(graph, graph.root, "symm", -1.0, "a")
    add(graph, node(graph, "a"), "symm", -1.0, "root")
    graph.check()
    assert not graph.proved()
