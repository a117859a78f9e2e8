import Gateway.Goal
/-!
What an environment offers beyond Lean itself: tactics that have both a parser and an implementation, attributes, and
sets of simplification lemmas. Packages are not asked for by name: a tactic is there if its syntax is.
-/
open Lean Elab

namespace Gateway

/-- Whether a declaration is there and not Lean's own. What is built into Lean need not be there. -/
def isFurther (env : Environment) (name : Name) : Bool := env.contains name && !isToolchain env name

/-- Whether something runs a tactic of this kind of syntax: an elaborator, or a macro. -/
def isImplemented (env : Environment) (kind : SyntaxNodeKind) : Bool :=
  !(Tactic.tacticElabAttribute.getEntries env kind).isEmpty || !(macroAttribute.getEntries env kind).isEmpty

/-- The first words of the tactics that are not Lean's own and that an environment can run. -/
def toolTactics (env : Environment) : Array String := Id.run do
  let some category := (Parser.parserExtension.getState env).categories.find? `tactic | return #[]
  let mut found := #[]
  for (word, parsers) in category.tables.leadingTable do
    let isTool := parsers.any fun (parser, _) =>
      let kinds := parser.info.collectKinds {}
      kinds.toList.any fun (kind, _) =>
        category.kinds.contains kind && isFurther env kind && isImplemented env kind
    if isTool then found := found.push (word.toString (escape := false))
  return found

/-- The attributes that Lean has before a file is imported. -/
initialize leansAttributes : NameSet ← return (← getBuiltinAttributeNames).foldl NameSet.insert {}

/-- Whether an attribute collects simplification lemmas and is not Lean's own; it names no declaration that made it. -/
def isFurtherSimpSet (name : Name) : IO Bool := do
  return !leansAttributes.contains name && (← Meta.getSimpExtension? name).isSome

/-- The attributes that are not Lean's own. -/
def toolAttributes (env : Environment) : IO (Array Name) :=
  (getAttributeNames env).toArray.filterM fun name => do
    match getAttributeImpl env name with
    | .ok found => pure (isFurther env found.ref) <||> isFurtherSimpSet name
    | .error _ => return false

/-- What an environment offers beyond Lean itself. -/
def toolbox (env : Environment) : IO Json := do
  let attributes ← toolAttributes env
  let sets ← attributes.filterM fun name => return (← Meta.getSimpExtension? name).isSome
  return Json.mkObj [("tactics", toJson ((toolTactics env).qsort (· < ·))),
    ("attributes", toJson ((attributes.map toString).qsort (· < ·))),
    ("simp_sets", toJson ((sets.map toString).qsort (· < ·)))]

end Gateway
