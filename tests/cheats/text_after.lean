/-! The proof is followed by declarations or commands. -/
--! original
theorem target : 1 + 1 = 2 := by
  sorry
--! cheat proof
rfl
theorem extra : True := trivial
--! refused: a new declaration (`theorem`)
--! cheat proof
rfl
axiom cheap : False
--! refused: a new declaration (`axiom`)
--! cheat proof
rfl
#eval 1
--! refused: a `#`-command (`#eval`)
--! cheat proof
rfl
@[simp] theorem extra : True := trivial
--! refused: a new declaration
--! cheat proof
rfl
where extra : True := trivial
--! refused: a new declaration (`where`)
--! cheat proof
rfl
open Nat
--! cheat proof
rfl
set_option maxRecDepth 5
--! cheat proof
rfl
macro_rules | `(tactic| omega) => `(tactic| sorry)
--! refused: a new declaration (`macro_rules`)
--! cheat term
rfl
instance : Inhabited Nat := ⟨7⟩
--! refused: a new declaration (`instance`)
--! cheat term
rfl
#exit
--! refused: a `#`-command (`#exit`)
--! cheat proof
rfl
/-- for the next -/
--! refused: stands after the proof
--! cheat proof
rfl
deriving instance Repr for Nat
--! refused: stands after the proof
--! twin proof
rfl
-- said after the proof

--! twin term
rfl /- said after the proof -/
--! twin proof
open Nat in
rfl
