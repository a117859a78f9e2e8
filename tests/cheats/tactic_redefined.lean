/-! A tactic of the library is extended by the file, so that it ends in `sorry` where it would fail. -/
--! original
macro_rules | `(tactic| trivial) => `(tactic| sorry)

theorem target : 2 + 2 = 5 ∨ 2 + 2 = 4 := by
  sorry
--! cheat proof
left; trivial
--! cheat proof
left; decide
--! refused: does not compile
--! twin proof
right; decide
