import Gateway.Check
/-!
Examples, which Lean elaborates and forgets. Where one is to be proved or judged, it is elaborated as a theorem whose
name says where it stands, and which every section variable belongs to, since the proof of an example may use them all.
-/
open Lean Elab

namespace Gateway

/-- The `example`s of a command. -/
def examplesOf (stx : Syntax) : Array Syntax :=
  (declarations stx).filterMap fun declaration => declaration.getArgs.find? (·.isOfKind ``Parser.Command.example)

/-- The command with the `example` whose keyword stands at `selection`, if there is one, as a theorem or, where it has
no type or is data, as a definition. -/
def withExampleNamed? (map : FileMap) (stx : Syntax) (selection : Nat) (isTheorem : Bool := true) : Option Syntax := do
  let node ← (examplesOf stx).find? (·.getPos? == some ⟨selection⟩)
  let name := Name.mkSimple s!"example at line {(map.toPosition ⟨selection⟩).line}"
  let declId := mkNode ``Parser.Command.declId #[mkIdentFrom node[0] name, mkNullNode]
  let info := node[0].getHeadInfo
  return substitute stx node <| match node[1][1].getArgs[0]?, isTheorem with
    | some type, true => mkNode ``Parser.Command.theorem
      #[.atom info "theorem ", declId, mkNode ``Parser.Command.declSig #[node[1][0], type], node[2]]
    | _, _ => mkNode ``Parser.Command.definition #[.atom info "def ", declId, node[1], node[2], mkNullNode]

/-- The state in which every section variable belongs to the next theorem. -/
def withAllVariables (state : Command.State) : Command.State :=
  match state.scopes with
  | scope :: scopes => { state with scopes := { scope with includedVars := scope.varUIds.toList, omittedVars := [] } :: scopes }
  | [] => state

/-- The declaration that each `example` becomes, its body put aside if `sorried`, with its command and the file as it
is then. -/
def Source.examples (source : Source) (sorried : Bool) : IO (Array (Source × Step × Declaration)) := do
  let mut found := #[]
  for step in source.steps do
    for node in examplesOf step.stx do
      let (some selection, some body) := (node.getPos?.map (·.byteIdx), body? node) | continue
      let command := if sorried then substitute step.stx body (sorryBody body) else step.stx
      for isTheorem in [true, false] do
        let some stx := withExampleNamed? source.fileMap command selection isTheorem | continue
        let after ← runCommand (commandContext source step.start none) (withAllVariables step.before) stx
        let source := { source with after := { after with messages := {} } }
        if let some declaration := (← source.declarations).find? (·.selection == selection) then
          found := found.push (source, step, declaration)
          break
  return found

end Gateway
