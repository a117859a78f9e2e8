import Gateway.Compat
/-!
How a source file's imports are loaded by the embedded Lean, in place of `Gateway/Import.lean`.

Lean reads every module again for each environment. Here a process reads each file once, and the environments of all
files that it elaborates share what was read, which is never freed.
-/
open Lean

namespace Gateway

/-- The name of the directories, below those of the search path, whose modules are imported in place of others. -/
def replacedDirectory : System.FilePath := "replaced"

/-- The extension of such a module's file. A repository's own modules never have it, whatever their names are: so no
repository can say what the library declares. -/
def replacementExtension : String := "replacement"

/-- The compiled modules that are imported in place of others of the same names: library modules to which this project
adds, or from which a package's declarations of the same names take something away. -/
def replacements : IO (NameMap System.FilePath) := do
  let mut found := {}
  for directory in (← searchPathRef.get).reverse do
    let replaced := directory / replacedDirectory
    if ← replaced.isDir then
      for (module, file) in ← modulesBelow replaced replacementExtension do
        found := found.insert module file
  return found

/-- One module in the state of an import: Lean's own structure of that name, which is private. Code in files of their own
is not looked at by this build of Lean, even if it is given; see `writeOlean`. -/
structure VisitedModule extends EffectiveImport where
  parts : Array (ModuleData × CompactedRegion)
  irData? : Option (ModuleData × CompactedRegion) := none
  needsData : Bool
  needsIRTrans : Bool

/-- The state of an import: Lean's `ImportState`, whose fields are private. -/
structure VisitedModules where
  byName : Std.HashMap Name VisitedModule := {}
  names : Array Name := #[]

unsafe def VisitedModules.stateImpl (modules : VisitedModules) : ImportState := unsafeCast modules

/-- The same as Lean's import takes it. -/
@[implemented_by VisitedModules.stateImpl] opaque VisitedModules.state (modules : VisitedModules) : ImportState

/-- A compiled module as far as it has been read. -/
structure LoadedModule where
  parts : Array (ModuleData × CompactedRegion)
  /-- whether these are all parts that there are -/
  whole : Bool
  /-- whether it declares what gets its value when it is imported; the library's has its value already -/
  initializes : Bool

/-- The compiled files that a process has read. -/
structure LoadedFiles where
  modules : Std.HashMap String LoadedModule := {}
  /-- where modules were found with a search path -/
  found : Std.HashMap Name System.FilePath := {}
  searchPath : SearchPath := []

/-- Reads the imports of one file. -/
structure ImportReader where
  level : OLeanLevel
  files : IO.Ref LoadedFiles
  replaced : NameMap System.FilePath
  modules : IO.Ref VisitedModules

def ImportReader.file (reader : ImportReader) (mod : Name) : IO System.FilePath := do
  if let some file := reader.replaced.find? mod then return file
  if let some file := (← reader.files.get).found[mod]? then return file
  let file ← findOLean mod
  unless ← file.pathExists do throw <| IO.userError s!"object file '{file}' of module {mod} does not exist"
  reader.files.modify fun files => { files with found := files.found.insert mod file }
  return file

/-- Whether a module has declarations that get their values when it is imported. -/
def hasInitializers (data : ModuleData) : Bool :=
  data.entries.any fun (name, entries) => name == regularInitAttr.ext.name && !entries.isEmpty

/-- Reads a module: all parts of it where its private part is wanted, else at least what it exports. -/
def ImportReader.load (reader : ImportReader) (mod : Name) (whole : Bool) : IO LoadedModule := do
  let file ← reader.file mod
  let known? := (← reader.files.get).modules[file.toString]?
  if let some known := known? then
    if known.whole || !whole then return known
  let files ← if whole then (oleanParts file |>.map (·.2)).filterM (·.pathExists) else pure #[file]
  let parts ← match known? with
    | some known => if files.size == known.parts.size then pure known.parts else readModuleDataParts files
    | none => readModuleDataParts files
  let ours ← (file.withExtension "ir").pathExists
  let initializes := ours && parts.any (hasInitializers ·.1)
  let loaded := { parts, whole, initializes }
  reader.files.modify fun files => { files with modules := files.modules.insert file.toString loaded }
  return loaded

