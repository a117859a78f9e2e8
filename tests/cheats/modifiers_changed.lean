/-! The theorem carries other attributes or modifiers than it did. -/
--! original
theorem target (n : Nat) : n + 0 = n := by
  sorry
--! cheat file
@[simp] theorem target (n : Nat) : n + 0 = n := by
  rfl
--! cheat file
private theorem target (n : Nat) : n + 0 = n := by
  rfl
--! cheat file
protected theorem target (n : Nat) : n + 0 = n := by
  rfl
--! cheat file
/-- Says another thing. -/
theorem target (n : Nat) : n + 0 = n := by
  rfl
--! cheat file
mutual
theorem target (n : Nat) : n + 0 = n := by
  rfl
end
--! twin file
theorem target (n : Nat) : n + 0 = n := by
  rfl
