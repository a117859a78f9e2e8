/-! The trick stands in the theorem's own command, before the theorem or in its statement. -/
--! original
theorem target : (5 : Nat) ≤ 6 := by
  sorry
--! cheat file
open Nat in
theorem target : (5 : Nat) ≤ 6 := by
  decide
--! cheat file
set_option autoImplicit true in
theorem target : (5 : Nat) ≤ 6 := by
  decide
--! cheat file
theorem target : letI : LE Nat := ⟨fun _ _ => True⟩; (5 : Nat) ≤ 6 := by
  trivial
--! refused: elaborated statement changed
--! cheat file
theorem target [LE Nat] : (5 : Nat) ≤ 6 := by
  sorry
--! refused: elaborated statement changed
--! cheat file
theorem target : (5 : Nat) ≤ (6 : Nat) ∨ True := by
  exact .inr trivial
--! refused: elaborated statement changed
--! twin file
theorem target : (5 : Nat) ≤ (6) := by
  decide
