notation "ℕ" => Nat
set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_234
  (a b : ℕ)
  (h₀ : 1 ≤ a ∧ a ≤ 9 ∧ b ≤ 9)
  (h₁ : (10 * a + b)^3 = 912673) :
  a + b = 16 := by
  obtain ⟨h₀_left, h₀_right⟩ := h₀
  obtain ⟨h₀_right_left, h₀_right_right⟩ := h₀_right
  have h1 : a < 17 := by omega
  have h2 : b < 17 := by omega
  revert h₁ h₀_left h₀_right_left h₀_right_right
  revert h1; revert a
  revert h2; revert b
  set_option synthInstance.maxSize 4096 in decide +kernel
