import Algebra.Magma

/-!
# Groups

Groups, commutative groups, conjugation, commutators and examples.
-/

set_option autoImplicit false

namespace Algebra

universe u

/-- A monoid with inverses. -/
class Group (α : Type u) extends Monoid α where
  /-- The inverse. -/
  inv : α → α
  inv_op : ∀ a : α, inv a ⋄ a = 𝟙
  op_inv : ∀ a : α, a ⋄ inv a = 𝟙

@[inherit_doc] scoped postfix:max "′" => Group.inv

/-- A commutative group. -/
class CommGroup (α : Type u) extends Group α where
  op_comm' : ∀ a b : α, a ⋄ b = b ⋄ a

export Group (inv_op op_inv)

instance {α : Type u} [CommGroup α] : CommMonoid α where
  op_comm := CommGroup.op_comm'

section Basic

variable {α : Type u} [Group α] {a b c : α}

theorem inv_op_cancel (a b : α) : a′ ⋄ (a ⋄ b) = b := by
  rw [← op_assoc, inv_op, e_op]

theorem op_inv_cancel (a b : α) : a ⋄ (a′ ⋄ b) = b := by
  rw [← op_assoc, op_inv, e_op]

theorem op_cancel_right (a b : α) : a ⋄ b ⋄ b′ = a := by
  rw [op_assoc, op_inv, op_e]

theorem op_left_cancel (h : a ⋄ b = a ⋄ c) : b = c :=
  calc b
    _ = a′ ⋄ (a ⋄ b) := (inv_op_cancel a b).symm
    _ = a′ ⋄ (a ⋄ c) := by rw [h]
    _ = c := inv_op_cancel a c

theorem op_right_cancel (h : b ⋄ a = c ⋄ a) : b = c := by
  rw [← op_cancel_right b a, h, op_cancel_right]

theorem inv_eq_of_op (h : a ⋄ b = 𝟙) : a′ = b :=
  left_inv_eq_right_inv (inv_op a) h

theorem inv_inv (a : α) : a′′ = a :=
  inv_eq_of_op (inv_op a)

theorem inv_e : (𝟙 : α)′ = 𝟙 := sorry

theorem inv_op_rev (a b : α) : (a ⋄ b)′ = b′ ⋄ a′ := by
  apply inv_eq_of_op
  rw [op_assoc, op_inv_cancel, op_inv]

theorem inv_injective (h : a′ = b′) : a = b := by
  rw [← inv_inv a, h, inv_inv]

theorem op_eq_iff : a ⋄ b = c ↔ b = a′ ⋄ c := by
  constructor
  · rintro rfl
    exact (inv_op_cancel a b).symm
  · rintro rfl
    exact op_inv_cancel a c

theorem eq_e_of_isIdem (h : IsIdem a) : a = 𝟙 := by
  sorry

