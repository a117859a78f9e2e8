/-!
# Trees, heaps and queues

Binary trees with values, their traversals, and queues as two lists.
-/

namespace Recursion

variable {α β : Type}

/-- Binary trees with values at the inner nodes. -/
inductive Bin (α : Type) where
  | tip
  | fork (l : Bin α) (x : α) (r : Bin α)

namespace Bin

/-- The mirror image. -/
def flip : Bin α → Bin α
  | tip => tip
  | fork l x r => fork (flip r) x (flip l)

/-- The values from left to right. -/
def toList : Bin α → List α
  | tip => []
  | fork l x r => toList l ++ x :: toList r

/-- The values from left to right, in front of a list. -/
def toListOnto : Bin α → List α → List α
  | tip, acc => acc
  | fork l x r, acc => toListOnto l (x :: toListOnto r acc)

/-- The number of values. -/
def size : Bin α → Nat
  | tip => 0
  | fork l _ r => size l + size r + 1

/-- The height. -/
def height : Bin α → Nat
  | tip => 0
  | fork l _ r => Nat.max (height l) (height r) + 1

/-- A function applied to every value. -/
def map (f : α → β) : Bin α → Bin β
  | tip => tip
  | fork l x r => fork (map f l) (f x) (map f r)

/-- Does a value occur? -/
def Mem (a : α) : Bin α → Prop
  | tip => False
  | fork l x r => Mem a l ∨ a = x ∨ Mem a r

/-- The sum of the values. -/
def sum : Bin Nat → Nat
  | tip => 0
  | fork l x r => sum l + x + sum r

/-- The merger of two heaps. -/
def merge : Bin Nat → Bin Nat → Bin Nat
  | tip, t => t
  | fork l x r, tip => fork l x r
  | fork l x r, fork l' y r' =>
    if x ≤ y then fork l x (merge r (fork l' y r')) else fork l' y (merge (fork l x r) r')
termination_by t u => (sizeOf t, sizeOf u)

theorem flip_flip (t : Bin α) : flip (flip t) = t := by
  sorry

theorem toList_flip (t : Bin α) : toList (flip t) = (toList t).reverse := by
  sorry

theorem toListOnto_nil (t : Bin α) : toListOnto t [] = toList t := by
  sorry

theorem length_toListOnto (t : Bin α) (acc : List α) :
    (toListOnto t acc).length = size t + acc.length := by
  sorry

theorem toList_map (f : α → β) (t : Bin α) : toList (map f t) = (toList t).map f := by
  sorry

theorem mem_toList (a : α) (t : Bin α) : a ∈ toList t ↔ Mem a t := by
  sorry

theorem mem_flip (a : α) (t : Bin α) : Mem a (flip t) ↔ Mem a t := by
  sorry

theorem height_le_size (t : Bin α) : height t ≤ size t := by
  sorry

theorem sum_eq_sum_toList (t : Bin Nat) : sum t = (toList t).sum := by
  sorry

theorem size_merge (t u : Bin Nat) : size (merge t u) = size t + size u := by
  sorry

theorem exists_mem_of_pos {t : Bin α} (h : 0 < size t) : ∃ a, Mem a t := by
  sorry

theorem map_injective {f : α → β} (h : ∀ x y, f x = f y → x = y) {t u : Bin α}
    (e : map f t = map f u) : t = u := by
  sorry

end Bin

/-- Queues: a front list and a back list in reverse. -/
structure Queue (α : Type) where
  /-- The front. -/
  front : List α
  /-- The back, the last element first. -/
  back : List α

namespace Queue

/-- The elements, the first one first. -/
def toList (q : Queue α) : List α := q.front ++ q.back.reverse

/-- The empty queue. -/
def empty : Queue α := ⟨[], []⟩

/-- Puts an element at the end. -/
def push (q : Queue α) (x : α) : Queue α := ⟨q.front, x :: q.back⟩

/-- Moves the back to the front if the front is empty. -/
def normal (q : Queue α) : Queue α :=
  match q.front with
  | [] => ⟨q.back.reverse, []⟩
  | _ :: _ => q

/-- Takes the first element. -/
def pop (q : Queue α) : Option (α × Queue α) :=
  match (normal q).front with
  | [] => none
  | x :: xs => some (x, ⟨xs, (normal q).back⟩)

/-- Puts all elements of a list at the end. -/
def pushAll (q : Queue α) : List α → Queue α
  | [] => q
  | x :: xs => pushAll (push q x) xs

theorem toList_push (q : Queue α) (x : α) : toList (push q x) = toList q ++ [x] := by
  sorry

theorem toList_normal (q : Queue α) : toList (normal q) = toList q := by
  sorry

theorem toList_pushAll (q : Queue α) (xs : List α) : toList (pushAll q xs) = toList q ++ xs := by
  sorry

theorem pop_none (q : Queue α) : pop q = none ↔ toList q = [] := by
  sorry

theorem toList_of_pop {q q' : Queue α} {x : α} (h : pop q = some (x, q')) :
    toList q = x :: toList q' := by
  sorry

end Queue

end Recursion
