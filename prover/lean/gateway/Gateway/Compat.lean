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

/-- The environment a source file starts from. A `module` sees what its imports export to it; any other file sees all
that they hold. -/
def importEnvironment (imports : Array Import) (isModule : Bool) (opts : Options) : IO Environment := do
  runInitializers
  importModules imports opts (trustLevel := 0) (leakEnv := true) (loadExts := true)
    (level := if isModule then .exported else .private)

/-- Turns off what would leave the gateway's thread: a request is answered before it returns. -/
def synchronous (opts : Options) : Options :=
  (Elab.async.set opts false)

/-- Whether an axiom was declared as one. Where only exported parts of the library exist, its theorems and
closed definitions are stored as axioms too. -/
def wasAxiom (env : Environment) (name : Name) : Bool := getOriginalConstKind? env name matches some .axiom

partial def namesFrom (names : Array Name) (i : Nat) (set : NameSet) : NameSet :=
  if h : i < names.size then namesFrom names (i + 1) (set.insert names[i]) else set

/-- The files of a compiled module: what it exports, and, if it is a `module`, two more, the last with all that it
holds. -/
def oleanParts (file : System.FilePath) : Array (OLeanLevel × System.FilePath) :=
  #[OLeanLevel.exported, .server, .private].map fun level => (level, level.adjustFileName file)

/-- All that a compiled module holds. -/
def readOlean (file : System.FilePath) : IO ModuleData := do
  let files ← (oleanParts file).filterM (·.2.pathExists)
  let parts ← readModuleDataParts (files.map (·.2))
  let some (data, _) := parts.back? | throw <| IO.userError s!"{file} does not exist"
  return data

/-- Writes all that `env` holds to one file, to be read by `readOlean`. -/
def writeWhole (env : Environment) (mod : Name) (file : System.FilePath) : IO Unit := do
  saveModuleData file mod (← mkModuleData env)

/--
Writes `env` as the compiled module `mod`, in parts if it is a `module`. The embedded toolchain registers no auxiliary
declaration of the compiler on import unless it also is a constant, so each gets an unsafe axiom of
type `Nat`, which no safe theorem can mention.
-/
def writeOlean (env : Environment) (mod : Name) (file : System.FilePath) (stubs : Bool) : IO Unit := do
  writeModule env file
  if stubs then
    let parts := if env.header.isModule then oleanParts file else #[(.private, file)]
    saveModuleDataParts mod <| ← parts.mapM fun (level, file) => return (file, withStubs (← mkModuleData env level))
where
  withStubs (data : ModuleData) : ModuleData := Id.run do
    let known := namesFrom data.constNames 0 {}
    let mut data := data
    for name in data.extraConstNames do
      unless known.contains name do
        data := { data with
          constNames := data.constNames.push name
          constants := data.constants.push
            (.axiomInfo { name, levelParams := [], type := .const ``Nat [], isUnsafe := true }) }
    return data

end Gateway
