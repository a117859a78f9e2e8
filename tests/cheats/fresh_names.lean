/-! A name that the proof takes for itself is already taken below. -/
--! original
theorem target (n : Nat) : n ≤ n + 1 := by
  sorry

theorem target.step (n : Nat) : n ≤ n + 2 := by omega
--! cheat proof
let rec step : ∀ n : Nat, n ≤ n + 1 := fun n => Nat.le_succ n
exact step n
--! twin proof
let rec other : ∀ n : Nat, n ≤ n + 1 := fun n => Nat.le_succ n
exact other n
