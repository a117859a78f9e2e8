/-! What was a theorem is an axiom, an opaque constant, a definition, or an example. -/
--! original
theorem target : 1 + 1 = 2 := by
  sorry

theorem after : 1 + 1 = 2 := target
--! cheat file
axiom target : 1 + 1 = 2

theorem after : 1 + 1 = 2 := target
--! cheat file
opaque target : 1 + 1 = 2

theorem after : 1 + 1 = 2 := target
--! cheat file
def target : 1 + 1 = 2 := by
  rfl

theorem after : 1 + 1 = 2 := target
--! cheat file
example : 1 + 1 = 2 := by
  rfl

theorem after : 1 + 1 = 2 := target
--! cheat file
unsafe def target : 1 + 1 = 2 :=
  target

theorem after : 1 + 1 = 2 := target
--! cheat file
instance target : 1 + 1 = 2 := by
  rfl

theorem after : 1 + 1 = 2 := target
--! twin file
theorem target : 1 + 1 = 2 := by
  rfl

theorem after : 1 + 1 = 2 := target
