set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_342 :
  54 % 6 = 0 := by
  rfl
