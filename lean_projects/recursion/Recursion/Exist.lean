/-!
# Existence

Statements whose proofs need a witness: of numbers, lists, functions, and of definitions that hide one.
-/

namespace Recursion

/-- `a` divides `b`, defined here. -/
def Divides (a b : Nat) : Prop := ∃ c, b = a * c

/-- `n` is odd, defined here. -/
def Odd (n : Nat) : Prop := ∃ k, n = 2 * k + 1

/-- `xs` is a prefix of `ys`. -/
def Prefix {α : Type} (xs ys : List α) : Prop := ∃ zs, xs ++ zs = ys

/-- `f` is injective. -/
def Inj {α β : Type} (f : α → β) : Prop := ∀ x y, f x = f y → x = y

/-- `f` is surjective. -/
def Surj {α β : Type} (f : α → β) : Prop := ∀ y, ∃ x, f x = y

theorem divides_trans {a b c : Nat} (h : Divides a b) (h' : Divides b c) : Divides a c := by
  sorry

theorem divides_add {a b c : Nat} (h : Divides a b) (h' : Divides a c) : Divides a (b + c) := by
  sorry

theorem divides_mul {a b : Nat} (c : Nat) (h : Divides a b) : Divides (a * c) (b * c) := by
  sorry

theorem odd_mul {m n : Nat} (h : Odd m) (h' : Odd n) : Odd (m * n) := by
  sorry

theorem odd_or_odd_succ (n : Nat) : Odd n ∨ Odd (n + 1) := by
  sorry

theorem prefix_trans {α : Type} {xs ys zs : List α} (h : Prefix xs ys) (h' : Prefix ys zs) :
    Prefix xs zs := by
  sorry

theorem prefix_map {α β : Type} (f : α → β) {xs ys : List α} (h : Prefix xs ys) :
    Prefix (xs.map f) (ys.map f) := by
  sorry

theorem prefix_cons_cons {α : Type} {x y : α} {xs ys : List α} :
    Prefix (x :: xs) (y :: ys) ↔ x = y ∧ Prefix xs ys := by
  sorry

theorem exists_mul_add (a b : Nat) (h : 0 < b) : ∃ q r, a = b * q + r ∧ r < b := by
  sorry

theorem exists_common_bound (f : Nat → Nat) (n : Nat) : ∃ b, ∀ i, i < n → f i ≤ b := by
  sorry

theorem surj_comp {α β γ : Type} {f : α → β} {g : β → γ} (hf : Surj f) (hg : Surj g) :
    Surj (fun x => g (f x)) := by
  sorry

theorem inj_of_comp {α β γ : Type} {f : α → β} {g : β → γ} (h : Inj (fun x => g (f x))) : Inj f := by
  sorry

theorem exists_right_inverse {α β : Type} {f : α → β} (h : Surj f) : ∃ g : β → α, ∀ y, f (g y) = y := by
  sorry

theorem no_surjection_to_predicates {α : Type} (f : α → α → Prop) : ∃ p : α → Prop, ∀ x, f x ≠ p := by
  sorry

theorem exists_split {α : Type} {x : α} {xs : List α} (h : x ∈ xs) : ∃ as bs, xs = as ++ x :: bs := by
  sorry

theorem exists_larger (xs : List Nat) : ∃ n, ∀ x ∈ xs, x < n := by
  sorry

theorem sum_between (a b : Nat) (h : a + 1 < b) : ∃ c, a < c ∧ c < b := by
  sorry

theorem exists_two_three (n : Nat) (h : 2 ≤ n) : ∃ a b, n = 2 * a + 3 * b := by
  sorry

end Recursion
