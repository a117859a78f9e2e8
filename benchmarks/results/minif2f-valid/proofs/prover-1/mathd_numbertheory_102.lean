set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_102 : 2 ^ 8 % 5 = 1 := by
  rfl
