import Gateway.Source
import Lean.Elab.BuiltinNotation
/-!
Opening goals. Whatever way a `sorry` is written, it ends in Lean's term elaborator for `sorry`; the
gateway puts its own in front of it, which keeps the elaborator's whole state at that place.
-/
open Lean Elab

namespace Gateway

/-- A place in a proof: the elaborator's state there and the goals that are open. -/
structure ProofState where
  coreContext : Core.Context
  metaContext : Meta.Context
  termContext : Term.Context
  coreState : Core.State
  metaState : Meta.State
  termState : Term.State
  goals : List MVarId
  /-- the goal that the proof was opened with -/
  root : MVarId

/-- A `sorry` of a file, at one goal: a tactic may be run on several. -/
structure Hole where
  start : Offset
  stop : Offset
  /-- the declaration that it belongs to -/
  decl : Name
  state : ProofState

/-- What is kept of each `sorry` that is elaborated. -/
inductive Recording where
  | nothing | name | state

structure Recorder where
  holes : IO.Ref (Array Hole)
  /-- the declarations that the `sorry`s are in, where names are kept -/
  names : IO.Ref (Array Name)
  keeps : IO.Ref Recording

/-- The beginning of the tags of messages that say which holes are part of what was elaborated in the end: messages go
when Lean goes back to try something else. -/
def holeTag : Name := `Gateway.hole

def withoutAuxDecls (lctx : LocalContext) : LocalContext :=
  lctx.foldl (init := lctx) fun lctx decl => if decl.isAuxDecl then lctx.erase decl.fvarId else lctx

/-- A state that starts without messages, traces or info trees. -/
def silent (state : Core.State) : Core.State :=
  { state with messages := {}, traceState := {}, snapshotTasks := #[], infoState := { enabled := false } }

/-- Keeps the present state as a hole for `type`, with a goal that sees no recursive call; returns its number. -/
def Recorder.record (recorder : Recorder) (stx : Syntax) (type : Expr) : TermElabM Nat := do
  let saved ← Term.saveState
  let type ← instantiateMVars type
  let lctx := withoutAuxDecls (← getLCtx)
  let goal ← Meta.mkFreshExprMVarAt lctx (← Meta.getLocalInstances) type .syntheticOpaque
  let goal := goal.mvarId!
  let range := stx.getRange?.getD ⟨0, 0⟩
  let state : ProofState := {
    coreContext := { (← readThe Core.Context) with currRecDepth := 0 }
    metaContext := { (← readThe Meta.Context) with lctx, localInstances := ← Meta.getLocalInstances }
    termContext := { (← readThe Term.Context) with errToSorry := false }
    coreState := silent (← getThe Core.State)
    metaState := ← getThe Meta.State
    termState := { (← getThe Term.State) with pendingMVars := [], syntheticMVars := {} }
    goals := [goal], root := goal }
  let decl := (← read).declName?.getD .anonymous
  let number := (← recorder.holes.get).size
  recorder.holes.modify (·.push { start := range.start, stop := range.stop, decl, state })
  saved.restore
  return number

/-- The term elaborator that stands before Lean's own for `sorry`: it records, then leaves the rest to that one. -/
def Recorder.elaborator (recorder : Recorder) : Term.TermElab := fun stx expected? => do
  match ← recorder.keeps.get with
  | .nothing => throwUnsupportedSyntax
  | .name =>
    let name := (← read).declName?.getD .anonymous
    recorder.names.modify (·.push name)
    throwUnsupportedSyntax
  | .state =>
    Term.tryPostponeIfNoneOrMVar expected?
    let some type := expected? | throwUnsupportedSyntax
    if (← instantiateMVars type).hasExprMVar then
      Term.tryPostpone
    let number ← recorder.record stx type
    let value ← Lean.Elab.Term.elabSorry stx expected?
    logInfo (.tagged (.num holeTag number) "")
    return value

/-- Puts the recorder into Lean's table of built-in elaborators; environments imported later use it. -/
def Recorder.install : IO Recorder := do
  let recorder : Recorder := { holes := ← IO.mkRef #[], names := ← IO.mkRef #[], keeps := ← IO.mkRef .nothing }
  Term.termElabAttribute.addBuiltin ``Parser.Term.sorry `Gateway.recorder recorder.elaborator
  return recorder

/-- Runs `act` while something is kept of each `sorry`. -/
def Recorder.keeping (recorder : Recorder) (keeps : Recording) (act : IO α) : IO α := do
  recorder.keeps.set keeps
  try act finally recorder.keeps.set .nothing

