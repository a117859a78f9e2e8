notation "ℕ" => Nat
set_option maxHeartbeats 0

open Nat Rat

theorem induction_divisibility_9div10tonm1 (n : ℕ) (h₀ : 0 < n) : 9 ∣ 10 ^ n - 1 := by
  have h1 : 10 ^ (n) % 9 = 1 := by simp [Nat.pow_mod]
  omega
