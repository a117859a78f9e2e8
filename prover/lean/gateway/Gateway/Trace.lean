import Gateway.Library
/-!
What Lean recorded while it elaborated a file: tactics with their goals, the constants that they name, and
what a declaration says about itself. All of it from Lean's trees; nothing is read from text.
-/
open Lean Meta Elab

namespace Gateway

/-- What a command's trees hold that is worth keeping. -/
structure Recorded where
  /-- where the tactics of tactic blocks stand that have not been met yet -/
  places : Std.HashSet (Nat × Nat) := {}
  tactics : Array (ContextInfo × TacticInfo) := #[]
  /-- constants and where they are named -/
  uses : Std.HashMap (Nat × Nat) Name := {}

/-- The bytes of a node that the user wrote; none for what a macro made. -/
def writtenRange? (stx : Syntax) : Option (Nat × Nat) :=
  (stx.getRange? (canonicalOnly := true)).map fun r => (r.start.byteIdx, r.stop.byteIdx)

/-- The places of the tactics of a block. -/
def blockPlaces (stx : Syntax) : Array (Nat × Nat) :=
  match elements? stx with
  | some elements => elements.getSepArgs.filterMap writtenRange?
  | none => #[]

/-- Keeps what one node records. Nodes come parents first, so a block comes before its tactics. -/
def record (ctx : ContextInfo) (info : Info) (recorded : Recorded) : Recorded :=
  match info with
  | .ofTacticInfo info =>
    let block := blockPlaces info.stx
    if !block.isEmpty then
      { recorded with places := block.foldl (·.insert ·) recorded.places }
    else match writtenRange? info.stx with
      | some range =>
        if recorded.places.contains range then
          { recorded with places := recorded.places.erase range, tactics := recorded.tactics.push (ctx, info) }
        else recorded
      | none => recorded
  | .ofTermInfo info =>
    if info.isBinder || !info.stx.isIdent then recorded
    else match info.expr.getAppFn, writtenRange? info.stx with
      | .const name _, some range => { recorded with uses := recorded.uses.insert range name }
      | _, _ => recorded
  | _ => recorded

/-- Goals of a command, each printed once. -/
structure Goals where
  table : Std.HashMap (Name × UInt64) Nat := {}
  rows : Array Json := #[]

/-- The number of a goal in the table. -/
def Goals.number (goals : IO.Ref Goals) (goal : MVarId) : MetaM Nat := do
  let closed ← closedGoal goal
  let place := (goal.name, hash closed)
  if let some number := (← goals.get).table[place]? then return number
  let text := (← ppGoal goal).pretty (width := 100)
  let row := Json.mkObj [("text", text), ("key", closed.key)]
  goals.modifyGet fun goals =>
    (goals.rows.size, { table := goals.table.insert place goals.rows.size, rows := goals.rows.push row })

/-- The module that declares a constant; empty for the file itself. -/
def moduleOf (env : Environment) (name : Name) : String :=
  match env.getModuleIdxFor? name with
  | some index => toString env.header.moduleNames[index.toNat]!
  | none => ""

def tacticJson (goals : IO.Ref Goals) (ctx : ContextInfo) (info : TacticInfo) : IO (Option Json) := do
  let some (start, stop) := writtenRange? info.stx | return none
  let numbers (mctx : MetavarContext) (open_ : List MVarId) : IO (List Nat) :=
    { ctx with mctx }.runMetaM {} (open_.mapM fun goal => Goals.number goals goal)
  try
    let before ← numbers info.mctxBefore info.goalsBefore
    if before.isEmpty then return none
    let after ← numbers info.mctxAfter info.goalsAfter
    let declaration := match ctx.parentDecl? with
      | some name => visibleName name
      | none => ""
    return some <| Json.mkObj [("declaration", declaration), ("start", toJson start), ("stop", toJson stop),
      ("before", toJson before), ("after", toJson after)]
  catch _ => return none

