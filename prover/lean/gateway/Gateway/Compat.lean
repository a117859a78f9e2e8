import Lean.Elab.Frontend
import Lean.Elab.Import
import Lean.AddDecl
/-!
The places where Lean's own interfaces differ between versions, kept together.
Checked against: 4.28.0-pre (38f3c0c4, the embedded toolchain).
-/
open Lean

namespace Gateway

/-- Byte offset of a position in its source text. -/
abbrev Offset := String.Pos.Raw

unsafe def runInitializersImpl : IO Unit := enableInitializersExecution

/-- Lets what a module declares by `initialize` (extensions, attributes) come to be when it is imported. -/
@[implemented_by runInitializersImpl] opaque runInitializers : IO Unit

/-- The two modules that cannot be imported together, if Lean's error says that both declare the same name. -/
def clash? (message : String) : Option (Array String) := do
  let (_, rest) ← cut message "import "
  let (second, rest) ← cut rest " failed, environment already contains '"
  let (_, first) ← cut rest "' from "
  return #[((first.splitOn "\n").headD "").trimAscii.toString, second]
where
  cut (text mark : String) : Option (String × String) :=
    match text.splitOn mark with
    | before :: rest@(_ :: _) => some (before, mark.intercalate rest)
    | _ => none

/-- Turns off what would leave the gateway's thread: a request is answered before it returns. -/
def synchronous (opts : Options) : Options :=
  Elab.async.set opts false

/-- Lets Lean start tasks; whoever elaborates with these options waits for them. -/
def asynchronous (opts : Options) : Options :=
  Elab.async.set opts true

/-- Whether an axiom was declared as one. Where only exported parts of the library exist, its theorems and
closed definitions are stored as axioms too. -/
def wasAxiom (env : Environment) (name : Name) : Bool := getOriginalConstKind? env name matches some .axiom

partial def namesFrom (names : Array Name) (i : Nat) (set : NameSet) : NameSet :=
  if h : i < names.size then namesFrom names (i + 1) (set.insert names[i]) else set

/-- The files of a compiled module: what it exports, and, if it is a `module`, two more, the last with all that it
holds. -/
def oleanParts (file : System.FilePath) : Array (OLeanLevel × System.FilePath) :=
  #[OLeanLevel.exported, .server, .private].map fun level => (level, level.adjustFileName file)

/-- The modules below a directory whose files have an extension, and these files. -/
partial def modulesBelow (directory : System.FilePath) (extension : String) (parent : Name := .anonymous) :
    IO (Array (Name × System.FilePath)) := do
  let mut found := #[]
  for entry in ← directory.readDir do
    if ← entry.path.isDir then
      found := found ++ (← modulesBelow entry.path extension (parent.str entry.fileName))
    else if entry.path.extension == some extension then
      found := found.push (parent.str (entry.path.fileStem.getD ""), entry.path)
  return found

/-- All that a compiled module holds. -/
def readOlean (file : System.FilePath) : IO ModuleData := do
  let files ← (oleanParts file).filterM (·.2.pathExists)
  let parts ← readModuleDataParts (files.map (·.2))
  let some (data, _) := parts.back? | throw <| IO.userError s!"{file} does not exist"
  return data

/-- Writes all that `env` holds to one file, to be read by `readOlean`. -/
def writeWhole (env : Environment) (mod : Name) (file : System.FilePath) : IO Unit := do
  saveModuleData file mod (← mkModuleData env)

/-- A compiled module that also declares some names which it does not: each gets an unsafe axiom of type `Nat`, which no
safe theorem can mention. -/
def _root_.Lean.ModuleData.withStubs (data : ModuleData) (names : Array Name) : ModuleData := Id.run do
  let known := namesFrom data.constNames 0 {}
  let missing := names.filter (!known.contains ·)
  return { data with
    constNames := data.constNames ++ missing
    constants := data.constants ++ missing.map fun name =>
      .axiomInfo { name, levelParams := [], type := .const ``Nat [], isUnsafe := true } }

/-- A part of a compiled module with the code of its declarations, of which it holds the types only. -/
def _root_.Lean.ModuleData.withCode (data code : ModuleData) : ModuleData :=
  let entries := data.entries.map fun (name, entries) =>
    (name, ((code.entries.find? (·.1 == name)).map (·.2)).getD entries)
  let further := code.entries.filter fun (name, _) => !entries.any (·.1 == name)
  ({ data with entries := entries ++ further }).withStubs code.extraConstNames

/--
Writes `env` as the compiled module `mod`, in parts if it is a `module`. The embedded toolchain registers no auxiliary
declaration of the compiler on import unless it also is a constant, and does not look at code in a file of its own.
-/
def writeOlean (env : Environment) (mod : Name) (file : System.FilePath) (stubs : Bool) : IO Unit := do
  writeModule env file
  if stubs then
    let code? ← if env.header.isModule then some <$> readModuleData (file.withExtension "ir") else pure none
    let parts := if env.header.isModule then oleanParts file else #[(.private, file)]
    saveModuleDataParts mod <| ← parts.mapM fun (level, file) => do
      let data ← mkModuleData env level
      let data := (code?.map fun (code, _) => data.withCode code).getD data
      return (file, data.withStubs data.extraConstNames)

end Gateway
