/-! Of two open theorems that use each other, both are said to be proved, and the second is not, or says something else. -/
--! original
mutual
theorem target (n : Nat) : n % 2 = 0 ∨ n % 2 = 1 := by
  match n with
  | 0 => sorry
  | n + 1 => have := beside n; sorry

theorem beside (n : Nat) : n % 2 = 1 ∨ n % 2 = 0 := by
  match n with
  | 0 => sorry
  | n + 1 => have := target n; sorry
end
--! cheat file
mutual
theorem target (n : Nat) : n % 2 = 0 ∨ n % 2 = 1 := by
  match n with
  | 0 => exact Or.inl rfl
  | n + 1 => have := beside n; omega

theorem beside (n : Nat) : n % 2 = 1 ∨ n % 2 = 0 := by
  match n with
  | 0 => sorry
  | n + 1 => have := target n; omega
end
--! refused: rests on `sorry`, which is in `target`, `beside`
--! cheat file
mutual
theorem target (n : Nat) : n % 2 = 0 ∨ n % 2 = 1 := by
  match n with
  | 0 => exact Or.inl rfl
  | n + 1 => have := beside n; omega

theorem beside (n : Nat) : n % 2 < 2 := by
  match n with
  | 0 => decide
  | n + 1 => have := target n; omega
end
--! refused: its elaborated statement changed
--! cheat file
mutual
theorem target (n : Nat) : n % 2 = 0 ∨ n % 2 = 1 := by
  match n with
  | 0 => exact Or.inl rfl
  | n + 1 => have := beside n; omega

@[simp] theorem beside (n : Nat) : n % 2 = 1 ∨ n % 2 = 0 := by
  match n with
  | 0 => exact Or.inr rfl
  | n + 1 => have := target n; omega
end
--! refused: modifiers or attributes
--! cheat file
mutual
theorem target (n : Nat) : n % 2 = 0 ∨ n % 2 = 1 := by
  match n with
  | 0 => exact Or.inl rfl
  | n + 1 => have := beside n; omega

theorem beside (n : Nat) : n % 2 = 1 ∨ n % 2 = 0 := by
  match n with
  | 0 => exact by_elab return Lean.mkConst ``trivial
  | n + 1 => have := target n; omega
end
--! twin file
mutual
theorem target (n : Nat) : n % 2 = 0 ∨ n % 2 = 1 := by
  match n with
  | 0 => exact Or.inl rfl
  | n + 1 => have := beside n; omega

theorem beside (n : Nat) : n % 2 = 1 ∨ n % 2 = 0 := by
  match n with
  | 0 => exact Or.inr rfl
  | n + 1 => have := target n; omega
end
