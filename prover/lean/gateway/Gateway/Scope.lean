import Gateway.Given
/-!
What all goals of one proof share: the theorems that it may use, which of them rest on a `sorry`, and the keys of the
goals met so far. What concerns imported modules is found out once for all proofs with the same imports.
-/
open Lean Meta Elab

namespace Gateway

/-- A theorem and the constants of its statement. -/
structure Lemma where
  name : Name
  constants : Array Name

/-- What is known of the imported modules of an environment, once for all proofs in files with the same imports. -/
structure Imported where
  library : LibraryModules
  lemmas : Array Lemma
  /-- the numbers of the lemmas in which a constant occurs -/
  places : Std.HashMap Name (Array Nat)
  /-- whether an imported declaration rests on a `sorry`, as far as asked -/
  tainted : IO.Ref (Std.HashMap Name Bool)

structure Scope where
  keys : Keys
  imported : Imported
  /-- the file's own lemmas, above the proof -/
  lemmas : Array Lemma
  places : Std.HashMap Name (Array Nat)
  /-- whether a declaration of the file rests on a `sorry` that may not be used, as far as asked -/
  tainted : IO.Ref (Std.HashMap Name Bool)
  /-- the open theorems that may be used -/
  assumed : Assumed

/-- Constants that say nothing about what a statement is about. -/
def common : List Name := [``Eq, ``HEq, ``And, ``Or, ``Not, ``Iff, ``Exists, ``OfNat.ofNat, ``instOfNatNat]

/-- A theorem that a proof may name. -/
def lemma? (env : Environment) (name : Name) (info : ConstantInfo) : Option Lemma :=
  -- to a `module`, the theorems of imported ones are axioms, and their places are unknown
  let imported := (env.getModuleIdxFor? name).isSome
  let isTheorem := info matches .thmInfo _ || env.header.isModule && getOriginalConstKind? env name == some .thm
  let isPlaced := env.header.isModule && imported || (declRangeExt.find? (level := .server) env name).isSome
  let isDetail := (privateToUserName name).isInternalDetail
  if !isTheorem || !isPlaced || isDetail || isPrivateName name && imported then none
  else some { name, constants := info.type.getUsedConstants.filter (!common.contains ·) }

/-- The theorems of the imported modules that are not Lean's own. -/
def importedLemmas (env : Environment) : Array Lemma := Id.run do
  let mut found := #[]
  for (mod, data) in env.header.moduleNames.zip env.header.moduleData do
    unless libraryRoots.contains mod.getRoot do
      for name in data.constNames, info in data.constants do
        if let some l := lemma? env name info then found := found.push l
  return found

/-- The theorems that the file has declared so far. -/
def ownLemmas (env : Environment) : Array Lemma :=
  env.constants.foldStage2 add #[]
where
  add (found : Array Lemma) (name : Name) (info : ConstantInfo) : Array Lemma :=
    match lemma? env name info with
    | some l => found.push l
    | none => found

