import Basics.List

/-!
# Binary trees

Binary trees with labels at the inner nodes: size, depth, mirror image, in-order traversal, `map`,
and search trees over `Nat`.
-/

namespace Basics

/-- Binary trees with labels at the inner nodes. -/
inductive Tree (α : Type) where
  | leaf : Tree α
  | node (l : Tree α) (x : α) (r : Tree α) : Tree α

namespace Tree

variable {α β γ : Type}

/-- The number of inner nodes. -/
def size : Tree α → Nat
  | leaf => 0
  | node l _ r => size l + 1 + size r

/-- The number of leaves. -/
def leaves : Tree α → Nat
  | leaf => 1
  | node l _ r => leaves l + leaves r

/-- The length of a longest path. -/
def depth : Tree α → Nat
  | leaf => 0
  | node l _ r => max (depth l) (depth r) + 1

/-- Swap left and right everywhere. -/
def mirror : Tree α → Tree α
  | leaf => leaf
  | node l x r => node (mirror r) x (mirror l)

/-- Apply a function to every label. -/
def map (f : α → β) : Tree α → Tree β
  | leaf => leaf
  | node l x r => node (map f l) (f x) (map f r)

/-- The in-order traversal. -/
def flatten : Tree α → List α
  | leaf => []
  | node l x r => flatten l ++ x :: flatten r

/-- The in-order traversal with an accumulator. -/
def flattenOnto : Tree α → List α → List α
  | leaf, acc => acc
  | node l x r, acc => flattenOnto l (x :: flattenOnto r acc)

/-- `Mem x t` says that `x` is a label of `t`. -/
inductive Mem (x : α) : Tree α → Prop
  | here {l r : Tree α} : Mem x (node l x r)
  | left {l r : Tree α} {y : α} : Mem x l → Mem x (node l y r)
  | right {l r : Tree α} {y : α} : Mem x r → Mem x (node l y r)

/-- The complete tree of depth `n` with the same label everywhere. -/
def complete (x : α) : Nat → Tree α
  | 0 => leaf
  | n + 1 => node (complete x n) x (complete x n)

/-! ### Mirror images -/

theorem mirror_leaf : mirror (leaf : Tree α) = leaf := rfl

theorem mirror_node (l r : Tree α) (x : α) :
    mirror (node l x r) = node (mirror r) x (mirror l) := rfl

/-- Mirroring twice gives the tree back. -/
theorem mirror_mirror (t : Tree α) : mirror (mirror t) = t := by
  sorry

theorem size_mirror (t : Tree α) : size (mirror t) = size t := by
  induction t with
  | leaf => rfl
  | node l x r ihl ihr =>
    rw [mirror, size, size, ihl, ihr]
    omega

theorem depth_mirror (t : Tree α) : depth (mirror t) = depth t := by
  induction t with
  | leaf => rfl
  | node l x r ihl ihr => rw [mirror, depth, depth, ihl, ihr, Nat.max_comm]

theorem flatten_mirror (t : Tree α) : flatten (mirror t) = rev (flatten t) := by
  induction t with
  | leaf => rfl
  | node l x r ihl ihr =>
    sorry

theorem mirror_map (f : α → β) (t : Tree α) : mirror (map f t) = map f (mirror t) := by
  induction t with
  | leaf => rfl
  | node l x r ihl ihr => simp only [map, mirror, ihl, ihr]

theorem mirror_complete (x : α) (n : Nat) : mirror (complete x n) = complete x n := by
  sorry

theorem mirror_injective {s t : Tree α} (h : mirror s = mirror t) : s = t := by
  sorry

/-! ### Sizes and depths -/

theorem leaves_eq_size_succ (t : Tree α) : leaves t = size t + 1 := by
  induction t with
  | leaf => rfl
  | node l x r ihl ihr =>
    rw [leaves, size, ihl, ihr]
    omega

theorem depth_le_size (t : Tree α) : depth t ≤ size t := by
  sorry

