set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_236 : 1999 ^ 2000 % 5 = 1 := by
  omega
