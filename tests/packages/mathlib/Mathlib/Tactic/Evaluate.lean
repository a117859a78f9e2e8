module

public meta import Lean.Elab.Tactic.Simp
public meta import Mathlib.Tactic.Attr

/-! A tactic with syntax, an elaborator for it, and functions that extend it. -/

public meta section
open Lean Meta Elab Tactic

namespace Mathlib

abbrev Evaluator := Expr → MetaM (Option Expr)

private unsafe def evaluatorImpl (name : Name) : CoreM Evaluator := do
  ofExcept <| (← getEnv).evalConst Evaluator (← getOptions) name

@[implemented_by evaluatorImpl] private opaque evaluator (name : Name) : CoreM Evaluator

end Mathlib

/-- `evaluate` closes a goal that an `@[evaluator]` proves, or simplifies with the lemmas of `eval_simps`. -/
syntax (name := evaluateTactic) "evaluate" : tactic

@[tactic evaluateTactic] def elabEvaluate : Tactic := fun _ => do
  let goal ← getMainGoal
  for name in Mathlib.evaluators.getState (← getEnv) do
    if let some proof ← (← Mathlib.evaluator name) (← instantiateMVars (← goal.getType)) then
      goal.assign proof
      replaceMainGoal []
      return
  evalTactic (← `(tactic| simp only [eval_simps]))
