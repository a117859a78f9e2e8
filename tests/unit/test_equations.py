"""What completion derives is written as tactics."""

from prover.lean.protocol import EquationalProblem, Goal, Hypothesis, Law, TermSymbol
from prover.tactics.equations import derived

SYMBOLS = (
    TermSymbol("m \x000 \x001", 2, 0),
    TermSymbol("i \x000", 1, 0),
    TermSymbol("e", 0, 0),
    TermSymbol("a", 0, 0),
)
M, INV, E, A = range(4)
ASSOCIATIVE = Law([M, [M, 0, 1], 2], [M, 0, [M, 1, 2]], (0, 0, 0), ("assoc", 0, 1, 2))
UNIT = Law([M, [E], 0], 0, (0,), ("h", 0), ".1")
INVERSE = Law([M, [INV, 0], 0], [E], (0,), ("@inv", "_", "_", 0))


def goal(head: str = "Eq") -> Goal:
    names = ("a", "x", "assoc", "h")
    return Goal(key="k", target="", head=head, hypotheses=tuple(Hypothesis(name, "", "") for name in names))


def problem(left: object, right: object, *laws: Law) -> EquationalProblem:
    return EquationalProblem(SYMBOLS, ("G",), left, right, laws)


def test_a_short_chain_is_one_rewriting() -> None:
    found = derived(goal(), problem([M, [E], [M, [INV, [A]], [A]]], [E], UNIT, INVERSE))
    assert found is not None
    assert found.startswith("rw [")
    assert "@inv _ _ a" in found
    assert "(h " in found
    assert ").1" in found


def test_an_equation_that_is_used_twice_is_stated_and_its_variables_have_names_of_their_own() -> None:
    found = derived(goal(), problem([M, [A], [INV, [A]]], [E], ASSOCIATIVE, UNIT, INVERSE))
    assert found is not None
    stated = [line for line in found.splitlines() if line.startswith("have ")]
    assert all("(x :" not in line for line in stated)
    assert all(line.endswith(":= by") for line in stated)


def test_a_goal_behind_a_definition_is_shown_as_an_equation() -> None:
    found = derived(goal("Commute"), problem([M, [E], [A]], [A], UNIT))
    assert found == "show m e a = a\nrw [(h a).1]"


def test_what_does_not_follow_has_no_proof() -> None:
    assert derived(goal(), problem([M, [A], [E]], [E], UNIT), seconds=0.2) is None
