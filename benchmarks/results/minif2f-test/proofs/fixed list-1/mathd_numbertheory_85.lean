set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_85 :
  1 * 3^3 + 2 * 3^2 + 2*3 + 2 = 53 := by
  rfl
