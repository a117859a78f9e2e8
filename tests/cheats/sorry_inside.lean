/-! A `sorry` deep in a term, where the last step is honest. -/
--! original
def double (n : Nat) : Nat := n + n

theorem target (n : Nat) : double n = 2 * n := by
  sorry
--! cheat proof
have h : double n = 2 * n := by
  induction n with
  | zero => rfl
  | succ n ih => sorry
exact h
--! refused: rests on `sorry`
--! cheat proof
exact (fun (h : double n = 2 * n) => h) (by first | rfl | sorry)
--! refused: rests on `sorry`
--! twin proof
have h : double n = 2 * n := by
  induction n with
  | zero => rfl
  | succ n ih => simp [double]; omega
exact h
