notation "ℕ" => Nat
set_option maxHeartbeats 0

open Nat Rat

theorem mathd_algebra_314
  (n : ℕ)
  (h₀ : n = 11) :
  (1 / 4)^(n + 1) * 2^(2 * n) = 1 / 4 := by
  omega
