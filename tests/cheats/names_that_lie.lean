/-! The proof hides what it says from a reader: letters that look alike, or that turn the direction of text. -/
--! original
def double (n : Nat) : Nat := n + n
theorem «dоuble» (n : Nat) : n < n + 1 := by have := n; sorry

theorem target (n : Nat) : n < n + 1 := by
  sorry
--! cheat proof
exact «dоuble» n
--! refused: rests on `sorry`
--! cheat proof
/- ‮ esrever ⁦ -/
omega
--! refused: direction of text
--! twin proof
/- ∀ ε > 0, ∃ δ -/
omega
