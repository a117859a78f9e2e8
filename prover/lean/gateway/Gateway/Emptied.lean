import Gateway.Recheck
/-!
Library modules that give way. A package may declare names that a library module declares too, in a Lean that is a little
newer than its own; nothing could import both. If no other library module mentions what that module declares, a copy that
declares nothing is imported in its place.
-/
open Lean

namespace Gateway

/-- The modules that import a module, directly or indirectly; that module too. -/
partial def importers (modules : Array (Name × ModuleData)) (known : NameSet) : NameSet :=
  let more := modules.foldl (init := known) fun known (name, data) =>
    if data.imports.any (known.contains ·.module) then known.insert name else known
  if more.size == known.size then known else importers modules more

/-- What a constant mentions, its constructors and rules included. -/
def mentions (info : ConstantInfo) (names : NameSet) : Bool :=
  (parts info).any fun part => part.getUsedConstants.any names.contains

/-- Writes a copy of a library module that declares nothing; throws if another library module needs its declarations. -/
def writeEmptied (mod : Name) (out : System.FilePath) : IO Unit := do
  let some library ← toolchainDirectory? | throw <| IO.userError "the toolchain has no library"
  let (data, _) ← readModuleData (modToFilePath library mod "olean")
  let declared := namesFrom data.constNames 0 {}
  let modules ← (← modulesBelow library "olean").mapM fun (name, file) => return (name, (← readModuleData file).1)
  let users := importers modules (NameSet.empty.insert mod)
  for (name, held) in modules do
    if name != mod && users.contains name then
      if let some user := held.constants.find? (mentions · declared) then
        throw <| IO.userError s!"the library's `{user.name}` needs what {mod} declares"
  saveModuleData out mod { data with
    constNames := #[], constants := #[], extraConstNames := #[], entries := data.entries.map fun (name, _) => (name, #[]) }

end Gateway
