import Gateway.Goal
/-!
Open theorems: those whose own proof is missing. A proof may be allowed to rest on some of them; it is then proved given
these. A `sorry` anywhere else, in data, in an instance or in what a tactic made, is never allowed.
-/
open Lean Meta

namespace Gateway

/-- A name that Lean gives to what it makes along the way, such as `f.match_1`, `f._proof_2`, `f.eq_1`. -/
partial def isAuxiliary (env : Environment) (name : Name) : Bool :=
  let user := privateToUserName name
  isReservedName env name || any user
where
  any : Name → Bool
    | .anonymous => false
    | name => name.isInternalDetail || any name.getPrefix

/-- The declaration that people wrote, of which an auxiliary one is a part. The prefix of a private name is no detail. -/
partial def writtenName (name : Name) : Name :=
  let user := privateToUserName name
  if user.isInternalDetail && !user.getPrefix.isAnonymous then writtenName name.getPrefix else name

/-- The open theorems that a proof may rest on, as people write them; `*` stands for every one. -/
abbrev Assumed := List String

def Assumed.allows (assumed : Assumed) (name : Name) : Bool :=
  assumed.contains "*" || assumed.contains (visibleName name)

/-- What the type and the value of a constant mention. -/
def mentionedBy (env : Environment) (name : Name) : List Name :=
  ((env.find? name).map (·.getUsedConstantsAsSet.toList)).getD []

/-- A declaration, and the parts that Lean made of it. -/
partial def partsOf (env : Environment) (name : Name) : Array Name :=
  go [name] {} #[]
where
  go (waiting : List Name) (seen : NameSet) (found : Array Name) : Array Name :=
    match waiting with
    | [] => found
    | next :: waiting =>
      if seen.contains next then go waiting seen found else
      let own := (mentionedBy env next).filter fun used => used != name && writtenName used == name
      go (own ++ waiting) (seen.insert next) (found.push next)

/-- Whether the text of a declaration itself leaves something to `sorry`. -/
def leavesSorry (env : Environment) (name : Name) : Bool :=
  (partsOf env name).any fun part => (mentionedBy env part).contains ``sorryAx

/-- Whether a declaration is a theorem that people left to `sorry`. One that has errors is not: Lean puts a `sorry` of
its own there. Nor is an instance, which is used without being named. -/
def isOpenTheorem (env : Environment) (name : Name) : Bool :=
  match env.find? name with
  | some (.thmInfo _) =>
    !isAuxiliary env name && !isInstanceCore env name && leavesSorry env name
      && !(partsOf env name).any fun part => ((env.find? part).bind (·.value? (allowOpaque := true))).any (·.hasSyntheticSorry)
  | _ => false

/-- Where a `sorry` stands in what a declaration rests on. -/
structure SorriesBelow where
  /-- the declarations that leave it -/
  incomplete : Array Name := #[]
  /-- those that may leave one, whose values are not looked into -/
  given : Array Name := #[]

/-- Where a `sorry` stands in what `names` rest on, these included.

* `isGiven` says which declarations may leave one in their values;
* `isSound` says which cannot rest on any. -/
partial def sorriesBelow (env : Environment) (names : Array Name) (isGiven : Name → Bool)
    (isSound : Name → Bool := fun _ => false) : SorriesBelow :=
  let found := go names.toList {} {}
  let written (names : Array Name) := (names.toList.map writtenName).eraseDups.toArray
  { incomplete := written found.incomplete, given := written found.given }
where
  go (waiting : List Name) (seen : NameSet) (found : SorriesBelow) : SorriesBelow :=
    match waiting with
    | [] => found
    | name :: waiting =>
      if seen.contains name || isSound name then go waiting seen found else
      let isGiven := isGiven name
      let used := if isGiven then ((env.find? name).map (·.type.getUsedConstants.toList)).getD [] else mentionedBy env name
      let found := if isGiven then { found with given := found.given.push name } else found
      let found := if used.contains ``sorryAx then { found with incomplete := found.incomplete.push name } else found
      go (used ++ waiting) (seen.insert name) found

end Gateway
