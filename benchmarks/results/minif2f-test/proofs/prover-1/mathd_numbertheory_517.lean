set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_517 :
  (121 * 122 * 123) % 4 = 2 := by
  rfl
