/-! A tactic of the file brings in a lemma past the kernel, and the proof uses it. -/
--! original
import Lean
open Lean Elab Tactic

elab "conjure" : tactic => do
  let decl := Declaration.thmDecl { name := `target.conjured, levelParams := [], type := ← getMainTarget,
                                    value := mkConst ``trivial }
  modifyEnv fun env => (env.addDeclCore 0 decl none (doCheck := false)).toOption.getD env
  closeMainGoal `conjure (mkConst `target.conjured)

theorem target : 1 + 1 = 3 ∨ 1 + 1 = 2 := by
  sorry
--! cheat proof
left; conjure
--! refused: the kernel does not take it
--! twin proof
right; rfl
