set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_175 :
  (2^2010) % 10 = 4 := by
  omega
