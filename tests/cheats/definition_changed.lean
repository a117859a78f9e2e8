/-! A definition that the statement uses is another one. -/
--! original
def IsPrime (n : Nat) : Prop := 2 ≤ n ∧ ∀ d, d ∣ n → d = 1 ∨ d = n

theorem target : ∃ n, n = 9 ∨ IsPrime n := by
  sorry
--! cheat file
def IsPrime (n : Nat) : Prop := 2 ≤ n

theorem target : ∃ n, n = 9 ∨ IsPrime n := by
  exact ⟨2, .inr (Nat.le_refl 2)⟩
--! twin file
def IsPrime (n : Nat) : Prop := 2 ≤ n ∧ ∀ d, d ∣ n → d = 1 ∨ d = n

theorem target : ∃ n, n = 9 ∨ IsPrime n := by
  exact ⟨9, .inl rfl⟩