/-- Lean's tag on its warning that a declaration leaves something to `sorry`. -/
def sorryTag : Name := `hasSorry

/-- Whether a command leaves something to `sorry`, by Lean's warning. -/
def Source.leavesSorry (source : Source) (step : Step) : Bool :=
  source.messages.any fun message =>
    let place := offsetOf source message.pos
    step.start.byteIdx ≤ place && place < step.stop.byteIdx && tagged (· == sorryTag) message.data

/-- What a command recorded, if it has tactics or leaves something to `sorry`. -/
def traceStep (after : Command.State) : IO (Option (List (String × Json))) := do
  let trees := after.infoState.substituteLazy.get.trees
  let recorded := trees.foldl (init := ({} : Recorded)) fun recorded tree => tree.foldInfo record recorded
  let incomplete := after.messages.toArray.any fun message => tagged (· == sorryTag) message.data
  if recorded.tactics.isEmpty && !incomplete then return none
  let goals ← IO.mkRef ({} : Goals)
  let tactics ← recorded.tactics.filterMapM fun (ctx, info) => tacticJson goals ctx info
  let uses := recorded.uses.toArray.map fun ((start, stop), name) =>
    Json.mkObj [("name", visibleName name), ("module", moduleOf after.env name), ("start", toJson start),
      ("stop", toJson stop)]
  return some [("goals", Json.arr (← goals.get).rows), ("tactics", Json.arr tactics), ("uses", Json.arr uses),
    ("incomplete", Json.bool incomplete)]

/-- The first node of a kind. -/
def firstOf? (kinds : List SyntaxNodeKind) (stx : Syntax) : Option Syntax :=
  stx.find? fun node => kinds.contains node.getKind

/-- How the body of a declaration is written, if it has one. -/
def proofKind? (declaration : Syntax) : Option String := do
  let body ← body? declaration
  let isBlock := body.isOfKind ``Parser.Command.declValSimple && body[1].isOfKind ``Parser.Term.byTactic
  return if isBlock then "tactic" else "term"

/-- The attributes of a declaration, as written. -/
def attributesOf (declaration : Syntax) : Array String :=
  match firstOf? [``Parser.Term.attributes] declaration[0] with
  | some attributes => attributes[1].getSepArgs.filterMap fun stx => stx.reprint.map (·.trimAscii.toString)
  | none => #[]

/-- The declaration that leaves something to `sorry` where another one, which is tainted, rests on it. -/
partial def Tainted.origin (tainted : Tainted) (env : Environment) (name : Name) : BaseIO Name := do
  let some info := env.find? name | return name
  let used := (#[info.type] ++ (info.value? (allowOpaque := true)).toArray).flatMap (·.getUsedConstants)
  if used.contains ``sorryAx then return writtenName name
  for next in used do
    if next != name && (← tainted.holds env next) then return ← tainted.origin env next
  return name

/-- The declarations that leave something to `sorry` and on which the statement of another one rests. -/
def Tainted.below (tainted : Tainted) (env : Environment) (type : Expr) : BaseIO (Array Name) := do
  let mut found := #[]
  for name in type.getUsedConstants do
    if ← tainted.holds env name then
      let origin ← tainted.origin env name
      unless found.contains origin do found := found.push origin
  return found

/-- The nearest other declarations that leave something to `sorry` and on which a declaration rests. -/
partial def Tainted.incompleteBelow (tainted : Tainted) (env : Environment) (name : Name) : BaseIO (Array Name) := do
  go (mentionedBy env name) {} #[]
where
  go (waiting : List Name) (seen : NameSet) (found : Array Name) : BaseIO (Array Name) := do
    match waiting with
    | [] => return found
    | next :: waiting =>
      let written := writtenName next
      if seen.contains next || next == name || next == ``sorryAx || !(← tainted.holds env next) then
        go waiting (seen.insert next) found
      else if written != name && leavesSorry env next then
        go waiting (seen.insert next) (if found.contains written then found else found.push written)
      else go (mentionedBy env next ++ waiting) (seen.insert next) found

/-- What a declaration says about itself. -/
def Source.details (source : Source) (tainted : Tainted) (d : Declaration) : IO (List (String × Json)) := do
  let env := source.after.env
  let step? := source.stepAt? d.selection
  let own (stx : Syntax) := stx.getRange?.any fun r => r.start.byteIdx ≤ d.selection && d.selection < r.stop.byteIdx
  let declaration? := step?.bind fun step => (Gateway.declarations step.stx).find? own
  let isItself := declaration?.any fun stx => (firstOf? [``Parser.Command.declId] stx).any own
  let docstring? ← findDocString? env d.name
  let visibility := if isPrivateName d.name then "private" else if isProtected env d.name then "protected" else "public"
  let space := match step? with
    | some step => toString step.before.scopes.head!.currNamespace
    | none => ""
  let premises := match d.info.value? (allowOpaque := true) with
    | some value => value.getUsedConstants.filter fun (name : Name) => !name.isInternalDetail && name != d.name
    | none => #[]
  return [("docstring", toJson docstring?), ("visibility", visibility),
    ("namespace", if space == "[anonymous]" then "" else space),
    ("attributes", toJson (if isItself then (declaration?.map attributesOf).getD #[] else #[])),
    ("proof", toJson (if isItself then declaration?.bind proofKind? else none)),
    ("premises", toJson (premises.map visibleName)), ("key", keyOf d.info.type),
    ("needs", toJson ((← tainted.below env d.info.type).map visibleName)),
    ("rests", toJson ((← tainted.incompleteBelow env d.name).map visibleName))]

end Gateway
