import Gateway.Check
/-!
Whether two compiled files say the same but for one proof. Both are seen as what the compiler wrote:
constants, and entries of extensions (instances, simp lemmas, notations, …).

Lean shares auxiliary declarations between the declarations of a file: a proof, or a `match`, that occurred
before is not made again. So another proof of one theorem gives later declarations other auxiliaries; where
that is so they are read through, a definition to its value and a proof to its statement.
-/
open Lean

namespace Gateway

/-- A compiled file. -/
structure Compiled where
  constants : Std.HashMap Name ConstantInfo
  /-- how many entries each extension exports -/
  entries : Std.HashMap Name Nat

/-- Names the compiler made for itself are not part of what a file says. -/
def Compiled.of (data : ModuleData) : Compiled :=
  let extra := namesFrom data.extraConstNames 0 {}
  let constants := data.constants.foldl (init := {}) fun known info =>
    if extra.contains info.name then known else known.insert info.name info
  let entries := data.entries.foldl (init := {}) fun known (name, entries) => known.insert name entries.size
  { constants, entries }

/-- An auxiliary declaration read through. -/
partial def Compiled.readThrough (file : Compiled) (env : Environment) (e : Expr) : Expr :=
  e.replace fun
    | .const name levels => do
      let info ← file.constants[name]?
      guard (isAuxiliary env name)
      match info with
      | .thmInfo info =>
        let type := file.readThrough env (info.type.instantiateLevelParams info.levelParams levels)
        return mkApp2 (.const ``sorryAx [.zero]) type (.const ``true [])
      | .defnInfo info => return file.readThrough env (info.value.instantiateLevelParams info.levelParams levels)
      | _ => none
    | _ => none

/-- Functions that are given the line and column of the text that calls them. -/
def placed : List Name := [``panicWithPosWithDecl, ``panicWithPos, ``mkPanicMessageWithDecl, ``mkPanicMessage]

/-- `e` without the places in the text that some terms carry: a longer proof above moves them. -/
partial def withoutPlaces (e : Expr) : Expr :=
  e.replace fun e =>
    match e with
    | .app f _ =>
      if f.isAppOfArity ``sorryAx 2 then some (withoutPlaces f)
      else if placed.any e.getAppFn.isConstOf then
        some (mkAppN e.getAppFn (e.getAppArgs.map fun arg => if arg.nat?.isSome then mkRawNatLit 0 else withoutPlaces arg))
      else none
    | _ => none

def kindName : ConstantInfo → String
  | .defnInfo info => if info.safety == .safe then "definition" else "definition that is not safe"
  | info => declarationKind info

/-- What a definition is defined as; proofs are left out. -/
def definition? : ConstantInfo → Option Expr
  | .defnInfo info => some info.value
  | .opaqueInfo info => some info.value
  | _ => none

/-- The parts of an inductive type that are not in its own type. -/
def shape : ConstantInfo → List Name × List Nat
  | .inductInfo info => (info.all ++ info.ctors, [info.numParams, info.numIndices, info.numNested])
  | .ctorInfo info => ([info.induct], [info.cidx, info.numParams, info.numFields])
  | .recInfo info => (info.all ++ info.rules.map (·.ctor), [info.numParams, info.numIndices, info.numMotives, info.numMinors])
  | _ => ([], [])

/-- The two files that are compared, and where. -/
structure Comparison where
  env : Environment
  challenge : Compiled
  candidate : Compiled
  theoremName : Name
  /-- what the theorem's own command declares in the original, as text -/
  own : List String
  /-- auxiliaries that are not the same in both -/
  moved : NameSet

namespace Comparison

def same (c : Comparison) (before after : Expr) : Bool :=
  before == after && !before.getUsedConstants.any c.moved.contains
    || withoutPlaces (c.challenge.readThrough c.env before) == withoutPlaces (c.candidate.readThrough c.env after)

/-- The arguments of a type, as they are written: `==` looks neither at their names nor at their brackets. -/
partial def arguments : Expr → List (Name × BinderInfo)
  | .forallE name _ body info => (name.eraseMacroScopes, info) :: arguments body
  | .mdata _ e => arguments e
  | _ => []

def sameType (c : Comparison) (before after : Expr) : Bool :=
  arguments before == arguments after && c.same before after

/-- How a constant differs, if it does. -/
def difference? (c : Comparison) (before after : ConstantInfo) : Option String :=
  if kindName before != kindName after then some s!"is now a {kindName after}"
  else if before.levelParams != after.levelParams then some "has other universe parameters"
  else if before.isUnsafe != after.isUnsafe || shape before != shape after then some "is built otherwise"
  else if !c.sameType before.type after.type then some "has another type"
  else match definition? before, definition? after with
    | some before, some after => if c.same before after then none else some "has another value"
    | _, _ => none

/-- Auxiliaries that are missing on one side or are not the same, and those that use such ones. -/
partial def findMoved (c : Comparison) (candidates : Array (Name × ConstantInfo)) : Comparison :=
  let (here, rest) := candidates.partition fun (entry : Name × ConstantInfo) => hasMoved entry.1 entry.2
  if here.isEmpty then c
  else
    let moved := here.foldl (init := c.moved) fun (set : NameSet) (entry : Name × ConstantInfo) => set.insert entry.1
    findMoved { c with moved } rest
