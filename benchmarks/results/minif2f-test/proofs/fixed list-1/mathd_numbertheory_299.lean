set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_299 :
  (1 * 3 * 5 * 7 * 9 * 11 * 13) % 10 = 5 := by
  rfl
