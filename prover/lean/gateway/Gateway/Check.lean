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

/-- The declarations of the file whose own text leaves something to `sorry`. A value may also have one from elsewhere:
a coercion that rests on `sorry` is unfolded into what uses it. -/
def Source.incomplete (source : Source) (declared : NameSet) : NameSet :=
  let written := source.sorried.foldl (init := ({} : NameSet)) fun set name => set.insert (owner name name)
  source.after.env.constants.foldStage2 (visit written) {}
where
  visit (written found : NameSet) (name : Name) (info : ConstantInfo) : NameSet :=
    match info.value? (allowOpaque := true) with
    | some value =>
      let own := owner name name
      if value.hasSorry && written.contains own then found.insert own else found
    | none => found
  owner (name start : Name) : Name :=
    if declared.contains name then name
    else match name with
      | .str parent _ | .num parent _ => owner parent start
      | .anonymous => start

/-- The axioms that a proof rests on. Library theorems are axioms where only exported parts exist. -/
structure AxiomReport where
  standard : Array Name := #[]
  /-- those that the run allows besides -/
  further : Array Name := #[]
  library : Nat := 0
  refused : Array Name := #[]
  /-- the declarations in which a `sorry` stands that may not be there -/
  incomplete : Array Name := #[]
  /-- the open theorems that it may rest on and does -/
  given : Array Name := #[]

def standardAxioms : List Name := [``propext, ``Quot.sound, ``Classical.choice]

/-- Where the toolchain's own modules are: the last place that has an `Init`. -/
def toolchainDirectory? : IO (Option System.FilePath) := do
  for directory in (← searchPathRef.get).reverse do
    if ← (modToFilePath directory `Init "olean").pathExists then return directory
  return none

/-- Whether a module is the toolchain's own. A repository may have modules of the same names, found before. -/
def isToolchainModule (mod : Name) : IO Bool := do
  let some library ← toolchainDirectory? | return false
  for directory in ← searchPathRef.get do
    if ← (modToFilePath directory mod "olean").pathExists then return directory == library
  return false

/-- Which modules are the toolchain's own, as far as asked. -/
abbrev Origins := IO.Ref (NameMap Bool)

def Origins.isToolchain (origins : Origins) (mod : Name) : IO Bool := do
  if let some known := (← ST.Ref.get origins).find? mod then return known
  let answer ← isToolchainModule mod
  origins.modify (·.insert mod answer)
  return answer

/-- Runs `act` in an environment that belongs to no file. -/
def runBare (env : Environment) (act : CoreM α) : IO α := do
  let context := { fileName := "<gate>", fileMap := FileMap.ofString "", maxHeartbeats := 0 }
  return (← act.toIO context { env }).1

/-- The modules that a `module` imports with `import all`, and whose private part is not there. -/
def unseenImports (env : Environment) : IO (Array Name) := do
  unless env.header.isModule do return #[]
  let whole ← env.header.imports.filterM fun imported => do
    if !imported.importAll then return false
    let files := oleanParts (← findOLean imported.module)
    return !(← files.allM (·.2.pathExists))
  return whole.map (·.module)

/-- What no proof may use, whoever declares it. -/
def distrusted : List Name := [``sorryAx, ``Lean.ofReduceBool, ``Lean.ofReduceNat, ``Lean.trustCompiler]

/-- What a run allows besides the standard axioms, and the constants that are the original file's own. -/
structure Allowances where
  /-- axioms, as people write them -/
  axioms : List String := []
  /-- theorems whose own proofs are missing -/
  assumed : Assumed := []
  original : Name → Option ConstantInfo := fun _ => none
  /-- what the command of the theorem declares in the original, as text: none of it is allowed -/
  own : List String := []

/-- Whether a constant is imported, or says what it says in the original, outside of the theorem's command. -/
def Allowances.knows (allowed : Allowances) (info : ConstantInfo) (isImported : Bool) : Bool :=
  isImported || (allowed.original info.name).any fun before =>
    !allowed.own.contains (toString info.name) && declarationKind before == declarationKind info
      && before.isUnsafe == info.isUnsafe && before.levelParams == info.levelParams && before.type == info.type

/-- Whether a further axiom is allowed. -/
def Allowances.allowsAxiom (allowed : Allowances) (info : ConstantInfo) (isImported : Bool) : Bool :=
  match info with
  | .axiomInfo val => allowed.axioms.contains (visibleName val.name) && !val.isUnsafe
      && !distrusted.contains val.name && allowed.knows info isImported
  | _ => false

/-- Whether a proof may rest on an open theorem. A private one of another module cannot be named here. -/
def Allowances.allowsOpen (allowed : Allowances) (env : Environment) (name : Name) : Bool :=
  let isImported := (env.getModuleIdxFor? name).isSome
  allowed.assumed.allows name && isOpenTheorem env name && !(isImported && isPrivateName name)
    && (env.find? name).any (allowed.knows · isImported)

/-- Axioms are allowed by name, or because they are library declarations whose proofs are not stored. A `sorry` is
allowed where every one that is reached is in the value of an open theorem that may be used. -/
def axiomsOf (env : Environment) (origins : Origins) (names : Array Name) (allowed : Allowances := {}) :
    IO AxiomReport := do
  let mut report : AxiomReport := {}
  let found ← names.mapM fun name => runBare env (collectAxioms name)
  for name in found.flatten.foldl (init := ({} : NameSet)) (·.insert ·) do
    let imported? := env.getModuleIdxFor? name
    let isLibrary ← match imported? with
      | some index => origins.isToolchain (env.header.moduleNames[index.toNat]!)
      | none => pure false
    let isUnsafe := (env.find? name).any (·.isUnsafe)
    if isLibrary && standardAxioms.contains name then report := { report with standard := report.standard.push name }
    else if isLibrary && !isUnsafe && !wasAxiom env name then report := { report with library := report.library + 1 }
    else if !isLibrary && (env.find? name).any (allowed.allowsAxiom · imported?.isSome) then
      report := { report with further := report.further.push name }
    else report := { report with refused := report.refused.push name }
  if report.refused.contains ``sorryAx then
    let below := sorriesBelow env names (allowed.allowsOpen env)
    let refused := if below.incomplete.isEmpty then report.refused.erase ``sorryAx else report.refused
    report := { report with refused, incomplete := below.incomplete, given := below.given }
  return report

/-- Why a declaration that rests on these axioms does not count, if it does not. -/
def AxiomReport.reason? (report : AxiomReport) : Option String :=
  let named (names : Array Name) := ", ".intercalate (names.toList.map fun name => s!"`{visibleName name}`")
  let others := report.refused.filter (· != ``sorryAx)
  let reasons := (if report.incomplete.isEmpty then [] else [s!"it rests on `sorry`, which is in {named report.incomplete}"])
    ++ if others.isEmpty then [] else [s!"it rests on axioms that are not allowed: {named others}"]
  if reasons.isEmpty then none else some ("; ".intercalate reasons)

/-- The environment after a step. -/
def Source.environmentAfter (source : Source) (step : Nat) : Environment :=
  (source.steps[step + 1]?.map (·.before.env)).getD source.after.env

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
