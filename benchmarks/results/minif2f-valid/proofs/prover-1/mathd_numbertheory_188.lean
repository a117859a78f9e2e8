set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_188 : Nat.gcd 180 168 = 12 := by
  rfl
