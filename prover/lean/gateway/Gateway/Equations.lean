import Gateway.Invent
/-!
The universally quantified equations that a goal may be derived from, as first-order terms: those of hypotheses, of the
laws of class instances and of theorems. A symbol is a function with everything but its data arguments fixed, so that
types and instances are part of it.
-/
open Lean Meta Elab

namespace Gateway

/-- A function or constant, and how its applications are written. -/
structure Sym where
  /-- with its data arguments abstracted -/
  closed : Expr
  text : String
  arity : Nat
  result : Nat

/-- A term: a symbol with arguments, or the number of a variable. -/
inductive FirstOrder where
  | var (index : Nat)
  | app (symbol : Nat) (arguments : Array FirstOrder)

partial def FirstOrder.json : FirstOrder → Json
  | .var i => toJson i
  | .app f arguments => Json.arr (#[toJson f] ++ arguments.map FirstOrder.json)

/-- An equation between terms with variables of some types, and the words of its proof: `none` for a variable's place. -/
structure Law where
  left : FirstOrder
  right : FirstOrder
  variables : Array Nat
  /-- the words of the proof; numbers stand for variables -/
  proof : Array (String ⊕ Nat)
  suffix : String
  /-- whether it is an equation only behind definitions -/
  hidden : Bool
  /-- whether it is a theorem, no hypothesis, law of a class or definition -/
  isTheorem : Bool := false

structure Signature where
  symbols : Array Sym := #[]
  types : Array Expr := #[]

abbrev SigM := StateRefT Signature MetaM

/-- The number of a type, one for all that are equal by unfolding instances. -/
def typeNumber (type : Expr) : SigM Nat := do
  let known := (← get).types
  for h : i in [0:known.size] do
    if known[i] == type then return i
  for h : i in [0:known.size] do
    if ← withReducibleAndInstances (isDefEq known[i] type) then return i
  modify fun s => { s with types := s.types.push type }
  return known.size

def symbolNumber (closed : Expr) (text : Unit → MetaM String) (arity result : Nat) : SigM Nat := do
  let known := (← get).symbols
  for h : i in [0:known.size] do
    if known[i].closed == closed then return i
  for h : i in [0:known.size] do
    if known[i].arity == arity && known[i].result == result && known[i].closed.getUsedConstants.size > 0 then
      if ← withReducibleAndInstances (isDefEq known[i].closed closed) then return i
  let text ← text ()
  modify fun s => { s with symbols := s.symbols.push { closed, text, arity, result } }
  return known.size

/-- Whether a term is a value that may be rewritten: no type, proof, instance or function. -/
def isPoint (e : Expr) : MetaM Bool := do
  let type ← inferType e
  if type.isForall || type.isSort || (← isClass? type).isSome then return false
  if ← Meta.isProp type then return false
  return !(← whnfR type).isForall

def argumentText (text : String) : String :=
  if text.any Char.isWhitespace || text.startsWith "-" then s!"({text})" else text

/-- A term of the goal as a first-order term in some variables. -/
partial def termOf (variables : Array Expr) (e : Expr) : SigM FirstOrder := do
  let e := e.consumeMData
  if let some i := variables.findIdx? (· == e) then return .var i
  let type ← typeNumber (← inferType e)
  let opaqueTerm : SigM FirstOrder := do
    if variables.any fun x => e.containsFVar x.fvarId! then throwError "no first-order term"
    let text := do return s!"({(← ppExpr e).pretty (width := 10000)} : {(← ppExpr (← inferType e)).pretty (width := 10000)})"
    let text := if e.isFVar then do return (← ppExpr e).pretty else text
    return .app (← symbolNumber e (fun _ => text) 0 type) #[]
  if !e.isApp then return ← opaqueTerm
  let head := e.getAppFn
  unless head.isConst || head.isFVar do return ← opaqueTerm
  if e.isAppOf ``OfNat.ofNat then return ← opaqueTerm
  let arguments := e.getAppArgs
  let info ← getFunInfo head
  let mut places := #[]
  for h : i in [0:arguments.size] do
    if (info.paramInfo[i]?.map (·.isExplicit)).getD true then
      if ← isPoint arguments[i] then places := places.push i
  if places.isEmpty then return ← opaqueTerm
  let children := places.map fun i => arguments[i]!
  let types ← children.mapM fun a => inferType a
  if types.any fun t => variables.any fun x => t.containsFVar x.fvarId! then throwError "types with variables"
  let closed ← withLocalDeclsD (types.mapIdx fun i t => (Name.mkSimple s!"x{i}", fun _ => pure t)) fun xs => do
    mkLambdaFVars xs (mkAppN head ((places.zip xs).foldl (init := arguments) fun all (i, x) => all.set! i x))
  if variables.any fun x => closed.containsFVar x.fvarId! then return ← opaqueTerm
  let text := do
    let first ← match head with
      | .const name _ => shortName name
      | _ => pure (← ppExpr head).pretty
    let mut words := #[first]
    let mut hole := 0
    for h : i in [0:arguments.size] do
      if (info.paramInfo[i]?.map (·.isExplicit)).getD true then
        if places.contains i then
          words := words.push s!"\x00{hole}"
          hole := hole + 1
        else words := words.push (argumentText ((← ppExpr arguments[i]).pretty (width := 10000)))
    return " ".intercalate words.toList
  let symbol ← symbolNumber closed (fun _ => text) children.size type
  return .app symbol (← children.mapM (termOf variables))

/-- The equation that a proposition is, perhaps behind some definitions of the project. -/
partial def equation? (library : LibraryModules) (p : Expr) (fuel : Nat := 4) : MetaM (Option (Expr × Expr)) := do
  let p := p.consumeMData
  if let some (type, left, right) := p.eq? then
    if type.isProp || (← whnfR type).isForall then return none
    return some (left, right)
  if fuel == 0 then return none
  let some name := p.getAppFn.constName? | return none
  if isLibrary library (← getEnv) name then return none
  match ← unfoldDefinition? p with
  | some unfolded => equation? library unfolded.headBeta (fuel - 1)
  | none => match ← unfoldProjInst? p with
    | some unfolded => equation? library (← whnfCore unfolded) (fuel - 1)
    | none => return none

/-- The laws that a statement has with proofs given by words: conjunctions are taken apart, conditions refuse. -/
partial def lawsOf (library : LibraryModules) (statement : Expr) (words : Array (String ⊕ Nat)) (variables : Array Expr) (suffix : String) :
    SigM (Array Law) := do
  let statement := statement.consumeMData
  match statement with
  | .forallE name domain range _ =>
    if ← Meta.isProp domain then return #[]
    if domain.isSort || (← isClass? domain).isSome || (← whnfR domain).isForall then return #[]
    if suffix != "" then return #[]
    withLocalDeclD name domain fun x =>
      lawsOf library (range.instantiate1 x) (words.push (.inr variables.size)) (variables.push x) suffix
  | _ =>
    if let some (a, b) := statement.and? then
      return (← lawsOf library a words variables (suffix ++ ".1")) ++ (← lawsOf library b words variables (suffix ++ ".2"))
    let some (left, right) ← equation? library statement | return #[]
    try
      let left ← termOf variables left
      let right ← termOf variables right
      let types ← variables.mapM fun x => do typeNumber (← inferType x)
      return #[{ left, right, variables := types, proof := words, suffix, hidden := statement.eq?.isNone }]
    catch _ => return #[]

/-- The laws that a theorem has for values of a type: types and instances are filled in. -/
def lawsOfConstant (library : LibraryModules) (name : Name) (carrier : Expr) : SigM (Array Law) := do
  let info ← getConstInfo name
  let head ← mkConstWithFreshMVarLevels name
  let text ← shortName name
  let rec go (e type : Expr) (words : Array (String ⊕ Nat)) (variables : Array Expr) (fuel : Nat) : SigM (Array Law) := do
    let type ← instantiateMVars type
    match fuel, type with
    | fuel + 1, .forallE binder domain range info =>
      if domain.isSort && !domain.isProp then
        let fresh ← mkFreshExprMVar domain
        unless ← isDefEq fresh carrier do return #[]
        go (mkApp e fresh) (range.instantiate1 fresh) (words.push (.inl "_")) variables fuel
      else if info.isInstImplicit || (← isClass? domain).isSome then
        let some inst ← synthInstance? domain | return #[]
        go (mkApp e inst) (range.instantiate1 inst) (words.push (.inl "_")) variables fuel
      else if ← Meta.isProp domain then return #[]
      else if (← whnfR domain).isForall then return #[]
      else
        withLocalDeclD binder domain fun x =>
          go (mkApp e x) (range.instantiate1 x) (words.push (.inr variables.size)) (variables.push x) fuel
    | _, _ =>
      let some (left, right) ← equation? library type | return #[]
      try
        let left ← termOf variables (← instantiateMVars left)
        let right ← termOf variables (← instantiateMVars right)
        let types ← variables.mapM fun x => do typeNumber (← inferType x)
        let isPlain := info.type.isForall && words.all (· matches .inr _)
        let first := if isPlain then text else s!"@{text}"
        return #[{ left, right, variables := types, proof := #[.inl first] ++ words, suffix := "", hidden := type.eq?.isNone }]
      catch _ => return #[]
  try go head (← instantiateMVars (← inferType head)) #[] #[] 24 catch _ => pure #[]

/-- An equational problem: the goal's sides, and equations that hold. -/
structure Problem where
  signature : Signature
  left : FirstOrder
  right : FirstOrder
  laws : Array Law

/-- All laws of classes and their parents of which the context has instances. -/
def classLaws (library : LibraryModules) : MetaM (Array Name) := do
  let env ← getEnv
  let mut classes := #[]
  for decl in ← getLocalInstances do
    unless classes.contains decl.className do classes := classes.push decl.className
  let mut found := #[]
  for name in classes do
    if isStructure env name && !isLibrary library env name then
      for s in #[name] ++ (← getAllParentStructures name) do
        for field in getStructureFields env s do
          if let some projection := getProjFnForField? env s field then
            let type := (← getConstInfo projection).type
            if !found.contains projection && (← forallTelescope type fun _ body => Meta.isProp body) then
              found := found.push projection
  return found

/-- The laws of a structure that a variable has. -/
def lawsOfValue (library : LibraryModules) (decl : LocalDecl) : SigM (Array Law) := do
  let env ← getEnv
  let type ← whnfR (← instantiateMVars decl.type)
  let some name := type.getAppFn.constName? | return #[]
  unless isStructure env name && !isClass env name && !isLibrary library env name do return #[]
  let mut found := #[]
  for field in getStructureFields env name do
    try
      let proof ← mkProjection decl.toExpr field
      let statement ← inferType proof
      if ← Meta.isProp statement then
        found := found ++ (← lawsOf library statement #[.inl s!"{decl.userName}.{field}"] #[] "")
    catch _ => pure ()
  return found

/-- The theorems that say how definitions of the project unfold. -/
def unfolding (library : LibraryModules) (names : Array Name) : MetaM (Array Name) := do
  let env ← getEnv
  let mut found := #[]
  for name in names do
    let isPlain := (env.find? name matches some (.defnInfo _)) && !isInstanceCore env name
      && (env.getProjectionFnInfo? name).isNone && !isMatcherCore env name && !name.isInternalDetail
    if isPlain && !isLibrary library env name then
      try
        if ← isRecursiveDefinition name then found := found ++ ((← getEqnsFor? name).getD #[])
        else found := found ++ (← getUnfoldEqnFor? name (nonRec := true)).toArray
      catch _ => pure ()
  return found.extract 0 16

/-- The equational problem that a goal is, with these theorems, if it is one. -/
def problem? (library : LibraryModules) (goal : MVarId) (theorems : Array Name) : MetaM (Option Problem) := goal.withContext do
  let target ← instantiateMVars (← goal.getType)
  if target.hasExprMVar then return none
  let some (left, right) ← equation? library target | return none
  let carrier ← inferType left
  let act : SigM (FirstOrder × FirstOrder × Array Law) := do
    let leftTerm ← termOf #[] left
    let rightTerm ← termOf #[] right
    let mut laws := #[]
    for decl in ← getLCtx do
      unless decl.isImplementationDetail do
        let type ← instantiateMVars decl.type
        if ← Meta.isProp type then
          laws := laws ++ (← lawsOf library type #[.inl (toString decl.userName)] #[] "")
        else laws := laws ++ (← lawsOfValue library decl)
    let carriers := (← get).types.filter fun t => !t.isProp
    for name in ← classLaws library do
      for c in carriers do laws := laws ++ (← lawsOfConstant library name c)
    for name in ← unfolding library target.getUsedConstants do
      laws := laws ++ (← lawsOfConstant library name carrier)
    for name in theorems do
      laws := laws ++ (← lawsOfConstant library name carrier).map fun law => { law with isTheorem := true }
    return (leftTerm, rightTerm, laws)
  let ((left, right, laws), signature) ← act.run {}
  if laws.isEmpty then return none
  return some { signature, left, right, laws }

def Law.json (law : Law) : Json :=
  let words := law.proof.map fun
    | .inl text => Json.str text
    | .inr i => toJson i
  Json.mkObj [("left", law.left.json), ("right", law.right.json), ("variables", toJson law.variables),
    ("proof", Json.arr words), ("suffix", law.suffix), ("hidden", Json.bool law.hidden),
    ("theorem", Json.bool law.isTheorem)]

def Problem.json (problem : Problem) : MetaM (List (String × Json)) := do
  let types ← problem.signature.types.mapM fun t => do return (← ppExpr t).pretty (width := 10000)
  return [("symbols", Json.arr (problem.signature.symbols.map fun s =>
      Json.mkObj [("text", s.text), ("arity", toJson s.arity), ("type", toJson s.result)])),
    ("types", toJson types), ("left", problem.left.json), ("right", problem.right.json),
    ("laws", Json.arr (problem.laws.map Law.json))]

end Gateway
