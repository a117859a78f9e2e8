set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_769 :
  (129^34 + 96^38) % 11 = 9 := by
  rfl