/-- Elaborates a file and keeps which declarations have a `sorry`. -/
def Recorder.elaborate (recorder : Recorder) (act : IO Source) : IO Source := do
  recorder.names.set #[]
  let source ← recorder.keeping .name act
  return { source with sorried := ← recorder.names.get }

/-- The number of the hole that a message is about. -/
partial def holeNumber? : MessageData → Option Nat
  | .withContext _ message | .withNamingContext _ message | .nest _ message | .group message => holeNumber? message
  | .tagged (.num base number) message => if base == holeTag then some number else holeNumber? message
  | .tagged _ message => holeNumber? message
  | .compose first second => (holeNumber? first).orElse fun _ => holeNumber? second
  | _ => none

/-- Elaborates `stx` in the state before `step`, and returns the holes of what came out; of a place of which nothing
came out, the first. -/
def Recorder.holesOf (recorder : Recorder) (source : Source) (step : Step) (stx : Syntax)
    (cancel? : Option IO.CancelToken) : IO (Array Hole × Command.State) := do
  recorder.holes.set #[]
  let after ← recorder.keeping .state do
    runCommand (commandContext source step.start cancel?) step.before stx
  let holes ← recorder.holes.get
  let kept := after.messages.toArray.filterMap fun message => (holeNumber? message.data).bind (holes[·]?)
  let lost := holes.foldl (init := #[]) fun lost hole =>
    if (kept ++ lost).any (·.start == hole.start) then lost else lost.push hole
  return (kept ++ lost, after)

/-- The node that holds the tactics of a block and what separates them. -/
def elements? (stx : Syntax) : Option Syntax :=
  if stx.isOfKind ``Parser.Tactic.tacticSeq1Indented then some stx[0]
  else if stx.isOfKind ``Parser.Tactic.tacticSeqBracketed then some stx[1]
  else none

/-- The `declaration` nodes of a command, those of a `mutual` block included. -/
partial def declarations (stx : Syntax) : Array Syntax :=
  if stx.isOfKind ``Parser.Command.declaration then #[stx]
  else stx.getArgs.foldl (init := #[]) fun found child => found ++ declarations child

/-- The node that holds a declaration's body, if it has one. -/
partial def body? (stx : Syntax) : Option Syntax :=
  if bodies.contains stx.getKind then some stx else stx.getArgs.findSome? body?
where
  bodies := [``Parser.Command.declValSimple, ``Parser.Command.declValEqns, ``Parser.Command.whereStructInst]

/-- The node `old` replaced by `new`, where it stands. -/
partial def substitute (stx old new : Syntax) : Syntax :=
  if stx.getKind == old.getKind && stx.getRange? == old.getRange? then new
  else match stx with
    | .node info kind args => .node info kind (args.map (substitute · old new))
    | other => other

/-- Makes syntax that stands where other syntax does. -/
structure Maker where
  info : SourceInfo

def Maker.at (stx : Syntax) : Maker :=
  { info := .synthetic (stx.getPos?.getD 0) (stx.getTailPos?.getD 0) true }

def Maker.atom (maker : Maker) (text : String) : Syntax := .atom maker.info text

def Maker.node (maker : Maker) (kind : Name) (args : Array Syntax) : Syntax := .node maker.info kind args

def Maker.sorryTactic (maker : Maker) : Syntax := maker.node ``Parser.Tactic.tacticSorry #[maker.atom "sorry"]

def Maker.sorryTerm (maker : Maker) : Syntax := maker.node ``Parser.Term.sorry #[maker.atom "sorry"]

/-- A tactic block of one tactic. -/
def Maker.block (maker : Maker) (tactic : Syntax) : Syntax :=
  maker.node ``Parser.Tactic.tacticSeq
    #[maker.node ``Parser.Tactic.tacticSeq1Indented #[maker.node nullKind #[tactic]]]

def Maker.onAllGoals (maker : Maker) (tactic : Syntax) : Syntax :=
  maker.node ``Parser.Tactic.allGoals #[maker.atom "all_goals", maker.block tactic]

/-- The body `:= by sorry`, at the place of `body`. -/
def sorryBody (body : Syntax) : Syntax :=
  let maker := Maker.at body
  let none := maker.node nullKind #[]
  let proof := maker.node ``Parser.Term.byTactic #[maker.atom "by", maker.block maker.sorryTactic]
  maker.node ``Parser.Command.declValSimple
    #[maker.atom ":=", proof, maker.node ``Parser.Termination.suffix #[none, none], none]

end Gateway
