import Gateway.Tactics
/-!
What the gate asks of Lean: the declarations of an elaborated file, the axioms that a theorem rests on,
whether its statement is the original one, and the kernel's word on a finished proof.
-/
open Lean Meta Elab

namespace Gateway

/-- A context for running `CoreM` after `source`. -/
def Source.runCore (source : Source) (act : CoreM α) : IO α := do
  let scope := source.after.scopes.head!
  let context : Core.Context := {
    fileName := source.fileName, fileMap := source.fileMap, options := scope.opts
    currNamespace := scope.currNamespace, openDecls := scope.openDecls, maxHeartbeats := 0 }
  let (value, _) ← act.toIO context { env := source.after.env }
  return value

def offsetOf (source : Source) (position : Position) : Nat := (source.fileMap.ofPosition position).byteIdx

/-- A declaration that the file itself makes, with its place in bytes. -/
structure Declaration where
  name : Name
  info : ConstantInfo
  start : Nat
  stop : Nat
  selection : Nat

def Source.declarations (source : Source) : IO (Array Declaration) := do
  let env := source.after.env
  let own := env.constants.foldStage2 (fun own name info => own.push (name, info)) #[]
  let found ← own.filterMapM fun (name, info) => do
    let some ranges := declRangeExt.find? (level := .server) env name | return none
    return some { name, info
                  start := offsetOf source ranges.range.pos
                  stop := offsetOf source ranges.range.endPos
                  selection := offsetOf source ranges.selectionRange.pos : Declaration }
  return found.qsort fun a b => a.selection < b.selection

def declarationKind : ConstantInfo → String
  | .thmInfo _ => "theorem" | .defnInfo _ => "definition" | .axiomInfo _ => "axiom" | .opaqueInfo _ => "opaque"
  | .inductInfo _ => "inductive" | .ctorInfo _ => "constructor" | .recInfo _ => "recursor" | .quotInfo _ => "quotient"

/-- The declarations of the file whose own text leaves something to `sorry`. -/
def Source.incomplete (source : Source) (declared : NameSet) : NameSet :=
  source.after.env.constants.foldStage2 visit {}
where
  visit (found : NameSet) (name : Name) (info : ConstantInfo) : NameSet :=
    match info.value? (allowOpaque := true) with
    | some value => if value.hasSorry then owner name name found else found
    | none => found
  owner (name : Name) (start : Name) (found : NameSet) : NameSet :=
    if declared.contains name then found.insert name
    else match name with
      | .str parent _ | .num parent _ => owner parent start found
      | .anonymous => found.insert start

/-- The axioms that `name` rests on. Library theorems are axioms where only exported parts exist. -/
structure AxiomReport where
  standard : Array Name
  library : Nat
  refused : Array Name

def standardAxioms : List Name := [``propext, ``Quot.sound, ``Classical.choice]

/-- Axioms of the toolchain by which anything, or anything that evaluation says, can be proved. -/
def trustedAxioms : List Name := [``sorryAx, `Lean.ofReduceBool, `Lean.ofReduceNat, `Lean.trustCompiler]

def Source.axiomsOf (source : Source) (name : Name) : IO AxiomReport := do
  let env := source.after.env
  let axioms ← source.runCore (collectAxioms name)
  let init : AxiomReport := { standard := #[], library := 0, refused := #[] }
  return axioms.foldl (init := init) fun report name =>
    let trusted := trustedAxioms.contains name
    let isUnsafe := (env.find? name).any (·.isUnsafe)
    if standardAxioms.contains name then { report with standard := report.standard.push name }
    else if isLibrary env name && !trusted && !isUnsafe then { report with library := report.library + 1 }
    else { report with refused := report.refused.push name }

/-- Elaborates the command at `start` of the original text, in the state that the step was elaborated in. -/
def originalCommand (source : Source) (step : Step) (original : String) : IO Command.State := do
  let ictx := Parser.mkInputContext original source.fileName
  let scope := step.before.scopes.head!
  let pmctx : Parser.ParserModuleContext :=
    { env := step.before.env, options := scope.opts, currNamespace := scope.currNamespace, openDecls := scope.openDecls }
  let (stx, _, _) := Parser.parseCommand ictx pmctx { pos := step.start } {}
  let context := { commandContext source step.start none with fileMap := FileMap.ofString original }
  runCommand context step.before stx

/-- Why the statement of `name` is not the original one, if it is not. -/
def Source.statementDiffers? (source : Source) (step : Step) (name : Name) (original : String) :
    IO (Option String) := do
  let before ← originalCommand source step original
  match before.env.find? name, source.after.env.find? name with
  | none, _ => return some s!"the original command does not declare {name}"
  | _, none => return some s!"the file no longer declares {name}"
  | some old, some new =>
    if old.levelParams != new.levelParams then return some "its universe parameters changed"
    if old.type != new.type then return some "its elaborated statement changed"
    if declarationKind old != declarationKind new then return some "it is no longer the same kind of declaration"
    return none

/-- The finished proof of `root` as a closed theorem, added to the environment by the kernel. -/
def checkRoot (root : MVarId) : MetaM Unit := root.withContext do
  let proof ← instantiateMVars (.mvar root)
  if proof.hasExprMVar then throwError "the proof has metavariables left"
  if proof.hasSorry then throwError "the proof uses sorry"
  let fvars := (← getLCtx).foldl (init := #[]) fun fvars decl =>
    if decl.isImplementationDetail then fvars else fvars.push decl.toExpr
  let value ← mkLambdaFVars fvars proof
  let value ← instantiateMVars value
  let type ← instantiateMVars (← mkForallFVars fvars (← root.getType))
  if value.hasLevelMVar then throwError "the proof has universe metavariables left"
  let levels := (collectLevelParams (collectLevelParams {} type) value).params.toList
  addDecl (.thmDecl { name := `Gateway.checked, levelParams := levels, type, value })

end Gateway
