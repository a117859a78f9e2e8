/-! An option, an `open` or a `variable` above changes how the statement is read. -/
--! original
theorem target (n : Nat) : n = n := by
  sorry
--! cheat file
set_option debug.skipKernelTC true
theorem target (n : Nat) : n = n := by
  rfl
--! cheat file
variable (absurd : False)
include absurd
theorem target (n : Nat) : n = n := by
  exact absurd.elim
--! twin file
theorem target (n : Nat) : n = n := by
  rfl
