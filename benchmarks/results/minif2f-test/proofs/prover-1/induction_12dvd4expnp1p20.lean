notation "ℕ" => Nat
set_option maxHeartbeats 0

open Nat Rat

theorem induction_12dvd4expnp1p20
  (n : ℕ) :
  12 ∣ 4^(n+1) + 20 := by
  induction n <;> grind []
