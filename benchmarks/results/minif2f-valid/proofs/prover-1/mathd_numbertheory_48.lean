notation "ℕ" => Nat
set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_48 (b : ℕ) (h₀ : 0 < b) (h₁ : 3 * b ^ 2 + 2 * b + 1 = 57) : b = 4 := by
  first | have h1 : b < 1 := by omega | have h1 : b < 2 := by omega | have h1 : b < 3 := by omega | have h1 : b < 4 := by omega | have h1 : b < 5 := by omega | have h1 : b < 58 := by omega
  revert h₀ h₁
  revert h1; revert b
  set_option synthInstance.maxSize 4096 in decide +kernel
