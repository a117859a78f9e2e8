set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_45 : Nat.gcd 6432 132 + 11 = 23 := by
  rfl
