module

public import Mathlib.Data.Double
public import Mathlib.Data.Triple
public import Mathlib.Tactic.Unify
public import Mathlib.Unused
public import Mathlib.Widget
