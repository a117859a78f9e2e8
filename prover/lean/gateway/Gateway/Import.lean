import Gateway.Compat
/-!
How a source file's imports are loaded. The embedded toolchain has `Embedded/Gateway/Import.lean` in place of this file.
-/
open Lean

namespace Gateway

/-- What a process keeps of the compiled files that it has read: here nothing, since they are mapped into its memory. -/
structure LoadedFiles where

/-- The environment a source file starts from. A `module` sees what its imports export to it; any other file sees all
that they hold. -/
def importEnvironment (_files : IO.Ref LoadedFiles) (imports : Array Import) (isModule : Bool) (opts : Options)
    (_kept : Bool) : IO Environment := do
  runInitializers
  importModules imports opts (trustLevel := 0) (leakEnv := true) (loadExts := true)
    (level := if isModule then .exported else .private)

end Gateway
