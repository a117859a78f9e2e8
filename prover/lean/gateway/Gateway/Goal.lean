import Gateway.Capture
import Lean.Elab.PreDefinition.Main
/-!
Goals as the other side sees them: printed, as structure, and with a key that is equal for goals that
differ only in the names of their hypotheses.
-/
open Lean Meta Elab

namespace Gateway

/-- The modules of Lean itself. -/
def libraryRoots : List Name := [`Init, `Std, `Lean, `Lake]

/-- Whether a declaration is Lean's own. -/
def isToolchain (env : Environment) (name : Name) : Bool :=
  match env.getModuleIdxFor? name with
  | some index => libraryRoots.contains (env.header.moduleNames[index.toNat]!).getRoot
  | none => false

/-- By the number of an imported module, whether it is library: what the project builds on and does not unfold. -/
abbrev LibraryModules := Array Bool

/-- The number of imported modules of another root than the file's from which on these are a library, not a part of the
project. -/
def smallestLibrary : Nat := 150

/-- Lean's own modules, and those of every large package that is imported. -/
def libraryModules (env : Environment) : LibraryModules :=
  let roots := env.header.moduleNames.map (·.getRoot)
  let sizes := roots.foldl (init := ({} : Std.HashMap Name Nat)) fun sizes root => sizes.insert root (sizes.getD root 0 + 1)
  let own := env.mainModule.getRoot
  roots.map fun root => libraryRoots.contains root || root != own && sizes.getD root 0 ≥ smallestLibrary

def isLibrary (library : LibraryModules) (env : Environment) (name : Name) : Bool :=
  match env.getModuleIdxFor? name with
  | some index => library.getD index.toNat false
  | none => false

/-- The name under which Lean reports a declaration: private ones without their prefix. -/
def visibleName (name : Name) : String := toString (privateToUserName name)

/-- A name as it must be written in a file: one that is a word of the language there stands between « and ». -/
def writtenIn (env : Environment) (name : Name) : String :=
  name.toStringWithToken (isToken := fun word => ((Parser.getTokenTable env).find? word).isSome)

/-- The shortest name that means the declaration here, unless a hypothesis has it. -/
def shortName (name : Name) : MetaM String := do
  let env ← getEnv
  let full := writtenIn env (privateToUserName name)
  if isPrivateName name then return full
  let short ← unresolveNameGlobal name
  if ((← getLCtx).findFromUserName? short).isSome then return full
  return writtenIn env short

def headName (type : Expr) : MetaM String := do
  let type ← instantiateMVars type
  match type.consumeMData with
  | .forallE _ _ body _ => return if body.hasLooseBVars then "forall" else "arrow"
  | .sort _ => return "Sort"
  | other => match other.getAppFn with
    | .const name _ => return visibleName name
    | _ => return ""

/-- How a value of type `type` can be taken apart: number of constructors and whether it is recursive. -/
def inductiveShape (type : Expr) : MetaM (Option (Nat × Bool)) := do
  let some name := type.getAppFn.constName? | return none
  match (← getEnv).find? name with
  | some (.inductInfo info) => return some (info.ctors.length, info.isRec)
  | _ => return none

def printed (e : Expr) : MetaM String := return (← ppExpr e).pretty (width := 100)

def hypothesisJson (decl : LocalDecl) : MetaM Json := do
  let type ← instantiateMVars decl.type
  let whnfType ← if type.getAppFn.isConst then pure type else whnfR type
  let shape ← inductiveShape type
  let isProp ← try Meta.isProp type catch _ => pure false
  let isInstance := (← getLocalInstances).any (·.fvar.fvarId! == decl.fvarId)
  let text ← printed type
  let head ← headName whnfType
  let fields : List (String × Json) := [("name", writtenIn (← getEnv) decl.userName), ("type", text), ("head", head)]
  let fields := if isProp then ("prop", Json.bool true) :: fields else fields
  let fields := if isInstance then ("instance", Json.bool true) :: fields else fields
  let fields := if decl.isLet then ("let", Json.bool true) :: fields else fields
  let fields := match shape with
    | some (ctors, isRec) => ("constructors", toJson ctors) :: ("recursive", Json.bool isRec) :: fields
    | none => fields
  return Json.mkObj fields

/-- The head of the proposition that a definition stands for; empty for other definitions. -/
def bodyHead (name : Name) : MetaM String := do
  let some (.defnInfo info) := (← getEnv).find? name | return ""
  lambdaTelescope info.value fun _ body => do
    if ← Meta.isProp body then headName body else return ""

