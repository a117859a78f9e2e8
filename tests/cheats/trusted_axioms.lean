/-! The library's own unsound axioms, by name. -/
--! original
theorem target : True := by
  sorry
--! cheat proof
exact (fun (_ : True) => trivial) Lean.trustCompiler
--! refused: axioms that are not allowed
--! cheat proof
exact sorryAx True true
--! refused: rests on `sorry`
--! cheat term
@lcProof True
--! cheat term
(fun (_ : Type) => trivial) lcErased
--! twin proof
exact (fun (_ : True) => trivial) trivial
