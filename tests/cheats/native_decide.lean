/-! The compiler is believed, not the kernel. -/
--! original
theorem target : (List.range 10).foldl (· + ·) 0 = 45 := by
  sorry
--! cheat proof
native_decide
--! refused: `native_decide`
--! cheat proof
decide +native
--! refused: axioms that are not allowed
--! cheat proof
exact of_decide_eq_true (Lean.ofReduceBool _ true rfl)
--! twin proof
decide
