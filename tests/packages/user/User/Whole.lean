import Mathlib

theorem doubled (n : Nat) : double n = n + n := by
  sorry

theorem seconds (n : Nat) : double n = 2 * n := by
  evaluate
