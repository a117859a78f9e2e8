set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_200 : 139 % 11 = 7 := by
  rfl
