/-!
# Lists, from scratch

Functions over lists that are defined here, in direct style and with accumulators.
-/

namespace Recursion

variable {α β γ : Type}

/-- Concatenation. -/
def cat : List α → List α → List α
  | [], ys => ys
  | x :: xs, ys => x :: cat xs ys

/-- Reversal. -/
def rev : List α → List α
  | [] => []
  | x :: xs => cat (rev xs) [x]

/-- Reversal onto an accumulator. -/
def revOnto : List α → List α → List α
  | [], acc => acc
  | x :: xs, acc => revOnto xs (x :: acc)

/-- The length. -/
def len : List α → Nat
  | [] => 0
  | _ :: xs => len xs + 1

/-- The length, with an accumulator. -/
def lenAcc : List α → Nat → Nat
  | [], n => n
  | _ :: xs, n => lenAcc xs (n + 1)

/-- A function applied to every element. -/
def mapped (f : α → β) : List α → List β
  | [] => []
  | x :: xs => f x :: mapped f xs

/-- The elements that satisfy a test. -/
def keep (p : α → Bool) : List α → List α
  | [] => []
  | x :: xs => if p x then x :: keep p xs else keep p xs

/-- The concatenation of lists. -/
def concat : List (List α) → List α
  | [] => []
  | xs :: xss => cat xs (concat xss)

/-- The first elements. -/
def firsts : Nat → List α → List α
  | 0, _ => []
  | _, [] => []
  | n + 1, x :: xs => x :: firsts n xs

/-- All but the first elements. -/
def others : Nat → List α → List α
  | 0, xs => xs
  | _, [] => []
  | n + 1, _ :: xs => others n xs

/-- The sum. -/
def total : List Nat → Nat
  | [] => 0
  | x :: xs => x + total xs

/-- The sum, with an accumulator. -/
def totalAcc (acc : Nat) : List Nat → Nat
  | [] => acc
  | x :: xs => totalAcc (acc + x) xs

/-- One list after another, alternating. -/
def weave : List α → List α → List α
  | [], ys => ys
  | x :: xs, ys => x :: weave' xs ys
where
  /-- The second list begins. -/
  weave' : List α → List α → List α
  | xs, [] => xs
  | [], y :: ys => y :: ys
  | x :: xs, y :: ys => y :: x :: weave' xs ys

/-- How often a number occurs. -/
def count (n : Nat) : List Nat → Nat
  | [] => 0
  | x :: xs => if x = n then count n xs + 1 else count n xs

theorem len_cat (xs ys : List α) : len (cat xs ys) = len xs + len ys := by
  induction xs with
  | nil => simp [cat, len]
  | cons x xs ih => simp only [cat, len, ih]; omega

theorem rev_rev (xs : List α) : rev (rev xs) = xs := by
  sorry

theorem revOnto_eq_rev (xs : List α) : revOnto xs [] = rev xs := by
  sorry

theorem len_rev (xs : List α) : len (rev xs) = len xs := by
  sorry

theorem lenAcc_eq_len (xs : List α) : lenAcc xs 0 = len xs := by
  sorry

theorem totalAcc_eq_total (xs : List Nat) : totalAcc 0 xs = total xs := by
  sorry

theorem total_rev (xs : List Nat) : total (rev xs) = total xs := by
  sorry

theorem mapped_rev (f : α → β) (xs : List α) : mapped f (rev xs) = rev (mapped f xs) := by
  sorry

theorem mapped_concat (f : α → β) (xss : List (List α)) :
    mapped f (concat xss) = concat (mapped (mapped f) xss) := by
  sorry

theorem keep_keep (p q : α → Bool) (xs : List α) :
    keep p (keep q xs) = keep (fun x => p x && q x) xs := by
  sorry

theorem keep_rev (p : α → Bool) (xs : List α) : keep p (rev xs) = rev (keep p xs) := by
  sorry

theorem cat_firsts_others (n : Nat) (xs : List α) : cat (firsts n xs) (others n xs) = xs := by
  sorry

theorem firsts_mapped (f : α → β) (n : Nat) (xs : List α) :
    firsts n (mapped f xs) = mapped f (firsts n xs) := by
  sorry

theorem others_others (m n : Nat) (xs : List α) : others m (others n xs) = others (n + m) xs := by
  sorry

theorem len_concat_comm (xs ys : List (List α)) :
    len (concat (cat xs ys)) = len (concat (cat ys xs)) := by
  sorry

theorem count_rev (n : Nat) (xs : List Nat) : count n (rev xs) = count n xs := by
  sorry

theorem count_cat_comm (n : Nat) (xs ys : List Nat) : count n (cat xs ys) = count n (cat ys xs) := by
  sorry

theorem len_keep_le (p : α → Bool) (xs : List α) : len (keep p xs) ≤ len xs := by
  sorry

theorem rev_injective {xs ys : List α} (h : rev xs = rev ys) : xs = ys := by
  sorry

theorem cat_eq_nil {xs ys : List α} : cat xs ys = [] ↔ xs = [] ∧ ys = [] := by
  sorry

theorem foldl_cat (f : β → α → β) (b : β) (xs ys : List α) :
    (cat xs ys).foldl f b = ys.foldl f (xs.foldl f b) := by
  sorry

end Recursion
