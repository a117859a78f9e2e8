/-!
# Magmas, semigroups and monoids

One binary operation `⋄`, with more and more laws, powers, and first examples.
-/

namespace Algebra

universe u v

/-- A type with a binary operation. -/
class Magma (α : Type u) where
  /-- The operation. -/
  op : α → α → α

@[inherit_doc] scoped infixl:70 " ⋄ " => Magma.op

/-- A magma with an associative operation. -/
class Semigroup (α : Type u) extends Magma α where
  op_assoc : ∀ a b c : α, a ⋄ b ⋄ c = a ⋄ (b ⋄ c)

/-- A semigroup with a neutral element. -/
class Monoid (α : Type u) extends Semigroup α where
  /-- The neutral element. -/
  e : α
  e_op : ∀ a : α, e ⋄ a = a
  op_e : ∀ a : α, a ⋄ e = a

/-- A monoid with a commutative operation. -/
class CommMonoid (α : Type u) extends Monoid α where
  op_comm : ∀ a b : α, a ⋄ b = b ⋄ a

@[inherit_doc] scoped notation "𝟙" => Monoid.e

export Semigroup (op_assoc)
export Monoid (e_op op_e)
export CommMonoid (op_comm)

section Semigroup

variable {α : Type u} [Semigroup α]

theorem op_assoc₄ (a b c d : α) : a ⋄ b ⋄ c ⋄ d = a ⋄ (b ⋄ (c ⋄ d)) := by
  rw [op_assoc, op_assoc]

theorem op_middle (a b c d : α) : a ⋄ b ⋄ (c ⋄ d) = a ⋄ (b ⋄ c) ⋄ d := by
  sorry

/-- `a` is idempotent. -/
def IsIdem (a : α) : Prop := a ⋄ a = a

/-- `a` and `b` commute. -/
def Commute (a b : α) : Prop := a ⋄ b = b ⋄ a

theorem Commute.refl (a : α) : Commute a a := rfl

theorem Commute.symm {a b : α} (h : Commute a b) : Commute b a := Eq.symm h

theorem Commute.op_right {a b c : α} (hb : Commute a b) (hc : Commute a c) :
    Commute a (b ⋄ c) :=
  calc a ⋄ (b ⋄ c)
    _ = a ⋄ b ⋄ c := (op_assoc a b c).symm
    _ = b ⋄ a ⋄ c := by rw [hb]
    _ = b ⋄ (a ⋄ c) := op_assoc b a c
    _ = b ⋄ (c ⋄ a) := by rw [hc]
    _ = b ⋄ c ⋄ a := (op_assoc b c a).symm

theorem Commute.op_left {a b c : α} (ha : Commute a c) (hb : Commute b c) :
    Commute (a ⋄ b) c := by
  exact (ha.symm.op_right hb.symm).symm

theorem IsIdem.op {a b : α} (ha : IsIdem a) (hb : IsIdem b) (h : Commute a b) :
    IsIdem (a ⋄ b) := by
  sorry

/-- A finite, inhabited semigroup has an idempotent. -/
theorem exists_idem (a : α) (elems : List α) (all : ∀ x, x ∈ elems) : ∃ x : α, IsIdem x := by
  sorry

end Semigroup

section Monoid

variable {α : Type u} [Monoid α]

/-- Powers in a monoid. -/
def npow (a : α) : Nat → α
  | 0 => 𝟙
  | n + 1 => npow a n ⋄ a

@[inherit_doc] scoped infixr:80 " ^ᵐ " => npow

theorem e_unique {x : α} (h : ∀ a : α, x ⋄ a = a) : x = 𝟙 :=
  calc x
    _ = x ⋄ 𝟙 := (op_e x).symm
    _ = 𝟙 := h 𝟙

theorem isIdem_e : IsIdem (𝟙 : α) := sorry

theorem npow_one (a : α) : a ^ᵐ 1 = a := by
  rw [npow, npow, e_op]

theorem e_npow (n : Nat) : (𝟙 : α) ^ᵐ n = 𝟙 := by
  induction n with
  | zero => rfl
  | succ n ih => rw [npow, ih, e_op]

