import Lean
/-!
Writes copies of library modules that also declare what `Private.lean`, compiled, says of them. The gateway imports them
in place of the library's own (see `replacements` in `Embedded/Gateway/Import.lean`).
-/
open Lean

/-- A constant of the compiled `Private.lean`, under the name that it has in its module. -/
structure Hidden where
  written : Name
  module : Name
  name : Name
  info : ConstantInfo

def hidden? (written : Name) (info : ConstantInfo) : Option Hidden := do
  let .opaqueInfo val := info | none
  let .str .anonymous first := written.getRoot | none
  let module := first.toName
  let name := mkPrivateNameCore module (written.replacePrefix written.getRoot .anonymous)
  return { written, module, name, info := .opaqueInfo { val with name, all := [name] } }

def entriesOf (data : ModuleData) (extension : Name) : Array EnvExtensionEntry :=
  (data.entries.find? (·.1 == extension)).map (·.2) |>.getD #[]

unsafe def declsImpl (entries : Array EnvExtensionEntry) : Array IR.Decl := unsafeCast entries
@[implemented_by declsImpl] opaque declsOf (entries : Array EnvExtensionEntry) : Array IR.Decl

unsafe def entriesImpl (decls : Array IR.Decl) : Array EnvExtensionEntry := unsafeCast decls
@[implemented_by entriesImpl] opaque asEntries (decls : Array IR.Decl) : Array EnvExtensionEntry

/-- What the interpreter needs to know of a hidden declaration in order to call its compiled code. -/
def codeOf (decls : Array IR.Decl) (hidden : Hidden) : Option IR.Decl := do
  let .extern _ params type data ← decls.find? (·.name == hidden.written) | none
  return .extern hidden.name params type data

def declare (data : ModuleData) (hidden : Array Hidden) (code : Array IR.Decl) : ModuleData :=
  let own := data.constNames.zip data.constants |>.filter fun (name, _) => !hidden.any (·.name == name)
  let own := own ++ hidden.map fun each => (each.name, each.info)
  let extension := IR.declMapExt.name
  let decls := (declsOf (entriesOf data extension)).filter fun decl => !code.any (·.name == decl.name)
  let decls := (decls ++ code).qsort fun a b => Name.quickLt a.name b.name
  { data with
    constNames := own.map (·.1), constants := own.map (·.2)
    entries := data.entries.map fun (name, entries) => (name, if name == extension then asEntries decls else entries) }

def main : List String → IO UInt32
  | [compiled, library, out] => do
    let (source, _) ← readModuleData compiled
    let hidden := (source.constNames.zip source.constants).filterMap fun (name, info) => hidden? name info
    let decls := declsOf (entriesOf source IR.declMapExt.name)
    for module in (hidden.map (·.module)).foldl (fun known name => if known.contains name then known else known.push name) #[] do
      let here := hidden.filter (·.module == module)
      let code := here.filterMap (codeOf decls)
      unless code.size == here.size do throw <| IO.userError s!"{module}: a declaration has no code"
      let (data, _) ← readModuleData (modToFilePath library module "olean")
      let file := modToFilePath out module "replacement"
      if let some directory := file.parent then IO.FS.createDirAll directory
      saveModuleData file module (declare data here code)
      for each in here do
        if let some (.extern name params type _) := codeOf decls each then
          IO.println s!"{name} {params.size} {type}"
    return 0
  | _ => return 2
