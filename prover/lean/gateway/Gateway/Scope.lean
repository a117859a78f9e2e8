import Gateway.Goal
/-!
What all goals of one proof share: the theorems of the project that it may use, which of them rest on a
`sorry`, and the keys of the goals met so far.
-/
open Lean Meta Elab

namespace Gateway

/-- A theorem of the project and the constants of its statement. -/
structure Lemma where
  name : Name
  constants : Array Name

structure Scope where
  keys : Keys
  lemmas : Array Lemma
  /-- in how many lemmas a constant occurs -/
  frequency : NameMap Nat
  /-- whether a declaration rests on a `sorry`, as far as asked -/
  tainted : IO.Ref (NameMap Bool)

/-- Constants that say nothing about what a statement is about. -/
def common : List Name := [``Eq, ``HEq, ``And, ``Or, ``Not, ``Iff, ``Exists, ``OfNat.ofNat, ``instOfNatNat]

/-- The project's theorems in scope: those of imported modules, and those above in the file. -/
def lemmasOf (env : Environment) : Array Lemma := Id.run do
  let mut found := #[]
  for (mod, data) in env.header.moduleNames.zip env.header.moduleData do
    unless libraryRoots.contains mod.getRoot do
      for name in data.constNames, info in data.constants do
        found := add found name info
  return env.constants.foldStage2 add found
where
  add (found : Array Lemma) (name : Name) (info : ConstantInfo) : Array Lemma :=
    -- to a `module`, the theorems of imported ones are axioms, and their places are unknown
    let imported := (env.getModuleIdxFor? name).isSome
    let isTheorem := info matches .thmInfo _ || env.header.isModule && getOriginalConstKind? env name == some .thm
    let isPlaced := env.header.isModule && imported || (declRangeExt.find? (level := .server) env name).isSome
    if !isTheorem || !isPlaced || name.isInternalDetail || isPrivateName name && imported then found
    else found.push { name, constants := info.type.getUsedConstants.filter (!common.contains ·) }

def Scope.new (env : Environment) : BaseIO Scope := do
  let lemmas := lemmasOf env
  let frequency := lemmas.foldl (init := ({} : NameMap Nat)) fun counts l =>
    l.constants.foldl (init := counts) fun counts c => counts.insert c ((counts.find? c).getD 0 + 1)
  return { keys := ← IO.mkRef {}, lemmas, frequency, tainted := ← IO.mkRef {} }

/-- Whether `name` rests on a `sorry`. -/
def Scope.rests (scope : Scope) (name : Name) : CoreM Bool := do
  if let some known := (← scope.tainted.get).find? name then return known
  let axioms ← collectAxioms name
  let tainted := axioms.contains ``sorryAx
  scope.tainted.modify (·.insert name tainted)
  return tainted

/-- Whether a proof term uses a declaration of the project that rests on a `sorry`. -/
def Scope.usesIncomplete (scope : Scope) (proof : Expr) : CoreM Bool := do
  let env ← getEnv
  proof.getUsedConstants.anyM fun name => do
    if isLibrary env name then return false else scope.rests name

/-- How much a lemma has in common with `constants`: shared rarity over all rarity, as in MePo. -/
def Scope.score (scope : Scope) (constants : NameSet) (l : Lemma) : Float :=
  let weight (c : Name) : Float := 1.0 / ((scope.frequency.find? c).getD 1).toFloat
  let (shared, all) := l.constants.foldl (init := (0.0, 0.05)) fun (shared, all) c =>
    let w := weight c
    (if constants.contains c then shared + w else shared, all + w)
  shared / all

/-- The lemmas nearest to a goal with these constants, the nearest first. -/
def Scope.nearest (scope : Scope) (constants : Array Name) (count : Nat) : CoreM (Array Name) := do
  let env ← getEnv
  let set := constants.foldl (init := ({} : NameSet)) fun set c => if common.contains c then set else set.insert c
  let about := constants.any fun c => !isLibrary env c
  let near := scope.lemmas.filterMap fun l =>
    let relevant := !about || l.constants.any fun c => set.contains c && !isLibrary env c
    let score := if relevant then scope.score set l else 0.0
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
