set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_37 : Nat.lcm 9999 100001 = 90900909 := by
  rfl
