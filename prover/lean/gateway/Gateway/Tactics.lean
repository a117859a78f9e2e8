import Gateway.Scope
import Lean.Meta.Tactic.TryThis
/-!
Tactics: parsed, run against a kept state under their limits, and judged. A tactic that fails is a
value; a `sorry`, an error that was recovered from, or a goal that comes back unchanged is a failure.
-/
open Lean Meta Elab

namespace Gateway

/-- What a tactic may cost. -/
structure Limits where
  /-- in Lean's unit, thousands of small allocations -/
  heartbeats : Nat
  /-- wall-clock, in milliseconds -/
  milliseconds : Nat

/-- Why a tactic did not count. -/
inductive Failure where
  | parse | elaboration | unknownName | unsolved | timeout | noProgress | cheat
  deriving Inhabited

def Failure.name : Failure → String
  | .parse => "parse" | .elaboration => "elaboration" | .unknownName => "unknown_name"
  | .unsolved => "unsolved" | .timeout => "timeout" | .noProgress => "no_progress" | .cheat => "cheat"

/-- Stops the running tactic when its time is over; looks every few milliseconds, on its own thread. -/
structure Watchdog where
  deadline : IO.Ref (Option Nat)
  token : IO.Ref IO.CancelToken

partial def Watchdog.watch (dog : Watchdog) : IO Unit := do
  IO.sleep 10
  if let some deadline ← dog.deadline.get then
    if (← IO.monoMsNow) ≥ deadline then (← dog.token.get).set
  dog.watch

def Watchdog.start : IO Watchdog := do
  let dog : Watchdog := { deadline := ← IO.mkRef none, token := ← IO.mkRef (← IO.CancelToken.new) }
  let _ ← IO.asTask (prio := .dedicated) dog.watch
  return dog

/-- Runs `act` with a token that is set once `milliseconds` have passed. -/
def Watchdog.guard (dog : Watchdog) (milliseconds : Nat) (act : IO.CancelToken → IO α) : IO α := do
  let token ← IO.CancelToken.new
  dog.token.set token
  dog.deadline.set (some ((← IO.monoMsNow) + milliseconds))
  try act token finally dog.deadline.set none

/-- Parses a whole tactic sequence in the namespaces of the state. -/
def parseTactics (state : ProofState) (text : String) : Except String Syntax :=
  let env := state.coreState.env
  let ictx := Parser.mkInputContext text "<tactic>"
  let pmctx := { env, options := state.coreContext.options,
                 currNamespace := state.coreContext.currNamespace, openDecls := state.coreContext.openDecls }
  let parser := Parser.andthenFn Parser.whitespace Parser.Tactic.tacticSeq.fn
  let result := parser.run ictx pmctx (Parser.getTokenTable env) (Parser.mkParserState text)
  if result.hasError then .error (result.toErrorMsg ictx)
  else if result.pos.byteIdx < text.utf8ByteSize then
    .error (toString ((result.mkError "end of input").toErrorMsg ictx))
  else .ok result.stxStack.back

/-- Runs `act` in a kept state. -/
def ProofState.run (state : ProofState) (limits : Limits) (cancel : IO.CancelToken) (act : Tactic.TacticM α) :
    EIO Exception (α × ProofState) := do
  let coreContext := { state.coreContext with
    initHeartbeats := ← IO.getNumHeartbeats, maxHeartbeats := limits.heartbeats * 1000
    cancelTk? := some cancel }
  let core := (act.run { elaborator := .anonymous, recover := false } |>.run { goals := state.goals })
    |>.run state.termContext state.termState
    |>.run state.metaContext state.metaState
  let ((((value, tactic), termState), metaState), coreState) ← core.run coreContext state.coreState
  return (value, { state with coreState, metaState, termState, goals := tactic.goals })

