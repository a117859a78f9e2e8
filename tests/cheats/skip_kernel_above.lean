/-! The file has turned the kernel off, and has a tactic that closes any goal: no axiom, no word in the proof. Only
asking the kernel again shows it. -/
--! original
import Lean
set_option debug.skipKernelTC true

elab "so_be_it" : tactic => do Lean.Elab.Tactic.closeMainGoal `so_be_it (Lean.mkConst ``trivial)

theorem target : 1 + 1 = 3 ∨ 1 + 1 = 2 := by
  sorry
--! cheat proof
left; so_be_it
--! refused: the kernel does not take it
--! twin proof
right; rfl
