import Demo.Base

namespace Demo

theorem both (a b : Nat) (h : a = b) : b = a ∧ double 0 = 0 := by
  constructor
  · exact h.symm
  · exact double_zero

private theorem zero_or_more (n : Nat) : n = 0 ∨ 0 < n := by
  cases n with
  | zero => exact Or.inl rfl
  | succ m => exact Or.inr (Nat.succ_pos m)

theorem swapped (a b : Nat) : a + b = b + a := swap a b

theorem missing (p q : Prop) (hp : p) : p ∨ q := by
  skip
  sorry

end Demo
