/-! The proof runs code: it declares an axiom with the goal for its type and hides it in an opaque constant
(leanprover/comparator, issue 39), or takes the goal away. -/
--! original
import Lean

theorem target : 1 + 1 = 3 ∨ 1 + 1 = 2 := by
  sorry
--! cheat proof
left
run_tac
  let type ← Lean.Elab.Tactic.getMainTarget
  Lean.addDecl <| .axiomDecl { name := `target.ax, levelParams := [], type, isUnsafe := false }
  Lean.addDecl <| .opaqueDecl
    { name := `target.op, levelParams := [], type, value := Lean.mkConst `target.ax, isUnsafe := false, all := [] }
exact target.op
--! refused: `run_tac`
--! cheat proof
run_tac Lean.Elab.Tactic.setGoals []
--! refused: `run_tac`
--! cheat proof
right
· rfl
· run_tac Lean.logInfo "x"
--! refused: `run_tac`
--! twin proof
right; rfl
