notation "ℚ" => Rat
set_option maxHeartbeats 0

open Nat Rat

theorem amc12a_2009_p2 : 1 + 1 / (1 + 1 / (1 + 1)) = (5 : ℚ) / 3 := by
  grind