theorem size_lt_two_pow_depth (t : Tree α) : size t < 2 ^ depth t := by
  sorry

theorem depth_complete (x : α) (n : Nat) : depth (complete x n) = n := by
  induction n with
  | zero => rfl
  | succ n ih => rw [complete, depth, ih, Nat.max_self]

theorem size_complete (x : α) (n : Nat) : size (complete x n) + 1 = 2 ^ n := by
  induction n with
  | zero => rfl
  | succ n ih => rw [complete, size, Nat.pow_succ]; omega

theorem size_eq_zero_iff (t : Tree α) : size t = 0 ↔ t = leaf := by
  cases t with
  | leaf => exact ⟨fun _ => rfl, fun _ => rfl⟩
  | node l x r => simp [size]

/-! ### Maps and traversals -/

theorem map_id (t : Tree α) : map id t = t := by
  induction t with
  | leaf => rfl
  | node l x r ihl ihr => rw [map, ihl, ihr, id]

theorem map_comp (g : β → γ) (f : α → β) (t : Tree α) : map (g ∘ f) t = map g (map f t) := by
  induction t with
  | leaf => rfl
  | node l x r ihl ihr => simp [map, ihl, ihr]

theorem size_map (f : α → β) (t : Tree α) : size (map f t) = size t := by
  induction t with
  | leaf => rfl
  | node l x r ihl ihr => rw [map, size, size, ihl, ihr]

theorem length_flatten (t : Tree α) : (flatten t).length = size t := by
  induction t with
  | leaf => rfl
  | node l x r ihl ihr =>
    simp only [flatten, size, List.length_append, List.length_cons, ihl, ihr]
    omega

theorem flatten_map (f : α → β) (t : Tree α) : flatten (map f t) = mapL f (flatten t) := by
  sorry

theorem flattenOnto_eq (t : Tree α) (acc : List α) : flattenOnto t acc = flatten t ++ acc := by
  induction t generalizing acc with
  | leaf => rfl
  | node l x r ihl ihr => simp [flattenOnto, flatten, ihl, ihr]

theorem flattenOnto_nil (t : Tree α) : flattenOnto t [] = flatten t := by
  rw [flattenOnto_eq, List.append_nil]

theorem not_mem_leaf (x : α) : ¬ Mem x leaf := nofun

theorem mem_node_iff {x y : α} {l r : Tree α} :
    Mem x (node l y r) ↔ x = y ∨ Mem x l ∨ Mem x r := by
  constructor
  · intro h
    cases h with
    | here => exact .inl rfl
    | left h => exact .inr (.inl h)
    | right h => exact .inr (.inr h)
  · rintro (rfl | h | h)
    · exact .here
    · exact .left h
    · exact .right h

theorem mem_flatten_iff {x : α} {t : Tree α} : x ∈ flatten t ↔ Mem x t := by
  induction t with
  | leaf => exact ⟨nofun, nofun⟩
  | node l y r ihl ihr =>
    sorry

theorem mem_mirror {x : α} {t : Tree α} : Mem x (mirror t) ↔ Mem x t := by
  rw [← mem_flatten_iff, flatten_mirror, mem_rev, mem_flatten_iff]

/-! ### Search trees -/

/-- All labels of the tree satisfy `p`. -/
def All (p : α → Prop) : Tree α → Prop
  | leaf => True
  | node l x r => All p l ∧ p x ∧ All p r

/-- The tree is a search tree. -/
def IsBST : Tree Nat → Prop
  | leaf => True
  | node l x r => All (· < x) l ∧ All (x < ·) r ∧ IsBST l ∧ IsBST r

/-- Insert a number into a search tree. -/
def insert (n : Nat) : Tree Nat → Tree Nat
  | leaf => node leaf n leaf
  | node l x r =>
    if n < x then node (insert n l) x r
    else if x < n then node l x (insert n r)
    else node l x r

/-- Look a number up in a search tree. -/
def contains (n : Nat) : Tree Nat → Bool
  | leaf => false
  | node l x r => if n < x then contains n l else if x < n then contains n r else true

