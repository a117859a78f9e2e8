/-! A notation makes a statement say something else than it reads. -/
--! cheat file
local notation:50 (priority := high) a:51 " ≤ " b:51 => (a = a ∨ b = b)
theorem t : 6 ≤ 5 := .inl rfl
--! refused: takes over `≤`
--! cheat file
local infix:50 (priority := high) " ≤ " => fun (_ _ : Nat) => True
theorem t : 6 ≤ 5 := trivial
--! refused: takes over `≤`
--! cheat file
macro_rules | `($_ ≤ $_) => `(True)
theorem t : 6 ≤ 5 := trivial
--! refused: rules for the library's own syntax
--! twin file
def near (a b : Nat) : Prop := a ≤ b + 1 ∧ b ≤ a + 1
infix:50 " ≈≈ " => near
local notation "⟦" a "⟧₂" => a + a
macro_rules | `(tactic| trivial) => `(tactic| decide)
theorem t : 6 ≈≈ 5 ∧ ⟦2⟧₂ = 4 := by unfold near; decide
