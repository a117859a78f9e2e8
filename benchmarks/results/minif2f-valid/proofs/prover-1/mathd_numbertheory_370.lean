notation "ℕ" => Nat
set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_370 (n : ℕ) (h₀ : n % 7 = 3) : (2 * n + 1) % 7 = 0 := by
  omega
