import Gateway.Import
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
  /-- the declarations in which a `sorry` was elaborated that their own text, or a macro in it, has -/
  sorried : Array Name := #[]

/-- The command that a byte of the file belongs to. -/
def Source.stepAt? (source : Source) (offset : Nat) : Option Step := Id.run do
  let mut low := 0
  let mut high := source.steps.size
  while low < high do
    let middle := (low + high) / 2
    if h : middle < source.steps.size then
      if source.steps[middle].stop.byteIdx ≤ offset then low := middle + 1 else high := middle
  let step? := source.steps[low]?
  return step?.filter (·.start.byteIdx ≤ offset)

/-- A text for the parser as it is: the other side has made every CRLF a line feed, and counts bytes in the result. -/
def inputOf (text fileName : String) : Parser.InputContext :=
  Parser.mkInputContext text fileName (normalizeLineEndings := false)

/-- The options every file of the gateway is elaborated with. -/
def baseOptions : Options :=
  synchronous (Options.empty)

def commandContext (s : Source) (pos : Offset) (cancel? : Option IO.CancelToken) : Command.Context :=
  { fileName := s.fileName, fileMap := s.fileMap, cmdPos := pos, snap? := none, cancelTk? := cancel? }

/-- The option under which public declarations may use private ones. -/
def privateInPublic : Name := `backward.privateInPublic

/-- Whether a command declares something private that public declarations may use: Lean exports such a theorem only
if it elaborates it asynchronously. -/
def exportsPrivate (opts : Options) (stx : Syntax) : Bool :=
  (stx.find? (·.isOfKind ``Parser.Command.private)).isSome
    && ((opts.get? privateInPublic : Option Bool) == some true || (stx.find? (·.getId == privateInPublic)).isSome)

/-- A state in which the options of the current scope are others. -/
def withOptions (state : Command.State) (change : Options → Options) : Command.State :=
  { state with scopes := state.scopes.modifyHead fun scope => { scope with opts := change scope.opts } }

/-- A state with the messages of the tasks that a command has started, which have ended then. -/
def afterTasks (state : Command.State) : Command.State :=
  let found := state.snapshotTasks.flatMap (·.get.getAll) |>.map (·.diagnostics.msgLog)
  { state with messages := found.foldl (· ++ ·) state.messages, snapshotTasks := #[] }

/-- Elaborates one command; what it throws it logs. -/
def runCommand (ctx : Command.Context) (state : Command.State) (stx : Syntax) : IO Command.State := do
  let leaves := exportsPrivate state.scopes.head!.opts stx
  let ref ← IO.mkRef (if leaves then withOptions state asynchronous else state)
  let _ ← (Command.elabCommandTopLevel stx ctx ref).toBaseIO
  let after := afterTasks (← ref.get)
  return if leaves then withOptions after synchronous else after

/-- How a file is elaborated. -/
structure Elaboration where
  /-- commands that start here or later are left out -/
  limit? : Option Nat := none
  cancel? : Option IO.CancelToken := none
  /-- whether Lean records what it elaborates: tracing and linters need that, nothing else does -/
  trees : Bool := false
  /-- told of each command, with the state after it, its trees included -/
  visit : Step → Command.State → IO Unit := fun _ _ => pure ()

/-- Elaborates commands from `pstate` on, to the end or the limit. -/
partial def elaborateFrom (ictx : Parser.InputContext) (pstate : Parser.ModuleParserState)
    (source : Source) (how : Elaboration) : IO Source := do
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
  if how.limit?.any (start.byteIdx ≥ ·) then
    return { source with messages }
  let before := { state with messages := {}, infoState := { enabled := how.trees }, traceState := {} }
  let after ← runCommand (commandContext source start how.cancel?) before stx
  let step : Step :=
    { stx, before := { before with infoState := { enabled := false } }, start, stop := stx.getTailPos?.getD start }
  how.visit step after
  elaborateFrom ictx pstate { source with
    messages := messages ++ after.messages.toArray
    after := { after with messages := {}, infoState := { enabled := false } }
    steps := source.steps.push step } how

/-- What has been imported. -/
structure Environments where
  /-- environments by the imports that they come from; each is never freed -/
  known : IO.Ref (List (String × Environment))
  files : IO.Ref LoadedFiles

def Environments.new : IO Environments := return { known := ← IO.mkRef [], files := ← IO.mkRef {} }

/-- The environment that comes from some imports. One that is not `kept` is freed with the last file that needs it. -/
def Environments.get (environments : Environments) (imports : Array Import) (isModule : Bool := false)
    (kept : Bool := true) : IO Environment := do
  let key := toString (isModule, imports)
  match (← environments.known.get).lookup key with
  | some env => return env
  | none =>
    let env ← importEnvironment environments.files imports isModule baseOptions kept
    if kept then environments.known.modify ((key, env) :: ·)
    return env

/-- A file to elaborate. -/
structure Text where
  text : String
  fileName : String
  mainModule : Name
  /-- options that the repository's lakefile sets for it -/
  options : Options := {}
  /-- whether its imports may be wanted again -/
  kept : Bool := true

/-- Parses the header of a file and elaborates the commands below it. -/
def elaborate (environments : Environments) (text : Text) (how : Elaboration := {}) : IO Source := do
  let ictx := inputOf text.text text.fileName
  let (header, pstate, log) ← Parser.parseHeader ictx
  let fileMap := FileMap.ofString text.text
  let env ← environments.get (headerToImports header) (HeaderSyntax.isModule header) text.kept
  let env := env.setMainModule text.mainModule
  let options := text.options.mergeBy (fun _ _ ours => ours) baseOptions
  let after := { Command.mkState env {} options with infoState := { enabled := false } }
  elaborateFrom ictx pstate
    { mainModule := text.mainModule, fileName := text.fileName, fileMap, steps := #[], after, messages := log.toArray } how

end Gateway
