/-! A term is made by code of the proof's own. -/
--! original
import Lean

theorem target : 1 + 1 = 3 ∨ 1 + 1 = 2 := by
  sorry
--! cheat term
Or.inl (by_elab return Lean.mkConst ``trivial)
--! refused: `by_elab`
--! cheat term
Or.inl (by_elab do
  Lean.Elab.Term.withDeclName `x do
    return ← Lean.Meta.mkSorry (Lean.mkConst ``False) true)
--! refused: `by_elab`
--! twin term
Or.inr rfl
