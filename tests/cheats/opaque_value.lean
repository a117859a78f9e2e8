/-! An opaque constant above has a value that rests on an axiom: its type says nothing of it (leanprover/comparator, test
opaque_value). -/
--! original
axiom cheap : False
opaque hidden : False := cheap

theorem target : 1 + 1 = 2 := by
  sorry
--! cheat proof
exact hidden.elim
--! refused: axioms that are not allowed: `cheap`
--! twin proof
rfl
