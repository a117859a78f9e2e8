notation "ℤ" => Int
set_option maxHeartbeats 0

open Nat Rat

theorem amc12b_2002_p2
  (x : ℤ)
  (h₀ : x = 4) :
  (3 * x - 2) * (4 * x + 1) - (3 * x - 2) * (4 * x) + 1 = 11 := by
  simp_all
