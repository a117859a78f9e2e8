/-! Two open theorems of one block, each proved given the other: nothing is proved. -/
--! original
mutual
theorem target (n : Nat) : n = 3 := by
  match n with
  | 0 => sorry
  | n + 1 => have := beside n; sorry

theorem beside (n : Nat) : n = 3 := by
  match n with
  | 0 => sorry
  | n + 1 => have := target n; sorry
end
theorem after : 2 = 3 := beside 2
--! assumed: beside target after
--! cheat file
mutual
theorem target (n : Nat) : n = 3 := by
  match n with
  | 0 => exact (by sorry)
  | n + 1 => have := beside n; sorry

theorem beside (n : Nat) : n = 3 := by
  match n with
  | 0 => sorry
  | n + 1 => have := target n; sorry
end
theorem after : 2 = 3 := beside 2
--! refused: rests on `sorry`, which is in
--! original
mutual
theorem target (n : Nat) : n = n := by
  match n with
  | 0 => sorry
  | n + 1 => have := beside n; rfl

theorem beside (n : Nat) : n = n := by
  match n with
  | 0 => rfl
  | n + 1 => have := target n; rfl
end
--! twin file
mutual
theorem target (n : Nat) : n = n := by
  match n with
  | 0 => rfl
  | n + 1 => have := beside n; rfl

theorem beside (n : Nat) : n = n := by
  match n with
  | 0 => rfl
  | n + 1 => have := target n; rfl
end
