import Gateway.Example
import Gateway.Recheck
import Gateway.Rules
/-!
The audit of a file by itself, with no original to compare it with: what each of its declarations rests on,
whether the kernel takes all of them again, and what in its text could make a statement mean other than it
reads. What overrides the toolchain's own meaning, or goes past the kernel, is refused; the rest is for a
reader to look at.
-/
open Lean Meta Elab

namespace Gateway

/-- Something that a file should not have, or that a reader should look at. -/
structure Finding where
  /-- byte of the command -/
  start : Nat
  refused : Bool
  what : String

/-- What is said of one declaration. -/
structure Audited where
  declaration : Declaration
  kind : String
  axioms : AxiomReport

/-- Commands that change how text is read, or run code, by their syntax. -/
def suspectKinds : List (Name × String) :=
  [(``Parser.Command.macro_rules, "macro rules"), (``Parser.Command.macro, "a macro"),
   (``Parser.Command.elab_rules, "elaboration rules"), (``Parser.Command.elab, "an elaborator"),
   (``Parser.Command.notation, "a notation"), (``Parser.Command.mixfix, "a notation"),
   (``Parser.Command.syntax, "a syntax"), (``Parser.Command.eval, "`#eval`, which runs code"),
   (``Parser.Command.initialize, "`initialize`, which runs code"),
   (``Parser.Command.opaque, "an opaque constant"), (``Parser.Command.unsafe, "an unsafe declaration")]

/-- Attributes by which a declaration stands for another when it is run. -/
def suspectAttributes : List String := ["implemented_by", "extern", "csimp", "init", "builtin_init", "export"]

/-- The first word of a node. -/
def firstWord? (stx : Syntax) : Option String :=
  (stx.find? fun node => node.isAtom || node.isIdent).map fun
    | .ident _ _ name _ => toString name
    | .atom _ word => word
    | _ => ""

/-- What a node of a command is to the audit. -/
def suspicion? (stx : Syntax) : Option (Bool × String) :=
  if stx.isOfKind ``Parser.Command.axiom then some (true, "an axiom")
  else if let some option := forbiddenOption? stx then
    some (option.startsWith "debug.", s!"`set_option {option}`")
  else if let some (_, what) := suspectKinds.find? fun (kind, _) => stx.isOfKind kind then some (false, what)
  else if stx.isOfKind ``Parser.Term.attrInstance then do
    let word ← firstWord? (stx.getArg 1)
    guard (suspectAttributes.contains word)
    return (false, s!"`@[{word}]`")
  else match stx with
    | .atom _ word => (forbiddenWords.lookup word).map fun why => (false, s!"`{word}`, which {why}")
    | .ident _ _ name _ => if isUnsafeName name then some (false, s!"`{name}`, which leaves safe Lean") else none
    | _ => none

