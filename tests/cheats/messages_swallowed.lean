/-! A tactic of the file throws Lean's messages away, errors among them. -/
--! original
import Lean
open Lean Elab Tactic

elab "quietly " t:tacticSeq : tactic => do
  try evalTactic t
  catch _ => admitGoal (← getMainGoal)
  Core.resetMessageLog

theorem target : 1 + 1 = 3 ∨ 1 + 1 = 2 := by
  sorry
--! cheat proof
left; quietly rfl
--! refused: rests on `sorry`
--! twin proof
right; quietly rfl
