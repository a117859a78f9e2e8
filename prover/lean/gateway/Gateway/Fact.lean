import Gateway.Tactics
/-!
What a goal still lacks, as a theorem that people can state before it and prove by itself.
-/
open Lean Meta Elab

namespace Gateway

/-- A goal as the signature of a theorem, and the term that closes the goal with that theorem. -/
structure Fact where
  signature : String
  application : String

/-- The hypotheses of a goal that a theorem of its own needs: all propositions, and what they and the target mention. -/
def neededHypotheses (target : Expr) : MetaM (Array LocalDecl) := do
  let mut kept := #[]
  let mut mentioned := [target]
  let declared := (← getLCtx).foldl (init := #[]) fun found decl =>
    if decl.isImplementationDetail then found else found.push decl
  for decl in declared.reverse do
    let type ← instantiateMVars decl.type
    let isProof ← try isProp type catch _ => pure false
    if isProof || mentioned.any (·.containsFVar decl.fvarId) then
      kept := kept.push decl
      mentioned := type :: mentioned
  return kept.reverse

/-- The goal as a theorem `name`; none if it has metavariables or local definitions. -/
def factOf? (goal : MVarId) (name : Name) : MetaM (Option Fact) := goal.withContext do
  let target ← instantiateMVars (← goal.getType)
  let hypotheses ← neededHypotheses target
  if hypotheses.any (·.isLet) then return none
  let variables := hypotheses.map (·.toExpr)
  let type ← instantiateMVars (← mkForallFVars variables target (binderInfoForMVars := .default))
  if type.hasMVar || type.hasFVar || type.hasSorry || (← getEnv).contains name then return none
  let levelParams := (collectLevelParams {} type).params.toList
  withoutModifyingEnv do
    addDecl <| .axiomDecl { name, levelParams, type, isUnsafe := false }
    let signature := (← PrettyPrinter.ppSignature name).fmt.pretty (width := 96)
    let env ← getEnv
    let explicit := hypotheses.filter (·.binderInfo.isExplicit)
    let words := explicit.map fun decl => writtenIn env decl.userName
    return some { signature, application := " ".intercalate (toString name :: words.toList) }

end Gateway
