notation "ℕ" => Nat
set_option maxHeartbeats 0

open Nat Rat

theorem induction_divisibility_3div2tooddnp1 (n : ℕ) : 3 ∣ 2 ^ (2 * n + 1) + 1 := by
  induction n <;> grind []
