/-! The theorem stands in a comment, in a string, under another name, or elsewhere. -/
--! original
theorem target : 2 + 2 = 4 := by
  sorry

theorem after : 1 + 1 = 2 := rfl
--! cheat file
-- theorem target : 2 + 2 = 4 := by
--   rfl

theorem after : 1 + 1 = 2 := rfl
--! cheat file
theorem tаrget : 2 + 2 = 4 := by
  rfl

theorem after : 1 + 1 = 2 := rfl
--! cheat file
theorem after : 1 + 1 = 2 := rfl

theorem target : 2 + 2 = 4 := by
  rfl
--! cheat file
namespace N
theorem target : 2 + 2 = 4 := by
  rfl
end N

theorem after : 1 + 1 = 2 := rfl
--! twin file
theorem target : 2 + 2 = 4 := by
  rfl

theorem after : 1 + 1 = 2 := rfl