theorem npow_add (a : α) (m n : Nat) : a ^ᵐ (m + n) = a ^ᵐ m ⋄ a ^ᵐ n := by
  induction n with
  | zero => rw [npow, op_e, Nat.add_zero]
  | succ n ih => rw [← Nat.add_assoc, npow, ih, npow, op_assoc]

theorem npow_mul (a : α) (m n : Nat) : a ^ᵐ (m * n) = (a ^ᵐ m) ^ᵐ n := by
  induction n with
  | zero => rfl
  | succ n ih => rw [Nat.mul_succ, npow_add, ih, npow]

theorem npow_succ' (a : α) (n : Nat) : a ^ᵐ (n + 1) = a ⋄ a ^ᵐ n := by
  rw [Nat.add_comm, npow_add, npow_one]

theorem npow_comm (a : α) (m n : Nat) : a ^ᵐ m ⋄ a ^ᵐ n = a ^ᵐ n ⋄ a ^ᵐ m := by
  rw [← npow_add, ← npow_add, Nat.add_comm]

theorem Commute.npow_right {a b : α} (h : Commute a b) (n : Nat) : Commute a (b ^ᵐ n) := by
  induction n with
  | zero => exact (op_e a).trans (e_op a).symm
  | succ n ih => exact ih.op_right h

theorem Commute.op_npow {a b : α} (h : Commute a b) (n : Nat) :
    (a ⋄ b) ^ᵐ n = a ^ᵐ n ⋄ b ^ᵐ n := by
  sorry

theorem IsIdem.npow {a : α} (h : IsIdem a) (n : Nat) : a ^ᵐ (n + 1) = a := by
  induction n with
  | zero => exact npow_one a
  | succ n ih =>
    sorry

/-- A left inverse and a right inverse of the same element agree. -/
theorem left_inv_eq_right_inv {a b c : α} (hba : b ⋄ a = 𝟙) (hac : a ⋄ c = 𝟙) : b = c := by
  rw [← op_e b, ← hac, ← op_assoc, hba, e_op]

end Monoid

/-- The Eckmann–Hilton argument: two unital operations with an interchange law agree and commute. -/
theorem eckmann_hilton {α : Type u} (f g : α → α → α) (i : α) (fi : ∀ a, f i a = a ∧ f a i = a)
    (gi : ∀ a, g i a = a ∧ g a i = a) (h : ∀ a b c d, f (g a b) (g c d) = g (f a c) (f b d)) :
    (∀ a b, f a b = g a b) ∧ (∀ a b, f a b = f b a) := by
  sorry

section Instances

instance : CommMonoid Nat where
  op := (· + ·)
  op_assoc := Nat.add_assoc
  e := 0
  e_op := Nat.zero_add
  op_e := Nat.add_zero
  op_comm := Nat.add_comm

instance (α : Type u) : Monoid (List α) where
  op := (· ++ ·)
  op_assoc := List.append_assoc
  e := []
  e_op := List.nil_append
  op_e := List.append_nil

/-- Functions into a monoid form a monoid, pointwise. -/
instance (ι : Type v) (α : Type u) [Monoid α] : Monoid (ι → α) where
  op f g := fun i => f i ⋄ g i
  op_assoc _ _ _ := funext fun _ => op_assoc _ _ _
  e := fun _ => 𝟙
  e_op _ := funext fun _ => e_op _
  op_e _ := funext fun _ => op_e _

theorem npow_nat (a n : Nat) : a ^ᵐ n = a * n := by
  induction n with
  | zero => rfl
  | succ n ih => rw [npow, ih]; rfl

theorem npow_apply {ι : Type v} {α : Type u} [Monoid α] (f : ι → α) (n : Nat) (i : ι) :
    (f ^ᵐ n) i = f i ^ᵐ n := by
  induction n with
  | zero => rfl
  | succ n ih => rw [npow, npow, ← ih]; rfl

theorem length_npow {α : Type u} (xs : List α) (n : Nat) : (xs ^ᵐ n).length = n * xs.length := by
  sorry

end Instances

end Algebra
