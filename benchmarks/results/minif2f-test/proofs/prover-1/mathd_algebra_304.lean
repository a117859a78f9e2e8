set_option maxHeartbeats 0

open Nat Rat

theorem mathd_algebra_304 :
  91^2 = 8281 := by
  rfl
