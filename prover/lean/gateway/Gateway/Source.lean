import Gateway.Compat
/-!
Source files: parsed and elaborated command by command on the gateway's own thread, with the state
before each command kept, so that any of them can be entered again.
-/
open Lean Elab

namespace Gateway

/-- One command of a file. -/
structure Step where
  /-- the command's syntax -/
  stx : Syntax
  /-- the state that the command was elaborated in, without messages -/
  before : Command.State
  /-- where the command starts and where its last token ends, in bytes -/
  start : Offset
  stop : Offset

/-- An elaborated file, or as much of it as was asked for. -/
structure Source where
  mainModule : Name
  fileName : String
  fileMap : FileMap
  steps : Array Step
  /-- the state after the last command -/
  after : Command.State
  messages : Array Message

/-- The options every file of the gateway is elaborated with. -/
def baseOptions : Options :=
  synchronous (Options.empty)

def commandContext (s : Source) (pos : Offset) (cancel? : Option IO.CancelToken) : Command.Context :=
  { fileName := s.fileName, fileMap := s.fileMap, cmdPos := pos, snap? := none, cancelTk? := cancel? }

/-- Elaborates one command; what it throws it logs. -/
def runCommand (ctx : Command.Context) (state : Command.State) (stx : Syntax) : IO Command.State := do
  let ref ← IO.mkRef state
  let _ ← (Command.elabCommandTopLevel stx ctx ref).toBaseIO
  ref.get

/-- Elaborates commands from `pstate` on, to the end or to the first that starts at `limit?` or later. -/
partial def elaborateFrom (ictx : Parser.InputContext) (pstate : Parser.ModuleParserState)
    (source : Source) (limit? : Option Nat) (cancel? : Option IO.CancelToken) : IO Source := do
  let state := source.after
  let scope := state.scopes.head!
  let pmctx : Parser.ParserModuleContext :=
    { env := state.env, options := scope.opts, currNamespace := scope.currNamespace, openDecls := scope.openDecls }
  let (stx, pstate, log) := Parser.parseCommand ictx pmctx pstate {}
  let parseMessages := log.toArray
  let messages := source.messages ++ parseMessages
  let start := stx.getPos?.getD pstate.pos
  if Parser.isTerminalCommand stx then
    return { source with messages }
  if limit?.any (start.byteIdx ≥ ·) then
    return { source with messages }
  let before := { state with messages := {}, infoState := { enabled := false }, traceState := {} }
  let after ← runCommand (commandContext source start cancel?) before stx
  elaborateFrom ictx pstate { source with
    messages := messages ++ after.messages.toArray
    after := { after with messages := {} }
    steps := source.steps.push { stx, before, start, stop := stx.getTailPos?.getD start } } limit? cancel?

/-- Environments by the imports that they come from: each is imported once and never freed. -/
abbrev Environments := IO.Ref (List (String × Environment))

def Environments.get (environments : Environments) (imports : Array Import) : IO Environment := do
  let key := toString (imports.map (·.module))
  match (← ST.Ref.get environments).lookup key with
  | some env => return env
  | none =>
    let env ← importEnvironment imports baseOptions
    environments.modify ((key, env) :: ·)
    return env

/-- Parses the header of `text` and elaborates the commands below it. -/
def elaborate (environments : Environments) (text fileName : String) (mainModule : Name) (limit? : Option Nat := none)
    (cancel? : Option IO.CancelToken := none) : IO Source := do
  let ictx := Parser.mkInputContext text fileName
  let (header, pstate, log) ← Parser.parseHeader ictx
  let fileMap := FileMap.ofString text
  let env ← environments.get (headerToImports header)
  let env := env.setMainModule mainModule
  let after := { Command.mkState env {} baseOptions with infoState := { enabled := false } }
  elaborateFrom ictx pstate
    { mainModule, fileName, fileMap, steps := #[], after, messages := log.toArray } limit? cancel?

end Gateway