/-- Lean's tag on an unknown identifier, and the gateway's own on a tactic that left a `sorry` or
the goals as they were. -/
def unknownIdentifierTag : Name := `lean.unknownIdentifier
def cheatTag : Name := `Gateway.cheat
def noProgressTag : Name := `Gateway.noProgress

/-- What is left after a tactic: goals in groups that share no metavariable, each group a state. -/
structure Progress where
  state : ProofState
  /-- the names that `rename_i` gives in each goal -/
  renames : Array (Array Name)
  /-- what to write in place of a tactic that searches, such as `exact?` -/
  replacement : Option String

def firstError? (messages : MessageLog) : Option Message :=
  messages.toArray.find? (·.severity == .error)

/-- Whether a message has a tag, looked for only where that costs nothing: messages may be lazy. -/
partial def tagged (isWanted : Name → Bool) : MessageData → Bool
  | .withContext _ message | .withNamingContext _ message | .nest _ message | .group message =>
    tagged isWanted message
  | .tagged tag message => isWanted tag || tagged isWanted message
  | .compose first _ => tagged isWanted first
  | _ => false

/-- Why an exception was thrown, told from its kind and tags, without printing it. -/
def classify (exception : Exception) : Failure :=
  if exception.isRuntime || exception.isInterrupt then .timeout
  else match exception with
    | .error _ message =>
      if tagged unknownIdentifierTag.isPrefixOf message then .unknownName
      else if tagged (· == `Tactic.unsolvedGoals) message then .unsolved
      else if tagged (· == cheatTag) message then .cheat
      else if tagged (· == noProgressTag) message then .noProgress
      else .elaboration
    | .internal .. => .elaboration

/-- Whether the terms assigned to `goals` since contain a `sorry`, or rest on one. -/
def usesSorry (scope : Scope) (goals : List MVarId) : MetaM Bool :=
  goals.anyM fun goal => do
    let proof ← instantiateMVars (.mvar goal)
    return proof.hasSorry || (← scope.usesIncomplete proof)

/-- `exact` with the term that `exact?` found. -/
def foundTerm? (goals : List MVarId) (stx : Syntax) : MetaM (Option String) := do
  let some search := stx.find? (·.isOfKind ``Parser.Tactic.exact?) | return none
  unless search.getRange? == stx.getRange? do return none
  let [goal] := goals | return none
  goal.withContext do
    let proof ← instantiateMVars (.mvar goal)
    let term ← Tactic.TryThis.delabToRefinableSyntax proof
    let text ← PrettyPrinter.ppTerm term
    return some s!"exact {text.pretty (width := 1000)}"

/-- What a tactic such as `simp?` said should be written in its place, if it said one thing. -/
def suggested? : CoreM (Option String) := do
  let texts ← (← Core.getMessageLog).toArray.filterMapM fun message => do
    if message.severity != .information then return none
    let text := (← message.data.toString).trimAscii.toString
    unless text.startsWith "Try this:" do return none
    let tactic := (text.drop "Try this:".length).trimAscii.toString
    return some ((if tactic.startsWith "[apply] " then tactic.drop "[apply] ".length else tactic.toSlice).toString)
  return if texts.size == 1 then texts[0]? else none

/-- Runs `act`; where Lean logs its error and only aborts, throws the logged one instead. -/
def withLoggedError (act : Tactic.TacticM Unit) : Tactic.TacticM Unit := fun context state => do
  try act context state
  catch exception =>
    match exception, firstError? (← Core.getMessageLog) with
    | .internal .., some message => throwError message.data
    | _, _ => throw exception

/-- Runs `act` on the present goals; what it leaves half done, or only logs as an error, is one. -/
def perform (act : Tactic.TacticM Unit) : Tactic.TacticM Unit := do
  withLoggedError act
  Term.synthesizeSyntheticMVarsNoPostponing
  Tactic.pruneSolvedGoals
  if let some message := firstError? (← Core.getMessageLog) then
    throwError message.data

/-- What makes the result of a tactic fit to keep; `goals` are those that it was run on. -/
def finish (scope : Scope) (goals : List MVarId) (stx : Syntax) : Tactic.TacticM (Array (Array Name) × Option String) := do
  if (← Tactic.getGoals) == goals then
    throwError MessageData.tagged noProgressTag "the tactic changed nothing"
  if ← usesSorry scope goals then
    throwError MessageData.tagged cheatTag "the tactic uses sorry"
  let replacement := (← foundTerm? goals stx) <|> (← suggested?)
  let named ← (← Tactic.getGoals).mapM fun goal => nameHypotheses goal
  Tactic.setGoals (named.map (·.1))
  return ((named.map (·.2)).toArray, replacement)

