import Algebra.Hom

/-!
# Rings

Rings from scratch, with the usual notation, Boolean rings, and functions into a ring.
-/

namespace Algebra

universe u v

/-- Rings with one, not necessarily commutative. -/
class Ring (α : Type u) extends Add α, Mul α, Neg α, Zero α, One α where
  add_assoc : ∀ a b c : α, a + b + c = a + (b + c)
  add_comm : ∀ a b : α, a + b = b + a
  add_zero : ∀ a : α, a + 0 = a
  add_neg : ∀ a : α, a + -a = 0
  mul_assoc : ∀ a b c : α, a * b * c = a * (b * c)
  one_mul : ∀ a : α, 1 * a = a
  mul_one : ∀ a : α, a * 1 = a
  mul_add : ∀ a b c : α, a * (b + c) = a * b + a * c
  add_mul : ∀ a b c : α, (a + b) * c = a * c + b * c

/-- Commutative rings. -/
class CommRing (α : Type u) extends Ring α where
  mul_comm : ∀ a b : α, a * b = b * a

namespace Ring

section Basic

variable {α : Type u} [Ring α] {a b c : α}

theorem zero_add (a : α) : 0 + a = a := by
  rw [add_comm, add_zero]

theorem neg_add (a : α) : -a + a = 0 := by
  rw [add_comm, add_neg]

/-- The additive group of a ring. -/
def addGroup (α : Type u) [Ring α] : CommGroup α where
  op := (· + ·)
  op_assoc := add_assoc
  e := 0
  e_op := zero_add
  op_e := add_zero
  inv := (- ·)
  inv_op := neg_add
  op_inv := add_neg
  op_comm' := add_comm

theorem add_left_cancel (h : a + b = a + c) : b = c :=
  @op_left_cancel α (addGroup α).toGroup a b c h

theorem neg_eq_of_add (h : a + b = 0) : -a = b :=
  @inv_eq_of_op α (addGroup α).toGroup a b h

theorem neg_neg (a : α) : - -a = a :=
  neg_eq_of_add (neg_add a)

theorem neg_zero : -(0 : α) = 0 := sorry

theorem mul_zero (a : α) : a * 0 = 0 := by
  have h : a * 0 + a * 0 = a * 0 + 0 := by rw [← mul_add, add_zero, add_zero]
  exact add_left_cancel h

theorem zero_mul (a : α) : 0 * a = 0 := by
  have h : 0 * a + 0 * a = 0 * a + 0 := by rw [← add_mul, add_zero, add_zero]
  exact add_left_cancel h

theorem mul_neg (a b : α) : a * -b = -(a * b) := by
  symm
  apply neg_eq_of_add
  rw [← mul_add, add_neg, mul_zero]

theorem neg_mul (a b : α) : -a * b = -(a * b) := by
  symm
  apply neg_eq_of_add
  rw [← add_mul, add_neg, zero_mul]

theorem neg_mul_neg (a b : α) : -a * -b = a * b := by
  rw [neg_mul, mul_neg, neg_neg]

theorem neg_one_mul (a : α) : -1 * a = -a := by
  sorry

theorem neg_add_rev (a b : α) : -(a + b) = -b + -a :=
  @inv_op_rev α (addGroup α).toGroup a b

/-- The product of two sums. -/
theorem add_mul_add (a b c d : α) : (a + b) * (c + d) = a * c + a * d + (b * c + b * d) := by
  rw [add_mul, mul_add, mul_add]

theorem add_left_comm (a b c : α) : a + (b + c) = b + (a + c) := by
  rw [← add_assoc, add_comm a b, add_assoc]

theorem eq_zero_of_one_eq_zero (h : (1 : α) = 0) (a : α) : a = 0 := by
  rw [← one_mul a, h, zero_mul]

theorem sub_mul_self (h : a * b = b * a) : (a + -b) * (a + b) = a * a + -(b * b) := by
  sorry

end Basic

section Boolean

variable {α : Type u} [Ring α] (idem : ∀ a : α, a * a = a)

include idem

theorem add_self_of_idem (a : α) : a + a = 0 := by
  sorry

/-- Boolean rings are commutative. -/
theorem mul_comm_of_idem (a b : α) : a * b = b * a := by
  sorry

end Boolean

section Instances

instance : CommRing Int where
  add_assoc := Int.add_assoc
  add_comm := Int.add_comm
  add_zero := Int.add_zero
  add_neg := Int.add_right_neg
  mul_assoc := Int.mul_assoc
  one_mul := Int.one_mul
  mul_one := Int.mul_one
  mul_add := Int.mul_add
  add_mul := Int.add_mul
  mul_comm := Int.mul_comm

/-- Functions into a ring form a ring, pointwise. -/
instance (ι : Type v) (α : Type u) [Ring α] : Ring (ι → α) where
  add f g := fun i => f i + g i
  mul f g := fun i => f i * g i
  neg f := fun i => -f i
  zero := fun _ => 0
  one := fun _ => 1
  add_assoc _ _ _ := funext fun _ => add_assoc _ _ _
  add_comm _ _ := funext fun _ => add_comm _ _
  add_zero _ := funext fun _ => add_zero _
  add_neg _ := funext fun _ => add_neg _
  mul_assoc _ _ _ := funext fun _ => mul_assoc _ _ _
  one_mul _ := funext fun _ => one_mul _
  mul_one _ := funext fun _ => mul_one _
  mul_add _ _ _ := funext fun _ => mul_add _ _ _
  add_mul _ _ _ := funext fun _ => add_mul _ _ _

/-- Exclusive or and conjunction make `Bool` a ring. -/
def boolRing : CommRing Bool where
  add := xor
  mul := and
  neg := id
  zero := false
  one := true
  add_assoc := by decide
  add_comm := by decide
  add_zero := by decide
  add_neg := by decide
  mul_assoc := by decide
  one_mul := by decide
  mul_one := by decide
  mul_add := by decide
  add_mul := by decide
  mul_comm := by decide

theorem boolRing_idem (a : Bool) : boolRing.mul a a = a := by
  sorry

theorem pointwise_mul_apply {ι : Type v} {α : Type u} [Ring α] (f g : ι → α) (i : ι) :
    (f * g) i = f i * g i := rfl

end Instances

section Commutative

variable {α : Type u} [CommRing α]

open CommRing (mul_comm)

theorem mul_left_comm (a b c : α) : a * (b * c) = b * (a * c) := by
  rw [← mul_assoc, mul_comm a b, mul_assoc]

theorem square_add (a b : α) : (a + b) * (a + b) = a * a + (a * b + a * b) + b * b := by
  sorry

/-- A product of two sums of two squares is a sum of two squares. -/
theorem two_squares (a b c d : α) :
    (a * a + b * b) * (c * c + d * d) =
      (a * c + -(b * d)) * (a * c + -(b * d)) + (a * d + b * c) * (a * d + b * c) := by
  sorry

end Commutative

end Ring

end Algebra
