set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_207 :
  8 * 9^2 + 5 * 9 + 2 = 695 := by
  rfl