theorem inv_npow (a : α) (n : Nat) : a′ ^ᵐ n = (a ^ᵐ n)′ := by
  induction n with
  | zero => exact inv_e.symm
  | succ n ih => rw [npow, ih, ← inv_op_rev, npow_succ']

theorem Commute.inv_right (h : Commute a b) : Commute a b′ := by
  sorry

/-- If every element is its own inverse, the group is commutative. -/
theorem comm_of_sq_eq_e (h : ∀ x : α, x ⋄ x = 𝟙) (a b : α) : a ⋄ b = b ⋄ a := by
  have self_inv : ∀ x : α, x′ = x := fun x => inv_eq_of_op (h x)
  calc a ⋄ b
    _ = (a ⋄ b)′ := (self_inv _).symm
    _ = b′ ⋄ a′ := inv_op_rev a b
    _ = b ⋄ a := by rw [self_inv, self_inv]

theorem comm_iff_sq_op : a ⋄ b = b ⋄ a ↔ (a ⋄ b) ^ᵐ 2 = a ^ᵐ 2 ⋄ b ^ᵐ 2 := by
  sorry

/-- If powers distribute for three consecutive exponents, the group is commutative. -/
theorem comm_of_three_powers (n : Nat)
    (h₀ : ∀ x y : α, (x ⋄ y) ^ᵐ n = x ^ᵐ n ⋄ y ^ᵐ n)
    (h₁ : ∀ x y : α, (x ⋄ y) ^ᵐ (n + 1) = x ^ᵐ (n + 1) ⋄ y ^ᵐ (n + 1))
    (h₂ : ∀ x y : α, (x ⋄ y) ^ᵐ (n + 2) = x ^ᵐ (n + 2) ⋄ y ^ᵐ (n + 2)) (a b : α) :
    a ⋄ b = b ⋄ a := by
  sorry

end Basic

section Conjugation

variable {α : Type u} [Group α]

/-- The conjugate of `a` by `g`. -/
def conj (g a : α) : α := g ⋄ a ⋄ g′

/-- The commutator of two elements. -/
def comm (a b : α) : α := a ⋄ b ⋄ a′ ⋄ b′

theorem conj_e (g : α) : conj g 𝟙 = 𝟙 := by
  rw [conj, op_e, op_inv]

theorem e_conj (a : α) : conj 𝟙 a = a := by
  rw [conj, inv_e, op_e, e_op]

theorem conj_op (g a b : α) : conj g (a ⋄ b) = conj g a ⋄ conj g b := by
  simp only [conj, op_assoc, inv_op_cancel]

theorem op_conj (g h a : α) : conj (g ⋄ h) a = conj g (conj h a) := by
  simp only [conj, inv_op_rev, op_assoc]

theorem conj_inv (g a : α) : conj g a′ = (conj g a)′ := by
  simp only [conj, inv_op_rev, inv_inv, op_assoc]

theorem conj_npow (g a : α) (n : Nat) : conj g (a ^ᵐ n) = (conj g a) ^ᵐ n := by
  induction n with
  | zero => exact conj_e g
  | succ n ih => rw [npow, conj_op, ih, npow]

theorem comm_eq_e_iff (a b : α) : comm a b = 𝟙 ↔ a ⋄ b = b ⋄ a := by
  sorry

theorem inv_comm (a b : α) : (comm a b)′ = comm b a := by
  simp only [comm, inv_op_rev, inv_inv, op_assoc]

end Conjugation

section Axioms

/-- Left neutral element and left inverses are enough for right inverses. -/
theorem right_inv_of_left {α : Type u} [Semigroup α] (i : α) (inv : α → α)
    (hi : ∀ a, i ⋄ a = a) (hinv : ∀ a, inv a ⋄ a = i) (a : α) : a ⋄ inv a = i := by
  sorry

theorem right_neutral_of_left {α : Type u} [Semigroup α] (i : α) (inv : α → α)
    (hi : ∀ a, i ⋄ a = a) (hinv : ∀ a, inv a ⋄ a = i) (a : α) : a ⋄ i = a := by
  rw [← hinv a, ← op_assoc, right_inv_of_left i inv hi hinv, hi]

end Axioms

section Instances

instance : CommGroup Int where
  op := (· + ·)
  op_assoc := Int.add_assoc
  e := 0
  e_op := Int.zero_add
  op_e := Int.add_zero
  inv := (- ·)
  inv_op := Int.add_left_neg
  op_inv := Int.add_right_neg
  op_comm' := Int.add_comm

/-- The group with two elements. -/
instance : CommGroup Bool where
  op := xor
  op_assoc := by decide
  e := false
  e_op := by decide
  op_e := by decide
  inv := id
  inv_op := by decide
  op_inv := by decide
  op_comm' := by decide

theorem int_npow (a : Int) (n : Nat) : a ^ᵐ n = a * n := by
  induction n with
  | zero => simp [npow, Monoid.e]
  | succ n ih =>
    rw [npow, ih]
    show a * (n : Int) + a = _
    rw [Int.natCast_succ, Int.mul_add, Int.mul_one]

theorem bool_npow_two (a : Bool) : a ^ᵐ 2 = false := by
  cases a <;> rfl

/-- The commutator is trivial in a commutative group. -/
theorem comm_eq_e {α : Type u} [CommGroup α] (a b : α) : comm a b = 𝟙 := sorry

end Instances

end Algebra
