module

public import Mathlib.Tactic.Evaluate
public meta import Mathlib.Tactic.Evaluate
public meta import Mathlib.Tactic.Attr

/-! A definition with a lemma of the simp set, and an extension of the tactic. -/

public section

/-- Twice a number. -/
def double (n : Nat) : Nat := n + n

@[eval_simps] theorem double_eq (n : Nat) : double n = 2 * n := by
  unfold double; omega

public meta section
open Lean Meta

/-- Proves that something is true. -/
@[evaluator] def truth : Mathlib.Evaluator := fun goal =>
  return if goal.isConstOf ``True then some (mkConst ``True.intro) else none
