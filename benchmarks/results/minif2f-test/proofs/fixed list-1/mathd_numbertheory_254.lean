set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_254 :
  (239 + 174 + 83) % 10 = 6 := by
  rfl
