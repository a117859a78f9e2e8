notation "ℕ" => Nat
set_option maxHeartbeats 0

open Nat Rat

theorem mathd_algebra_69 (rows seats : ℕ) (h₀ : rows * seats = 450)
  (h₁ : (rows + 5) * (seats - 3) = 450) : rows = 25 := by
  have h1 : rows ∣ 450 := ⟨_, h₀.symm⟩
  have h2 : rows < 451 := Nat.lt_succ_of_le (Nat.le_of_dvd (by decide) h1)
  have h3 : ∀ d, d < 451 → d ∣ 450 → d = 1 ∨ d = 2 ∨ d = 3 ∨ d = 5 ∨ d = 6 ∨ d = 9 ∨ d = 10 ∨ d = 15 ∨ d = 18 ∨ d = 25 ∨ d = 30 ∨ d = 45 ∨ d = 50 ∨ d = 75 ∨ d = 90 ∨ d = 150 ∨ d = 225 ∨ d = 450 := by
    set_option synthInstance.maxSize 4096 in decide +kernel
  rcases h3 _ h2 h1 with rfl | rfl | rfl | rfl | rfl | rfl | rfl | rfl | rfl | rfl | rfl | rfl | rfl | rfl | rfl | rfl | rfl | rfl <;> omega