/-- A definition that occurs in a goal: what can be done with it. Of a library's, only those that stand for propositions. -/
def definitionJson? (library : LibraryModules) (name : Name) : MetaM (Option Json) := do
  let env ← getEnv
  if isToolchain env name || name.isInternalDetail then return none
  let imported := isLibrary library env name
  let kind? := match env.find? name with
    | some (.defnInfo _) => some "definition"
    | some (.inductInfo _) => some "inductive"
    | some (.ctorInfo _) => some "constructor"
    | some (.opaqueInfo _) => some "opaque"
    | _ => none
  let some kind := kind? | return none
  if imported && (kind != "definition" || isInstanceCore env name) then return none
  let recursive ← if kind == "definition" then isRecursiveDefinition name else pure false
  let body ← if kind == "definition" && !recursive then bodyHead name else pure ""
  if imported && body.isEmpty then return none
  let fields : List (String × Json) := [("name", ← shortName name), ("kind", kind), ("recursive", recursive),
    ("body", body), ("instance", isInstanceCore env name), ("projection", (env.getProjectionFnInfo? name).isSome)]
  return Json.mkObj (if imported then ("library", Json.bool true) :: fields else fields)

/-- The explicit arguments of an application. -/
def explicitArguments (call : Expr) : MetaM (Array Expr) := do
  let info ← getFunInfo call.getAppFn
  let arguments := call.getAppArgs
  return (arguments.zipIdx.filter fun (_, i) => (info.paramInfo[i]?.map (·.isExplicit)).getD true).map (·.1)

