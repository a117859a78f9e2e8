notation "ℕ" => Nat
set_option maxHeartbeats 0

open Nat Rat

theorem amc12_2001_p2 (a b n : ℕ) (h₀ : 1 ≤ a ∧ a ≤ 9) (h₁ : 0 ≤ b ∧ b ≤ 9) (h₂ : n = 10 * a + b)
  (h₃ : n = a * b + a + b) : b = 9 := by
  obtain ⟨h₀_left, h₀_right⟩ := h₀
  obtain ⟨h₁_left, h₁_right⟩ := h₁
  subst h₃
  first | have h1 : a < 1 := by omega | have h1 : a < 2 := by omega | have h1 : a < 10 := by omega | have h1 : a < 11 := by omega
  first | have h2 : b < 1 := by omega | have h2 : b < 2 := by omega | have h2 : b < 10 := by omega | have h2 : b < 11 := by omega
  revert h₂ h₀_left h₀_right h₁_left h₁_right
  revert h1; revert a
  revert h2; revert b
  set_option synthInstance.maxSize 4096 in decide +kernel
