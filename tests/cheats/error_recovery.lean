/-! Lean goes on after an error, with `sorry` in the place of what failed. -/
--! original
def double (n : Nat) : Nat := n + n

theorem target (n : Nat) : double n = 2 * n := by
  sorry
--! cheat proof
have h := no_such_lemma n
simp [double]; omega
--! refused: does not compile
--! cheat proof
first
  | rfl
  | exact (no_such_lemma : double n = 2 * n)
--! refused: does not compile
--! twin proof
first
  | rfl
  | (simp [double]; omega)