where
  changed (before after : ConstantInfo) : Bool :=
    match definition? before, definition? after with
    | some before, some after => before != after
    | _, _ => false
  usesMoved (e : Expr) : Bool := e.getUsedConstants.any c.moved.contains
  hasMoved (name : Name) (before : ConstantInfo) : Bool :=
    match c.candidate.constants[name]? with
    | none => true
    | some after =>
      kindName before != kindName after || before.levelParams != after.levelParams || before.type != after.type
        || changed before after || usesMoved before.type || (definition? before).any usesMoved

/-- Whether the theorem's own command may declare this name. -/
def isOwn (c : Comparison) (name : Name) : Bool :=
  c.own.contains (toString name) || (privateToUserName c.theoremName).isPrefixOf (privateToUserName name)

/-- A constant of the original that is gone or has changed. -/
def lost? (c : Comparison) (name : Name) (before : ConstantInfo) : Option String :=
  if name == c.theoremName || isAuxiliary c.env name then none
  else match c.candidate.constants[name]? with
    | some after =>
      if c.own.contains (toString name) then none
      else (c.difference? before after).map fun how => s!"`{visibleName name}` {how}"
    | none => if c.own.contains (toString name) then none else some s!"`{visibleName name}` is gone"

/-- A constant of the candidate that the original does not have. -/
def gained? (c : Comparison) (name : Name) (after : ConstantInfo) : Option String :=
  if c.challenge.constants.contains name then none
  else match after with
    | .axiomInfo _ => some s!"`{visibleName name}` is a new axiom"
    | .thmInfo _ | .defnInfo _ | .opaqueInfo _ =>
      if c.isOwn name || isAuxiliary c.env name then none else some s!"`{visibleName name}` is a new declaration"
    | _ => some s!"`{visibleName name}` is a new {declarationKind after}"

/-- Extensions whose entries change what text means, here or in a file that imports this one. Others keep
what Lean found out along the way, and differ from proof to proof. -/
def meaningful : List Name :=
  [`Lean.aliasExtension, `Lean.attributeExtension, `Lean.classExtension, `Lean.externAttr, `Lean.exportAttr,
   `Lean.Compiler.implementedByAttr, `Lean.Compiler.CSimp.ext, `Lean.regularInitAttr, `Lean.builtinInitAttr,
   `Lean.Meta.globalInstanceExtension, `Lean.Meta.instanceExtension, `Lean.Meta.defaultInstanceExtension,
   `Lean.Meta.unificationHintExtension, `Lean.Meta.coeExt, `Lean.Meta.coeDeclAttr, `Lean.Parser.parserExtension,
   `Lean.Elab.macroAttribute, `Lean.Elab.Term.termElabAttribute, `Lean.Elab.Tactic.tacticElabAttribute,
   `Lean.Elab.Command.commandElabAttribute, `Lean.Elab.Do.doElemElabAttribute, `Lean.Meta.customEliminatorExt,
   `Lean.PrettyPrinter.Delaborator.delabAttribute, `Lean.PrettyPrinter.Delaborator.appUnexpanderAttribute,
   `Lean.Meta.simpExtension, `Lean.Meta.sevalSimpExtension, `Lean.Meta.Simp.simprocDeclExt,
   `Lean.Meta.Simp.simprocExtension, `Lean.Meta.congrExtension, `Lean.Meta.Ext.extExtension, `Lean.Meta.Rfl.reflExt,
   `Lean.Meta.Symm.symmExt, `Lean.Meta.Grind.grindExt, `Lean.Meta.Grind.normExt, `Lean.Meta.NormCast.pushCastExt]

/-- An extension that has more or fewer entries than in the original. -/
def grown? (c : Comparison) : Option String :=
  meaningful.findSome? fun name =>
    if c.challenge.entries.getD name 0 == c.candidate.entries.getD name 0 then none
    else some s!"other entries in {name}"

/-- What the files say that is not the same, but for the theorem itself. -/
def differences (c : Comparison) : Array String := Id.run do
  let mut found := #[]
  for (name, before) in c.challenge.constants do
    if let some text := c.lost? name before then found := found.push text
  for (name, after) in c.candidate.constants do
    if let some text := c.gained? name after then found := found.push text
  return found.qsort (· < ·) ++ c.grown?.toArray

end Comparison

def Comparison.new (env : Environment) (challenge candidate : ModuleData) (theoremName : Name) (own : List String) :
    Comparison :=
  let challenge := Compiled.of challenge
  let c : Comparison := { env, challenge, candidate := .of candidate, theoremName, own, moved := {} }
  let auxiliaries := challenge.constants.toArray.filter fun (name, _) => isAuxiliary env name
  c.findMoved auxiliaries

/-- Why the theorem is not what it was, if it is not. -/
def Comparison.theoremDiffers? (c : Comparison) : Option String :=
  match c.challenge.constants[c.theoremName]?, c.candidate.constants[c.theoremName]? with
  | none, _ => some s!"the original does not declare {visibleName c.theoremName}"
  | _, none => some s!"the file no longer declares {visibleName c.theoremName}"
  | some before, some after =>
    if kindName before != kindName after then some "it is no longer the same kind of declaration"
    else if before.levelParams != after.levelParams then some "its universe parameters changed"
    else if before.isUnsafe != after.isUnsafe then some "it is no longer safe, or no longer unsafe"
    else if !c.sameType before.type after.type then some "its elaborated statement changed"
    else match definition? before, definition? after with
      | some old, some new =>
        -- What was data stays data: only proofs may have been filled in, and those are all equal to the kernel.
        match Kernel.isDefEq c.env {} (c.challenge.readThrough c.env old) new with
        | .ok true => none
        | _ => some "its value changed, and not only by proofs: a `sorry` for data cannot be judged"
      | _, _ => none

end Gateway
