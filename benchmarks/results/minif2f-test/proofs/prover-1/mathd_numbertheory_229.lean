set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_229 :
  (5^30) % 7 = 1 := by
  rfl
