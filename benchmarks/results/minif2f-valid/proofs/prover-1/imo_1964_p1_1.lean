notation "ℕ" => Nat
set_option maxHeartbeats 0

open Nat Rat

theorem imo_1964_p1_1 (n : ℕ) (h₀ : 7 ∣ 2 ^ n - 1) : 3 ∣ n := by
  obtain ⟨q1, r1, h1, rfl⟩ : ∃ q1 r1, r1 < 3 ∧ n = 3 * q1 + r1 :=
    ⟨n / 3, n % 3, Nat.mod_lt _ (by decide), (Nat.div_add_mod _ _).symm⟩
  have h3 : (2 ^ 3) ^ q1 % 7 = 1 := by simp [Nat.pow_mod]
  have h2 : r1 = 0 ∨ r1 = 1 ∨ r1 = 2 := by omega
  rcases h2 with rfl | rfl | rfl <;> (try simp only [Nat.pow_add, Nat.pow_mul, Nat.mul_add] at *) <;> omega