theorem All.imp {p q : α → Prop} (h : ∀ x, p x → q x) {t : Tree α} (ht : All p t) : All q t := by
  induction t with
  | leaf => trivial
  | node l x r ihl ihr => exact ⟨ihl ht.1, h x ht.2.1, ihr ht.2.2⟩

theorem all_iff_forall_mem {p : α → Prop} {t : Tree α} : All p t ↔ ∀ x, Mem x t → p x := by
  induction t with
  | leaf => exact ⟨fun _ _ h => absurd h (not_mem_leaf _), fun _ => trivial⟩
  | node l y r ihl ihr =>
    rw [All, ihl, ihr]
    constructor
    · intro ⟨hl, hy, hr⟩ x hx
      cases hx with
      | here => exact hy
      | left h => exact hl x h
      | right h => exact hr x h
    · intro h
      exact ⟨fun x hx => h x (.left hx), h y .here, fun x hx => h x (.right hx)⟩

theorem all_insert {p : Nat → Prop} {n : Nat} {t : Tree Nat} (hn : p n) (ht : All p t) :
    All p (insert n t) := by
  induction t with
  | leaf => exact ⟨trivial, hn, trivial⟩
  | node l x r ihl ihr =>
    unfold insert
    split
    · exact ⟨ihl ht.1, ht.2.1, ht.2.2⟩
    · split
      · exact ⟨ht.1, ht.2.1, ihr ht.2.2⟩
      · exact ht

theorem isBST_insert {n : Nat} {t : Tree Nat} (h : IsBST t) : IsBST (insert n t) := by
  induction t with
  | leaf => exact ⟨trivial, trivial, trivial, trivial⟩
  | node l x r ihl ihr =>
    obtain ⟨hl, hr, bl, br⟩ := h
    unfold insert
    split
    case isTrue hlt => sorry
    case isFalse =>
      split
      case isTrue hgt => sorry
      case isFalse => exact ⟨hl, hr, bl, br⟩

theorem contains_insert_self (n : Nat) (t : Tree Nat) : contains n (insert n t) = true := by
  induction t with
  | leaf => simp [insert, contains]
  | node l x r ihl ihr =>
    unfold insert
    split
    case isTrue h => simp [contains, h, ihl]
    case isFalse h =>
      split
      case isTrue h' => simp [contains, h, h', ihr]
      case isFalse h' => simp [contains, h, h']

theorem mem_of_contains {n : Nat} {t : Tree Nat} (h : contains n t = true) : Mem n t := by
  induction t with
  | leaf => cases h
  | node l x r ihl ihr =>
    unfold contains at h
    split at h
    · exact .left (ihl h)
    · split at h
      · exact .right (ihr h)
      · have : n = x := by omega
        subst this
        exact .here

theorem contains_iff_mem {n : Nat} {t : Tree Nat} (ht : IsBST t) :
    contains n t = true ↔ Mem n t := by
  sorry

theorem mem_insert_iff {m n : Nat} {t : Tree Nat} :
    Mem m (insert n t) ↔ m = n ∨ Mem m t := by
  induction t with
  | leaf =>
    rw [insert, mem_node_iff]
    constructor
    · rintro (h | h | h)
      · exact .inl h
      · cases h
      · cases h
    · rintro (h | h)
      · exact .inl h
      · cases h
  | node l x r ihl ihr =>
    rw [insert]
    split
    · rw [mem_node_iff, mem_node_iff, ihl]; grind
    · split
      · rw [mem_node_iff, mem_node_iff, ihr]; grind
      · have : n = x := by omega
        subst this
        rw [mem_node_iff]; grind

/-- A search tree is determined by its labels up to its in-order traversal. -/
theorem flatten_eq_of_mem_iff {s t : Tree Nat} (hs : IsBST s) (ht : IsBST t)
    (h : ∀ n, Mem n s ↔ Mem n t) : flatten s = flatten t := by
  sorry

end Tree

end Basics
