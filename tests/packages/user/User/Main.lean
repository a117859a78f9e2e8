import Lean
import Mathlib.Data.Double
import Mathlib.Tactic.Unify
import Mathlib.Widget

theorem evaluated (n : Nat) : double n = 2 * n := by
  sorry

theorem unified (n : Nat) : (n + 0) + 1 = n + 1 := by
  sorry

theorem texts : script = "" ∧ notice = "included\n" := by
  sorry

theorem trivial_truth : True := by
  evaluate
