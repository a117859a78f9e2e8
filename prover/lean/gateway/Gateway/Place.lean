import Gateway.Judge
/-!
Where a proof goes: what stands at the place of a `sorry`, the columns of the blocks around it, and whether a text
that is put there is read as a proof at that place and leaves all around it as it was.
-/
open Lean Elab

namespace Gateway

/-- What a proof at a place is written as. -/
inductive PlaceKind where
  /-- one of the tactics of a block, so that further ones may follow -/
  | step
  /-- a single tactic, such as an operand of `<;>` -/
  | tactic
  | term
  /-- the body of a declaration -/
  | body
  /-- nothing: the `sorry` is a macro's own -/
  | nothing

def PlaceKind.name : PlaceKind → String
  | .step => "step" | .tactic => "tactic" | .term => "term" | .body => "body" | .nothing => "nothing"

/-- A place in a file where a proof is missing. Columns count characters from 0. -/
structure Place where
  kind : PlaceKind
  /-- the column of the tactics of the innermost block around it, else of the declaration -/
  column : Nat := 0
  /-- for a step, the column of the block around its own block, else of the declaration -/
  outer : Nat := 0
  /-- whether it is the first tactic of its block -/
  first : Bool := false
  /-- whether what is written there is run once for all goals, and not once for each -/
  all : Bool := false

def Place.json (place : Place) : Json :=
  Json.mkObj [("kind", place.kind.name), ("column", toJson place.column), ("outer", toJson place.outer),
    ("first", Json.bool place.first), ("all", Json.bool place.all)]

