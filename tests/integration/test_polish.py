"""Proofs as a search finds them, rewritten as people write them: the real Lean decides."""

from collections.abc import Sequence

import pytest

from prover.lean.gateway_session import LeanSession
from prover.lean.session import SourceText
from prover.polish.polish import Polisher

pytestmark = pytest.mark.lean

TEXT = """
def rev : List Nat → List Nat
  | [] => []
  | x :: xs => rev xs ++ [x]

theorem both (p q r : Prop) : p → q → r → q ∧ p := by sorry

theorem rev_append (xs ys : List Nat) : rev (xs ++ ys) = rev ys ++ rev xs := by sorry

theorem double (n m : Nat) (h : n + 0 = m) : m + n = 2 * n := by sorry

theorem either (p q : Prop) (h : p ∨ q) : q ∨ p := by sorry
"""
FILE = SourceText(TEXT, "Polish.lean", "Polish")


def polished(session: LeanSession, theorem: str, script: Sequence[str]) -> list[str]:
    (goal,) = (goal for goal in session.sorries(FILE, 0, len(TEXT.encode())) if goal.declaration == theorem)
    new = Polisher(session, goal.state, seconds=60).polished(script)
    assert session.close_proof(goal.state, "\n".join(new)) is None
    return list(new)


def test_what_a_proof_does_not_need_goes(lean_session: LeanSession) -> None:
    script = ["simp only [Nat.add_zero] at h", "subst h", "have unused : n = n := rfl", "omega <;> simp"]
    assert polished(lean_session, "double", script) == ["omega"]


def test_names_come_with_intro(lean_session: LeanSession) -> None:
    script = ["intros", "rename_i hp hq hr", "constructor", "· exact hq", "· exact hp"]
    assert polished(lean_session, "both", script) == ["intro hp hq hr", *script[2:]]


def test_an_induction_has_alternatives(lean_session: LeanSession) -> None:
    script = [
        "induction xs", "case nil =>", "  simp [rev, List.map]", "case cons head tail tail_ih =>",
        "  simp only [List.cons_append, rev]", "  rw [tail_ih]", "  simp",
    ]  # fmt: skip
    assert polished(lean_session, "rev_append", script) == [
        "induction xs with",
        "| nil => simp [rev]",
        "| cons head tail ih =>",
        "  simp only [List.cons_append, rev]",
        "  rw [ih]",
        "  simp",
    ]


def test_a_simplifier_that_a_proof_goes_on_after_names_its_lemmas(lean_session: LeanSession) -> None:
    script = ["induction xs", "case nil =>", "  simp [rev]", "case cons x xs ih =>", "  simp [rev]", "  rw [ih]"]
    new = polished(lean_session, "rev_append", [*script, "  simp"])
    assert new[2:] == ["| cons x xs ih =>", "  simp only [List.cons_append, rev]", "  rw [ih]", "  simp"]


def test_branches_name_their_hypotheses(lean_session: LeanSession) -> None:
    script = ["cases h", "· rename_i hp", "  exact Or.inr hp", "· rename_i hq", "  exact Or.inl hq"]
    assert polished(lean_session, "either", script) == [
        "cases h",
        "next hp => exact Or.inr hp",
        "next hq => exact Or.inl hq",
    ]


def test_what_lean_does_not_accept_is_left_as_it_is(lean_session: LeanSession) -> None:
    (goal, *_) = lean_session.sorries(FILE, 0, len(TEXT.encode()))
    assert Polisher(lean_session, goal.state).polished(["no_such_tactic"]) == ("no_such_tactic",)
