import Gateway.Bound
import Gateway.Example
import Gateway.Recheck
import Gateway.Rules
/-!
The gate's side of the conversation. `challenge` compiles the original and says what it consists of;
`judge` is asked of another process, elaborates the candidate, and says up to which level it holds.

Levels: 1 it compiles, 2 it is bound to the original, 3 its axioms are allowed.
-/
open Lean Elab

namespace Gateway

/-- Why a candidate is refused, and at which level. -/
structure Refusal where
  level : Nat
  reason : String
  /-- whether its text does not stand as one proof at its place, so that nothing is said of the proof itself -/
  misplaced : Bool := false

/-- A theorem's command: in which text, where, and what is to be proved there. -/
structure Target where
  file : Text
  theoremName : String
  /-- the byte where its name stands in the original -/
  selection : Nat
  /-- other theorems of its `mutual` block that are proved too, each with the byte of its name in the original -/
  beside : Array (String × Nat)
  /-- the bytes of its command -/
  start : Nat
  stop : Nat
  /-- whether linters look at its command -/
  linted : Bool

/-- The theorems that are to be proved. -/
def Target.theorems (target : Target) : Array (String × Nat) :=
  #[(target.theoremName, target.selection)] ++ target.beside

/-- The file up to the target's command. -/
def Target.before (target : Target) (environments : Environments) : IO Source := do
  let source ← elaborate environments target.file { limit? := some target.start }
  let messages := source.messages.filter fun message => offsetOf source message.pos < target.start
  return { source with messages }

/-- The command that stands at a place, as the source's state reads it, and what the parser says of it. -/
def Source.parseAt (source : Source) (text : String) (start : Nat) :
    Syntax × Parser.ModuleParserState × Array Message :=
  let scope := source.after.scopes.head!
  let pmctx : Parser.ParserModuleContext :=
    { env := source.after.env, options := scope.opts, currNamespace := scope.currNamespace, openDecls := scope.openDecls }
  let ictx := inputOf text source.fileName
  let (stx, pstate, log) := Parser.parseCommand ictx pmctx { pos := ⟨start⟩ } {}
  (stx, pstate, log.toArray)

/-- The target's command in a text of the file, as `parseAt` reads it. -/
structure ParsedTarget where
  stx : Syntax
  /-- whether the target is an `example`, which is a theorem in `stx` -/
  isExample : Bool
  pstate : Parser.ModuleParserState
  messages : Array Message

def Target.parse (target : Target) (source : Source) (text : String) : ParsedTarget :=
  let (stx, pstate, messages) := source.parseAt text target.start
  match withExampleNamed? (FileMap.ofString text) stx target.selection with
  | some stx => { stx, isExample := true, pstate, messages }
  | none => { stx, isExample := false, pstate, messages }

/-- Elaborates the target's command as the next one, and the rest of the file. -/
def Target.push (target : Target) (source : Source) (parsed : ParsedTarget) : IO Source := do
  let before := { source.after with messages := {}, infoState := { enabled := false }, traceState := {} }
  let state := { (if parsed.isExample then withAllVariables before else before) with infoState := { enabled := target.linted } }
  let after ← runCommand (commandContext source ⟨target.start⟩ none) state parsed.stx
  let after := if parsed.isExample then { after with scopes := before.scopes } else after
  let step : Step := { stx := parsed.stx, before, start := ⟨target.start⟩, stop := parsed.stx.getTailPos?.getD ⟨target.start⟩ }
  let source := { source with
    messages := source.messages ++ parsed.messages ++ after.messages.toArray
    after := { after with messages := {}, infoState := { enabled := false } }
    steps := source.steps.push step }
  elaborateFrom (inputOf target.file.text source.fileName) parsed.pstate source {}

/-- Whether a byte belongs to a piece of syntax. -/
def covers (stx : Syntax) (place : Nat) : Bool :=
  stx.getRange?.any fun range => range.start.byteIdx ≤ place && place < range.stop.byteIdx

