set_option maxHeartbeats 0

open Nat Rat

theorem mathd_numbertheory_640 : (91145 + 91146 + 91147 + 91148) % 4 = 2 := by
  rfl