/-- The category whose parser reads nodes of this kind. -/
def categoryOf? (env : Environment) (kind : SyntaxNodeKind) : Option Name :=
  let categories := (Parser.parserExtension.getState env).categories
  [`tactic, `term, `command].find? fun name => (Parser.getCategory categories name).any (·.kinds.contains kind)

/-- The innermost node that stands exactly between two bytes and that is wanted, and the nodes around it. -/
partial def pathTo (start stop : Nat) (isWanted : Syntax → Bool) (stx : Syntax) : Option (Syntax × List Syntax) := do
  let range ← stx.getRange?
  guard (range.start.byteIdx ≤ start && stop ≤ range.stop.byteIdx)
  match stx.getArgs.findSome? (pathTo start stop isWanted) with
  | some (found, around) => return (found, around ++ [stx])
  | none =>
    guard (range.start.byteIdx == start && range.stop.byteIdx == stop && isWanted stx)
    return (stx, [])

def columnOf (source : Source) (stx : Syntax) : Nat :=
  match stx.getPos? with
  | some pos => (source.fileMap.toPosition pos).column
  | none => 0

/-- The columns of the blocks around a node, the innermost first, and of the declaration. -/
def columnsAround (source : Source) (step : Step) (around : List Syntax) : List Nat :=
  let declaration := (around.find? (·.isOfKind ``Parser.Command.declaration)).getD step.stx
  (around.filterMap elements?).map (columnOf source) ++ [columnOf source declaration]

/-- The place of a node in a command. -/
def placeOf (source : Source) (step : Step) (stx : Syntax) (around : List Syntax) : Place :=
  let columns := columnsAround source step around
  let column := columns.headD 0
  match categoryOf? step.before.env stx.getKind, around with
  | some `tactic, parent :: block :: _ =>
    if (elements? block).any fun elements => elements.getRange? == parent.getRange? && parent.isOfKind nullKind then
      let first := parent.getPos? == stx.getPos?
      { kind := .step, column, outer := columns.tail.headD 0, first }
    else { kind := .tactic, column, outer := column }
  | some `term, _ => { kind := .term, column, outer := column }
  | _, _ => { kind := .nothing }

/-- Whether a node is a `sorry` that somebody wrote. -/
def isSorry (stx : Syntax) : Bool :=
  [``Parser.Tactic.tacticSorry, ``Parser.Tactic.tacticAdmit, ``Parser.Term.sorry].contains stx.getKind

/-- What tells goals apart: the statement, and how the hypotheses are called. -/
def Hole.identity (hole : Hole) : IO String := do
  let identity : Tactic.TacticM String := hole.state.root.withContext do
    let names := (← getLCtx).foldl (init := #[]) fun (names : Array Name) decl =>
      if decl.isImplementationDetail then names else names.push decl.userName.eraseMacroScopes
    return s!"{(← closedGoal hole.state.root).key} {names}"
  match ← (hole.state.run { heartbeats := 0, milliseconds := 0 } (← IO.CancelToken.new) identity).toIO' with
  | .ok (identity, _) => return identity
  | .error e => throw <| IO.userError (← e.toMessageData.toString)

/-- The holes at one place, one for each goal, with what tells the goals apart. -/
structure HolesAt where
  start : Nat
  stop : Nat
  holes : Array (Hole × String)

def HolesAt.identities (place : HolesAt) : Array String := place.holes.map (·.2) |>.qsort (· < ·)

/-- Holes by place, each goal once. -/
def byPlace (holes : Array Hole) : IO (Array HolesAt) := do
  let mut places : Array HolesAt := #[]
  for hole in holes do
    let (start, stop) := (hole.start.byteIdx, hole.stop.byteIdx)
    let identity ← hole.identity
    match places.findIdx? fun place => place.start == start && place.stop == stop with
    | none => places := places.push { start, stop, holes := #[(hole, identity)] }
    | some index => places := places.modify index fun place =>
        if place.identities.contains identity then place
        else { place with holes := place.holes.push (hole, identity) }
  return places

/-- How holes can be filled. Where they come from a macro, a `sorry` that is written in its place must leave the same
goals, or `all_goals sorry` must; else there is more to the macro, and it cannot be filled. -/
def Recorder.placeOf (recorder : Recorder) (source : Source) (step : Step) (at_ : HolesAt) : IO Place := do
  let isWanted (stx : Syntax) : Bool := (categoryOf? step.before.env stx.getKind).isSome
  let some (stx, around) := pathTo at_.start at_.stop isWanted step.stx | return { kind := .nothing }
  let place := Gateway.placeOf source step stx around
  if isSorry stx then return place
  let maker := Maker.at stx
  let leavesTheSame (written : Syntax) : IO Bool := do
    let (holes, _) ← recorder.holesOf source step (substitute step.stx stx written) none
    return (← byPlace holes).any fun other =>
      other.start == at_.start && other.stop == at_.stop && other.identities == at_.identities
  match place.kind with
  | .term => return if ← leavesTheSame maker.sorryTerm then place else { kind := .nothing }
  | .step | .tactic =>
    if ← leavesTheSame maker.sorryTactic then return place
    return if ← leavesTheSame (maker.onAllGoals maker.sorryTactic) then { place with all := true }
      else { kind := .nothing }
  | _ => return { kind := .nothing }

/-- A piece of syntax in which all that stands between two bytes is one gap, without nodes that stand nowhere. -/
partial def withGap (start stop : Nat) (stx : Syntax) : Option Syntax := do
  let range ← stx.getRange?
  if start ≤ range.start.byteIdx && range.stop.byteIdx ≤ stop then return .missing
  match stx with
  | .node info kind args =>
    let args := (args.filterMap (withGap start stop)).foldl (init := #[]) fun args arg =>
      if arg.isMissing && (args.back?.any (·.isMissing)) then args else args.push arg
    return .node info kind args
  | other => return other

def contextAt (state : Command.State) : Parser.ParserModuleContext :=
  let scope := state.scopes.head!
  { env := state.env, options := scope.opts, currNamespace := scope.currNamespace, openDecls := scope.openDecls }

/-- A command of the file in which other text stands between two bytes, or why it is not the same around them. -/
def Step.refilled (step : Step) (fileName text : String) (old new : Nat × Nat) : Except String Syntax := do
  let (stx, _, log) := Parser.parseCommand (inputOf text fileName) (contextAt step.before) { pos := step.start } {}
  if log.toArray.any (·.severity == .error) then throw "it does not parse"
  let stop := (stx.getTailPos?.map (·.byteIdx)).getD 0
  let same := match withGap old.1 old.2 step.stx, withGap new.1 new.2 stx with
    | some before, some after => before.structEq after
    | _, _ => false
  if stop + (old.2 - old.1) != step.stop.byteIdx + (new.2 - new.1) || !same then
    throw "it is read as something else"
  return stx

/-- Reads a whole text where a command of the file stands. -/
def Step.read (step : Step) (parser : Parser.ParserFn) (text : String) : Except String Syntax :=
  let ictx := inputOf text "<proof>"
  let env := step.before.env
  let state := (Parser.andthenFn Parser.whitespace parser).run ictx (contextAt step.before)
    (Parser.getTokenTable env) (Parser.mkParserState text)
  if state.hasError then .error (state.toErrorMsg ictx)
  else if state.pos.byteIdx < text.utf8ByteSize then .error (toString ((state.mkError "end of input").toErrorMsg ictx))
  else .ok state.stxStack.back

/-- What the text of a proof is. -/
inductive ProofText where
  | tactics | term
  /-- a whole declaration: its body, and whether its name and statement are those of the file -/
  | declaration (body : Syntax) (same : Bool)
  | unreadable (message : String)

def declaredName? (declaration : Syntax) : Option String := do
  let declId ← declaration.find? (·.isOfKind ``Parser.Command.declId)
  match declId[0].getId with
  | .str _ last => some last
  | _ => none

/-- Reads the text of a proof of a declaration of the step: as tactics, as a term, as a whole declaration. -/
def Step.readProof (step : Step) (own : Syntax) (text : String) : ProofText :=
  match step.read Parser.Tactic.tacticSeq.fn text with
  | .ok _ => .tactics
  | .error message =>
    if (step.read (Parser.categoryParser `term 0).fn text).isOk then .term
    else match step.read (Parser.categoryParser `command 0).fn text with
      | .error _ => .unreadable message
      | .ok stx => match declarations stx with
        | #[given] =>
          match body? given with
          | some body =>
            let sameName := declaredName? given == declaredName? own
            let same := match signature? given, signature? own with
              | some a, some b => a.structEq b
              | _, _ => false
            .declaration body (same && sameName)
          | none => .unreadable message
        | _ => .unreadable message

end Gateway
