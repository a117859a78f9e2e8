module

public meta import Mathlib.Init
public meta import Lean.Meta.Tactic.Simp.Attr
public meta import Lean.Meta.Tactic.Simp.RegisterCommand
public import Lean.Meta.Tactic.Simp.RegisterCommand

/-! A simp set, two attributes and an environment extension, all by `initialize`. -/

public meta section
open Lean

/-- Lemmas that `evaluate` simplifies with. -/
register_simp_attr eval_simps

namespace Mathlib

initialize evaluable : TagAttribute ← registerTag `evaluable "what `evaluate` can evaluate" [`first]

/-- The functions that `evaluate` tries on a goal. -/
initialize evaluators : SimplePersistentEnvExtension Name (Array Name) ←
  registerSimplePersistentEnvExtension {
    addEntryFn := Array.push
    addImportedFn := fun imported => imported.flatten }

initialize registerBuiltinAttribute {
  name := `evaluator
  descr := "functions that `evaluate` tries on a goal"
  applicationTime := .afterCompilation
  add := fun name _ _ => modifyEnv (evaluators.addEntry · name) }

end Mathlib