/-- The only tactic of a sequence. -/
def single? (stx : Syntax) : Option Syntax :=
  match stx[0][0].getSepArgs with
  | #[tactic] => if stx[0].isOfKind ``Parser.Tactic.tacticSeq1Indented then some tactic else none
  | _ => none

/-- The parts of `first <;> second`. -/
def sequel? (stx : Syntax) : Option (Syntax × Syntax) :=
  if stx.isOfKind ``Parser.Tactic.«tactic_<;>_» then some (stx[0], stx[2]) else none

/-- Where the beginnings of tactics led: `induction n` is run once for all that go on from it by `<;>`. -/
abbrev Beginnings := IO.Ref (Std.HashMap String (Except Exception ProofState))

/-- Runs `act` from a state. -/
def step (limits : Limits) (cancel : IO.CancelToken) (state : ProofState) (act : Tactic.TacticM Unit) :
    BaseIO (Except Exception ProofState) := do
  match ← (state.run limits cancel (perform act)).toBaseIO with
  | .ok ((), after) => return .ok after
  | .error exception => return .error exception

/-- The state after a tactic. -/
partial def advance (beginnings : Beginnings) (limits : Limits) (cancel : IO.CancelToken) (state : ProofState)
    (stx : Syntax) : BaseIO (Except Exception ProofState) := do
  let some (first, second) := sequel? stx | step limits cancel state (Tactic.evalTactic stx)
  let text := toString first
  let middle ← match (← ST.Ref.get beginnings)[text]? with
    | some known => pure known
    | none => do
      let found ← advance beginnings limits cancel state first
      unless ← cancel.isSet do beginnings.modify (·.insert text found)
      pure found
  match middle with
  | .error exception => return .error exception
  | .ok middle => step limits cancel middle (onEach middle.goals second)
where
  onEach (goals : List MVarId) (stx : Syntax) : Tactic.TacticM Unit := do
    let mut left := #[]
    for goal in goals do
      Tactic.setGoals [goal]
      Tactic.evalTactic stx
      left := left ++ (← Tactic.getUnsolvedGoals).toArray
    Tactic.setGoals left.toList

/-- Runs one tactic text against a state. What it says is printed only if `explain`; without `beginnings`
nothing is taken from an earlier tactic. -/
def runTactic (dog : Watchdog) (scope : Scope) (beginnings? : Option Beginnings) (state : ProofState) (text : String)
    (limits : Limits) (explain : Bool) : IO (Except (Failure × String) Progress) := do
  match parseTactics state text with
  | .error message => return .error (.parse, message)
  | .ok stx =>
    let outcome ← dog.guard limits.milliseconds fun cancel => do
      let reached ← match beginnings?, single? stx with
        | some beginnings, some tactic => advance beginnings limits cancel state tactic
        | _, _ => step limits cancel state (Tactic.evalTactic stx)
      match reached with
      | .ok after => (after.run limits cancel (finish scope state.goals stx)).toBaseIO
      | .error exception => return .error exception
    match outcome with
    | .ok ((renames, replacement), after) =>
      let coreState := { silent after.coreState with cache := {} }
      return .ok { state := { after with coreState }, renames, replacement }
    | .error exception =>
      let message ← if explain then (try exception.toMessageData.toString catch _ => pure "") else pure ""
      return .error (classify exception, message)

/-- The goals of a state, in groups of which no two share a metavariable. -/
def independent (state : ProofState) : MetaM (List (List MVarId)) := do
  if state.goals.length ≤ 1 then return [state.goals]
  let shared ← state.goals.anyM fun goal => goal.withContext do
    let mut expressions := #[← instantiateMVars (← goal.getType)]
    for decl in ← getLCtx do
      unless decl.isImplementationDetail do
        expressions := expressions.push (← instantiateMVars decl.type)
    return expressions.any (·.hasExprMVar)
  return if shared then [state.goals] else state.goals.map ([·])

end Gateway
