notation "ℕ" => Nat
notation "ℤ" => Int
set_option maxHeartbeats 0

open Nat Rat

theorem induction_11div10tonmn1ton
  (n : ℕ) :
  11 ∣ (10^n - (-1 : ℤ)^n) := by
  induction n <;> grind []
