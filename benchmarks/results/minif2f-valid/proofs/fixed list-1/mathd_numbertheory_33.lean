notation "ℕ" => Nat
set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_33 (n : ℕ) (h₀ : n < 398) (h₁ : n * 7 % 398 = 1) : n = 57 := by
  omega
