import Gateway.Check
/-!
What imported modules declare for everybody: theorems and definitions with their printed signatures, the
constants that they speak of, and their documentation. Module by module, so that the other side can go on reading.
-/
open Lean Meta Elab

namespace Gateway

/-- The environment that a text with these imports starts from. -/
def importing (environments : Environments) (modules : Array Name) : IO Environment :=
  environments.get (modules.map fun name => { module := name })

/-- Last parts of names that Lean makes for every inductive type and definition, which nobody means by a premise. -/
def madeByLean : List String :=
  ["noConfusionType", "noConfusion", "ctorIdx", "sizeOf_spec", "ctorElimType", "ctorElim", "congr_simp", "eq_def",
   "_sunfold", "toCtorIdx", "hcongr_thm"]

/-- Whether a constant is something to name in a proof. -/
def isPremise (env : Environment) (name : Name) (info : ConstantInfo) : Bool :=
  !info.isUnsafe && !info.isPartial && !name.isInternalDetail && !isPrivateName name && !name.isMetaprogramming
    && !isAuxRecursor env name && !isNoConfusion env name && !isRecCore env name
    && !madeByLean.contains (name.componentsRev.head?.map toString |>.getD "")
    && match info with
      | .thmInfo _ | .defnInfo _ | .axiomInfo _ | .opaqueInfo _ | .inductInfo _ => true
      | _ => false

/-- Where the library comes without bodies, its theorems and the definitions that it keeps closed are axioms. -/
def premiseKind (name : Name) (info : ConstantInfo) : MetaM String := do
  match info with
  | .axiomInfo _ =>
    if standardAxioms.contains name then return "axiom"
    return if ← isProp info.type then "theorem" else "opaque"
  | _ => return declarationKind info

/-- A signature without the name that it begins with and its universes. -/
def withoutName (signature : String) (name : Name) : String :=
  let rest := (signature.dropPrefix (toString name)).toString
  let rest := if rest.startsWith ".{" then ((rest.dropWhile (· != '}')).drop 1).toString else rest
  rest.trimAscii.toString

/-- Whether a declaration of the project rests on a `sorry`, as far as asked. -/
abbrev Tainted := IO.Ref (NameMap Bool)

/-- Whether a declaration rests on a `sorry`; nothing of Lean itself does. -/
partial def Tainted.holds (tainted : Tainted) (env : Environment) (name : Name) : BaseIO Bool := do
  if isToolchain env name then return name == ``sorryAx
  if let some known := (← tainted.get).find? name then return known
  let some info := env.find? name | return false
  tainted.modify (·.insert name false)  -- an inductive type comes back to itself
  let parts := #[info.type] ++ (info.value? (allowOpaque := true)).toArray
  let found ← parts.anyM (·.getUsedConstants.anyM (tainted.holds env))
  tainted.modify (·.insert name found)
  return found

def premiseJson? (tainted : Tainted) (name : Name) (info : ConstantInfo) : MetaM (Option Json) := do
  let env ← getEnv
  unless isPremise env name info do return none
  try
    let kind ← premiseKind name info
    if isInstanceCore env name && kind != "theorem" then return none
    let signature := (← PrettyPrinter.ppSignature name).fmt.pretty (width := 120)
    let constants := info.type.getUsedConstants.filter fun c => !c.isInternalDetail
    let fields : List (String × Json) := [("name", toString name), ("kind", kind),
      ("statement", withoutName signature name), ("constants", toJson (constants.map toString))]
    let fields := if ← tainted.holds env name then ("incomplete", Json.bool true) :: fields else fields
    match ← findDocString? env name with
    | some text => return Json.mkObj (("docstring", text) :: fields)
    | none => return Json.mkObj fields
  catch _ => return none

/-- The modules below one of `roots` that an environment imports, but for those in `known`, each with its number. -/
def importedBelow (env : Environment) (roots known : Array Name) : Array (Name × Nat) :=
  (env.header.moduleNames.zipIdx).filter fun (name, _) =>
    (roots.isEmpty || roots.any (·.isPrefixOf name)) && !known.contains name

/-- What one imported module declares. -/
def libraryModule (env : Environment) (tainted : Tainted) (index : Nat) : IO (Array Json) := do
  let some data := env.header.moduleData[index]? | return #[]
  let context : Core.Context :=
    { fileName := "<library>", fileMap := default, options := baseOptions, maxHeartbeats := 0 }
  let mut rows := #[]
  for name in data.constNames, info in data.constants do
    let act : CoreM (Option Json) := (premiseJson? tainted name info).run'
    let (row?, _) ← act.toIO context { env }
    if let some row := row? then rows := rows.push row
  return rows

end Gateway
