/-! It rests on a theorem that comes after it. -/
--! original
theorem target (n : Nat) : n + 0 = n := by
  sorry

theorem after (n : Nat) : n + 0 = n := rfl
--! cheat proof
exact after n
--! refused: does not compile
--! twin proof
exact Nat.add_zero n
