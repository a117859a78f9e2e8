/-! An axiom, used or not. -/
--! cheat file
axiom cheap : 1 = 2
theorem t : 1 = 2 := cheap
--! refused: axioms that are not allowed: `cheap`
--! cheat file
axiom unused : 1 = 2
theorem t : 1 = 1 := rfl
--! refused: an axiom
--! twin file
theorem t (cheap : 1 = 2) : 1 = 2 := cheap
