set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_132 : 2004 % 12 = 0 := by
  rfl
