set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_81 : 71 % 3 = 2 := by
  rfl
