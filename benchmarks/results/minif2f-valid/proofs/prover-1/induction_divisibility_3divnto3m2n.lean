notation "ℕ" => Nat
set_option maxHeartbeats 0

open Nat Rat

theorem induction_divisibility_3divnto3m2n (n : ℕ) : 3 ∣ n ^ 3 + 2 * n := by
  induction n <;> grind []
