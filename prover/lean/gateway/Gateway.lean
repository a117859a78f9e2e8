import Gateway.Audit
import Gateway.Emptied
import Gateway.Equations
import Gateway.Fact
import Gateway.Judge
import Gateway.Library
import Gateway.Place
import Gateway.Refute
import Gateway.Replay
import Gateway.Toolbox
import Gateway.Trace
/-!
The Lean side of the protocol: one JSON request a line on standard input, one or more JSON replies a
line on standard output, each behind the session's mark so that nothing a file prints is taken for one.
-/
open Lean Meta Elab

namespace Gateway

/-- The version of the protocol; `protocol.py` names the same one. -/
def protocolVersion : Nat := 1

/-- A kept proof state and what its proof shares. -/
structure Kept where
  state : ProofState
  scope : Scope
  /-- key of each goal, to see a tactic that changed nothing -/
  goalKeys : Array String
  beginnings : Beginnings

/-- What all files of a process share, and processes that continue a saved one have from it. -/
structure Prepared where
  environments : Environments
  imported : ImportedModules
  recorder : Recorder

def Prepared.make : IO Prepared :=
  return { environments := ← Environments.new, imported := ← IO.mkRef [], recorder := ← Recorder.install }

initialize prepared : IO.Ref (Option Prepared) ← IO.mkRef none

/-- A file that has the imports of the files that a process is saved for, if the search path has one: a process gets
no variables. -/
def preparedFile? : IO (Option String) := do
  let files := (← searchPathRef.get).map (· / "Prepared.lean")
  (← files.findM? (·.pathExists)).mapM fun file => IO.FS.readFile file

/-- Imports what a file without imports has, and what the files import that the process is saved for. -/
def prepare : IO Unit := do
  let shared ← Prepared.make
  for text in "" :: (← preparedFile?).toList do
    let file : Text := { text, fileName := "Prepared.lean", mainModule := `Prepared }
    let source ← elaborate shared.environments file { limit? := some 0 }
    unless text.isEmpty do discard <| Imported.of shared.imported source.after.env
  prepared.set (some shared)

structure Server where
  mark : String
  environments : Environments
  imported : ImportedModules
  recorder : Recorder
  dog : Watchdog
  sources : IO.Ref (Std.HashMap Nat Source)
  kept : IO.Ref (Std.HashMap Nat Kept)
  next : IO.Ref Nat

abbrev Request := Json

def Server.fresh (server : Server) : BaseIO Nat := server.next.modifyGet fun n => (n, n + 1)

def Server.reply (server : Server) (fields : List (String × Json)) : IO Unit := do
  let out ← IO.getStdout
  out.putStrLn (server.mark ++ (Json.mkObj fields).compress)
  out.flush

def field [FromJson α] (request : Request) (name : String) : IO α :=
  match request.getObjValAs? α name with
  | .ok value => return value
  | .error message => throw <| IO.userError s!"field {name}: {message}"

def fieldD [FromJson α] (request : Request) (name : String) (default : α) : α :=
  (request.getObjValAs? α name).toOption.getD default

def Server.source (server : Server) (request : Request) : IO Source := do
  let handle : Nat ← field request "source"
  match (← server.sources.get)[handle]? with
  | some source => return source
  | none => throw <| IO.userError s!"no source {handle}"

def Server.keptState (server : Server) (request : Request) : IO Kept := do
  let handle : Nat ← field request "state"
  match (← server.kept.get)[handle]? with
  | some kept => return kept
  | none => throw <| IO.userError s!"no state {handle}"

def severityName : MessageSeverity → String
  | .error => "error" | .warning => "warning" | .information => "information"

def messageJson (message : Message) : IO Json := do
  let stop := message.endPos.getD message.pos
  return Json.mkObj [("severity", severityName message.severity),
    ("line", toJson message.pos.line), ("column", toJson message.pos.column),
    ("endLine", toJson stop.line), ("endColumn", toJson stop.column),
    ("text", (← message.data.toString)), ("printed", (← message.toString))]

def messagesJson (source : Source) : IO Json := return Json.arr (← source.messages.mapM fun m => messageJson m)

/-- `{"do": "imports", text}`: the modules that a text imports. -/
def imports (request : Request) : IO (List (String × Json)) := do
  let (found, _, _) ← parseImports (← field request "text") (some (fieldD request "file" "<input>"))
  return [("imports", toJson (found.map fun i => toString i.module))]

/-- A lakefile's value of an option; others than these three forms Lake does not know. -/
def dataValue? : Json → Option DataValue
  | .bool value => some (.ofBool value)
  | .num value => if value.exponent == 0 then some (.ofNat value.mantissa.toNat) else none
  | .str value => some (.ofString value)
  | _ => none

/-- The fields `text, file, module, options?` of a request. -/
def textOf (request : Request) : IO Text := do
  let given := (request.getObjVal? "options").toOption.bind (·.getObj?.toOption)
  let options := (given.getD {}).foldl (init := ({} : Options)) fun options name value =>
    match dataValue? value with
    | some value => options.insert (name.toName.replacePrefix `weak Name.anonymous) value
    | none => options
  return { text := ← field request "text", fileName := ← field request "file"
           mainModule := (← field (α := String) request "module").toName, options
           kept := fieldD request "kept" true }

