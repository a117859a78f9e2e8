module

public import Lean.Attributes

/-! What every module of the package needs. -/

public section
open Lean

namespace Mathlib

/-- Makes an attribute. It is not `meta`: only the compiled code of this module has its body. -/
def registerTag (name : Name) (description : String) (extra : List Name) : IO TagAttribute :=
  registerTagAttribute name (description ++ String.join (extra.map toString))

end Mathlib