partial def suspicions (stx : Syntax) (found : Array (Bool × String) := #[]) : Array (Bool × String) :=
  let found := match suspicion? stx with
    | some finding => if found.contains finding then found else found.push finding
    | none => found
  stx.getArgs.foldl (init := found) fun found child => suspicions child found

/-- Tokens that the toolchain's own notations use. -/
def toolchainTokens (env : Environment) : Std.HashSet String := Id.run do
  let mut tokens := {}
  for (mod, index) in env.header.moduleNames.zipIdx do
    if libraryRoots.contains mod.getRoot then
      for entry in Parser.parserExtension.ext.getModuleEntries env index do
        match entry with
        | .global (.token token) | .scoped _ (.token token) => tokens := tokens.insert token
        | _ => pure ()
  return tokens

/-- The texts between the arguments of a `notation` or `infix` command. -/
partial def literals (stx : Syntax) : Array String :=
  match stx.isStrLit? with
  | some text => #[text]
  | none => stx.getArgs.foldl (init := #[]) fun found child => found ++ literals child

/-- Whether a notation is written with the toolchain's tokens alone. -/
def takesOver? (tokens : Std.HashSet String) (stx : Syntax) : Option String := do
  let node ← stx.find? fun node => [``Parser.Command.notation, ``Parser.Command.mixfix].contains node.getKind
  let words := (literals node).map fun text => " ".intercalate ((text.splitOn " ").filter (· != ""))
  guard (!words.isEmpty && words.all tokens.contains)
  return s!"a notation that takes over {", ".intercalate (words.toList.map fun word => s!"`{word}`")}"

def fromToolchain (env : Environment) (name : Name) : Bool :=
  match env.getModuleIdxFor? name with
  | some index => libraryRoots.contains (env.header.moduleNames[index.toNat]!).getRoot
  | none => false

/-- Whether rules are for a term of the toolchain's own: `≤`, `∀`, … but not for tactics, which cannot lie. -/
def redefines? (env : Environment) (stx : Syntax) : Option String := do
  let rules ← stx.find? fun node => [``Parser.Command.macro_rules, ``Parser.Command.elab_rules].contains node.getKind
  let quoted ← rules.find? fun node => node.isOfKind ``Parser.Term.quot || node.isOfKind ``Parser.Term.dynamicQuot
  let kind := (quoted.getArg 1).getKind
  guard (fromToolchain env kind && quoted.isOfKind ``Parser.Term.quot && (quoted.getArg 1).getNumArgs > 0)
  return s!"rules for the library's own syntax {kind}"

/-- An instance of the toolchain's class at the toolchain's types, where there already is another one. -/
def secondInstance? (before : Environment) (info : ConstantInfo) : MetaM (Option String) := do
  unless (info.type.getUsedConstants).all (fromToolchain before) do return none
  forallTelescope info.type fun arguments type => do
    unless (← isClass? type).isSome && !(← isProp type) do return none
    let some other ← withEnv before (synthInstance? type) | return none
    let mine := mkAppN (.const info.name (info.levelParams.map .param)) arguments
    if ← withNewMCtxDepth (isDefEq mine other) then return none
    return some s!"a second instance of `{← ppExpr type}`"

def declaresInstance (stx : Syntax) : Bool :=
  (stx.find? fun node => node.isOfKind ``Parser.Command.instance
    || node.isOfKind ``Parser.Term.attrInstance && firstWord? (node.getArg 1) == some "instance").isSome

/-- What one command is found to do. -/
def Source.findings (source : Source) (tokens : Std.HashSet String) (index : Nat) (step : Step) :
    IO (Array Finding) := do
  let at_ (refused : Bool) (what : String) : Finding := { start := step.start.byteIdx, refused, what }
  let mut found := (suspicions step.stx).map fun (refused, what) => at_ refused what
  found := found ++ (takesOver? tokens step.stx).toArray.map (at_ true)
  found := found ++ (redefines? step.before.env step.stx).toArray.map (at_ true)
  if declaresInstance step.stx then
    for info in declaredSince step.before.env (source.environmentAfter index) do
      let second? ← try source.runCore (MetaM.run' (secondInstance? step.before.env info)) catch _ => pure none
      found := found ++ second?.toArray.map (at_ true)
  return found

/-- What declarations of a file rest on. -/
def Source.audit (source : Source) (environments : Environments) (declarations : Array (String × Declaration)) :
    IO (Array Audited) := do
  let origins ← IO.mkRef {}
  let env ← source.unrestricted environments
  declarations.mapM fun (kind, declaration) =>
    let allowed : Allowances := { assumed := ["*"], original := env.find?, own := [toString declaration.name] }
    return { declaration, kind, axioms := ← axiomsOf env origins #[declaration.name] allowed }

/-- Why a declaration does not count by itself, if it does not: open theorems are no excuse. -/
def Audited.reason? (audited : Audited) : Option String :=
  { audited.axioms with incomplete := audited.axioms.incomplete ++ audited.axioms.given }.reason?

/-- The declarations whose truth or value somebody may rely on, and the examples, of which `isAsked` holds. -/
def Source.audited (source : Source) (environments : Environments) (isAsked : Declaration → Bool := fun _ => true) :
    IO (Array Audited) := do
  let relied := (← source.declarations).filter fun d => isAsked d && match d.info with
    | .thmInfo _ | .defnInfo _ | .opaqueInfo _ => true
    | _ => false
  let declared ← source.audit environments (relied.map fun d => (declarationKind d.info, d))
  let examples := (← source.examples (sorried := false)).filter fun (_, _, d) => isAsked d
  let audited ← examples.mapM fun (file, _, d) => file.audit environments #[("example", d)]
  return declared ++ audited.flatten

/-- Why the kernel does not take the file's declarations again, if it does not. -/
def Source.rejectedWhole? (source : Source) : IO (Option String) := do
  let some first := source.steps[0]? | return none
  try
    recheck first.before.env (declaredSince first.before.env source.after.env) source.runCore
    return none
  catch e => return some s!"the kernel does not take it: {e}"

end Gateway
