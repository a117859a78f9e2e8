notation "ℕ" => Nat
notation "ℚ" => Rat
set_option maxHeartbeats 0

open Nat Rat

theorem amc12b_2020_p5 (a b : ℕ) (h₀ : (5 : ℚ) / 8 * b = 2 / 3 * a + 7)
  (h₁ : (b : ℚ) - 5 / 8 * b = a - 2 / 3 * a + 7) : a = 42 := by
  suffices h1 : ((a : Nat) : Rat) = ((42 : Nat) : Rat) by exact_mod_cast h1
  grind
