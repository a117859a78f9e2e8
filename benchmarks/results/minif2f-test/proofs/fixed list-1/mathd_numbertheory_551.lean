set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_551 :
  1529 % 6 = 5 := by
  rfl
