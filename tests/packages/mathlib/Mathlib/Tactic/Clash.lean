module

public import Lean.Environment

/-! A name that a newer Lean declares in its own library. -/

public section

/-- The modules through which a module is imported. -/
def Lean.Environment.importPath (env : Lean.Environment) (imported : Lean.Name) : Array Lean.Name :=
  env.header.moduleNames.filter (· == imported)