def placesOf (lemmas : Array Lemma) : Std.HashMap Name (Array Nat) := Id.run do
  let mut places := {}
  for h : i in [0:lemmas.size] do
    for c in lemmas[i].constants do
      places := places.alter c fun known? => some ((known?.getD #[]).push i)
  return places

/-- What is known of imported modules, by the imports and the first part of the name of the module that has them. -/
abbrev ImportedModules := IO.Ref (List (String × Name × Imported))

def Imported.of (known : ImportedModules) (env : Environment) : BaseIO Imported := do
  let (imports, root) := (toString (env.header.isModule, env.header.imports), env.mainModule.getRoot)
  let same := (← ST.Ref.get known).filter (·.1 == imports)
  if let some (_, _, imported) := same.find? (·.2.1 == root) then return imported
  let (lemmas, places) := match same with  -- these do not depend on the module
    | (_, _, other) :: _ => (other.lemmas, other.places)
    | [] => let found := importedLemmas env; (found, placesOf found)
  let imported : Imported := { library := libraryModules env, lemmas, places, tainted := ← IO.mkRef {} }
  known.modify ((imports, root, imported) :: ·)
  return imported

def Scope.new (known : ImportedModules) (env : Environment) (assumed : Assumed := []) : BaseIO Scope := do
  let lemmas := ownLemmas env
  let imported ← Imported.of known env
  -- what may be used is another question for this proof than for others
  let imported ← if assumed.isEmpty then pure imported else pure { imported with tainted := ← IO.mkRef {} }
  return { keys := ← IO.mkRef {}, imported, lemmas, places := placesOf lemmas, tainted := ← IO.mkRef {}, assumed }

/-- Whether a theorem of the project is open and may be used. -/
def Scope.mayUse (scope : Scope) (env : Environment) (name : Name) : Bool :=
  scope.assumed.allows name && !isLibrary scope.imported.library env name && isOpenTheorem env name

/-- The open theorems that may be used here. -/
def Scope.usable (scope : Scope) (env : Environment) : Array Name :=
  if scope.assumed.isEmpty then #[]
  else ((scope.imported.lemmas ++ scope.lemmas).map (·.name)).filter (scope.mayUse env)

/-- What is known of whether a declaration rests on a `sorry`. -/
def Scope.known? (scope : Scope) (env : Environment) (name : Name) : BaseIO (Option Bool) := do
  if isToolchain env name then return some (name == ``sorryAx)
  let memo := if (env.getModuleIdxFor? name).isSome then scope.imported.tainted else scope.tainted
  return (← ST.Ref.get memo)[name]?

def Scope.learn (scope : Scope) (env : Environment) (name : Name) (tainted : Bool) : BaseIO Unit :=
  let memo := if (env.getModuleIdxFor? name).isSome then scope.imported.tainted else scope.tainted
  memo.modify (·.insert name tainted)

/-- Whether `name` rests on a `sorry` that may not be used. What it was seen to rest on is not looked at again. -/
def Scope.rests (scope : Scope) (name : Name) : CoreM Bool := do
  let env ← getEnv
  let mut waiting := #[name]
  let mut seen : Std.HashSet Name := {}
  while !waiting.isEmpty do
    let some next := waiting.back? | break
    waiting := waiting.pop
    if seen.contains next then continue
    match ← scope.known? env next with
    | some true =>
      scope.learn env name true
      return true
    | some false => continue
    | none =>
      seen := seen.insert next
      let some info := env.find? next | continue
      let constructors := match info with
        | .inductInfo type => type.ctors.toArray
        | _ => #[]
      let value? := if scope.mayUse env next then none else info.value? (allowOpaque := true)
      for part in #[info.type] ++ value?.toArray do
        waiting := waiting ++ part.getUsedConstants
      waiting := waiting ++ constructors
  for each in seen do scope.learn env each false
  return false

/-- Whether a proof term uses a declaration that rests on a `sorry` which may not be used. -/
def Scope.usesIncomplete (scope : Scope) (proof : Expr) : CoreM Bool :=
  proof.getUsedConstants.anyM scope.rests

/-- In how many lemmas a constant occurs. -/
def Scope.frequency (scope : Scope) (c : Name) : Nat :=
  let size (places : Std.HashMap Name (Array Nat)) := (places[c]?.map (·.size)).getD 0
  size scope.imported.places + size scope.places

/-- How much a lemma has in common with `constants`: shared rarity over all rarity, as in MePo. -/
def Scope.score (scope : Scope) (constants : NameSet) (l : Lemma) : Float :=
  let weight (c : Name) : Float := 1.0 / (max 1 (scope.frequency c)).toFloat
  let (shared, all) := l.constants.foldl (init := (0.0, 0.05)) fun (shared, all) c =>
    let w := weight c
    (if constants.contains c then shared + w else shared, all + w)
  shared / all

/-- The number of lemmas above which a constant that occurs in very many of them does not make one of them relevant. -/
def manyLemmas : Nat := 10000
def veryMany : Nat := 500

/-- The lemmas that have one of some constants, in their order. -/
def withOneOf (lemmas : Array Lemma) (places : Std.HashMap Name (Array Nat)) (constants : Array Name) : Array Lemma :=
  let numbers := constants.foldl (init := ({} : Std.HashSet Nat)) fun numbers c =>
    let found := (places[c]?).getD #[]
    if lemmas.size > manyLemmas && found.size > veryMany then numbers else numbers.insertMany found
  (numbers.toArray.qsort (· < ·)).filterMap (lemmas[·]?)

/-- The lemmas nearest to a goal with these constants, the nearest first. -/
def Scope.nearest (scope : Scope) (constants : Array Name) (count : Nat) : CoreM (Array Name) := do
  let env ← getEnv
  let set := constants.foldl (init := ({} : NameSet)) fun set c => if common.contains c then set else set.insert c
  let specific := set.toArray.filter fun c => !isToolchain env c
  let lemmas := if specific.isEmpty && scope.imported.lemmas.size ≤ manyLemmas then scope.imported.lemmas ++ scope.lemmas
    else
      let about := if specific.isEmpty then set.toArray else specific
      withOneOf scope.imported.lemmas scope.imported.places about ++ withOneOf scope.lemmas scope.places about
  let near := lemmas.filterMap fun l =>
    let score := scope.score set l
    if score > 0.2 then some (score, l.name) else none
  let mut chosen := #[]
  for (_, name) in near.qsort fun a b => a.1 > b.1 do
    if chosen.size ≥ count then break
    unless ← scope.rests name do chosen := chosen.push name
  return chosen

/-- The lemmas nearest to a goal with these constants, then those nearest to it and the definitions that unfolding
leads to. -/
def Scope.nearestAlso (scope : Scope) (constants deeper : Array Name) : CoreM (Array Name) := do
  let near ← scope.nearest constants 8
  if deeper.isEmpty then return near
  let more ← scope.nearest (constants ++ deeper) 10
  return near ++ (more.filter (!near.contains ·)).extract 0 4

end Gateway
