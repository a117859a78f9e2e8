notation "ℕ" => Nat
set_option maxHeartbeats 0

open Nat Rat

theorem numbertheory_2dvd4expn (n : ℕ) (h₀ : n ≠ 0) : 2 ∣ 4 ^ n := by
  induction n <;> grind []
