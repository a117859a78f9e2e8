/-!
# Sorting

Insertion sort and merge sort on lists of natural numbers: the results are sorted permutations.
-/

namespace Programs

/-- Sortedness. -/
inductive Sorted : List Nat → Prop
  | nil : Sorted []
  | single (x : Nat) : Sorted [x]
  | cons {x y : Nat} {ys : List Nat} (hxy : x ≤ y) (h : Sorted (y :: ys)) : Sorted (x :: y :: ys)

/-- The number of occurrences of an element. -/
def occ (x : Nat) : List Nat → Nat
  | [] => 0
  | y :: ys => (if x = y then 1 else 0) + occ x ys

/-- Lists with the same elements, counted with multiplicity. -/
def SameElems (xs ys : List Nat) : Prop := ∀ x, occ x xs = occ x ys

@[inherit_doc] scoped infix:50 " ≈ₗ " => SameElems

/-! ### Sorted lists and permutations -/

section Basic

variable {x y : Nat} {xs ys zs : List Nat}

theorem Sorted.tail (h : Sorted (x :: xs)) : Sorted xs := by
  cases h with
  | single => exact .nil
  | cons _ h => exact h

theorem Sorted.head_le (h : Sorted (x :: xs)) : ∀ y ∈ xs, x ≤ y := by
  induction xs generalizing x with
  | nil => exact nofun
  | cons z zs ih =>
    cases h with
    | cons hxz h =>
      intro y hy
      cases hy with
      | head => exact hxz
      | tail _ hy => exact Nat.le_trans hxz (ih h y hy)

theorem Sorted.cons_of_le (h : ∀ y ∈ xs, x ≤ y) (hs : Sorted xs) : Sorted (x :: xs) := by
  cases xs with
  | nil => exact .single x
  | cons y ys => exact .cons (h y (.head _)) hs

theorem occ_append (x : Nat) (xs ys : List Nat) : occ x (xs ++ ys) = occ x xs + occ x ys := by
  induction xs with
  | nil => exact (Nat.zero_add _).symm
  | cons y xs ih => rw [List.cons_append, occ, occ, ih, Nat.add_assoc]

theorem occ_pos_iff : 0 < occ x xs ↔ x ∈ xs := by
  induction xs with
  | nil => simp [occ]
  | cons y ys ih =>
    rw [List.mem_cons, ← ih, occ]
    split <;> rename_i h
    · simp only [h, true_or, iff_true]; omega
    · simp only [h, false_or, Nat.zero_add]

theorem SameElems.refl (xs : List Nat) : xs ≈ₗ xs := fun _ => rfl

theorem SameElems.symm (h : xs ≈ₗ ys) : ys ≈ₗ xs := fun x => (h x).symm

theorem SameElems.trans (h₁ : xs ≈ₗ ys) (h₂ : ys ≈ₗ zs) : xs ≈ₗ zs := sorry

theorem SameElems.cons (x : Nat) (h : xs ≈ₗ ys) : x :: xs ≈ₗ x :: ys := by
  intro z
  rw [occ, occ, h z]

theorem SameElems.mem_iff (h : xs ≈ₗ ys) : x ∈ xs ↔ x ∈ ys := by
  rw [← occ_pos_iff, ← occ_pos_iff, h x]

theorem sameElems_append_comm (xs ys : List Nat) : xs ++ ys ≈ₗ ys ++ xs := by
  intro x
  rw [occ_append, occ_append, Nat.add_comm]

/-- Sorted lists with the same elements are equal. -/
theorem Sorted.eq_of_sameElems (hx : Sorted xs) (hy : Sorted ys) (h : xs ≈ₗ ys) : xs = ys := by
  sorry

end Basic

/-! ### Insertion sort -/

/-- Insert an element into a sorted list. -/
def insert (x : Nat) : List Nat → List Nat
  | [] => [x]
  | y :: ys => if x ≤ y then x :: y :: ys else y :: insert x ys

/-- Insertion sort. -/
def isort : List Nat → List Nat
  | [] => []
  | x :: xs => insert x (isort xs)

section InsertionSort

variable (x : Nat) (xs : List Nat)

theorem length_insert : (insert x xs).length = xs.length + 1 := by
  induction xs with
  | nil => rfl
  | cons y ys ih =>
    unfold insert
    split
    · rfl
    · rw [List.length_cons, ih, List.length_cons]

theorem length_isort : (isort xs).length = xs.length := by
  induction xs with
  | nil => rfl
  | cons x xs ih => rw [isort, length_insert, ih, List.length_cons]

theorem insert_sameElems : insert x xs ≈ₗ x :: xs := by
  intro z
  induction xs with
  | nil => rfl
  | cons y ys ih =>
    unfold insert
    split
    · rfl
    · simp only [occ] at ih ⊢
      omega

theorem isort_sameElems : isort xs ≈ₗ xs := by
  induction xs with
  | nil => exact .refl _
  | cons x xs ih => exact (insert_sameElems x _).trans (ih.cons x)

