import Lean
/-!
Private declarations of the library that packages reach through `import all`, with their types. This build of Lean comes
without the private parts of its library: the compiled code of such a declaration is there, but no module declares it.

The first part of a name is the library module that is to declare the rest. Each is an opaque constant, so Lean has
found a value of its type: declaring it proves nothing. `Replace.lean` puts them in their modules.
-/
open Lean Meta Elab Tactic

@[extern "private"] opaque «Lean.Meta.Tactic.Apply».Lean.Meta.isDefEqApply (approx : Bool) (a b : Expr) : MetaM Bool

@[extern "private"] opaque «Lean.Meta.Tactic.Apply».Lean.Meta.throwApplyError {α : Type} (mvarId : MVarId)
  (eType : Expr) (conclusionType? : Option Expr) (targetType : Expr) (term? : Option MessageData) : MetaM α

@[extern "private"] opaque «Lean.Meta.Tactic.Apply».Lean.Meta.reorderGoals (mvars : Array Expr)
  (newGoals : ApplyNewGoals) : MetaM (List MVarId)

@[extern "private"] opaque «Lean.MetavarContext».Lean.MetavarContext.MkBinding.mkAuxMVarType (lctx : LocalContext)
  (xs : Array Expr) (kind : MetavarKind) (e : Expr) (usedLetOnly : Bool) : MetavarContext.MkBinding.M Expr

@[extern "private"] opaque «Lean.Meta.Tactic.Simp.Rewrite».Lean.Meta.Simp.dischargeUsingAssumption? (e : Expr) :
  SimpM (Option Expr)

@[extern "private"] opaque «Lean.Meta.Tactic.Simp.SimpTheorems».Lean.Meta.preprocess (e type : Expr) (inv isGlobal : Bool) :
  MetaM (List (Expr × Expr))

@[extern "private"] opaque «Lean.Elab.Tactic.Simp».Lean.Elab.Tactic.mkDischargeWrapper (optDischargeSyntax : Syntax) :
  TacticM Simp.DischargeWrapper
