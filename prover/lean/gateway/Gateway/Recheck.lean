import Gateway.Check
import Lean.Replay
/-!
The kernel asked again: the declarations that a command made, sent to it once more from the environment
before the command, so that none has come in by a side door.

Some questions are asked that a kernel of this version leaves out: free variables and metavariables in an
opaque value (Lean issue 14484), and projections of another structure than they name, or of data out of a
proof (Lean issues 14576, 14807).
-/
open Lean Meta

namespace Gateway

/-- What an environment declares beyond another that it grew from. -/
def declaredSince (before after : Environment) : Array ConstantInfo :=
  after.constants.foldStage2 add #[]
where
  add (found : Array ConstantInfo) (name : Name) (info : ConstantInfo) : Array ConstantInfo :=
    if before.constants.contains name then found else found.push info

/-- Whether an expression means something by itself. -/
def isClosed (e : Expr) : Bool := !e.hasFVar && !e.hasMVar && !e.hasLooseBVars

/-- Throws for a projection that does not fit what it projects from. -/
def checkProjection (name : Name) (e : Expr) : MetaM Unit := do
  let .proj structName _ value := e | return
  let type ← whnf (← inferType value)
  unless type.getAppFn.isConstOf structName do
    throwError "`{name}` projects from another structure than it says"
  if ← isProp type then
    unless ← isProp (← inferType e) do throwError "`{name}` takes data out of a proof"

def checkProjections (name : Name) (e : Expr) : MetaM Unit := do
  if (e.find? Expr.isProj).isSome then forEachExpr e fun e => checkProjection name e

/-- What of a constant the kernel looks at. -/
def parts (info : ConstantInfo) : List Expr := info.type :: (info.value? (allowOpaque := true)).toList

/-- The environment with the constants in it, each taken by the kernel; throws when it does not take one. -/
def replayed (before : Environment) (constants : Array ConstantInfo) : IO Environment := do
  for info in constants do
    unless (parts info).all isClosed do
      throw <| IO.userError s!"`{visibleName info.name}` has free variables or metavariables"
  before.replay (constants.foldl (init := {}) fun known info => known.insert info.name info)

/-- The file's declarations among all that its imports hold, of which a `module` sees only what they export to it. -/
def Source.unrestricted (source : Source) (environments : Environments) : IO Environment := do
  let env := source.after.env
  unless env.header.isModule do return env
  let whole ← environments.get (env.header.imports.map fun imported => { module := imported.module })
  replayed whole (declaredSince whole env)

/-- Throws when the kernel, or one of the questions beside it, does not take the constants. -/
def recheck (before : Environment) (constants : Array ConstantInfo) (run : CoreM Unit → IO Unit) : IO Unit := do
  discard <| replayed before constants
  for info in constants do
    unless info.isUnsafe do
      run <| MetaM.run' do for part in parts info do checkProjections info.name part

end Gateway
