import Basics.Nat

/-!
# Lists

Own versions of the usual list functions, with the facts that relate them. The library's `++`,
`length` and `∈` are used; everything else is defined here.
-/

namespace Basics

section Reverse

variable {α β : Type}

/-- List reversal, the slow way. -/
def rev : List α → List α
  | [] => []
  | x :: xs => rev xs ++ [x]

/-- List reversal with an accumulator. -/
def revFast (xs : List α) : List α :=
  loop xs []
where
  /-- The loop of `revFast`. -/
  loop : List α → List α → List α
    | [], acc => acc
    | y :: ys, acc => loop ys (y :: acc)

/-- Apply a function to every element. -/
def mapL (f : α → β) : List α → List β
  | [] => []
  | x :: xs => f x :: mapL f xs

theorem append_nil' (xs : List α) : xs ++ [] = xs := by
  induction xs with
  | nil => rfl
  | cons x xs ih => rw [List.cons_append, ih]

theorem append_assoc' (xs ys zs : List α) : xs ++ ys ++ zs = xs ++ (ys ++ zs) := by
  induction xs with
  | nil => rfl
  | cons x xs ih => simp only [List.cons_append, ih]

theorem rev_append (xs ys : List α) : rev (xs ++ ys) = rev ys ++ rev xs := by
  induction xs with
  | nil => simp [rev]
  | cons x xs ih => simp [rev, ih]

theorem rev_singleton (x : α) : rev [x] = [x] := sorry

theorem rev_rev (xs : List α) : rev (rev xs) = xs := by
  induction xs with
  | nil => rfl
  | cons x xs ih => rw [rev, rev_append, ih]; rfl

theorem length_rev (xs : List α) : (rev xs).length = xs.length := by
  induction xs with
  | nil => rfl
  | cons x xs ih => sorry

theorem mem_rev {x : α} {xs : List α} : x ∈ rev xs ↔ x ∈ xs := by
  induction xs with
  | nil => simp [rev]
  | cons y ys ih => simp [rev, ih, or_comm]

theorem revFast_loop_eq (xs acc : List α) : revFast.loop xs acc = rev xs ++ acc := by
  induction xs generalizing acc with
  | nil => rfl
  | cons x xs ih => rw [revFast.loop, ih, rev, List.append_assoc, List.singleton_append]

theorem revFast_eq_rev (xs : List α) : revFast xs = rev xs := by
  rw [revFast, revFast_loop_eq, List.append_nil]

theorem revFast_revFast (xs : List α) : revFast (revFast xs) = xs := by
  sorry

theorem rev_injective {xs ys : List α} (h : rev xs = rev ys) : xs = ys :=
  calc xs
    _ = rev (rev xs) := (rev_rev xs).symm
    _ = rev (rev ys) := by rw [h]
    _ = ys := rev_rev ys

theorem rev_eq_nil_iff {xs : List α} : rev xs = [] ↔ xs = [] := by
  sorry

theorem mapL_append (f : α → β) (xs ys : List α) : mapL f (xs ++ ys) = mapL f xs ++ mapL f ys := by
  induction xs with
  | nil => rfl
  | cons x xs ih => simp only [List.cons_append, mapL, ih]

theorem mapL_id (xs : List α) : mapL id xs = xs := by
  induction xs with
  | nil => rfl
  | cons x xs ih => rw [mapL, ih, id]

theorem mapL_comp {γ : Type} (g : β → γ) (f : α → β) (xs : List α) :
    mapL (g ∘ f) xs = mapL g (mapL f xs) := by
  induction xs with
  | nil => rfl
  | cons x xs ih => simp [mapL, ih]

theorem length_mapL (f : α → β) (xs : List α) : (mapL f xs).length = xs.length := by
  sorry

theorem mapL_rev (f : α → β) (xs : List α) : mapL f (rev xs) = rev (mapL f xs) := by
  induction xs with
  | nil => rfl
  | cons x xs ih => rw [rev, mapL_append, ih]; rfl

end Reverse

section Filter

variable {α β : Type} (p q : α → Bool)

/-- Keep the elements that satisfy a test. -/
def filterL : List α → List α
  | [] => []
  | x :: xs => if p x then x :: filterL xs else filterL xs

/-- Do all elements satisfy the test? -/
def allL : List α → Bool
  | [] => true
  | x :: xs => p x && allL xs

/-- Does some element satisfy the test? -/
def anyL : List α → Bool
  | [] => false
  | x :: xs => p x || anyL xs

/-- How many elements satisfy the test? -/
def countL : List α → Nat
  | [] => 0
  | x :: xs => (if p x then 1 else 0) + countL xs

