notation "ℕ" => Nat
notation "ℤ" => Int
set_option maxHeartbeats 0

open Nat Rat

theorem mathd_algebra_125
  (x y : ℕ)
  (h₀ : 0 < x ∧ 0 < y)
  (h₁ : 5 * x = y)
  (h₂ : (↑x - (3:ℤ)) + (y - (3:ℤ)) = 30) :
  x = 6 := by
  omega
