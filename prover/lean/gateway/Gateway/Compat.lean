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

/-- The environment a source file starts from: an ordinary, non-`module` import of everything. -/
def importEnvironment (imports : Array Import) (opts : Options) : IO Environment := do
  runInitializers
  importModules imports opts (trustLevel := 0) (leakEnv := true) (loadExts := true)

/-- Turns off what would leave the gateway's thread: a request is answered before it returns. -/
def synchronous (opts : Options) : Options :=
  (Elab.async.set opts false)

/-- Whether an axiom was declared as one. Where only exported parts of the library exist, its theorems and
closed definitions are stored as axioms too. -/
def wasAxiom (env : Environment) (name : Name) : Bool := getOriginalConstKind? env name matches some .axiom

partial def namesFrom (names : Array Name) (i : Nat) (set : NameSet) : NameSet :=
  if h : i < names.size then namesFrom names (i + 1) (set.insert names[i]) else set

/--
Writes `env` as the `.olean` of module `mod`. The embedded toolchain registers no auxiliary
declaration of the compiler on import unless it also is a constant, so each gets an unsafe axiom of
type `Nat`, which no safe theorem can mention.
-/
def writeOlean (env : Environment) (mod : Name) (file : System.FilePath) (stubs : Bool) : IO Unit := do
  let mut data ← mkModuleData env
  if stubs then
    let known := namesFrom data.constNames 0 {}
    for name in data.extraConstNames do
      unless known.contains name do
        data := { data with
          constNames := data.constNames.push name
          constants := data.constants.push
            (.axiomInfo { name, levelParams := [], type := .const ``Nat [], isUnsafe := true }) }
  saveModuleData file mod data

end Gateway
