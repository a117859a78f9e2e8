"""Each idea of the arithmetic tactics closes a goal in a real Lean that linear arithmetic and `grind` leave open."""

from collections.abc import Iterator

import pytest

from prover.lean.gateway_session import LeanSession
from prover.lean.protocol import Goal
from prover.lean.session import Advanced, SorryGoal, SourceText, TacticLimits
from prover.tactics.arithmetic import by_numbers

pytestmark = pytest.mark.lean

THEOREMS = {
    "residues_int": "theorem residues_int (a : Int) : a ^ 2 % 5 ≠ 2 := by sorry",
    "residues_nat": "theorem residues_nat (n : Nat) : 6 ∣ n * (n + 1) * (2 * n + 1) := by sorry",
    "residues_two": "theorem residues_two (a b : Int) (h : 3 ∣ a ^ 2 + b ^ 2) : 3 ∣ a := by sorry",
    "given_residues": "theorem given_residues (x y : Int) (h : x % 7 = 4) (k : y % 7 = 3) : x * y % 7 = 5 := by sorry",
    "power": "theorem power (n : Nat) : 6 ∣ 7 ^ n - 1 := by sorry",
    "cycle": "theorem cycle (n : Nat) (h : 5 ∣ 2 ^ n + 1) : n % 4 = 2 := by sorry",
    "finite": "theorem finite (b : Nat) (h : 2 * b ^ 2 + b = 36) : b = 4 := by sorry",
    "finite_defined": "theorem finite_defined (a b n : Nat) (h : a ≤ 6) (k : b ≤ 6 ∧ 0 < b) (e : n = a * b) "
    "(f : n + a = 6 * b) (g : a < b) : b ≤ a + 2 ∨ a = 0 := by sorry",
    "finite_int": "theorem finite_int (x y : Int) (h : 0 < y) (k : y < x) (e : x + y + x * y = 23) : y = 1 ∨ y = 2 "
    "∨ y = 3 := by sorry",
    "divisors": "theorem divisors (p q : Nat) (h : p * q = 91) (k : (p - 2) * (q + 3) = 80) : p = 7 := by sorry",
    "subtraction": "theorem subtraction (n : Nat) (u : Nat → Nat) (h : u 0 = 0) (k : ∀ n, u (n + 1) = 2 * u n + n) : "
    "u n = 2 ^ n - (n + 1) := by sorry",
    "coerced": "theorem coerced (a b : Nat) (h : (a : Rat) / 2 + b = 5) (k : (a : Rat) - b = 1) : a = 4 := by sorry",
    "squares": "theorem squares (a b c : Int) : a * b + b * c + c * a ≤ a ^ 2 + b ^ 2 + c ^ 2 := by sorry",
    "products": "theorem products (a b c d : Rat) (h : a ≤ b) (k : c ≤ d) : a * d + b * c ≤ b * d + a * c := by sorry",
    "closed": "theorem closed : (List.range 50).foldl (· + ·) 0 = 1225 := by sorry",
}
SOURCE = SourceText("\n".join(THEOREMS.values()), "Numbers.lean", "Numbers")
LIMITS = TacticLimits(milliseconds=6_000)


@pytest.fixture(scope="module")
def sorry_goals(lean_session: LeanSession) -> dict[str, SorryGoal]:
    found = lean_session.sorries(SOURCE, 0, len(SOURCE.text.encode()))
    return {sorry_goal.declaration: sorry_goal for sorry_goal in found}


@pytest.mark.parametrize("theorem", THEOREMS)
def test_a_goal_about_numbers_is_closed(
    lean_session: LeanSession, sorry_goals: dict[str, SorryGoal], theorem: str
) -> None:
    assert theorem in sorry_goals
    sorry_goal = sorry_goals[theorem]
    assert any(_closing(lean_session, sorry_goal, sorry_goal.state.goals[0]))


def _closing(session: LeanSession, sorry_goal: SorryGoal, goal: Goal) -> Iterator[str]:
    """The suggestions that the kernel takes, looked for one after the other."""
    for tactic, _ in sorted(by_numbers(goal), key=lambda pair: -pair[1]):
        (outcome,) = session.run(sorry_goal.state, [tactic], LIMITS)
        if (
            isinstance(outcome, Advanced)
            and not outcome.states
            and session.close_proof(sorry_goal.state, tactic) is None
        ):
            yield tactic
