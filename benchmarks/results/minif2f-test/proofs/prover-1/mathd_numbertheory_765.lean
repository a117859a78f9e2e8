notation "ℤ" => Int
set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_765
  (x : ℤ)
  (h₀ : x < 0)
  (h₁ : (24 * x) % 1199 = 15) :
  x ≤ -449 := by
  omega
