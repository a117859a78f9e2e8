/-!
# Claims about programs

Statements as people write them before they have thought it over. Those in the namespace `Wrong` are false, those in
`Right` are true.
-/

namespace Claims

/-- Binary trees with values at their nodes; they have no decidable equality. -/
inductive Tree (α : Type) where
  | leaf : Tree α
  | node : Tree α → α → Tree α → Tree α

def Tree.mirror {α : Type} : Tree α → Tree α
  | .leaf => .leaf
  | .node l a r => .node r.mirror a l.mirror

def Tree.flatten {α : Type} : Tree α → List α
  | .leaf => []
  | .node l a r => l.flatten ++ a :: r.flatten

def Tree.size {α : Type} : Tree α → Nat
  | .leaf => 0
  | .node l _ r => l.size + 1 + r.size

def Tree.depth {α : Type} : Tree α → Nat
  | .leaf => 0
  | .node l _ r => max l.depth r.depth + 1

def insert (a : Nat) : List Nat → List Nat
  | [] => [a]
  | b :: bs => if a ≤ b then a :: b :: bs else b :: insert a bs

def sort : List Nat → List Nat
  | [] => []
  | a :: as => insert a (sort as)

/-- Whether neighbours are in order. -/
def Sorted : List Nat → Prop
  | [] => True
  | [_] => True
  | a :: b :: rest => a ≤ b ∧ Sorted (b :: rest)

def revOnto {α : Type} : List α → List α → List α
  | [], acc => acc
  | x :: xs, acc => revOnto xs (x :: acc)

/-- Halves until one is left: not structurally recursive. -/
def log (n : Nat) : Nat :=
  if n ≤ 1 then 0 else log (n / 2) + 1
termination_by n
decreasing_by omega

inductive Expr where
  | num : Int → Expr
  | add : Expr → Expr → Expr
  | sub : Expr → Expr → Expr

def Expr.eval : Expr → Int
  | .num n => n
  | .add a b => a.eval + b.eval
  | .sub a b => a.eval - b.eval

def Expr.swap : Expr → Expr
  | .num n => .num n
  | .add a b => .add b.swap a.swap
  | .sub a b => .sub b.swap a.swap

inductive Light where
  | red | yellow | green

def Light.next : Light → Light
  | .red => .green
  | .green => .yellow
  | .yellow => .red

structure Point where
  x : Int
  y : Int

def Point.turn (p : Point) : Point := ⟨-p.y, p.x⟩

/-- Reachable by steps of two. -/
inductive Even : Nat → Prop where
  | zero : Even 0
  | step {n : Nat} : Even n → Even (n + 2)

namespace Wrong

theorem mirror_id (t : Tree Nat) : t.mirror = t := by sorry

theorem flatten_mirror {α : Type} (t : Tree α) : t.mirror.flatten = t.flatten := by sorry

theorem depth_size {α : Type} (t : Tree α) : t.depth = t.size := by sorry

theorem flatten_injective {α : Type} (s t : Tree α) (h : s.flatten = t.flatten) : s = t := by sorry

theorem insert_cons (a : Nat) (xs : List Nat) : insert a xs = a :: xs := by sorry

theorem sort_id (xs : List Nat) : sort xs = xs := by sorry

theorem sorted_append {xs ys : List Nat} (hx : Sorted xs) (hy : Sorted ys) : Sorted (xs ++ ys) := by sorry

theorem sorted_tail_cons {a : Nat} {xs : List Nat} (h : Sorted xs) : Sorted (a :: xs) := by sorry

theorem revOnto_append {α : Type} (xs ys : List α) : revOnto xs ys = xs ++ ys := by sorry

theorem log_add (m n : Nat) (hm : 0 < m) (hn : 0 < n) : log (m + n) = log m + log n := by sorry

theorem log_mono_strict {m n : Nat} (h : m < n) : log m < log n := by sorry

theorem eval_swap (e : Expr) : e.swap.eval = e.eval := by sorry

theorem next_next (l : Light) : l.next.next = l := by sorry

theorem turn_turn (p : Point) : p.turn.turn = p := by sorry

theorem even_succ {n : Nat} (h : Even n) : Even (n + 1) := by sorry

theorem map_reverse {α : Type} (f : α → α) (xs : List α) : xs.map f = xs.reverse.map f := by sorry

theorem filter_length {α : Type} (p : α → Bool) (xs : List α) : (xs.filter p).length = xs.length := by sorry

theorem zip_comm (xs ys : List Nat) : (xs.zip ys).length = xs.length := by sorry

end Wrong

namespace Right

theorem mirror_mirror {α : Type} (t : Tree α) : t.mirror.mirror = t := by sorry

theorem size_mirror {α : Type} (t : Tree α) : t.mirror.size = t.size := by sorry

theorem depth_le_size {α : Type} (t : Tree α) : t.depth ≤ t.size := by sorry

theorem sorted_sort (xs : List Nat) : Sorted (sort xs) := by sorry

theorem revOnto_reverse {α : Type} (xs : List α) : revOnto xs [] = xs.reverse := by sorry

theorem log_lt (n : Nat) (h : 0 < n) : log n < n := by sorry

theorem next_next_next (l : Light) : l.next.next.next = l := by sorry

theorem turn_four (p : Point) : p.turn.turn.turn.turn = p := by sorry

theorem not_even_one : ¬ Even 1 := by sorry

end Right

end Claims
