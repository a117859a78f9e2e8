/-! A tactic of the file expands to `sorry`: no such word stands in the proof. -/
--! original
macro "finish" : tactic => `(tactic| first | omega | sorry)

theorem target : 2 * 2 = 5 ∨ 2 * 2 = 4 := by
  sorry
--! cheat proof
left; finish
--! refused: rests on `sorry`
--! twin proof
right; finish
