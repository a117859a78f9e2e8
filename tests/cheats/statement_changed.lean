/-! The statement is not the one that was asked for. -/
--! original
def double (n : Nat) : Nat := n + n

theorem target (n : Nat) : double (n + 0) = 2 * n := by
  sorry
--! cheat file
def double (n : Nat) : Nat := n + n

theorem target (n : Nat) : n + 0 = n := by
  rfl
--! refused: elaborated statement changed
--! cheat file
def double (n : Nat) : Nat := n + n

theorem target (n : Nat) (h : False) : double (n + 0) = 2 * n := by
  exact h.elim
--! refused: elaborated statement changed
--! cheat file
def double (n : Nat) : Nat := n + n

theorem target : double (0 + 0) = 2 * 0 := by
  rfl
--! refused: elaborated statement changed
--! cheat file
def double (n : Nat) : Nat := n + n

theorem target (n : Nat) (double : Nat → Nat := fun n => 2 * n) : double (n + 0) = 2 * n := by
  sorry
--! refused: elaborated statement changed
--! twin file
def double (n : Nat) : Nat := n + n

theorem target (n : Nat) : (double (n + 0)) = (2 * n : Nat) := by
  simp [double]; omega
