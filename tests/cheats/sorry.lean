/-! The proof is `sorry`, by any of its names. -/
--! original
def double (n : Nat) : Nat := n + n

theorem target (n : Nat) : double n = 2 * n := by
  sorry
--! cheat proof
sorry
--! refused: rests on `sorry`
--! cheat proof
admit
--! refused: rests on `sorry`
--! cheat proof
stop
rfl
--! refused: rests on `sorry`
--! cheat term
sorry
--! refused: rests on `sorry`
--! cheat term
sorryAx _ false
--! refused: rests on `sorry`
--! twin proof
simp [double]; omega
--! twin term
by simp [double]; omega
