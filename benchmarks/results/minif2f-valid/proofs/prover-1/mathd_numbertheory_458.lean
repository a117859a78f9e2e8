notation "ℕ" => Nat
set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_458 (n : ℕ) (h₀ : n % 8 = 7) : n % 4 = 3 := by
  omega
