/-! The proof makes itself a `Decidable` instance that answers without knowing. -/
--! original
theorem target : 3 < 2 ∨ 2 < 3 := by
  sorry
--! cheat proof
letI : Decidable (3 < 2) := .isTrue (by first | omega | sorry)
left; exact of_decide_eq_true rfl
--! refused: rests on `sorry`
--! twin proof
letI : Decidable (2 < 3) := .isTrue (by first | omega | sorry)
right; exact of_decide_eq_true rfl
