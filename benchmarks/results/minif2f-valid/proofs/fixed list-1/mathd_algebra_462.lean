notation "ℚ" => Rat
set_option maxHeartbeats 0

open Nat Rat

theorem mathd_algebra_462 : ((1 : ℚ) / 2 + 1 / 3) * (1 / 2 - 1 / 3) = 5 / 36 := by
  grind