/-- The phases in which the code of a module is wanted. Lean runs the initializers of a module at its first import in a
process or never, and not if it is wanted at run time only: so one that has some is always wanted. -/
def LoadedModule.phases (mod : LoadedModule) (wanted : IRPhases) : IRPhases :=
  if wanted == .runtime && mod.initializes then .all else wanted

/-- Adds the closure of some imports, by the rules of this build's `importModulesCore`: those of Lean, but for the data of
a module, which is loaded wherever its code is wanted, since the library has no files of code alone. -/
partial def ImportReader.add (reader : ImportReader) (imports : Array Import)
    (importAll isExported needsData needsIRTrans : Bool) : IO Unit := do
  for i in imports do
    let needsData := needsData && (i.isExported || importAll)
    let importAll := reader.level == .private || importAll && i.importAll
    let isExported := isExported && i.isExported
    let needsIRTrans := needsIRTrans || needsData && i.isMeta
    let needsIR := needsIRTrans || importAll || reader.level > .exported
    let needsData := needsData || needsIR
    if !needsData then continue
    let irPhases := if importAll then .all else if needsIRTrans then .comptime else .runtime
    let below (mod : VisitedModule) : IO Unit := do
      if let some (data, _) := mod.parts[0]? then
        reader.add data.imports importAll isExported needsData needsIRTrans
    match (← reader.modules.get).byName[i.module]? with
    | some mod =>
      let importAll := importAll || mod.importAll
      let isExported := isExported || mod.isExported
      let needsData := needsData || mod.needsData
      let needsIRTrans := needsIRTrans || mod.needsIRTrans
      let wanted := if irPhases == mod.irPhases then irPhases else .all
      let loaded ← reader.load i.module importAll
      let (irPhases, parts) := (loaded.phases wanted, loaded.parts)
      if importAll != mod.importAll || isExported != mod.isExported || needsIRTrans != mod.needsIRTrans
          || needsData != mod.needsData || irPhases != mod.irPhases then
        let mod' := { mod with importAll, isExported, irPhases, parts, needsData, needsIRTrans }
        reader.modules.modify fun modules => { modules with byName := modules.byName.insert i.module mod' }
        below mod
    | none =>
      let loaded ← reader.load i.module importAll
      let irPhases := loaded.phases irPhases
      let mod : VisitedModule :=
        { i with importAll, isExported, irPhases, parts := loaded.parts, needsIRTrans, needsData }
      below mod
      reader.modules.modify fun modules =>
        { byName := modules.byName.insert i.module mod, names := modules.names.push i.module }

/-- The environment a source file starts from. A `module` sees what its imports export to it; any other file sees all
that they hold. One that is `kept` is never freed, which makes it faster. -/
def importEnvironment (files : IO.Ref LoadedFiles) (imports : Array Import) (isModule : Bool) (opts : Options)
    (kept : Bool) : IO Environment := do
  runInitializers
  let level := if isModule then OLeanLevel.exported else .private
  let searchPath ← searchPathRef.get
  unless (← files.get).searchPath == searchPath do
    files.modify fun files => { files with found := {}, searchPath }
  let reader : ImportReader := { level, files, replaced := ← replacements, modules := ← IO.mkRef {} }
  withImporting do
    reader.add imports (importAll := true) (isExported := isModule) (needsData := true) (needsIRTrans := false)
    let modules ← reader.modules.get
    if isModule then
      for i in imports do
        if let some (data, _) := modules.byName[i.module]?.bind (·.parts[0]?) then
          unless data.isModule do throw <| IO.userError s!"cannot import non-`module` {i.module} from `module`"
    finalizeImport modules.state imports opts (trustLevel := 0) (leakEnv := kept) (loadExts := true) (level := level)

end Gateway