theorem filterL_append (xs ys : List α) :
    filterL p (xs ++ ys) = filterL p xs ++ filterL p ys := by
  induction xs with
  | nil => rfl
  | cons x xs ih =>
    cases h : p x with
    | true => simp [filterL, h, ih]
    | false => simp [filterL, h, ih]

theorem filterL_filterL (xs : List α) :
    filterL p (filterL q xs) = filterL (fun x => p x && q x) xs := by
  sorry

theorem length_filterL_le (xs : List α) : (filterL p xs).length ≤ xs.length := by
  induction xs with
  | nil => exact Nat.le_refl 0
  | cons x xs ih =>
    unfold filterL
    split
    · exact Nat.succ_le_succ ih
    · exact Nat.le_succ_of_le ih

theorem length_filterL (xs : List α) : (filterL p xs).length = countL p xs := by
  induction xs with
  | nil => rfl
  | cons x xs ih => cases h : p x <;> simp [filterL, countL, h, ih, Nat.add_comm]

theorem mem_filterL {x : α} {xs : List α} : x ∈ filterL p xs ↔ x ∈ xs ∧ p x = true := by
  induction xs with
  | nil => simp [filterL]
  | cons y ys ih =>
    sorry

theorem allL_append (xs ys : List α) : allL p (xs ++ ys) = (allL p xs && allL p ys) := by
  induction xs with
  | nil => rfl
  | cons x xs ih => simp [allL, ih, Bool.and_assoc]

theorem anyL_append (xs ys : List α) : anyL p (xs ++ ys) = (anyL p xs || anyL p ys) := by
  induction xs with
  | nil => rfl
  | cons x xs ih => simp [anyL, ih, Bool.or_assoc]

theorem not_allL (xs : List α) : (!allL p xs) = anyL (fun x => !p x) xs := by
  induction xs with
  | nil => rfl
  | cons x xs ih => simp [allL, anyL, ← ih]

theorem allL_filterL (xs : List α) : allL p (filterL p xs) = true := by
  induction xs with
  | nil => rfl
  | cons x xs ih => cases h : p x <;> simp [filterL, allL, h, ih]

theorem filterL_eq_self {xs : List α} (h : allL p xs = true) : filterL p xs = xs := by
  sorry

theorem allL_iff (xs : List α) : allL p xs = true ↔ ∀ x ∈ xs, p x = true := by
  induction xs with
  | nil => simp [allL]
  | cons x xs ih => simp [allL, ih]

theorem countL_append (xs ys : List α) : countL p (xs ++ ys) = countL p xs + countL p ys := by
  induction xs with
  | nil => exact (Nat.zero_add _).symm
  | cons x xs ih => rw [List.cons_append, countL, countL, ih, Nat.add_assoc]

theorem countL_rev (xs : List α) : countL p (rev xs) = countL p xs := by
  sorry

theorem countL_add_countL_not (xs : List α) :
    countL p xs + countL (fun x => !p x) xs = xs.length := by
  sorry

theorem filterL_mapL (r : β → Bool) (f : α → β) (xs : List α) :
    filterL r (mapL f xs) = mapL f (filterL (r ∘ f) xs) := by
  sorry

end Filter

section Folds

variable {α β : Type}

/-- The right fold. -/
def foldR (f : α → β → β) (b : β) : List α → β
  | [] => b
  | x :: xs => f x (foldR f b xs)

/-- The left fold. -/
def foldL (f : β → α → β) (b : β) : List α → β
  | [] => b
  | x :: xs => foldL f (f b x) xs

/-- The sum of a list of numbers. -/
def sumL (xs : List Nat) : Nat := foldR (· + ·) 0 xs

theorem foldR_append (f : α → β → β) (b : β) (xs ys : List α) :
    foldR f b (xs ++ ys) = foldR f (foldR f b ys) xs := by
  induction xs with
  | nil => rfl
  | cons x xs ih => rw [List.cons_append, foldR, ih, foldR]

theorem foldL_append (f : β → α → β) (b : β) (xs ys : List α) :
    foldL f b (xs ++ ys) = foldL f (foldL f b xs) ys := by
  induction xs generalizing b with
  | nil => rfl
  | cons x xs ih => simp [foldL, ih]

theorem foldR_cons_nil (xs : List α) : foldR List.cons [] xs = xs := by
  sorry

theorem mapL_eq_foldR (f : α → β) (xs : List α) :
    mapL f xs = foldR (fun x ys => f x :: ys) [] xs := by
  induction xs with
  | nil => rfl
  | cons x xs ih => rw [mapL, ih, foldR]

theorem foldL_eq_foldR_rev (f : β → α → β) (b : β) (xs : List α) :
    foldL f b xs = foldR (fun x acc => f acc x) b (rev xs) := by
  induction xs generalizing b with
  | nil => rfl
  | cons x xs ih => rw [foldL, ih, rev, foldR_append]; rfl

