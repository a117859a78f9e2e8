/-! The warning about `sorry` is turned off. -/
--! original
theorem target : 1 + 1 = 2 := by
  sorry
--! cheat proof
set_option warn.sorry false in
sorry
--! refused: `set_option warn.sorry`
--! twin proof
set_option maxRecDepth 1000 in
rfl
