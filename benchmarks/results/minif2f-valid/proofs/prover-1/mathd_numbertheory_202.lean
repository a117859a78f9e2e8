set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_202 : (19 ^ 19 + 99 ^ 99) % 10 = 8 := by
  rfl
