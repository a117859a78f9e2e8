/-! The statement is about one universe only. -/
--! original
universe u

theorem target (α : Type u) (x : α) : ∃ y : α, y = x := by
  sorry
--! cheat file
universe u

theorem target (α : Type) (x : α) : ∃ y : α, y = x := by
  exact ⟨x, rfl⟩
--! refused: universe parameters changed
--! cheat file
universe u

theorem target.{v} (α : Type v) (x : α) : ∃ y : α, y = x := by
  exact ⟨x, rfl⟩
--! cheat file
universe u

theorem target (α : Type (u + 1)) (x : α) : ∃ y : α, y = x := by
  exact ⟨x, rfl⟩
--! refused: elaborated statement changed
--! twin file
universe u

theorem target (α : Type u) (x : α) : ∃ y : α, y = x := by
  exact ⟨x, rfl⟩
