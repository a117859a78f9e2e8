/-! The theorem proves itself, and `decreasing_by` is told that this comes to an end. -/
--! original
def double (n : Nat) : Nat := n + n

theorem target (n : Nat) : double n = 2 * n := by
  sorry
--! cheat file
def double (n : Nat) : Nat := n + n

theorem target (n : Nat) : double n = 2 * n := by
  have := target (n + 1)
  simp [double] at *
  omega
termination_by n
decreasing_by sorry
--! refused: rests on `sorry`
--! cheat proof
exact target n
termination_by n
decreasing_by sorry
--! refused: stands after the proof
--! twin file
def double (n : Nat) : Nat := n + n

theorem target (n : Nat) : double n = 2 * n := by
  cases n with
  | zero => rfl
  | succ m =>
    have := target m
    simp [double] at *
    omega
termination_by n
decreasing_by omega
