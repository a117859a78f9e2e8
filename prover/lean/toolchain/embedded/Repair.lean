/-!
Rewrites library modules so that this build of Lean can run code that is compiled against them.

Every `.olean` lists the compiler's auxiliary declarations (`List.reverse._redArg`, …) as extra names,
but the import of this build does not register those, and code that mentions one fails to compile.
Here each of them also becomes a constant of its module: an unsafe axiom of type `Nat`, which no safe
theorem can mention. There are no `for` loops in here because they need the missing names.
-/
open Lean

partial def collect (names : Array Name) (i : Nat) (found : NameSet) : NameSet :=
  if i < names.size then collect names (i + 1) (found.insert (names.getD i .anonymous)) else found

def stub (name : Name) : ConstantInfo :=
  .axiomInfo { name, levelParams := [], type := .const ``Nat [], isUnsafe := true }

partial def addStubs (known : NameSet) (i : Nat) (data : ModuleData) : ModuleData :=
  if i < data.extraConstNames.size then
    let name := data.extraConstNames.getD i .anonymous
    addStubs known (i + 1) <|
      if known.contains name then data
      else { data with constNames := data.constNames.push name, constants := data.constants.push (stub name) }
  else data

/-- Rewrites the files at the given paths, relative to `source`, to the same paths under `target`. -/
partial def repair (source target : String) : List String → IO UInt32
  | path :: rest => do
    let (data, _) ← readModuleData (source ++ "/" ++ path)
    saveModuleData (target ++ "/" ++ path) (.mkSimple path) (addStubs (collect data.constNames 0 {}) 0 data)
    repair source target rest
  | [] => pure 0

def main : List String → IO UInt32
  | source :: target :: paths => repair source target paths
  | _ => pure 2
