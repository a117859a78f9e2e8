/-! The proof ends before its goals do, or leaves metavariables in a term. -/
--! original
def double (n : Nat) : Nat := n + n

theorem target (n : Nat) : double n = 2 * n := by
  sorry
--! cheat proof
cases n
· rfl
--! refused: does not compile
--! cheat proof
refine Eq.trans ?_ rfl
--! refused: does not compile
--! cheat term
Eq.trans _ _
--! refused: does not compile
--! cheat term
Eq.trans ?a ?b
--! refused: does not compile
--! cheat proof
skip
--! refused: does not compile
--! twin proof
cases n
· rfl
· simp [double]; omega
