import Gateway.Check
/-!
What a proof may not say, read from its syntax before any of it is elaborated: a proof that runs code of
its own, or that changes what other text means, is not looked at further. Macros and tactics that the
original file defines are its own affair: they are not expanded here.
-/
open Lean

namespace Gateway

/-- Words that run code at elaboration, trust the compiler or read other files, and what they do. -/
def forbiddenWords : List (String × String) :=
  [("run_tac", "runs code"), ("run_cmd", "runs code"), ("run_elab", "runs code"), ("run_meta", "runs code"),
   ("run_conv", "runs code"), ("by_elab", "runs code"), ("eval%", "runs code"), ("unsafe", "leaves safe Lean"),
   ("native_decide", "trusts the compiler"), ("include_str", "reads another file"),
   ("include_bytes", "reads another file")]

/-- Beginnings of options by which checks are turned off, messages hidden, or names bound by themselves. -/
def forbiddenOptions : List String :=
  ["debug.", "autoImplicit", "relaxedAutoImplicit", "compiler.", "interpreter.", "bootstrap.", "internal.",
   "Elab.async", "warn.", "warningAsError", "experimental."]

/-- A name that leaves safe Lean, such as `unsafeCast` or `x.unsafeIO`, whatever namespaces are open. -/
def isUnsafeName (name : Name) : Bool := name.components.any fun
  | .str _ part => part.startsWith "unsafe"
  | _ => false

/-- The option that a node sets, if it is one that may not be set. -/
def forbiddenOption? (stx : Syntax) : Option String := do
  let words := stx.getArgs
  let place ← words.findIdx? fun arg => arg.isToken "set_option"
  let name ← (words.getD (place + 1) .missing).find? Syntax.isIdent
  let option := toString name.getId.eraseMacroScopes
  if forbiddenOptions.any (option.startsWith ·) then some option else none

/-- Why a node of a proof may not be there, if it may not. -/
def objection? (stx : Syntax) : Option String :=
  match stx with
  | .atom _ word => (forbiddenWords.lookup word).map fun why => s!"`{word}`, which {why}"
  | .ident _ _ name _ => if isUnsafeName name then some s!"`{name}`, which leaves safe Lean" else none
  | .node _ kind _ =>
    if kind == `Lean.Parser.Term.attributes then some "an attribute"
    else (forbiddenOption? stx).map fun option => s!"`set_option {option}`"
  | .missing => none

/-- The first thing in a proof that may not be there. -/
partial def forbidden? (stx : Syntax) : Option String :=
  (objection? stx).orElse fun _ => stx.getArgs.findSome? forbidden?

/-- The text between two byte offsets. -/
def between (text : String) (start stop : Nat) : String := String.fromUTF8! (text.toUTF8.extract start stop)

/-- Whether only blanks and comments stand between two places, and no comment goes on beyond them. -/
def onlyTrivia (env : Environment) (text : String) (start stop : Nat) : Bool :=
  if stop < start then false else
  let rest := between text start stop
  let state := Parser.whitespace.run (Parser.mkInputContext rest "<proof>") { env, options := {} } {}
    (Parser.mkParserState rest)
  !state.hasError && state.pos.byteIdx ≥ rest.utf8ByteSize

def declaring : List String :=
  ["theorem", "lemma", "def", "abbrev", "instance", "axiom", "opaque", "example", "inductive", "structure", "class",
   "private", "protected", "noncomputable", "partial", "mutual", "initialize", "elab", "macro", "macro_rules",
   "notation", "infix", "infixl", "infixr", "prefix", "postfix", "syntax", "scoped", "local", "attribute", "deriving",
   "where"]

/-- What stands at a place where a proof has ended and should not have. -/
def nameOfRest (text : String) (start : Nat) : String :=
  let line := ((between text start text.utf8ByteSize).splitOn "\n").find? (·.any (!·.isWhitespace))
  let words := ((line.getD "").splitOn " ").filter (· != "")
  let word := words.headD ""
  if word.startsWith "#" then s!"a `#`-command (`{word}`)"
  else if declaring.contains word || word.startsWith "@[" then s!"a new declaration (`{word}`)"
  else s!"text (`{word}`)"

end Gateway
