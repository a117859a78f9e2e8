/-! Of two theorems that use each other, the second is replaced, and the first proved from what it says now; or each is
proved by the other. -/
--! original
mutual
theorem target (n : Nat) : n % 2 = 0 ∨ n % 2 = 1 := by
  match n with
  | 0 => exact Or.inl rfl
  | n + 1 => have := other n; sorry

theorem other (n : Nat) : n % 2 = 1 ∨ n % 2 = 0 := by
  match n with
  | 0 => exact Or.inr rfl
  | n + 1 => have := target n; omega
end
--! cheat file
mutual
theorem target (n : Nat) : n % 2 = 0 ∨ n % 2 = 1 := by
  match n with
  | 0 => exact Or.inl rfl
  | n + 1 => have := other n; omega

theorem other (n : Nat) : n % 2 < 2 := by
  match n with
  | 0 => decide
  | n + 1 => have := target n; omega
end
--! refused: another declaration of its command
--! cheat file
mutual
theorem target (n : Nat) : n % 2 = 0 ∨ n % 2 = 1 := by
  match n with
  | 0 => exact Or.inl rfl
  | n + 1 => have := other n; omega

axiom other (n : Nat) : n % 2 = 1 ∨ n % 2 = 0
end
--! cheat proof
exact target n
--! refused: does not compile
--! twin proof
match n with
| 0 => exact Or.inl rfl
| n + 1 => have := other n; omega
