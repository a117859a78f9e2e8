"""What a stuck goal lacks is found by a real Lean, and theorems that need it are proved."""

import pytest

from prover.lean.gateway_session import LeanSession
from prover.lean.session import Advanced, SorryGoal, SourceText, State, TacticLimits
from prover.search.best_first import BestFirstSearch
from prover.search.budget import Budget
from prover.search.engine import Open, Proved, Strategy
from prover.tactics.automation import Automation
from prover.tactics.ensemble import Ensemble
from prover.tactics.generator import TheoremRef
from prover.tactics.structure import Structure

pytestmark = pytest.mark.lean

TEXT = """\
namespace Inv
variable {α : Type}
def cat : List α → List α → List α | [], ys => ys | x :: xs, ys => x :: cat xs ys
def rev : List α → List α | [] => [] | x :: xs => cat (rev xs) [x]
def revOnto : List α → List α → List α | [], acc => acc | x :: xs, acc => revOnto xs (x :: acc)
def Even (n : Nat) : Prop := ∃ k, n = 2 * k
inductive Path : Nat → Nat → Prop | refl (n) : Path n n | step {m n} : Path m n → Path m (n + 1)

theorem rev_rev (xs : List α) : rev (rev xs) = xs := by sorry
theorem revOnto_nil (xs : List α) : revOnto xs [] = rev xs := by sorry
theorem even_mul (m n : Nat) (h : Even m) : Even (m * n) := by sorry
theorem Path.trans {a b c : Nat} (h : Path a b) (h' : Path b c) : Path a c := by
  induction h' with
  | refl => exact h
  | step _ ih => exact .step ih
theorem uses_trans {a b c d : Nat} (h : Path a b) (h' : Path b c) (k : Path c d) : Path a d := by sorry
end Inv
"""
SOURCE = SourceText(TEXT, "Inv.lean", "Inv")


@pytest.fixture(scope="module")
def opened(lean_session: LeanSession) -> dict[str, SorryGoal]:
    goals = lean_session.sorries(SOURCE, 0, len(TEXT.encode()))
    return {goal.declaration.removeprefix("Inv."): goal for goal in goals}


def after(session: LeanSession, state: State, tactic: str) -> State:
    (outcome,) = session.run(state, [tactic], TacticLimits(milliseconds=6_000))
    assert isinstance(outcome, Advanced), outcome
    return outcome.states[-1]


def statements(session: LeanSession, state: State) -> list[str]:
    return [equation.statement for equation in session.invent(state).equations]


def test_a_law_of_the_functions_in_a_stuck_goal_is_conjectured(
    lean_session: LeanSession, opened: dict[str, SorryGoal]
) -> None:
    stuck = after(lean_session, opened["rev_rev"].state, "induction xs <;> simp_all [rev]")
    found = statements(lean_session, stuck)
    assert "∀ (u v : List α), rev (cat u v) = cat (rev v) (rev u)" in found
    assert not any(" = cat (rev u) (rev v)" in statement for statement in found)  # an instance refutes it


def test_a_constant_argument_is_generalised(lean_session: LeanSession, opened: dict[str, SorryGoal]) -> None:
    found = statements(lean_session, opened["revOnto_nil"].state)
    assert "∀ (xs acc : List α), revOnto xs acc = cat (rev xs) acc" in found


def test_lemmas_are_applied_to_hypotheses(lean_session: LeanSession, opened: dict[str, SorryGoal]) -> None:
    implied = lean_session.invent(opened["uses_trans"].state).implied
    assert "Path.trans h h'" in implied


def test_a_goal_without_terms_of_the_project_lacks_nothing(
    lean_session: LeanSession, opened: dict[str, SorryGoal]
) -> None:
    state = after(lean_session, opened["even_mul"].state, "exfalso")
    assert lean_session.invent(state).equations == ()


@pytest.mark.slow
@pytest.mark.parametrize("theorem", ["rev_rev", "even_mul", "uses_trans"])
def test_a_theorem_that_lacks_something_is_proved(
    lean_session: LeanSession, opened: dict[str, SorryGoal], theorem: str
) -> None:
    state = opened[theorem].state

    def searched() -> Proved | Open:
        generator = Ensemble((Automation(), Structure()), frozen=True).for_theorem(TheoremRef("Inv", theorem, 0, ""))
        return BestFirstSearch(lean_session, state, generator, Strategy(), Budget(seconds=60)).run()

    result = searched()
    if isinstance(result, Open):  # on a busy computer, what is found within the time for inventing differs
        result = searched()
    assert isinstance(result, Proved)
    assert lean_session.close_proof(state, "\n".join(result.scripts[0])) is None