theorem foldL_flip_cons (xs : List α) : foldL (fun acc x => x :: acc) [] xs = rev xs := by
  sorry

/-- For an associative operation with a neutral element, the two folds agree. -/
theorem foldL_eq_foldR (f : α → α → α) (e : α) (assoc : ∀ a b c, f (f a b) c = f a (f b c))
    (left : ∀ a, f e a = a) (right : ∀ a, f a e = a) (xs : List α) :
    foldL f e xs = foldR f e xs := by
  sorry

theorem sumL_append (xs ys : List Nat) : sumL (xs ++ ys) = sumL xs + sumL ys := by
  induction xs with
  | nil => simp [sumL, foldR]
  | cons x xs ih =>
    simp only [sumL, List.cons_append, foldR] at ih ⊢
    rw [ih, Nat.add_assoc]

theorem sumL_rev (xs : List Nat) : sumL (rev xs) = sumL xs := by
  sorry

theorem le_sumL_of_mem {x : Nat} {xs : List Nat} (h : x ∈ xs) : x ≤ sumL xs := by
  induction h with
  | head ys => exact Nat.le_add_right _ _
  | @tail y ys _ ih => exact Nat.le_trans ih (Nat.le_add_left _ _)

end Folds

section TakeDrop

variable {α : Type}

/-- The first `n` elements. -/
def takeL : Nat → List α → List α
  | 0, _ => []
  | _ + 1, [] => []
  | n + 1, x :: xs => x :: takeL n xs

/-- All but the first `n` elements. -/
def dropL : Nat → List α → List α
  | 0, xs => xs
  | _ + 1, [] => []
  | n + 1, _ :: xs => dropL n xs

/-- A list of `n` copies of `x`. -/
def repeatL (x : α) : Nat → List α
  | 0 => []
  | n + 1 => x :: repeatL x n

theorem takeL_append_dropL (n : Nat) (xs : List α) : takeL n xs ++ dropL n xs = xs := by
  induction n generalizing xs with
  | zero => rfl
  | succ n ih =>
    cases xs with
    | nil => rfl
    | cons x xs => rw [takeL, dropL, List.cons_append, ih]

theorem length_takeL (n : Nat) (xs : List α) : (takeL n xs).length = min n xs.length := by
  induction n generalizing xs with
  | zero => simp [takeL]
  | succ n ih =>
    cases xs with
    | nil => simp [takeL]
    | cons x xs => simp [takeL, ih]

theorem length_dropL (n : Nat) (xs : List α) : (dropL n xs).length = xs.length - n := by
  induction n generalizing xs with
  | zero => rfl
  | succ n ih =>
    cases xs with
    | nil => sorry
    | cons x xs => sorry

theorem dropL_dropL (m n : Nat) (xs : List α) : dropL m (dropL n xs) = dropL (n + m) xs := by
  sorry

theorem takeL_takeL (m n : Nat) (xs : List α) : takeL m (takeL n xs) = takeL (min m n) xs := by
  sorry

theorem length_repeatL (x : α) (n : Nat) : (repeatL x n).length = n := by
  induction n with
  | zero => rfl
  | succ n ih => rw [repeatL, List.length_cons, ih]

theorem repeatL_add (x : α) (m n : Nat) : repeatL x (m + n) = repeatL x m ++ repeatL x n := by
  induction m with
  | zero => simp [repeatL]
  | succ m ih => rw [Nat.succ_add]; simp [repeatL, ih]

theorem eq_of_mem_repeatL {x y : α} {n : Nat} (h : y ∈ repeatL x n) : y = x := by
  induction n with
  | zero => cases h
  | succ n ih =>
    cases h with
    | head => rfl
    | tail _ h => exact ih h

private theorem repeatL_succ_last (x : α) (n : Nat) : repeatL x n ++ [x] = repeatL x (n + 1) := by
  induction n with
  | zero => rfl
  | succ n ih => rw [repeatL, List.cons_append, ih]; rfl

theorem rev_repeatL (x : α) (n : Nat) : rev (repeatL x n) = repeatL x n := by
  induction n with
  | zero => rfl
  | succ n ih => rw [repeatL, rev, ih, repeatL_succ_last, repeatL]

theorem sumL_repeatL (x n : Nat) : sumL (repeatL x n) = n * x := by
  sorry

/-- The reversal of a prefix is a suffix of the reversal. -/
theorem rev_takeL (n : Nat) (xs : List α) :
    rev (takeL n xs) = dropL (xs.length - n) (rev xs) := by
  sorry

end TakeDrop

end Basics
