notation "ℕ" => Nat
set_option maxHeartbeats 0

open Nat Rat

theorem mathd_algebra_123 (a b : ℕ) (h₀ : 0 < a ∧ 0 < b) (h₁ : a + b = 20) (h₂ : a = 3 * b) :
  a - b = 10 := by
  omega
