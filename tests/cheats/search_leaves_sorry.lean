/-! `apply?` that does not come to an end leaves a `sorry`, and says so without an error. -/
--! original
opaque Odd : Nat → Prop
theorem next (n : Nat) (h : Odd n) : Odd n ∧ True := ⟨h, trivial⟩

theorem target (h : Odd 3) : Odd 3 ∧ True := by
  sorry
--! cheat proof
have : Odd 5 := by apply?
exact next 3 h
--! cheat proof
clear h
apply?
--! twin proof
exact next 3 h
