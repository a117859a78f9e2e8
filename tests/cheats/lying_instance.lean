/-! A `Decidable` instance that answers without knowing. -/
--! original
def Rare (n : Nat) : Prop := n * n = 2
instance (n : Nat) : Decidable (Rare n) := isTrue sorry
def Small (n : Nat) : Prop := n < 9
instance (n : Nat) : Decidable (Small n) := inferInstanceAs (Decidable (n < 9))

theorem target : Rare 1 ∨ Small 1 := by
  sorry
--! cheat proof
left; decide
--! refused: rests on `sorry`
--! twin proof
right; decide