/-- `{"do": "elaborate", text, file, module, options?, limit?, trees?}`: elaborates and keeps a file. -/
def Server.elaborate (server : Server) (request : Request) : IO (List (String × Json)) := do
  let limit? := (request.getObjValAs? Nat "limit").toOption
  let trees := fieldD request "trees" false
  let text ← textOf request
  let source ← server.recorder.elaborate (Gateway.elaborate server.environments text { limit?, trees })
  let handle ← server.fresh
  server.sources.modify (·.insert handle source)
  return [("source", toJson handle), ("messages", ← messagesJson source)]

/-- `{"do": "write", source, olean, stubs}`: writes an elaborated file as a compiled module. -/
def Server.write (server : Server) (request : Request) : IO (List (String × Json)) := do
  let source ← server.source request
  let path : String ← field request "olean"
  writeOlean source.after.env source.mainModule path (fieldD request "stubs" false)
  return []

/-- One row of the declarations of a file; with `tainted?` also its details. -/
def declarationJson (source : Source) (tainted? : Option Tainted) (d : Declaration) (kind : String)
    (incomplete : Bool) : IO Json := do
  let signature ← source.runCore do
    try (return (← (PrettyPrinter.ppSignature d.name).run').fmt.pretty) catch _ => pure ""
  let row : List (String × Json) := [("name", visibleName d.name), ("kind", kind),
    ("statement", signature), ("private", Json.bool (isPrivateName d.name)), ("start", toJson d.start),
    ("stop", toJson d.stop), ("selection", toJson d.selection), ("incomplete", incomplete)]
  let details ← match tainted? with
    | some tainted => source.details tainted d
    | none => pure []
  return Json.mkObj (row ++ details)

/-- `{"do": "declarations", source, detail?, examples?}`: what the file declares, in the order of the text; with
`examples` also what it only tries out. -/
def Server.declarations (server : Server) (request : Request) : IO (List (String × Json)) := do
  let source ← server.source request
  let tainted? ← if fieldD request "detail" false then some <$> IO.mkRef {} else pure none
  let declarations ← source.declarations
  let declared := declarations.foldl (init := ({} : NameSet)) fun set d => set.insert d.name
  let incomplete := source.incomplete declared
  let rows ← declarations.mapM fun d => return (d.selection,
    ← declarationJson source tainted? d (declarationKind d.info) (incomplete.contains d.name))
  let examples ← if fieldD request "examples" false then source.examples (sorried := true) else pure #[]
  let more ← examples.mapM fun (file, step, d) => return (d.selection,
    ← declarationJson file tainted? d "example" (source.leavesSorry step))
  let rows := (rows ++ more).qsort fun a b => a.1 < b.1
  return [("declarations", Json.arr (rows.map (·.2)))]

/-- `{"do": "trace", text, file, module, options?}`: elaborates and keeps a file; one reply for each command that has
tactics or leaves something to `sorry`, then the closing one. -/
def Server.trace (server : Server) (request : Request) : IO (List (String × Json)) := do
  let text ← textOf request
  let text := { text with options := text.options.insert `linter.all (.ofBool false) }
  let visit (step : Step) (after : Command.State) : IO Unit := do
    if let some row ← traceStep after then
      server.reply [("traced", Json.mkObj (("command", toJson [step.start.byteIdx, step.stop.byteIdx]) :: row))]
  let source ← server.recorder.elaborate (Gateway.elaborate server.environments text { trees := true, visit })
  let handle ← server.fresh
  server.sources.modify (·.insert handle source)
  return [("source", toJson handle), ("messages", ← messagesJson source)]

/-- `{"do": "library", imports, below?, known?}`: one reply for each module below those names that a text with these
imports sees and that is not known, with what it declares; then the closing one. -/
def Server.library (server : Server) (request : Request) : IO (List (String × Json)) := do
  let names (field : String) : Array Name := (fieldD request field (#[] : Array String)).map (·.toName)
  let env ← importing server.environments (names "imports")
  let tainted : Tainted ← IO.mkRef {}
  for (name, index) in importedBelow env (names "below") (names "known") do
    let imported := (env.header.moduleData[index]?.map (·.imports.map fun i => toString i.module)).getD #[]
    server.reply [("imported", Json.mkObj [("module", toString name), ("imports", toJson imported),
      ("premises", Json.arr (← libraryModule env tainted index))])]
  return []

/-- A goal with its key; printed only where the key is new to this proof. -/
def keyedGoal (scope : Scope) (goal : MVarId) (renames : Array Name) : MetaM (String × Json) := do
  let closed ← closedGoal goal
  let (key, known) ← Keys.keyOf scope.keys closed
  let env ← getEnv
  let names ← goal.withContext do return hypothesisNames env (← getLCtx)
  let fields := [("key", Json.str key), ("names", toJson names), ("rename", toJson (renames.map (writtenIn env ·)))]
  if known then return (key, Json.mkObj fields)
  return (key, Json.mkObj (fields ++ (← goalJson scope.imported.library goal scope.nearestAlso)))

/-- Keeps a state whose goals belong together, and describes it. -/
def Server.keep (server : Server) (scope : Scope) (state : ProofState) (renames : Array (Array Name))
    (limits : Limits) : IO (Json × Array String) := do
  let describe : Tactic.TacticM (Array (String × Json)) := do
    let goals := state.goals.toArray
    goals.mapIdxM fun i goal => do
      try keyedGoal scope goal (renames.getD i #[])
      catch e => throwError "the goal cannot be printed: {e.toMessageData}"
  match ← (state.run { limits with heartbeats := 0 } (← IO.CancelToken.new) describe).toIO' with
  | .error e => throw <| IO.userError (← e.toMessageData.toString)
  | .ok (goals, _) =>
    let handle ← server.fresh
    let goalKeys := goals.map (·.1)
    let beginnings ← IO.mkRef {}
    server.kept.modify (·.insert handle { state, scope, goalKeys, beginnings })
    return (Json.mkObj [("state", toJson handle), ("goals", Json.arr (goals.map (·.2)))], goalKeys)

def noLimits : Limits := { heartbeats := 0, milliseconds := 1000000 }

/-- Whether data is missing at a hole, and not a proof. A type in an unknown universe of types is data: `Type ?u`. -/
def Hole.isValue (hole : Hole) : IO Bool := do
  let act : Tactic.TacticM Bool := hole.state.root.withContext do
    let type ← inferType (← instantiateMVars (← hole.state.root.getType))
    let .sort level ← instantiateMVars (← whnf type) | return false
    return level.isNeverZero || !(level.isZero || level.hasMVar)
  match ← (hole.state.run noLimits (← IO.CancelToken.new) act).toIO' with
  | .ok (isValue, _) => return isValue
  | .error _ => return false

def Server.holeJson (server : Server) (hole : Hole) (place : Place) : IO Json := do
  let (kept, _) ← server.keep (← Scope.new server.imported hole.state.coreState.env) hole.state #[] noLimits
  let asLeanPrints : Tactic.TacticM String := return (← ppGoal hole.state.root).pretty (width := 100)
  let printed ← match ← (hole.state.run noLimits (← IO.CancelToken.new) asLeanPrints).toIO' with
    | .ok (text, _) => pure text
    | .error _ => pure ""
  return Json.mkObj [("printed", printed), ("start", toJson hole.start.byteIdx), ("stop", toJson hole.stop.byteIdx),
    ("place", place.json), ("declaration", visibleName hole.decl), ("opened", kept),
    ("value", Json.bool (← hole.isValue))]

/-- `{"do": "toolbox", source}`: what the environment of an elaborated file offers beyond Lean itself. -/
def Server.toolbox (server : Server) (request : Request) : IO (List (String × Json)) := do
  return [("toolbox", ← Gateway.toolbox (← server.source request).after.env)]

/-- `{"do": "sorries", source, start?, stop?}`: every `sorry` of the commands in that range, opened: a row for each goal. -/
def Server.sorries (server : Server) (request : Request) : IO (List (String × Json)) := do
  let source ← server.source request
  let start := fieldD request "start" 0
  let stop := fieldD request "stop" 1000000000
  let mut rows := #[]
  for step in source.steps do
    unless step.stop.byteIdx ≤ start || step.start.byteIdx ≥ stop do
      let (holes, _) ← server.recorder.holesOf source step step.stx none
      for at_ in ← byPlace holes do
        let place ← server.recorder.placeOf source step at_
        for (hole, _) in at_.holes do
          let row ← server.holeJson hole place
          rows := rows.push (row.setObjVal! "command"
            (toJson [step.start.byteIdx, step.stop.byteIdx]))
  return [("sorries", Json.arr rows)]

/-- The negation of what a state has to prove, in its place and with nothing in its context. -/
def negated : Tactic.TacticM MVarId := do
  let root ← Tactic.getMainGoal
  root.withContext do
    let known := (← getLCtx).foldl (init := #[]) fun found decl =>
      if decl.isImplementationDetail then found else found.push decl.toExpr
    unless ← isProp (← root.getType) do throwError "only a proposition has a negation"
    let type := atLowestUniverses (← instantiateMVars (← mkForallFVars known (← root.getType)))
    withLCtx {} {} do
      let goal ← mkFreshExprSyntheticOpaqueMVar (mkNot type)
      Tactic.setGoals [goal.mvarId!]
      return goal.mvarId!

def ProofState.negate (state : ProofState) : IO ProofState := do
  match ← (state.run noLimits (← IO.CancelToken.new) negated).toIO' with
  | .ok (root, state) => return { state with root }
  | .error e => throw <| IO.userError (← e.toMessageData.toString)

/-- The hole for the body of the declaration of a request, its command and the column at which it stands. -/
def Server.openedStatement (server : Server) (request : Request) : IO (Hole × Step × Nat) := do
  let source ← server.source request
  let selection : Nat ← field request "selection"
  let some step := source.stepAt? selection | throw <| IO.userError "no command at that place"
  let contains (stx : Syntax) := stx.getRange?.any fun r => r.start.byteIdx ≤ selection && selection < r.stop.byteIdx
  let some declaration := (Gateway.declarations step.stx).find? contains
    | throw <| IO.userError "no declaration at that place"
  let some body := body? declaration | throw <| IO.userError "the declaration has no body"
  let stx := substitute step.stx body (sorryBody body)
  let (holes, after) ← server.recorder.holesOf source step stx none
  let some range := body.getRange? | throw <| IO.userError "the declaration has no body"
  match holes.find? (·.start == range.start) with
  | some hole => return ({ hole with start := range.start, stop := range.stop }, step, columnOf source declaration)
  | none =>
    let message ← match firstError? after.messages with
      | some message => message.data.toString
      | none => pure "its proof is not elaborated"
    throw <| IO.userError s!"the statement cannot be opened: {message}"

/-- `{"do": "assume", state, names}`: the same state, in whose proofs these open theorems may be used, and which of them
are in scope there. -/
def Server.assume (server : Server) (request : Request) : IO (List (String × Json)) := do
  let kept ← server.keptState request
  let env := kept.state.coreState.env
  let scope ← Scope.new server.imported env (← field request "names")
  let (opened, _) ← server.keep scope kept.state #[] noLimits
  return [("opened", opened), ("usable", toJson ((scope.usable env).map visibleName))]

/-- `{"do": "statement", source, selection, negated?}`: the goal of the declaration whose name stands there, or its
negation. -/
def Server.statement (server : Server) (request : Request) : IO (List (String × Json)) := do
  let (hole, step, column) ← server.openedStatement request
  let state ← if fieldD request "negated" false then hole.state.negate else pure hole.state
  let row ← server.holeJson { hole with state } { kind := .body, column, outer := column }
  return [("opened", row.setObjVal! "command" (toJson [step.start.byteIdx, step.stop.byteIdx]))]

/-- A pair of byte offsets in a request. -/
def pair (request : Request) (name : String) : IO (Nat × Nat) := do
  match ← field (α := Array Nat) request name with
  | #[first, second] => return (first, second)
  | _ => throw <| IO.userError s!"field {name}: two numbers expected"

/-- `{"do": "fit", source, start, text, old, new, milliseconds}`: whether the command at a byte still is the same, but
for the bytes `old`, in a text in which others stand in their place at `new`; and if so, whether it has no errors. -/
def Server.fit (server : Server) (request : Request) : IO (List (String × Json)) := do
  let source ← server.source request
  let start : Nat ← field request "start"
  let some step := source.stepAt? start | throw <| IO.userError "no command at that place"
  match step.refilled source.fileName (← field request "text") (← pair request "old") (← pair request "new") with
  | .error message => return [("message", message)]
  | .ok stx =>
    let after ← server.dog.guard (← field request "milliseconds") fun cancel =>
      runCommand (commandContext source step.start (some cancel)) step.before stx
    match firstError? after.messages with
    | some message => return [("same", Json.bool true), ("message", ← message.data.toString)]
    | none => return [("same", Json.bool true), ("holds", Json.bool true)]

/-- `{"do": "proof", source, selection, text}`: what a text is that somebody hands in as the proof of the declaration
whose name stands there. -/
def Server.proof (server : Server) (request : Request) : IO (List (String × Json)) := do
  let source ← server.source request
  let selection : Nat ← field request "selection"
  let some step := source.stepAt? selection | throw <| IO.userError "no command at that place"
  let contains (stx : Syntax) := stx.getRange?.any fun r => r.start.byteIdx ≤ selection && selection < r.stop.byteIdx
  let some own := (Gateway.declarations step.stx).find? contains
    | throw <| IO.userError "no declaration at that place"
  match step.readProof own (← field request "text") with
  | .tactics => return [("kind", "tactics")]
  | .term => return [("kind", "term")]
  | .unreadable message => return [("kind", "unreadable"), ("message", message)]
  | .declaration body same =>
    let range := body.getRange?.getD ⟨0, 0⟩
    return [("kind", "declaration"), ("same", Json.bool same), ("body", toJson [range.start.byteIdx, range.stop.byteIdx])]

/-- One result of a batch. -/
def Server.result (server : Server) (kept : Kept) (limits : Limits) (explain : Bool) (text : String) :
    IO (List (String × Json)) := do
  match ← runTactic server.dog kept.scope (some kept.beginnings) kept.state text limits explain with
  | .error (failure, message) => return [("failure", failure.name), ("message", message)]
  | .ok progress =>
    let groups ← match ← (progress.state.run noLimits (← IO.CancelToken.new) (independent progress.state)).toIO' with
      | .ok (groups, _) => pure groups
      | .error _ => pure [progress.state.goals]
    let mut children := #[]
    let mut offset := 0
    for group in groups do
      let renames := progress.renames.extract offset (offset + group.length)
      offset := offset + group.length
      unless group.isEmpty do
        children := children.push (← server.keep kept.scope { progress.state with goals := group } renames limits)
    let unchanged := children.size == 1 && children.all fun (_, keys) => keys == kept.goalKeys
    if unchanged then return [("failure", Failure.noProgress.name), ("message", "")]
    let replacement := match progress.replacement with
      | some text => [("replacement", Json.str text)]
      | none => []
    return ("children", Json.arr (children.map (·.1))) :: replacement

/-- `{"do": "run", state, tactics, heartbeats, milliseconds}`: one reply a tactic, then the closing one. -/
def Server.run (server : Server) (request : Request) : IO (List (String × Json)) := do
  let kept ← server.keptState request
  let limits : Limits := { heartbeats := ← field request "heartbeats", milliseconds := ← field request "milliseconds" }
  let tactics : Array String ← field request "tactics"
  let explain := fieldD request "explain" false
  for text in tactics do
    let start ← IO.monoNanosNow
    let result ← try server.result kept limits explain text
      catch e => pure [("failure", Json.str "elaboration"), ("message", Json.str (toString e))]
    let elapsed := (← IO.monoNanosNow) - start
    server.reply (("microseconds", toJson (elapsed / 1000)) :: result)
  return []

/-- `{"do": "invent", state, milliseconds}`: equations that the first goal of a state may lack, and what its hypotheses
imply. -/
def Server.invent (server : Server) (request : Request) : IO (List (String × Json)) := do
  let kept ← server.keptState request
  let milliseconds : Nat ← field request "milliseconds"
  let find : Tactic.TacticM (Array (Nat × String) × Array String) := do
    let goal ← Tactic.getMainGoal
    let lemmas ← goal.withContext do
      let constants := (← instantiateMVars (← goal.getType)).getUsedConstants
      kept.scope.nearestAlso constants (reachable kept.scope.imported.library (← getEnv) constants 6)
    let deadline := (← IO.monoMsNow) + milliseconds
    return (← invented kept.scope.imported.library goal 40 deadline, ← consequences goal lemmas)
  let limits : Limits := { heartbeats := 0, milliseconds }
  match ← (server.dog.guard (2 * milliseconds) fun cancel => (kept.state.run limits cancel find).toBaseIO) with
  | .ok ((equations, implied), _) =>
    return [("equations", Json.arr (equations.map fun (rank, text) => Json.mkObj [("rank", toJson rank), ("statement", text)])),
      ("implied", toJson implied)]
  | .error _ => return []

/-- `{"do": "fact", state, name}`: the only goal of a state as a theorem of that name, and the term that closes the goal
with it; neither if it cannot be stated by itself. -/
def Server.fact (server : Server) (request : Request) : IO (List (String × Json)) := do
  let kept ← server.keptState request
  let name : String ← field request "name"
  let find : Tactic.TacticM (Option Fact) := do
    let [goal] ← Tactic.getGoals | return none
    factOf? goal name.toName
  match ← (kept.state.run noLimits (← IO.CancelToken.new) find).toIO' with
  | .ok (some fact, _) => return [("signature", fact.signature), ("application", fact.application)]
  | _ => return []

/-- `{"do": "equations", state, milliseconds}`: the first goal of a state as an equation, and equations that hold. -/
def Server.equations (server : Server) (request : Request) : IO (List (String × Json)) := do
  let kept ← server.keptState request
  let milliseconds : Nat ← field request "milliseconds"
  let find : Tactic.TacticM (List (String × Json)) := do
    let goal ← Tactic.getMainGoal
    let constants := (← instantiateMVars (← goal.getType)).getUsedConstants
    let theorems ← kept.scope.nearest constants 24
    match ← problem? kept.scope.imported.library goal theorems with
    | some problem => goal.withContext problem.json
    | none => return []
  match ← (server.dog.guard milliseconds fun cancel =>
      (kept.state.run { heartbeats := 0, milliseconds } cancel find).toBaseIO) with
  | .ok (found, _) => return found
  | .error _ => return []

/-- `{"do": "close", state, script}`: runs a whole script from a state and asks the kernel. -/
def Server.close (server : Server) (request : Request) : IO (List (String × Json)) := do
  let kept ← server.keptState request
  let script : String ← field request "script"
  let limits : Limits := { heartbeats := fieldD request "heartbeats" 0, milliseconds := fieldD request "milliseconds" 600000 }
  match ← runTactic server.dog kept.scope none kept.state script limits (explain := true) with
  | .error (failure, message) => return [("failure", failure.name), ("message", message)]
  | .ok progress =>
    unless progress.state.goals.isEmpty do
      return [("failure", "unsolved"), ("message", s!"{progress.state.goals.length} goals are left")]
    let check : Tactic.TacticM Unit := checkRoot kept.state.root
    match ← (progress.state.run noLimits (← IO.CancelToken.new) check).toIO' with
    | .ok _ => return [("closed", Json.bool true)]
    | .error e => return [("failure", "kernel"), ("message", ← e.toMessageData.toString)]

/-- `{"do": "refute", state, milliseconds, prove}`: values of the variables of a state's first goal for which it is
false; with `prove`, also tactics that prove the negation from them. -/
def Server.refute (server : Server) (request : Request) : IO (List (String × Json)) := do
  let kept ← server.keptState request
  let milliseconds : Nat ← field request "milliseconds"
  let find : Tactic.TacticM Refutation := do
    Gateway.refute kept.scope.imported.library (← Tactic.getMainGoal) milliseconds (fieldD request "prove" false)
  let limits : Limits := { heartbeats := 0, milliseconds }
  match ← (server.dog.guard (2 * milliseconds) fun cancel => (kept.state.run limits cancel find).toBaseIO) with
  | .ok (found, _) =>
    let counterexample := match found.counterexample? with
      | some values => [("counterexample", Json.arr (values.map fun (name, value) => toJson #[name, value]))]
      | none => []
    return counterexample ++ [("script", toJson found.script), ("tried", toJson found.tried),
      ("satisfied", Json.bool found.satisfied), ("uncovered", toJson found.uncovered)]
  | .error _ => return []

def targetOf (request : Request) : IO Target := return {
  file := ← textOf request, theoremName := fieldD request "theorem" ""
  selection := fieldD request "selection" 0, beside := fieldD request "beside" #[]
  start := fieldD request "start" 0, stop := fieldD request "stop" 0, linted := fieldD request "linted" false }

def axiomsJson (report : AxiomReport) : List (String × Json) :=
  let names (axioms : Array Name) := toJson (axioms.map visibleName)
  [("axioms", names report.standard), ("furtherAxioms", names report.further), ("library", toJson report.library),
    ("refusedAxioms", names report.refused), ("given", names report.given)]

/-- `{"do": "disprove", source, selection, script}`: whether a script proves the negation of a declaration's statement:
the kernel's word, and what the proof rests on. -/
def Server.disprove (server : Server) (request : Request) : IO (List (String × Json)) := do
  let (hole, _, _) ← server.openedStatement request
  let state ← hole.state.negate
  let scope ← Scope.new server.imported state.coreState.env
  let script : String ← field request "script"
  match ← runTactic server.dog scope none state script { heartbeats := 0, milliseconds := 600000 } (explain := true) with
  | .error (_, message) => return [("refused", message)]
  | .ok progress =>
    unless progress.state.goals.isEmpty do return [("refused", s!"{progress.state.goals.length} goals are left")]
    let check : Tactic.TacticM Environment := do
      checkRoot state.root
      getEnv
    match ← (progress.state.run noLimits (← IO.CancelToken.new) check).toIO' with
    | .error e => return [("refused", ← e.toMessageData.toString)]
    | .ok (env, _) =>
      let axioms ← axiomsOf env (← IO.mkRef {}) #[`Gateway.checked]
      let refused := (axioms.reason?.map fun reason => ("refused", Json.str reason)).toList
      return refused ++ [("axioms", toJson (axioms.standard.map visibleName)), ("library", toJson axioms.library)]

/-- `{"do": "challenge", text, file, module, start, selection, sorried, whole, linted?, olean}`: compiles an original,
the proof of one theorem put aside if its own is wrong, and says what each of its commands declares. `whole` means that
no command needs to be looked at by itself. -/
def Server.challenge (server : Server) (request : Request) : IO (List (String × Json)) := do
  let target ← targetOf request
  let source ← if fieldD request "whole" false then Gateway.elaborate server.environments target.file
    else target.original server.environments (fieldD request "sorried" false)
  writeWhole source.after.env source.mainModule (← field request "olean" : String)
  return [("messages", ← messagesJson source), ("commands", commandsJson source source.declared)]

/-- `{"do": "judge", text, file, module, theorem, selection, beside, start, stop, original, olean, own, block, axioms,
assumed, linted?, compiled?}`: elaborates a candidate and says whether it proves what the original's compiled form asks for; one
that is accepted is compiled to `compiled`. -/
def Server.judge (server : Server) (request : Request) : IO (List (String × Json)) := do
  let target ← targetOf request
  let challenge : Challenge := {
    text := ← field request "original", olean := (← field request "olean" : String)
    own := ← field request "own", block := fieldD request "block" false, axioms := fieldD request "axioms" []
    assumed := fieldD request "assumed" [] }
  let judged ← target.judge server.environments challenge
  let said ← match judged.source? with
    | some source => pure [("messages", ← messagesJson source), ("commands", commandsJson source #[]),
        ("unseen", toJson ((← unseenImports source.after.env).map toString))]
    | none => pure []
  let refusal := match judged.refusal? with
    | some refusal => [("level", toJson refusal.level), ("refused", Json.str refusal.reason),
        ("misplaced", Json.bool refusal.misplaced)]
    | none => []
  if let (none, some source, .ok file) := (judged.refusal?, judged.source?, request.getObjValAs? String "compiled") then
    writeWhole source.after.env source.mainModule file
  return said ++ refusal ++ axiomsJson judged.axioms

/-- `{"do": "replay", candidate, challenge, theorem, own, axioms, assumed}`: sends what a compiled theorem rests on through the
kernel. -/
def replay (request : Request) : IO (List (String × Json)) := do
  let replay : Replay := {
    candidate := ← field (α := String) request "candidate", challenge := ← field (α := String) request "challenge"
    theoremName := ← field request "theorem", own := ← field request "own", axioms := fieldD request "axioms" []
    assumed := fieldD request "assumed" [] }
  try return [("replayed", toJson (← replay.run))]
  catch e => return [("refused", Json.str (toString e))]

def auditedJson (audited : Audited) : Json :=
  let reason := (audited.reason?.map fun reason => ("refused", Json.str reason)).toList
  Json.mkObj <| [("name", Json.str (visibleName audited.declaration.name)), ("kind", Json.str audited.kind),
    ("selection", toJson audited.declaration.selection)] ++ axiomsJson audited.axioms ++ reason

/-- `{"do": "audit", source, selections?}`: what the declarations of an elaborated file rest on, and what is suspect in
it; with `selections` only what the declarations rest on whose names stand there. -/
def Server.audit (server : Server) (request : Request) : IO (List (String × Json)) := do
  let source ← server.source request
  if let some asked := (request.getObjValAs? (Array Nat) "selections").toOption then
    let audited ← source.audited server.environments (isAsked := fun d => asked.contains d.selection)
    return [("audited", Json.arr (audited.map auditedJson))]
  let tokens := match source.steps[0]? with
    | some first => toolchainTokens first.before.env
    | none => {}
  let findings := (← source.steps.mapIdxM fun index step => source.findings tokens index step).flatten
  let declarations := (← source.audited server.environments).map auditedJson
  let rejected := ((← source.rejectedWhole?).map fun reason => ("refused", Json.str reason)).toList
  return rejected ++ [("audited", Json.arr declarations), ("findings", Json.arr (findings.map fun finding =>
    Json.mkObj [("start", toJson finding.start), ("refused", Json.bool finding.refused), ("what", finding.what)]))]

/-- `{"do": "forget", sources?, files?}`: drops every kept state and, with `sources`, every kept file; with `files` only
these files. -/
def Server.forget (server : Server) (request : Request) : IO (List (String × Json)) := do
  if let some files := (request.getObjValAs? (Array Nat) "files").toOption then
    server.sources.modify fun sources => files.foldl (init := sources) fun sources file => sources.erase file
    return []
  match (request.getObjValAs? (Array Nat) "states").toOption with
  | some states => server.kept.modify fun kept => states.foldl (init := kept) fun kept state => kept.erase state
  | none => server.kept.set {}
  if fieldD request "sources" false then server.sources.set {}
  return []

/-- `{"do": "empty", module, olean}`: writes a copy of a library module that declares nothing, if nothing needs it. -/
def empty (request : Request) : IO (List (String × Json)) := do
  writeEmptied (← field (α := String) request "module").toName (← field (α := String) request "olean")
  return []

/-- Why a request failed, and the modules that cannot be imported together if that is the reason. -/
def failure (message : String) : List (String × Json) :=
  ("error", Json.str message) :: ((clash? message).map fun modules => ("clash", toJson modules)).toList

def Server.answer (server : Server) (request : Request) : IO (List (String × Json)) := do
  match ← field request "do" with
  | "imports" => imports request
  | "paths" => do
    let paths : Array String ← field request "paths"
    searchPathRef.set (paths.toList.map System.FilePath.mk)
    return []
  | "elaborate" => server.elaborate request
  | "write" => server.write request
  | "declarations" => server.declarations request
  | "trace" => server.trace request
  | "library" => server.library request
  | "sorries" => server.sorries request
  | "toolbox" => server.toolbox request
  | "statement" => server.statement request
  | "assume" => server.assume request
  | "fit" => server.fit request
  | "proof" => server.proof request
  | "run" => server.run request
  | "invent" => server.invent request
  | "fact" => server.fact request
  | "refute" => server.refute request
  | "equations" => server.equations request
  | "disprove" => server.disprove request
  | "close" => server.close request
  | "challenge" => server.challenge request
  | "judge" => server.judge request
  | "replay" => replay request
  | "audit" => server.audit request
  | "empty" => empty request
  | "forget" => server.forget request
  | other => throw <| IO.userError s!"unknown request {other}"

partial def Server.serve (server : Server) : IO UInt32 := do
  let line ← (← IO.getStdin).getLine
  if line.isEmpty then return 0
  let outcome ← try
      match Json.parse line with
      | .ok request => server.answer request
      | .error message => pure [("error", Json.str s!"not JSON: {message}")]
    catch e => pure (failure (toString e))
  server.reply (("done", Json.bool true) :: outcome)
  server.serve

def start (mark : String) : IO UInt32 := do
  let shared? ← prepared.get
  let shared ← match shared? with
    | some shared => pure shared
    | none => Prepared.make
  let server : Server := {
    mark, environments := shared.environments, imported := shared.imported, recorder := shared.recorder
    dog := ← Watchdog.start
    sources := ← IO.mkRef {}, kept := ← IO.mkRef {}, next := ← IO.mkRef 1 }
  server.reply [("gateway", toJson protocolVersion), ("lean", Lean.versionString), ("commit", Lean.githash),
    ("prepared", toJson shared?.isSome)]
  server.serve

end Gateway

def main : List String → IO UInt32
  | [mark] => Gateway.start mark
  | _ => return 2
