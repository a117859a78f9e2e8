set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_198 : 5 ^ 2005 % 100 = 25 := by
  omega
