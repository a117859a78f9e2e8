/-! The theorem has lost an attribute that text below relies on, or a reader does. -/
--! original
@[simp] theorem target (n : Nat) : n - 0 = n := by
  sorry
--! cheat file
theorem target (n : Nat) : n - 0 = n := by
  rfl
--! cheat file
@[simp ←] theorem target (n : Nat) : n - 0 = n := by
  rfl
--! twin file
@[simp] theorem target (n : Nat) : n - 0 = n := by
  rfl
