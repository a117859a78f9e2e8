set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_235 :
  (29 * 79 + 31 * 81) % 10 = 2 := by
  rfl
