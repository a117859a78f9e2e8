/-! An opaque constant whose value is a free variable that the kernel has seen before (leanprover/lean4, issue 14484). -/
--! original
import Lean
open Lean Meta Elab Tactic

elab "conjure" : tactic => do
  let type ← getMainTarget
  withLocalDeclD `x type fun x => do
    let name := `target.conjured
    let decl := Declaration.opaqueDecl { name, levelParams := [], type, value := x, isUnsafe := false, all := [name] }
    modifyEnv fun env => (env.addDeclCore 0 decl none (doCheck := false)).toOption.getD env
  closeMainGoal `conjure (mkConst `target.conjured)

theorem target : 1 + 1 = 3 ∨ 1 + 1 = 2 := by
  sorry
--! cheat proof
left; conjure
--! refused: free variables
--! twin proof
right; rfl
