import Gateway.Source
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

/-- A `sorry` of a file. -/
structure Hole where
  start : Offset
  stop : Offset
  /-- it stands where a term is expected, not a tactic -/
  isTerm : Bool
  /-- the declaration that it belongs to -/
  decl : Name
  state : ProofState

structure Recorder where
  holes : IO.Ref (Array Hole)
  active : IO.Ref Bool

def withoutAuxDecls (lctx : LocalContext) : LocalContext :=
  lctx.foldl (init := lctx) fun lctx decl => if decl.isAuxDecl then lctx.erase decl.fvarId else lctx

/-- A state that starts without messages, traces or info trees. -/
def silent (state : Core.State) : Core.State :=
  { state with messages := {}, traceState := {}, snapshotTasks := #[], infoState := { enabled := false } }

/-- Keeps the present state as a hole for `type`, with a goal that sees no recursive call. -/
def Recorder.record (recorder : Recorder) (stx : Syntax) (type : Expr) : TermElabM Unit := do
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
  recorder.holes.modify (·.push { start := range.start, stop := range.stop, isTerm := true, decl, state })
  saved.restore

/-- The term elaborator that stands before Lean's own for `sorry`: it records, then steps aside. -/
def Recorder.elaborator (recorder : Recorder) : Term.TermElab := fun stx expected? => do
  unless ← recorder.active.get do throwUnsupportedSyntax
  Term.tryPostponeIfNoneOrMVar expected?
  let some type := expected? | throwUnsupportedSyntax
  if (← instantiateMVars type).hasExprMVar then
    Term.tryPostpone
  recorder.record stx type
  throwUnsupportedSyntax

/-- Puts the recorder into Lean's table of built-in elaborators; environments imported later use it. -/
def Recorder.install : IO Recorder := do
  let recorder : Recorder := { holes := ← IO.mkRef #[], active := ← IO.mkRef false }
  Term.termElabAttribute.addBuiltin ``Parser.Term.sorry `Gateway.recorder recorder.elaborator
  return recorder

/-- Elaborates `stx` in the state before `step`, and returns the holes found on the way. -/
def Recorder.holesOf (recorder : Recorder) (source : Source) (step : Step) (stx : Syntax)
    (cancel? : Option IO.CancelToken) : IO (Array Hole × Command.State) := do
  recorder.holes.set #[]
  recorder.active.set true
  let after ← runCommand (commandContext source step.start cancel?) step.before stx
  recorder.active.set false
  let holes := (← recorder.holes.get).map fun hole => { hole with isTerm := !isTacticAt stx hole.start }
  return (holes, after)
where
  isTacticAt (stx : Syntax) (start : Offset) : Bool :=
    (stx.find? fun node => node.getPos? == some start
      && (node.isOfKind ``Parser.Tactic.tacticSorry || node.isOfKind ``Parser.Tactic.tacticAdmit)).isSome

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

/-- The body `:= by sorry`, at the place of `body`. -/
def sorryBody (body : Syntax) : Syntax :=
  let info := SourceInfo.synthetic (body.getPos?.getD 0) (body.getTailPos?.getD 0) true
  let atom (text : String) := Syntax.atom info text
  let node (kind : Name) (args : Array Syntax) := Syntax.node info kind args
  let none := node nullKind #[]
  let tactic := node ``Parser.Tactic.tacticSorry #[atom "sorry"]
  let seq := node ``Parser.Tactic.tacticSeq #[node ``Parser.Tactic.tacticSeq1Indented #[node nullKind #[tactic]]]
  let proof := node ``Parser.Term.byTactic #[atom "by", seq]
  node ``Parser.Command.declValSimple
    #[atom ":=", proof, node ``Parser.Termination.suffix #[none, none], none]

end Gateway
