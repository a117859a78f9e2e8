set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_101 : 17 * 18 % 4 = 2 := by
  rfl
