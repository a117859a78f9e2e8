set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_961 : 2003 % 11 = 1 := by
  rfl
