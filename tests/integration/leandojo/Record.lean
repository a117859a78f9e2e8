import Lean
/-!
Records what LeanDojo's extractor would of a file: its syntax trees, tactics with their states, and the constants
that its identifiers are. Gives the trees of `trees/`, with a Lean on which that extractor does not compile.

Arguments: the file, its module, where the trees go, where the `.olean` goes.
-/
open Lean Elab

namespace Record

def infoJson : SourceInfo → Json
  | .none => "none"
  | .original leading start trailing stop => Json.mkObj [("original", Json.mkObj [("leading", toString leading),
      ("pos", toJson start.byteIdx), ("trailing", toString trailing), ("endPos", toJson stop.byteIdx)])]
  | .synthetic start stop canonical => Json.mkObj [("synthetic", Json.mkObj [
      ("pos", toJson start.byteIdx), ("endPos", toJson stop.byteIdx), ("canonical", toJson canonical)])]

partial def syntaxJson : Syntax → Json
  | .missing => "missing"
  | .node info kind args => Json.mkObj [("node", Json.mkObj [
      ("info", infoJson info), ("kind", toString kind), ("args", Json.arr (args.map syntaxJson))])]
  | .atom info val => Json.mkObj [("atom", Json.mkObj [("info", infoJson info), ("val", val)])]
  | .ident info raw val _ => Json.mkObj [("ident", Json.mkObj [("info", infoJson info),
      ("rawVal", toString raw), ("val", toString val), ("preresolved", Json.arr #[])])]

def positionJson (position? : Option Position) : Json :=
  position?.elim Json.null fun p => Json.mkObj [("line", toJson p.line), ("column", toJson p.column)]

def goals (ctx : ContextInfo) (goals : List MVarId) : IO String := do
  if goals.isEmpty then return "no goals"
  let printed ← ctx.runMetaM {} (goals.mapM fun goal => do return toString (← Meta.ppGoal goal))
  return "\n\n".intercalate printed

/-- Where LeanDojo keeps the source of a module: the repository's own, or the library's. -/
def sourcePath (module : Name) : String :=
  let file := (toString module).replace "." "/" ++ ".lean"
  if module.getRoot == `Demo then file else ".lake/packages/lean4/src/lean/" ++ file

structure Found where
  tactics : Array Json := #[]
  premises : Array Json := #[]

def sequences : List Name :=
  [``Parser.Tactic.tacticSeq1Indented, ``Parser.Tactic.tacticSeqBracketed, ``Parser.Tactic.rewriteSeq]

def tactic (found : IO.Ref Found) (ctx : ContextInfo) (info : TacticInfo) (parent : Option Info) : IO Unit := do
  let some (.ofTacticInfo above) := parent | return
  unless sequences.contains above.stx.getKind do return
  let before ← goals { ctx with mctx := info.mctxBefore } info.goalsBefore
  let after ← goals { ctx with mctx := info.mctxAfter } info.goalsAfter
  if before == "no goals" || before == after then return
  let (some start, some stop) := (info.stx.getPos? true, info.stx.getTailPos? true) | return
  unless info.stx matches .node .. do return
  found.modify fun all => { all with tactics := all.tactics.push (Json.mkObj [("stateBefore", before),
    ("stateAfter", after), ("pos", toJson start.byteIdx), ("endPos", toJson stop.byteIdx)]) }

def premise (found : IO.Ref Found) (env : Environment) (map : FileMap) (ctx : ContextInfo) (info : TermInfo) :
    IO Unit := do
  let some name := info.expr.constName? | return
  let ranges? ← ctx.runMetaM {} (withEnv env (findDeclarationRanges? name))
  let module := (env.getModuleIdxFor? name).elim env.header.mainModule fun i => env.header.moduleNames[i.toNat]!
  let start := info.stx.getPos?.map map.toPosition
  let declared := ranges?.map (·.selectionRange.pos)
  if declared == start then return
  found.modify fun all => { all with premises := all.premises.push (Json.mkObj [("fullName", toString name),
    ("defPos", positionJson declared), ("defEndPos", positionJson (ranges?.map (·.selectionRange.endPos))),
    ("modName", toString module), ("defPath", sourcePath module), ("pos", positionJson start),
    ("endPos", positionJson (info.stx.getTailPos?.map map.toPosition))]) }

partial def visit (found : IO.Ref Found) (env : Environment) (map : FileMap) (ctx? : Option ContextInfo)
    (parent : Option Info) : InfoTree → IO Unit
  | .context inner tree => visit found env map (inner.mergeIntoOuter? ctx?) parent tree
  | .node info children => do
    match ctx?, info with
    | some ctx, .ofTacticInfo info => tactic found ctx info parent
    | some ctx, .ofTermInfo info => premise found env map ctx info
    | _, _ => pure ()
    for child in children do visit found env map ctx? (some info) child
  | _ => pure ()

end Record

def main (args : List String) : IO UInt32 := do
  let [file, module, out, olean] := args | return 2
  initSearchPath (← pure ".") []
  let input := Parser.mkInputContext (← IO.FS.readFile file) file
  let (header, parser, messages) ← Parser.parseHeader input
  let imports := headerToImports header |>.map fun (i : Import) => { i with importAll := false, isExported := true }
  let env ← importModules imports {} (leakEnv := true) (loadExts := true)
  let state := Command.mkState (env.setMainModule module.toName) messages {}
  let frontend ← IO.processCommands input parser { state with infoState.enabled := true }
  let env := frontend.commandState.env
  let found ← IO.mkRef {}
  for tree in frontend.commandState.infoState.trees do Record.visit found env input.fileMap none none tree
  let commands := frontend.commands.filter (·.getKind != ``Parser.Command.eoi)
  let found : Record.Found ← found.get
  IO.FS.writeFile out (Json.mkObj [("commandASTs", Json.arr ((#[header.raw] ++ commands).map Record.syntaxJson)),
    ("tactics", Json.arr found.tactics), ("premises", Json.arr found.premises)]).compress
  writeModule env olean
  return 0
