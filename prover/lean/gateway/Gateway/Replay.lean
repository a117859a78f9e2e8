import Gateway.Bound
import Gateway.Recheck
/-!
A theorem replayed from its compiled file, by a process that has run nothing of any repository: modules are read
as data, no initializer runs, and all that the theorem rests on outside of the toolchain's library goes through
the kernel again, that of imported modules included.
-/
open Lean

namespace Gateway

/-- What compiled files hold, and the toolchain's modules that they import. -/
structure Closure where
  constants : Std.HashMap Name ConstantInfo := {}
  library : Array Name := #[]
  seen : NameSet := {}

/-- The constants of a compiled file, and of everything it imports that is not the toolchain's own. -/
partial def Closure.add (closure : Closure) (origins : Origins) (data : ModuleData) : IO Closure := do
  let mut closure := closure
  let compiled := Compiled.of data
  for (name, info) in compiled.constants do
    closure := { closure with constants := closure.constants.insertIfNew name info }
  for imported in data.imports.map (·.module) do
    unless closure.seen.contains imported do
      closure := { closure with seen := closure.seen.insert imported }
      if ← origins.isToolchain imported then closure := { closure with library := closure.library.push imported }
      else closure ← closure.add origins (← readOlean (← findOLean imported))
  return closure

/-- The names that the kernel needs to know before it can take a constant. -/
def needs (info : ConstantInfo) : Array Name :=
  let mentioned := (parts info).foldl (init := #[]) fun found part => found ++ part.getUsedConstants
  mentioned ++ (shape info).1.toArray

/-- The constants, those that may be taken for granted without their proofs. -/
def Closure.granting (closure : Closure) (isGranted : ConstantInfo → Bool) : Closure :=
  { closure with constants := closure.constants.map fun _ info =>
      match info with
      | .thmInfo val => if isGranted info then .axiomInfo { toConstantVal := val.toConstantVal, isUnsafe := false } else info
      | _ => info }

/-- Everything that `name` rests on among the constants. -/
partial def Closure.below (closure : Closure) (name : Name) : Array ConstantInfo :=
  (go [name] {} #[]).2
where
  go (waiting : List Name) (seen : NameSet) (found : Array ConstantInfo) : NameSet × Array ConstantInfo :=
    match waiting with
    | [] => (seen, found)
    | next :: waiting =>
      if seen.contains next then go waiting seen found
      else match closure.constants[next]? with
        | some info => go ((needs info).toList ++ waiting) (seen.insert next) (found.push info)
        | none => go waiting (seen.insert next) found

/-- A compiled candidate, and what it is held against. -/
structure Replay where
  candidate : System.FilePath
  challenge : System.FilePath
  /-- as people write it -/
  theoremName : String
  /-- what the theorem's command declares in the original, as text -/
  own : List String
  /-- the axioms that are allowed besides the standard ones, as people write them -/
  axioms : List String := []
  /-- the open theorems that it may rest on -/
  assumed : Assumed := []

/-- The name of the theorem in a compiled file; a private one has the module's name in it. -/
def Replay.name? (replay : Replay) (data : ModuleData) : Option Name :=
  data.constNames.find? fun name => visibleName name == replay.theoremName

/-- How many declarations the kernel took again; throws with the reason when it does not take one. -/
def Replay.run (replay : Replay) : IO Nat := do
  let data ← readOlean replay.candidate
  let original ← readOlean replay.challenge
  let some name := replay.name? data
    | throw <| IO.userError s!"the compiled file does not declare {replay.theoremName}"
  let closure ← Closure.add {} (← IO.mkRef {}) data
  let known := Compiled.of original
  let allowed : Allowances :=
    { axioms := replay.axioms, assumed := replay.assumed, original := (known.constants[·]?), own := replay.own }
  let compiled := Compiled.of data
  let isImported (info : ConstantInfo) := !compiled.constants.contains info.name
  let isGranted (info : ConstantInfo) := allowed.assumed.contains (visibleName info.name)
    && !(isImported info && isPrivateName info.name) && allowed.knows info (isImported info)
  let rested := (closure.granting isGranted).below name
  for info in rested do
    let isGiven := (closure.constants[info.name]?).any (· matches .thmInfo _)
    if info matches .axiomInfo _ && !isGiven && !allowed.allowsAxiom info (isImported info) then
      throw <| IO.userError s!"it rests on the axiom `{visibleName info.name}`"
    if let some used := (needs info).find? distrusted.contains then
      throw <| IO.userError s!"`{visibleName info.name}` uses `{used}`"
  let library ← importModules (closure.library.map fun mod => { module := mod }) {} (trustLevel := 0) (loadExts := false)
  let env ← replayed library rested
  for info in rested do
    unless info.isUnsafe do
      runBare env <| Meta.MetaM.run' do for part in parts info do checkProjections info.name part
  let c := Comparison.new env original data name replay.own
  if let some reason := c.theoremDiffers? then throw <| IO.userError reason
  for info in rested do
    if let some before := c.challenge.constants[info.name]? then
      if let some difference := c.lost? info.name before then throw <| IO.userError difference
  return rested.size

end Gateway
