/-! The theorem proves itself. Seen in the public REPL (leanprover-community/repl, issue 44), whose proof states knew
nothing of termination. -/
--! original
def double (n : Nat) : Nat := n + n

theorem target (n : Nat) : double n = 2 * n := by
  sorry
--! cheat proof
exact target n
--! refused: does not compile
--! cheat proof
have := target n
exact this
--! refused: does not compile
--! cheat term
target n
--! refused: does not compile
--! cheat proof
match n with
| 0 => rfl
| n + 1 => exact target (n + 1)
--! refused: does not compile
--! twin proof
match n with
| 0 => rfl
| n + 1 =>
  have := target n
  simp [double] at *
  omega
