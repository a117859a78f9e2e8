/-! Not a cheat at first sight: a proof that shares its matchers and lemmas with what comes after it is honest. The cheat
is a proof of something else. -/
--! original
theorem target (n : Nat) : (match n with | 0 => 0 | m + 1 => m) ≤ n := by
  sorry

def pred (n : Nat) : Nat := match n with | 0 => 0 | m + 1 => m
def third (xs : List Nat) (h : 3 < xs.length) : Nat := xs[3]'(by omega)
def fourth (n : Nat) : Fin (n + 4) := ⟨3, by omega⟩
def shout (n : Nat) : Nat := if n = 0 then panic! "none" else n
def later : Nat := sorry
theorem by_simp (n : Nat) : pred (n + 1) = n := by simp [pred]
--! cheat proof
match n with
| 0 => exact Nat.le_refl 0
| m + 1 => exact Nat.le_refl m
--! refused: does not compile
--! twin proof
match n with
| 0 => exact Nat.le_refl 0
| m + 1 => exact Nat.le_succ m
--! twin proof
have f : Fin (n + 4) := ⟨3, by omega⟩
have g (xs : List Nat) (h : 3 < xs.length) : Nat := xs[3]'(by omega)
have p : ∀ m : Nat, (match m with | 0 => 0 | k + 1 => k) ≤ m := by
  intro m
  cases m <;> simp
exact p n