/-- The part of a command that declares what is named at `selection` in `original`, the same command before it was
changed: its part with the same number. -/
def declarationAt (original stx : Syntax) (selection : Nat) : Syntax :=
  ((declarations original).findIdx? (covers · selection)).bind ((declarations stx)[·]?) |>.getD stx

partial def signature? (stx : Syntax) : Option Syntax :=
  if [``Parser.Command.declSig, ``Parser.Command.optDeclSig].contains stx.getKind then some stx
  else stx.getArgs.findSome? signature?

/-- A command with the statements and the proofs of some of its declarations left out. -/
def frame (stx : Syntax) (chosen : Array Syntax) : Syntax :=
  let parts := chosen.flatMap fun declaration => (body? declaration).toArray ++ (signature? declaration).toArray
  parts.foldl (init := stx) fun stx part => substitute stx part .missing

/-- The first step after which a constant is there. -/
partial def Source.stepOf (source : Source) (name : Name) (low high : Nat) : Nat :=
  if low ≥ high then low else
  let middle := (low + high) / 2
  if (source.environmentAfter middle).constants.contains name then source.stepOf name low middle
  else source.stepOf name (middle + 1) high

/-- What each command declares, as text. -/
def Source.declared (source : Source) : Array (Array String) :=
  source.after.env.constants.foldStage2 add (source.steps.map fun _ => #[])
where
  add (found : Array (Array String)) (name : Name) (_ : ConstantInfo) : Array (Array String) :=
    found.modify (source.stepOf name 0 (source.steps.size - 1)) (·.push (toString name))

def commandsJson (source : Source) (declared : Array (Array String)) : Json :=
  Json.arr <| source.steps.mapIdx fun i step => Json.mkObj
    [("start", toJson step.start.byteIdx), ("stop", toJson step.stop.byteIdx), ("names", toJson (declared.getD i #[]))]

/-- The original; with `sorried`, the target's proof, which may be wrong, is put aside. -/
def Target.original (target : Target) (environments : Environments) (sorried : Bool) : IO Source := do
  let source ← target.before environments
  let parsed := target.parse source target.file.text
  match body? (declarationAt parsed.stx parsed.stx target.selection) with
  | some body =>
    target.push source (if sorried then { parsed with stx := substitute parsed.stx body (sorryBody body) } else parsed)
  | none => target.push source parsed

/-- The declarations of the theorems in a command of the candidate. -/
def Target.declarationsIn (target : Target) (original stx : Syntax) : Array Syntax :=
  target.theorems.map fun (_, selection) => declarationAt original stx selection

/-- What is wrong with the text of a proof, before any of it is elaborated. -/
def Target.objection? (target : Target) (source : Source) (original stx : Syntax) (block : Bool) : Option Refusal := do
  let stop := (stx.getTailPos?.getD ⟨target.start⟩).byteIdx
  let (before, after) := (target.declarationsIn original original, target.declarationsIn original stx)
  if stx.getPos? != some ⟨target.start⟩ || stop > target.stop then
    some (misplaced s!"the file no longer declares {target.theoremName} at its place")
  else if !onlyTrivia source.after.env target.file.text stop target.stop then
    some (misplaced s!"{nameOfRest target.file.text stop} stands after the proof")
  else if !(frame original before).structEq (frame stx after) then
    some (misplaced "its name, modifiers or attributes, or another declaration of its command, were changed")
  else (before.zip after).findSome? fun (before, after) => do
    let kept := (signature? after).any fun now => (signature? before).any now.structEq
    let looked := if kept then (body? after).getD stx else stx
    match forbidden? looked, rest? after block with
    | some what, _ => some { level := 2, reason := s!"its proof contains {what}" }
    | _, some rest => some (misplaced s!"{nameOfRest target.file.text rest} stands after the proof")
    | none, none => none
where
  misplaced (reason : String) : Refusal := { level := 2, reason, misplaced := true }
  /-- where something follows the one block that a proof is to be -/
  rest? (declaration : Syntax) (block : Bool) : Option Nat := do
    guard block
    let body ← body? declaration
    let rest ← (body.getArgs.extract 2 body.getNumArgs).find? fun part => part.getPos?.isSome
    return (← rest.getPos?).byteIdx

/-- Why the candidate's compiled form is not the original's with a proof, if it is not. -/
def Source.unbound? (source : Source) (name : Name) (challenge : ModuleData) (own : List String) :
    IO (Option String) := do
  let c := Comparison.new source.after.env challenge (← mkModuleData source.after.env) name own
  if let some reason := c.theoremDiffers? then return some reason
  return c.differences[0]?.map fun difference => s!"something else in the file changed: {difference}"

/-- Why the kernel does not take what a step declares a second time, if it does not. -/
def Source.rejected? (source : Source) (index : Nat) : IO (Option String) := do
  let some step := source.steps[index]? | return some "no command at the place of the theorem"
  try
    recheck step.before.env (declaredSince step.before.env (source.environmentAfter index)) source.runCore
    return none
  catch e => return some s!"the kernel does not take it: {e}"

/-- What became of a candidate: its elaborated file, if it came so far, and why it is refused, if it is. -/
structure Judged where
  source? : Option Source
  refusal? : Option Refusal
  axioms : AxiomReport

def Judged.refusal (source? : Option Source) (refusal : Refusal) : Judged :=
  { source?, refusal? := some refusal, axioms := {} }

def Judged.refused (source? : Option Source) (level : Nat) (reason : String) : Judged :=
  .refusal source? { level, reason }

/-- What the gate is told of an original by the process that compiled it. -/
structure Challenge where
  text : String
  olean : System.FilePath
  own : List String
  /-- the proof is to be one tactic block or term, with nothing after it -/
  block : Bool
  /-- the axioms that are allowed besides the standard ones, as people write them -/
  axioms : List String := []
  /-- the open theorems that the proof may rest on -/
  assumed : Assumed := []

/-- Whether a message is an error in the target's command. Errors elsewhere are compared with the original's by the
other side. -/
def Target.isErrorIn (target : Target) (message : Message) : Bool :=
  let place := ((FileMap.ofString target.file.text).ofPosition message.pos).byteIdx
  message.severity == .error && target.start ≤ place && place < target.stop

def Target.judge (target : Target) (environments : Environments) (challenge : Challenge) : IO Judged := do
  let source ← target.before environments
  let parsed := target.parse source target.file.text
  let original := (target.parse source challenge.text).stx
  let stx := parsed.stx
  if parsed.messages.isEmpty then
    if let some refusal := target.objection? source original stx challenge.block then
      return .refusal none refusal
  let index := source.steps.size
  let source ← target.push source parsed
  if source.messages.any target.isErrorIn then return .refused source 1 "the file does not compile with it"
  let declared ← source.declarations
  let data ← readOlean challenge.olean
  let mut proved := #[]
  for (theoremName, selection) in target.theorems do
    let place := declarationAt original stx selection
    let some declaration := declared.find? fun d => covers place d.selection && visibleName d.name == theoremName
      | return .refused source 2 s!"the file no longer declares {theoremName} at its place"
    if let some reason ← source.unbound? declaration.name data challenge.own then
      return .refused source 2 reason
    proved := proved.push declaration.name
  let known := Compiled.of data
  let allowed : Allowances :=
    { axioms := challenge.axioms, assumed := challenge.assumed, original := (known.constants[·]?), own := challenge.own }
  let axioms ← axiomsOf (← source.unrestricted environments) (← IO.mkRef {}) proved allowed
  -- Axioms first: the kernel cannot be asked again where the compiler was believed.
  let refusal? ← match axioms.reason? with
    | some reason => pure (some { level := 3, reason })
    | none => pure <| (← source.rejected? index).map fun reason => { level := 2, reason }
  return { source? := source, refusal?, axioms }

end Gateway
