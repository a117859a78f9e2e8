set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_728 :
  (29^13 - 5^13) % 7 = 3 := by
  rfl
