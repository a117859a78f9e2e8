/-! An instance makes a statement of the library's own types say something else. -/
--! cheat file
local instance : LE Nat := ⟨fun _ _ => True⟩
theorem t : 6 ≤ 5 := trivial
--! refused: a second instance of `LE Nat`
--! cheat file
instance nothing : Add Nat := ⟨fun _ _ => 0⟩
theorem t (a b : Nat) : a + b = 0 := rfl
--! refused: a second instance
--! twin file
structure Box where
  content : Nat
instance : LE Box := ⟨fun a b => a.content ≤ b.content⟩
instance : Inhabited Nat := ⟨0⟩
theorem t : Box.mk 5 ≤ Box.mk 6 := show 5 ≤ 6 by decide
