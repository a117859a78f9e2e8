set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_212 :
  (16^17 * 17^18 * 18^19) % 10 = 8 := by
  rfl
