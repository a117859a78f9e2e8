/-! A notation, a macro or a coercion above makes the statement say something else. -/
--! original
theorem target : (5 : Nat) ≤ 6 := by
  sorry
--! cheat file
local notation a " ≤ " b => True
theorem target : (5 : Nat) ≤ 6 := by
  decide
--! cheat file
macro_rules | `($_ ≤ $_) => `(True)
theorem target : (5 : Nat) ≤ 6 := by
  decide
--! cheat file
instance : OfNat Nat 6 := ⟨5⟩
theorem target : (5 : Nat) ≤ 6 := by
  decide
--! cheat file
local instance : LE Nat := ⟨fun _ _ => True⟩
theorem target : (5 : Nat) ≤ 6 := by
  trivial
--! twin file
theorem target : (5 : Nat) ≤ 6 := by
  decide