/-- Full applications of recursive definitions of the project, with the names of their arguments that
are variables: what induction along a definition needs. -/
def recursiveCalls (library : LibraryModules) (e : Expr) : MetaM (Array (String × Array String)) := do
  let env ← getEnv
  let calls ← IO.mkRef (#[] : Array Expr)
  let visit (e : Expr) : MetaM Unit := do
    let some name := e.getAppFn.constName? | return
    unless e.hasLooseBVars || e.getAppNumArgs == 0 || isLibrary library env name do
      if ← isRecursiveDefinition name then
        unless (← calls.get).contains e do calls.modify (·.push e)
  e.forEach fun e => visit e
  let found ← (← calls.get).filterM fun call => do
    return !(← explicitArguments call).isEmpty && !(← whnf (← inferType call)).isForall
  (found.extract 0 6).mapM fun call => do
    let arguments ← ((← explicitArguments call).filter fun a => a.isFVar).mapM fun a => printed a
    return (← printed call, arguments)

/-- The names that `rename_i` would ask for, in its order: one for each inaccessible hypothesis. -/
def inaccessible (lctx : LocalContext) : Array FVarId := Id.run do
  let mut seen : NameSet := {}
  let mut found := #[]
  let decls := lctx.decls.toArray.filterMap id
  for decl in decls.reverse do
    unless decl.isImplementationDetail do
      if decl.userName.hasMacroScopes || seen.contains decl.userName then
        found := found.push decl.fvarId
      seen := seen.insert decl.userName
  return found.reverse

def accessibleBase (decl : LocalDecl) (isProp isInstance : Bool) : String :=
  let base := toString decl.userName.eraseMacroScopes
  if isInstance then "inst"
  else if base == "a" || base.isEmpty || base == "[anonymous]" || !(base.front.isAlpha) then
    if isProp then "h" else "x"
  else base

/-- The first of `base`, `base_1`, `base_2`, … that is not taken. -/
partial def freshName (taken : NameSet) (base : String) (i : Nat := 0) : Name :=
  let name := Name.mkSimple (if i == 0 then base else s!"{base}_{i}")
  if taken.contains name then freshName taken base (i + 1) else name

/-- Gives each inaccessible hypothesis a name; the names are what `rename_i` must be given. -/
def nameHypotheses (goal : MVarId) : MetaM (MVarId × Array Name) := goal.withContext do
  let lctx ← getLCtx
  let hidden := inaccessible lctx
  if hidden.isEmpty then return (goal, #[])
  let mut taken : NameSet := {}
  for decl in lctx do taken := taken.insert decl.userName
  let mut lctx := lctx
  let mut names := #[]
  for fvar in hidden do
    let decl := lctx.get! fvar
    let isProp ← try Meta.isProp decl.type catch _ => pure false
    let isInstance := (← getLocalInstances).any (·.fvar.fvarId! == fvar)
    let name := freshName taken (accessibleBase decl isProp isInstance)
    taken := taken.insert name
    names := names.push name
    lctx := lctx.setUserName fvar name
  let decl ← goal.getDecl
  let named ← mkFreshExprMVarAt lctx decl.localInstances decl.type .syntheticOpaque decl.userName
  goal.assign named
  return (named.mvarId!, names)

/-- A goal as one closed expression, and how many of the binders in front of it are hypotheses: equal for goals that
differ in names only. Without the number, what `intro` leaves would be equal to what it began with. -/
structure ClosedGoal where
  statement : Expr
  hypotheses : Nat
  deriving BEq, Hashable

def closedGoal (goal : MVarId) : MetaM ClosedGoal := goal.withContext do
  let target ← instantiateMVars (← goal.getType)
  let fvars := (← getLCtx).foldl (init := #[]) fun fvars decl =>
    if decl.isImplementationDetail then fvars else fvars.push decl.toExpr
  let closed ← mkForallFVars fvars target (usedLetOnly := false) (binderInfoForMVars := .default)
  return { statement := ← instantiateMVars closed, hypotheses := fvars.size }

/-- A key of a closed expression, the same in every process; Lean's own hash has 32 bits only. -/
def keyOf (e : Expr) : String :=
  let constants := e.getUsedConstants.foldl (init := 7) fun hash name => mixHash hash name.hash
  toString (mixHash e.hash constants)

/-- A goal's key: that of its statement, a colon, and the number of its hypotheses. -/
def ClosedGoal.key (goal : ClosedGoal) : String := s!"{keyOf goal.statement}:{goal.hypotheses}"

/-- The closed goals of a proof met so far. -/
abbrev Keys := IO.Ref (Std.HashMap ClosedGoal String)

/-- A key for the goal, and whether it was met before. -/
def Keys.keyOf (keys : Keys) (goal : ClosedGoal) : BaseIO (String × Bool) := do
  if let some key := (← ST.Ref.get keys)[goal]? then return (key, true)
  let key := goal.key
  keys.modify (·.insert goal key)
  return (key, false)

def hypothesisNames (env : Environment) (lctx : LocalContext) : Array String :=
  lctx.foldl (init := #[]) fun names decl =>
    if decl.isImplementationDetail then names else names.push (writtenIn env decl.userName)

/-- The project's constants in the value of a definition, also in what the elaborator made of parts of it. -/
partial def constantsOf (library : LibraryModules) (env : Environment) (name : Name) (depth : Nat := 3) : Array Name :=
  match depth, env.find? name with
  | depth + 1, some (.defnInfo info) => info.value.getUsedConstants.foldl (init := #[]) fun found c =>
    if c == name || isLibrary library env c then found
    else if c.isInternalDetail || isMatcherCore env c then found ++ constantsOf library env c depth
    else found.push c
  | _, _ => #[]

/-- Parts of the names of what Lean derives from a type. -/
def generated : List Name := [`brecOn, `below, `casesOn, `recOn, `rec, `ctorIdx, `ctorElim, `noConfusion, `sizeOf_spec]

/-- The project's definitions that unfolding those in a goal leads to, the nearest first. -/
def reachable (library : LibraryModules) (env : Environment) (constants : Array Name) (count : Nat) : Array Name := Id.run do
  let mut found := #[]
  let mut waiting := constants.filter fun c => !isLibrary library env c
  for _ in [0:3] do
    let mut next := #[]
    for name in waiting do
      for c in constantsOf library env name do
        unless constants.contains c || found.contains c do
          next := next.push c
          found := found.push c
    waiting := next
  let unfoldable := found.filter fun c =>
    (env.find? c matches some (.defnInfo _)) && !isInstanceCore env c && !isAuxRecursor env c
      && !(c.components.any (generated.contains ·)) && !isNoConfusion env c && (env.getProjectionFnInfo? c).isNone
  return unfoldable.extract 0 count

/-- The fields that are propositions, of the project's structures and classes that the context has values of. -/
def lawsInScope (library : LibraryModules) (count : Nat) : MetaM (Array Name) := do
  let env ← getEnv
  let mut structures := #[]
  for decl in ← getLCtx do
    unless decl.isImplementationDetail do
      if let some name := (← instantiateMVars decl.type).getAppFn.constName? then
        if isStructure env name && !isLibrary library env name then
          for s in #[name] ++ (← getAllParentStructures name) do
            unless structures.contains s || isLibrary library env s do structures := structures.push s
  let mut found := #[]
  for name in structures do
    for field in getStructureFields env name do
      if let some projection := getProjFnForField? env name field then
        let type := (← getConstInfo projection).type
        if !found.contains projection && (← forallTelescope type fun _ body => Meta.isProp body) then
          found := found.push projection
  return found.extract 0 count

/-- The whole structure of a goal. -/
def goalJson (library : LibraryModules) (goal : MVarId) (nearest : Array Name → Array Name → CoreM (Array Name)) :
    MetaM (List (String × Json)) := goal.withContext do
  let target ← instantiateMVars (← goal.getType)
  let mut hypotheses := #[]
  let mut constants := target.getUsedConstants
  for decl in ← getLCtx do
    unless decl.isImplementationDetail do
      hypotheses := hypotheses.push (← hypothesisJson decl)
      for name in (← instantiateMVars decl.type).getUsedConstants do
        unless constants.contains name do constants := constants.push name
  let definitions ← constants.filterMapM (definitionJson? library)
  let deeper := reachable library (← getEnv) constants 6
  let calls ← recursiveCalls library target
  let eqType ← match target.eq? with
    | some (type, _, _) => headName (← whnfR type)
    | none => pure ""
  let (env, tag) := (← getEnv, ← goal.getTag)
  return [("target", ← printed target), ("head", ← headName target), ("hypotheses", Json.arr hypotheses),
    ("definitions", Json.arr definitions), ("equality", eqType),
    ("calls", Json.arr (calls.map fun (call, args) =>
      Json.mkObj [("call", call), ("arguments", toJson args)])),
    ("laws", toJson (← (← lawsInScope library 12).mapM fun name => shortName name)),
    ("deeper", toJson (← deeper.mapM fun name => shortName name)),
    ("lemmas", toJson (← (← nearest constants deeper).mapM fun name => shortName name)),
    ("tag", if tag.isAnonymous then "" else writtenIn env tag.eraseMacroScopes)]

end Gateway
