module

public import Mathlib.Data.Double

/-! What no test compiles. -/

public section

def triple (n : Nat) : Nat := double n + n
