set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_66 :
  194 % 11 = 7 := by
  rfl
