/-! The statement is the same to the kernel, but its arguments are named or bracketed otherwise: callers would break. -/
--! original
theorem target (n : Nat) {m : Nat} (h : n = m) : m = n := by
  sorry
--! cheat file
theorem target {n : Nat} {m : Nat} (h : n = m) : m = n := by
  exact h.symm
--! refused: elaborated statement changed
--! cheat file
theorem target (k : Nat) {m : Nat} (h : k = m) : m = k := by
  exact h.symm
--! refused: elaborated statement changed
--! twin file
theorem target (n : Nat) {m : Nat} (h : n = m) : (m = n) := by
  exact h.symm
