notation "ℕ" => Nat
set_option maxHeartbeats 0

open Nat Rat

theorem induction_seq_mul2pnp1 (n : ℕ) (u : ℕ → ℕ) (h₀ : u 0 = 0)
  (h₁ : ∀ n, u (n + 1) = 2 * u n + (n + 1)) : u n = 2 ^ (n + 1) - (n + 2) := by
  have h1 : (n + 2) ≤ 2 ^ (n + 1) ∧ u n = 2 ^ (n + 1) - (n + 2) := by
    induction n <;> grind
  exact h1.2
