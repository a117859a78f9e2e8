/-! A tactic of the file declares an axiom while it runs; the word `axiom` stands nowhere. -/
--! original
import Lean
open Lean Elab Tactic

elab "assume" : tactic => do
  let type ← getMainTarget
  addDecl <| .axiomDecl { name := `target.assumed, levelParams := [], type, isUnsafe := false }
  closeMainGoal `assume (mkConst `target.assumed)

elab "assume_unused" : tactic => do
  addDecl <| .axiomDecl { name := `target.assumed, levelParams := [], type := mkConst ``False, isUnsafe := false }

theorem target : 1 + 1 = 3 ∨ 1 + 1 = 2 := by
  sorry
--! cheat proof
left; assume
--! refused: new axiom
--! cheat proof
assume_unused
right; rfl
--! refused: new axiom
--! twin proof
right; rfl
