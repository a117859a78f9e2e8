"""A proved graph as the lines of a tactic block."""

from prover.lean.file_text import indented
from prover.lean.protocol import Goal
from prover.lean.scripted import SCRIPTED_ORIGIN
from prover.lean.session import State
from prover.search.priority import length_normalised
from prover.search.script import render
from prover.search.tree import Node, Tree


def goal(key: str, names: str = "", rename: str = "", tag: str = "") -> Goal:
    return Goal(key, tuple(names.split()), tuple(rename.split()), tag=tag)


class Proof:
    """A tree that is filled by naming goals."""

    def __init__(self, names: str = "") -> None:
        self.tree = Tree(State((goal("root", names),), SCRIPTED_ORIGIN), length_normalised())

    def step(self, key: str, tactic: str, *goals: Goal) -> None:
        states = tuple(State((g,), SCRIPTED_ORIGIN) for g in goals)
        self.tree.add(self.tree.nodes[(key,)], tactic, -1.0, states)

    def lines(self) -> list[str]:
        root: Node = self.tree.root
        return render(root)


def test_a_single_tactic_is_a_single_line() -> None:
    proof = Proof()
    proof.step("root", "rfl")
    assert proof.lines() == ["rfl"]


def test_tactics_that_leave_one_goal_follow_each_other() -> None:
    proof = Proof()
    proof.step("root", "intro h", goal("a", "h"))
    proof.step("a", "subst h", goal("b"))
    proof.step("b", "rfl")
    assert proof.lines() == ["intro h", "subst h", "rfl"]


def test_goals_with_tags_are_cases_with_the_names_of_their_hypotheses() -> None:
    proof = Proof("n")
    proof.step("root", "induction n", goal("z", tag="zero"), goal("s", "n ih", "n ih", tag="succ"))
    proof.step("z", "rfl")
    proof.step("s", "simp", goal("s2", "n ih"))
    proof.step("s2", "omega")
    assert proof.lines() == ["induction n", "case zero =>", "  rfl", "case succ n ih =>", "  simp", "  omega"]


def test_goals_without_usable_tags_are_bullets() -> None:
    proof = Proof()
    proof.step("root", "constructor", goal("a", tag="[anonymous]"), goal("b", tag="b.c"))
    proof.step("a", "rfl")
    proof.step("b", "simp", goal("c"))
    proof.step("c", "omega")
    assert proof.lines() == ["constructor", "· rfl", "· simp", "  omega"]


def test_goals_with_the_same_tag_are_bullets() -> None:
    proof = Proof()
    proof.step("root", "split", goal("a", tag="h"), goal("b", tag="h"))
    proof.step("a", "rfl")
    proof.step("b", "rfl")
    assert proof.lines() == ["split", "· rfl", "· rfl"]


def test_a_single_goal_with_nameless_hypotheses_is_renamed_in_line() -> None:
    proof = Proof()
    proof.step("root", "intros", goal("a", "x h", "x h"))
    proof.step("a", "exact h")
    assert proof.lines() == ["intros", "rename_i x h", "exact h"]


def test_a_bullet_starts_with_the_renaming() -> None:
    proof = Proof()
    proof.step("root", "split", goal("a", "h", "h"), goal("b", "h", "h"))
    proof.step("a", "exact h")
    proof.step("b", "simp [h]")
    assert proof.lines() == ["split", "· rename_i h", "  exact h", "· rename_i h", "  simp [h]"]


def test_an_equal_goal_with_other_names_gets_the_names_that_the_proof_was_found_for() -> None:
    proof = Proof("n")
    proof.step("root", "constructor", goal("a", "n x h"), goal("b", "n"))
    proof.step("a", "exact h.trans x")
    proof.step("b", "intros", goal("a", "n y k"))
    assert proof.lines() == [
        "constructor",
        "· exact h.trans x",
        "· intros",
        "  revert y k",
        "  intro x h",
        "  exact h.trans x",
    ]


def test_names_are_aligned_from_the_first_that_differs() -> None:
    proof = Proof("a b")
    proof.step("root", "skip", goal("g", "a b c d"))
    proof.step("g", "done", goal("g2"))
    proof.step("root", "again", goal("g", "a e c d"))
    proof.step("g2", "simp")
    proof.tree.root.proof = proof.tree.root.steps[1]
    assert proof.lines() == ["again", "revert e c d", "intro b c d", "done", "simp"]


def test_nested_branches_are_indented_once_more() -> None:
    proof = Proof()
    proof.step("root", "constructor", goal("a"), goal("b"))
    proof.step("a", "cases h", goal("l", tag="inl"), goal("r", "x", "x", tag="inr"))
    proof.step("b", "rfl")
    proof.step("l", "simp")
    proof.step("r", "omega")
    assert proof.lines() == [
        "constructor",
        "· cases h",
        "  case inl =>",
        "    simp",
        "  case inr x =>",
        "    omega",
        "· rfl",
    ]


def test_a_tactic_of_several_lines_keeps_its_shape() -> None:
    proof = Proof()
    proof.step("root", "constructor", goal("a"), goal("b"))
    proof.step("a", "calc x = y := h\n  _ = z := k")
    proof.step("b", "rfl")
    assert proof.lines() == ["constructor", "· calc x = y := h", "    _ = z := k", "· rfl"]


def test_the_proof_of_a_shared_goal_is_written_out_wherever_it_is_needed() -> None:
    proof = Proof()
    proof.step("root", "constructor", goal("a"), goal("a"))
    proof.step("a", "simp")
    assert proof.lines() == ["constructor", "· simp", "· simp"]


def test_indenting_leaves_empty_lines_empty() -> None:
    assert indented(["a", "", "  b"], "  ") == ["  a", "", "    b"]


def test_cases_can_be_written_as_bullets() -> None:
    proof = Proof("n")
    proof.step("root", "induction n", goal("z", tag="zero"), goal("s", "n ih", "n ih", tag="succ"))
    proof.step("z", "rfl")
    proof.step("s", "omega")
    lines = render(proof.tree.root, labelled=False)
    assert lines == ["induction n", "· rfl", "· rename_i n ih", "  omega"]
