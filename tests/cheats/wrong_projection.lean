/-! A projection that names another structure than it takes from (leanprover/lean4, issue 14576; leanprover/comparator,
test proj_trick). -/
--! original
import Lean
open Lean Meta Elab Tactic

structure Empty' : Type where
  no : False
structure Full : Type where
  yes : True

elab "conjure" : tactic => do
  let value := mkApp (mkConst ``False.elim [.zero]) (← getMainTarget)
  let value := mkApp value (.proj ``Empty' 0 (mkApp (mkConst ``Full.mk) (mkConst ``trivial)))
  let name := `target.conjured
  let decl := Declaration.thmDecl { name, levelParams := [], type := ← getMainTarget, value }
  modifyEnv fun env => (env.addDeclCore 0 decl none (doCheck := false)).toOption.getD env
  closeMainGoal `conjure (mkConst name)

theorem target : 1 + 1 = 3 ∨ 1 + 1 = 2 := by
  sorry
--! cheat proof
left; conjure
--! twin proof
right; rfl