theorem mem_insert {y : Nat} : y ∈ insert x xs ↔ y = x ∨ y ∈ xs := by
  rw [(insert_sameElems x xs).mem_iff, List.mem_cons]

theorem sorted_insert (h : Sorted xs) : Sorted (insert x xs) := by
  induction xs with
  | nil => exact .single x
  | cons y ys ih =>
    unfold insert
    split
    case isTrue hxy => exact .cons hxy h
    case isFalse hxy =>
      sorry

theorem sorted_isort : Sorted (isort xs) := by
  induction xs with
  | nil => exact .nil
  | cons x xs ih => exact sorted_insert x _ ih

variable {xs} in
theorem isort_of_sorted (h : Sorted xs) : isort xs = xs := by
  sorry

theorem isort_isort : isort (isort xs) = isort xs := by
  sorry

/-- Inserting two elements: the order does not matter. -/
theorem insert_comm (y : Nat) : insert x (insert y xs) = insert y (insert x xs) := by
  sorry

end InsertionSort

/-! ### Merge sort -/

/-- Merge two sorted lists. -/
def merge : List Nat → List Nat → List Nat
  | [], ys => ys
  | xs, [] => xs
  | x :: xs, y :: ys =>
    if x ≤ y then x :: merge xs (y :: ys) else y :: merge (x :: xs) ys
termination_by xs ys => xs.length + ys.length

/-- Deal a list out into two. -/
def deal : List Nat → List Nat × List Nat
  | [] => ([], [])
  | [x] => ([x], [])
  | x :: y :: zs => let (l, r) := deal zs; (x :: l, y :: r)

private theorem length_deal_fst_le (xs : List Nat) : (deal xs).1.length ≤ xs.length := by
  fun_induction deal xs with
  | case1 => exact Nat.le_refl 0
  | case2 x => exact Nat.le_refl 1
  | case3 x y zs l r h ih =>
    rw [h] at ih
    simp only [List.length_cons] at ih ⊢
    omega

private theorem length_deal_snd_le (xs : List Nat) : (deal xs).2.length ≤ xs.length := by
  fun_induction deal xs with
  | case1 => exact Nat.le_refl 0
  | case2 x => exact Nat.zero_le 1
  | case3 x y zs l r h ih =>
    rw [h] at ih
    simp only [List.length_cons] at ih ⊢
    omega

/-- Merge sort. -/
def msort : List Nat → List Nat
  | [] => []
  | [x] => [x]
  | x :: y :: zs => merge (msort (x :: (deal zs).1)) (msort (y :: (deal zs).2))
termination_by xs => xs.length
decreasing_by
  · have := length_deal_fst_le zs
    simp only [List.length_cons]
    omega
  · have := length_deal_snd_le zs
    simp only [List.length_cons]
    omega

section MergeSort

theorem merge_nil_right (xs : List Nat) : merge xs [] = xs := by
  cases xs with
  | nil => rw [merge]
  | cons x xs => rw [merge]; simp

theorem merge_sameElems (xs ys : List Nat) : merge xs ys ≈ₗ xs ++ ys := by
  intro z
  fun_induction merge xs ys with
  | case1 ys => rfl
  | case2 xs _ => rw [List.append_nil]
  | case3 x xs y ys hxy ih => rw [List.cons_append, occ, ih, occ]
  | case4 x xs y ys hxy ih =>
    sorry

theorem length_merge (xs ys : List Nat) : (merge xs ys).length = xs.length + ys.length := by
  fun_induction merge xs ys with
  | case1 ys => simp
  | case2 xs _ => simp
  | case3 x xs y ys hxy ih => simp only [List.length_cons] at ih ⊢; omega
  | case4 x xs y ys hxy ih => simp only [List.length_cons] at ih ⊢; omega

theorem sorted_merge {xs ys : List Nat} (hx : Sorted xs) (hy : Sorted ys) :
    Sorted (merge xs ys) := by
  sorry

theorem deal_sameElems (xs : List Nat) : (deal xs).1 ++ (deal xs).2 ≈ₗ xs := by
  intro z
  fun_induction deal xs with
  | case1 => rfl
  | case2 x => rfl
  | case3 x y zs l r h ih =>
    rw [h] at ih
    simp only [occ_append, occ] at ih ⊢
    omega

theorem sorted_msort (xs : List Nat) : Sorted (msort xs) := by
  fun_induction msort xs with
  | case1 => exact .nil
  | case2 x => exact .single x
  | case3 x y zs ih₁ ih₂ => exact sorted_merge ih₁ ih₂

theorem msort_sameElems (xs : List Nat) : msort xs ≈ₗ xs := by
  sorry

/-- The two sorting algorithms agree. -/
theorem msort_eq_isort (xs : List Nat) : msort xs = isort xs :=
  (sorted_msort xs).eq_of_sameElems (sorted_isort xs)
    ((msort_sameElems xs).trans (isort_sameElems xs).symm)

end MergeSort

end Programs
