import Gateway.Instances
/-!
Refutation of goals by small instances: values for the variables with which all hypotheses hold and the conclusion does
not, and a proof of the negation from them. What is found counts only when a fresh Lean has accepted that proof.
-/
open Lean Meta Elab

namespace Gateway

/-- A statement with its universes at their lowest: if it is false there, it has no proof. -/
def atLowestUniverses (type : Expr) : Expr :=
  let params := (collectLevelParams {} type).params
  let bare := params.filter fun u => (type.find? (· == .sort (.param u))).isSome
  type.instantiateLevelParams params.toList (params.toList.map fun u => if bare.contains u then levelOne else levelZero)

/-- What a goal says with its context, closed. -/
def closedStatement (goal : MVarId) : MetaM Expr := goal.withContext do
  let known := (← getLCtx).foldl (init := #[]) fun found decl =>
    if decl.isImplementationDetail then found else found.push decl.toExpr
  let type ← instantiateMVars (← mkForallFVars known (← goal.getType))
  if type.hasExprMVar then throwError "the goal shares metavariables with others"
  return atLowestUniverses type

/-- An argument of the statement: a value, or a proof to be found. -/
inductive Argument where
  | value (name : Name) (value : Value)
  | proof (p : Expr)

/-- Values with which no hypothesis is known to be false and the conclusion is not known to hold. -/
structure Candidate where
  arguments : Array Argument
  conclusion : Expr
  /-- whether all hypotheses are known to hold, and the conclusion not to -/
  certain : Bool

/-- How many instances are evaluated at most. -/
def mostInstances : Nat := 400

structure Hunt where
  /-- the number of values of each variable -/
  bound : Nat
  /-- that of the round before -/
  before : Nat
  certain : IO.Ref (Array Candidate)
  uncertain : IO.Ref (Array Candidate)
  tried : IO.Ref Nat
  /-- whether the hypotheses held in some instance, as far as is known -/
  satisfied : IO.Ref Bool
  wanted : Nat

/-- Goes through the instances of a statement. -/
partial def Hunt.run (hunt : Hunt) (statement : Expr) (arguments : Array Argument) (isNew isCertain : Bool) : EnumM Unit := do
  if (← hunt.certain.get).size ≥ hunt.wanted || (← hunt.tried.get) ≥ mostInstances || (← outOfTime) then return
  match ← whnfCore statement with
  | .forallE name domain range _ =>
    if ← Meta.isProp domain then
      let known ← truth domain
      if known == some false then return
      let rest := range.instantiate1 (← mkSorry domain true)
      hunt.run rest (arguments.push (.proof domain)) isNew (isCertain && known == some true)
    else
      let options ← choice domain
      if options.values.isEmpty && !options.complete && !(← outOfTime) then
        let text ← oneLine domain
        (← read).uncovered.modify fun all => if all.contains text then all else all.push text
      for h : i in [0:min hunt.bound options.values.size] do
        let v := options.values[i]!
        hunt.run (range.instantiate1 v.term) (arguments.push (.value name v)) (isNew || i ≥ hunt.before) isCertain
  | conclusion =>
    unless isNew do return
    hunt.tried.modify (· + 1)
    hunt.satisfied.set true
    let candidate := { arguments, conclusion, certain := isCertain : Candidate }
    match ← truth conclusion with
    | some true => return
    | some false =>
      if isCertain then hunt.certain.modify (·.push candidate)
      else if (← hunt.uncertain.get).size < 6 then hunt.uncertain.modify (#[candidate] ++ ·)
    | none => if (← hunt.uncertain.get).size < 6 then hunt.uncertain.modify (·.push { candidate with certain := false })

/-! Proofs. -/

/-- Whether a tactic proves a closed proposition. -/
def closes (p : Expr) (text : String) : TermElabM Bool := do
  let .ok stx := Parser.runParserCategory (← getEnv) `tactic text | return false
  let saved ← saveState
  let start ← IO.getNumHeartbeats
  let attempt : TermElabM Bool :=
    withTheReader Core.Context (fun c => { c with initHeartbeats := start, maxHeartbeats := 20000 * 1000 }) do
      let goal ← mkFreshExprSyntheticOpaqueMVar p
      let rest ← Tactic.run goal.mvarId! (Tactic.evalTactic stx)
      let proof ← instantiateMVars goal
      return rest.isEmpty && !proof.hasSorry && !proof.hasExprMVar && !(← Core.getMessageLog).hasErrors
  let result ← tryCatchRuntimeEx attempt fun e => do
    if e.isInterrupt then throw e
    return false
  saved.restore
  return result

/-- The first of some tactics that proves a closed proposition, as a term. -/
def closer? (p : Expr) (tactics : List String) : EnumM (Option String) := do
  for text in tactics do
    if ← outOfTime then return none
    if ← closes p text then return some s!"(by {text})"
  return none

/-- The project's definitions that a proposition unfolds to, as an argument of `simp` and `grind`. -/
def definitionsOf (p : Expr) : EnumM String := do
  let (env, library) := (← getEnv, (← read).library)
  let names := p.getUsedConstants
  let direct := names.filter fun c => !isLibrary library env c && (env.find? c matches some (.defnInfo _)) && !isMatcherCore env c
    && !c.isInternalDetail && (env.getProjectionFnInfo? c).isNone
  let all ← (direct ++ reachable library env names 6).mapM fun c => shortName c
  return if all.isEmpty then "" else s!" [{", ".intercalate all.toList}]"

mutual

/-- A proof of a closed proposition. -/
partial def proofText (p : Expr) (depth : Nat := 8) : EnumM (Option String) := do
  let p := (← instantiateMVars p).headBeta.consumeMData
  if p.isConstOf ``True then return some "trivial"
  if let some found ← closer? p ["decide"] then return some found
  if let some found ← (if depth == 0 then pure none else byParts p) then return some found
  let given ← definitionsOf p
  closer? p ["rfl", "omega", s!"simp{given}", s!"simp +decide{given}", "(repeat constructor)", s!"grind{given}",
    s!"(intros; simp_all{given}; done)", "(intros; first | omega | contradiction | grind)"]
where
  byParts (p : Expr) : EnumM (Option String) := do
    match p with
    | .forallE _ domain body _ =>
      unless ← Meta.isProp domain do return none
      if let some text ← (do if (← truth domain) == some false then refutationText domain (depth - 1) else pure none) then
        return some s!"(fun h => absurd h {text})"
      if body.hasLooseBVars then return none
      return (← proofText body (depth - 1)).map fun text => s!"(fun _ => {text})"
    | _ =>
    match p.getAppFnArgs with
    | (``And, #[a, b]) =>
      let some left ← proofText a (depth - 1) | return none
      return (← proofText b (depth - 1)).map fun right => s!"⟨{left}, {right}⟩"
    | (``Or, #[a, b]) =>
      if (← truth a) != some false then
        if let some left ← proofText a (depth - 1) then return some s!"(Or.inl {left})"
      return (← proofText b (depth - 1)).map fun right => s!"(Or.inr {right})"
    | (``Not, #[a]) => refutationText a (depth - 1)
    | (``Exists, #[domain, body]) =>
      for v in (← choice domain 2).values do
        let instant := (mkApp body v.term).headBeta
        if (← truth instant) == some true then
          let word ← v.text
          return (← proofText instant (depth - 1)).map fun text => s!"⟨{word}, {text}⟩"
      return none
    | _ => return none

/-- A proof that a closed proposition is false. -/
partial def refutationText (p : Expr) (depth : Nat := 8) : EnumM (Option String) := do
  let p := (← instantiateMVars p).headBeta.consumeMData
  if p.isConstOf ``False then return some "id"
  let no := mkNot p
  if let some found ← closer? no ["decide"] then return some found
  if let some found ← (if depth == 0 then pure none else byParts p) then return some found
  let given ← definitionsOf p
  closer? no [s!"simp{given}", "(intro h; cases h)", "omega", s!"simp +decide{given}", "(nofun)", s!"grind{given}",
    "(intro ⟨x, h⟩; omega)", s!"(intro ⟨x, h⟩; simp_all{given}; done)", s!"(intro ⟨x, h⟩; cases x <;> simp_all{given}; done)",
    s!"(intro ⟨x, h⟩; grind{given})", s!"(intro h; simp_all{given}; done)", "(intro h; cases h <;> contradiction)"]
where
  byParts (p : Expr) : EnumM (Option String) := do
    let fresh := s!"h{depth}"
    match p with
    | .forallE _ domain body _ =>
      if ← Meta.isProp domain then
        if body.hasLooseBVars then return none
        let some premise ← proofText domain (depth - 1) | return none
        return (← refutationText body (depth - 1)).map fun text => s!"(fun {fresh} => absurd ({fresh} {premise}) {text})"
      for v in (← choice domain 2).values do
        let instant := body.instantiate1 v.term
        if (← truth instant) == some false then
          let word ← v.text
          return (← refutationText instant (depth - 1)).map fun text => s!"(fun {fresh} => absurd (@{fresh} {word}) {text})"
      return none
    | _ =>
    match p.getAppFnArgs with
    | (``And, #[a, b]) =>
      if (← truth a) == some false then
        if let some text ← refutationText a (depth - 1) then return some s!"(fun {fresh} => absurd {fresh}.1 {text})"
      return (← refutationText b (depth - 1)).map fun text => s!"(fun {fresh} => absurd {fresh}.2 {text})"
    | (``Or, #[a, b]) =>
      let some left ← refutationText a (depth - 1) | return none
      return (← refutationText b (depth - 1)).map fun right => s!"(fun {fresh} => Or.elim {fresh} {left} {right})"
    | (``Not, #[a]) => return (← proofText a (depth - 1)).map fun text => s!"(fun {fresh} => {fresh} {text})"
    | (``Ne, #[_, a, b]) => return (← proofText (← mkEq a b) (depth - 1)).map fun text => s!"(fun {fresh} => {fresh} {text})"
    | (``Iff, #[a, b]) => equivalent a b ".1" ".2"
    | (``Eq, #[type, a, b]) =>
      let type ← whnf type
      if type.isProp then return ← equivalent a b ".mp" ".mpr"
      let .forallE _ domain range _ := type | return none
      if range.hasLooseBVars then return none
      for v in (← choice domain 2).values do
        let instant ← mkEq (mkApp a v.term).headBeta (mkApp b v.term).headBeta
        if (← truth instant) == some false then
          let word ← v.text
          return (← refutationText instant (depth - 1)).map fun text => s!"(fun {fresh} => absurd (congrFun {fresh} {word}) {text})"
      return none
    | _ =>
      let some unfolded ← (try unfoldDefinition? p catch _ => pure none) | return none
      let reduced ← whnfCore unfolded
      let isStructural := reduced.isForall || [``And, ``Or, ``Not, ``Iff, ``Eq, ``Ne].any reduced.isAppOf
      if isStructural then byParts reduced else return none
  equivalent (a b : Expr) (forth back : String) : EnumM (Option String) := do
    let fresh := s!"h{depth}"
    match ← truth a, ← truth b with
    | some true, _ =>
      let some proof ← proofText a (depth - 1) | return none
      return (← refutationText b (depth - 1)).map fun text => s!"(fun {fresh} => absurd ({fresh}{forth} {proof}) {text})"
    | some false, _ =>
      let some proof ← proofText b (depth - 1) | return none
      return (← refutationText a (depth - 1)).map fun text => s!"(fun {fresh} => absurd ({fresh}{back} {proof}) {text})"
    | _, _ => return none

end

/-- Tactics that prove the negation of a statement from values for its variables. -/
def Candidate.script? (candidate : Candidate) (statement : Expr) : EnumM (Option (List String)) := do
  let mut rest := statement
  let mut words := #[]
  for argument in candidate.arguments do
    let .forallE _ domain range _ ← whnfCore rest | return none
    match argument with
    | .value _ v =>
      let text ← v.text
      let some term ← (if v.term.hasSorry then read? text domain else pure (some v.term)) | return none
      words := words.push text
      rest := range.instantiate1 term
    | .proof _ =>
      let some text ← proofText domain | return none
      words := words.push text
      if range.hasLooseBVars then
        let some term ← read? text domain | return none
        rest := range.instantiate1 term
      else rest := range
  let conclusion ← whnfCore rest
  if words.isEmpty then
    let some text ← refutationText conclusion | return none
    return some [s!"exact {text}"]
  let call := s!"@h {" ".intercalate words.toList}"
  if conclusion.isConstOf ``False then return some ["intro h", s!"exact {call}"]
  let some text ← refutationText conclusion | return none
  return some ["intro h", s!"exact absurd ({call}) {text}"]

/-- The outcome of a search for a counterexample. -/
structure Refutation where
  /-- the variables with their values, of an instance in which the goal is false -/
  counterexample? : Option (Array (String × String)) := none
  /-- tactics that prove the negation; empty if none were found -/
  script : List String := []
  /-- the number of instances that were evaluated -/
  tried : Nat := 0
  /-- whether some instance satisfies the hypotheses, as far as is known -/
  satisfied : Bool := false
  uncovered : Array String := #[]

def Candidate.described (candidate : Candidate) : MetaM (Array (String × String)) :=
  candidate.arguments.filterMapM fun
    | .value name v => do
      if v.text? == some "inferInstance" then return none
      return some (toString name.eraseMacroScopes, ← oneLine v.term)
    | .proof _ => return none

/-- Looks for a counterexample to a goal; with `prove`, also for a proof that it is one. -/
def refute (library : LibraryModules) (goal : MVarId) (milliseconds : Nat) (prove : Bool) : TermElabM Refutation := do
  let statement ← closedStatement goal
  withLCtx {} {} do
  let enumeration ← Enumeration.new library (if prove then milliseconds * 2 / 3 else milliseconds)
  let (certain, uncertain) := (← IO.mkRef #[], ← IO.mkRef #[])
  let (tried, satisfied) := (← IO.mkRef 0, ← IO.mkRef false)
  let mut before := 0
  for bound in [1, 2, 3, 5, 8, 12, 24] do
    let hunt : Hunt := { bound, before, certain, uncertain, tried, satisfied, wanted := if prove then 3 else 1 }
    (hunt.run statement #[] (before == 0) true).run enumeration
    before := bound
    unless (← certain.get).isEmpty do break
  let found : Refutation := {
    tried := ← tried.get, satisfied := ← satisfied.get, uncovered := ← enumeration.uncovered.get }
  let certain ← certain.get
  unless prove do return { found with counterexample? := ← certain[0]?.mapM (·.described) }
  for (candidates, time) in [(certain, milliseconds), (← uncertain.get, milliseconds / 3)] do
    let proving := { enumeration with deadline := (← IO.monoMsNow) + time }
    for candidate in candidates do
      if let some script ← (candidate.script? statement).run proving then
        return { found with counterexample? := some (← candidate.described), script }
  return { found with counterexample? := ← certain[0]?.mapM (·.described) }

end Gateway
