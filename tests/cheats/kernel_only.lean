/-! The elaborator is satisfied, the kernel is not: a proof by a term of another type. -/
--! original
import Lean
open Lean Elab Tactic

elab "pretend" : tactic => do closeMainGoal `pretend (mkConst ``trivial)

theorem target : 1 + 1 = 3 ∨ 1 + 1 = 2 := by
  sorry
--! cheat proof
left; pretend
--! refused: does not compile
--! cheat proof
left; exact (by pretend)
--! refused: does not compile
--! twin proof
right; exact (by decide)
