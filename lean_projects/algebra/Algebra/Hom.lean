import Algebra.Group

/-!
# Homomorphisms and subgroups

Monoid and group homomorphisms, kernels and images, subgroups as predicates, normal subgroups.
-/

namespace Algebra

universe u v w

/-- Monoid homomorphisms. -/
structure Hom (α : Type u) (β : Type v) [Monoid α] [Monoid β] where
  /-- The underlying function. -/
  toFun : α → β
  map_e : toFun 𝟙 = 𝟙
  map_op : ∀ a b, toFun (a ⋄ b) = toFun a ⋄ toFun b

@[inherit_doc] scoped infixr:25 " →ₘ " => Hom

namespace Hom

section Monoid

variable {α : Type u} {β : Type v} {γ : Type w} [Monoid α] [Monoid β] [Monoid γ]

instance : CoeFun (α →ₘ β) fun _ => α → β := ⟨Hom.toFun⟩

theorem ext {f g : α →ₘ β} (h : ∀ a, f a = g a) : f = g := by
  cases f
  cases g
  congr
  exact funext h

/-- The identity homomorphism. -/
def id (α : Type u) [Monoid α] : α →ₘ α where
  toFun a := a
  map_e := rfl
  map_op _ _ := rfl

/-- Composition of homomorphisms. -/
def comp (g : β →ₘ γ) (f : α →ₘ β) : α →ₘ γ where
  toFun a := g (f a)
  map_e := by rw [f.map_e, g.map_e]
  map_op a b := by rw [f.map_op, g.map_op]

theorem comp_apply (g : β →ₘ γ) (f : α →ₘ β) (a : α) : g.comp f a = g (f a) := rfl

theorem id_comp (f : α →ₘ β) : (id β).comp f = f := rfl

theorem comp_assoc {δ : Type u} [Monoid δ] (h : γ →ₘ δ) (g : β →ₘ γ) (f : α →ₘ β) :
    (h.comp g).comp f = h.comp (g.comp f) := sorry

theorem map_npow (f : α →ₘ β) (a : α) (n : Nat) : f (a ^ᵐ n) = f a ^ᵐ n := by
  induction n with
  | zero => exact f.map_e
  | succ n ih => rw [npow, f.map_op, ih, npow]

theorem map_isIdem (f : α →ₘ β) {a : α} (h : IsIdem a) : IsIdem (f a) := by
  unfold IsIdem at *
  rw [← f.map_op, h]

/-- A power map, as a homomorphism out of `Nat`. -/
def powers (a : α) : Nat →ₘ α where
  toFun n := a ^ᵐ n
  map_e := rfl
  map_op m n := npow_add a m n

/-- A homomorphism out of `Nat` is determined by its value at `1`. -/
theorem eq_powers (f : Nat →ₘ α) : f = powers (f 1) := by
  sorry

/-- The product of a list. -/
def prod : List α → α
  | [] => 𝟙
  | a :: as => a ⋄ prod as

theorem prod_append (xs ys : List α) : prod (xs ++ ys) = prod xs ⋄ prod ys := by
  induction xs with
  | nil => exact (e_op _).symm
  | cons x xs ih => rw [List.cons_append, prod, prod, ih, op_assoc]

theorem map_prod (f : α →ₘ β) (xs : List α) : f (prod xs) = prod (xs.map f) := by
  induction xs with
  | nil => exact f.map_e
  | cons x xs ih => rw [prod, f.map_op, ih, List.map_cons, prod]

/-- Lists are free monoids: a homomorphism out of them is determined by the singletons. -/
theorem list_hom_eq {ι : Type u} (f : List ι →ₘ α) (xs : List ι) :
    f xs = prod (xs.map fun i => f [i]) := by
  sorry

end Monoid

section Group

variable {α : Type u} {β : Type v} [Group α] [Group β]

theorem map_inv (f : α →ₘ β) (a : α) : f a′ = (f a)′ := by
  symm
  apply inv_eq_of_op
  rw [← f.map_op, op_inv, f.map_e]

theorem map_conj (f : α →ₘ β) (g a : α) : f (conj g a) = conj (f g) (f a) := by
  rw [conj, conj, f.map_op, f.map_op, f.map_inv]

/-- Between groups, preserving the operation is enough. -/
def ofOp (f : α → β) (h : ∀ a b, f (a ⋄ b) = f a ⋄ f b) : α →ₘ β where
  toFun := f
  map_e := eq_e_of_op (by rw [← h, e_op])
  map_op := h
where
  /-- An element with `b ⋄ b = b` is neutral. -/
  eq_e_of_op {b : β} (hb : b ⋄ b = b) : b = 𝟙 :=
    op_left_cancel (hb.trans (op_e b).symm)

/-- Inversion, as an endomorphism of a commutative group. -/
def invHom (γ : Type w) [CommGroup γ] : γ →ₘ γ :=
  ofOp Group.inv fun a b => by rw [inv_op_rev, op_comm]

theorem invHom_invHom {γ : Type w} [CommGroup γ] : (invHom γ).comp (invHom γ) = id γ := by
  apply ext
  intro a
  exact inv_inv a

end Group

end Hom

/-- A subgroup, as a predicate. -/
structure IsSubgroup {α : Type u} [Group α] (H : α → Prop) : Prop where
  e_mem : H 𝟙
  op_mem : ∀ a b, H a → H b → H (a ⋄ b)
  inv_mem : ∀ a, H a → H a′

/-- A subgroup closed under conjugation. -/
structure IsNormal {α : Type u} [Group α] (H : α → Prop) : Prop extends IsSubgroup H where
  conj_mem : ∀ g a, H a → H (conj g a)

section Subgroup

variable {α : Type u} {β : Type v} [Group α] [Group β] {H K : α → Prop}

/-- The kernel of a homomorphism. -/
def ker (f : α →ₘ β) : α → Prop := fun a => f a = 𝟙

/-- The range of a homomorphism. -/
def range (f : α →ₘ β) : β → Prop := fun b => ∃ a, f a = b

/-- The elements that commute with everything. -/
def center (α : Type u) [Group α] : α → Prop := fun a => ∀ b, a ⋄ b = b ⋄ a

theorem isSubgroup_all : IsSubgroup fun _ : α => True where
  e_mem := trivial
  op_mem _ _ _ _ := trivial
  inv_mem _ _ := trivial

theorem isNormal_trivial : IsNormal fun a : α => a = 𝟙 where
  e_mem := rfl
  op_mem a b ha hb := by rw [ha, hb, e_op]
  inv_mem a ha := by rw [ha, inv_e]
  conj_mem g a ha := by rw [ha, conj_e]

theorem IsSubgroup.inter (hH : IsSubgroup H) (hK : IsSubgroup K) :
    IsSubgroup fun a => H a ∧ K a where
  e_mem := ⟨hH.e_mem, hK.e_mem⟩
  op_mem a b ha hb := ⟨hH.op_mem a b ha.1 hb.1, hK.op_mem a b ha.2 hb.2⟩
  inv_mem a ha := ⟨hH.inv_mem a ha.1, hK.inv_mem a ha.2⟩

/-- The one-step subgroup test. -/
theorem isSubgroup_of_div {a : α} (ha : H a) (h : ∀ a b, H a → H b → H (a ⋄ b′)) :
    IsSubgroup H := by
  have he : H 𝟙 := by
    rw [← op_inv a]
    exact h a a ha ha
  have hinv : ∀ b, H b → H b′ := by
    intro b hb
    sorry
  refine ⟨he, ?_, hinv⟩
  intro b c hb hc
  sorry

theorem IsSubgroup.npow_mem (hH : IsSubgroup H) {a : α} (ha : H a) (n : Nat) : H (a ^ᵐ n) := by
  induction n with
  | zero => exact hH.e_mem
  | succ n ih => exact hH.op_mem _ _ ih ha

theorem IsSubgroup.op_mem_iff (hH : IsSubgroup H) {a b : α} (ha : H a) : H (a ⋄ b) ↔ H b := by
  constructor
  · intro hab
    rw [← inv_op_cancel a b]
    exact hH.op_mem _ _ (hH.inv_mem a ha) hab
  · exact hH.op_mem a b ha

theorem isNormal_ker (f : α →ₘ β) : IsNormal (ker f) where
  e_mem := f.map_e
  op_mem a b (ha : f a = 𝟙) (hb : f b = 𝟙) := show f (a ⋄ b) = 𝟙 by rw [f.map_op, ha, hb, e_op]
  inv_mem a (ha : f a = 𝟙) := show f a′ = 𝟙 by rw [f.map_inv, ha, inv_e]
  conj_mem g a (ha : f a = 𝟙) := sorry

theorem isSubgroup_range (f : α →ₘ β) : IsSubgroup (range f) := by
  constructor
  · exact ⟨𝟙, f.map_e⟩
  · rintro _ _ ⟨a, rfl⟩ ⟨b, rfl⟩
    exact ⟨a ⋄ b, f.map_op a b⟩
  · rintro _ ⟨a, rfl⟩
    exact ⟨a′, f.map_inv a⟩

/-- A homomorphism is injective exactly if its kernel is trivial. -/
theorem injective_iff_ker (f : α →ₘ β) :
    (∀ a b, f a = f b → a = b) ↔ ∀ a, ker f a → a = 𝟙 := by
  constructor
  · intro h a ha
    exact h a 𝟙 (ha.trans f.map_e.symm)
  · intro h a b hab
    sorry

theorem isNormal_center : IsNormal (center α) := by
  sorry

/-- Being in the same left coset of `H`. -/
def Coset (H : α → Prop) (a b : α) : Prop := H (a′ ⋄ b)

theorem IsSubgroup.coset_refl (hH : IsSubgroup H) (a : α) : Coset H a a := by
  rw [Coset, inv_op]
  exact hH.e_mem

theorem IsSubgroup.coset_symm (hH : IsSubgroup H) {a b : α} (h : Coset H a b) :
    Coset H b a := by
  have h' := hH.inv_mem _ h
  rwa [inv_op_rev, inv_inv] at h'

theorem IsSubgroup.coset_trans (hH : IsSubgroup H) {a b c : α} (hab : Coset H a b)
    (hbc : Coset H b c) : Coset H a c := by
  have h := hH.op_mem _ _ hab hbc
  rw [op_assoc, op_inv_cancel] at h
  exact h

/-- For a normal subgroup, the operation respects cosets. -/
theorem IsNormal.coset_op (hH : IsNormal H) {a b c d : α} (hab : Coset H a b)
    (hcd : Coset H c d) : Coset H (a ⋄ c) (b ⋄ d) := by
  sorry

/-- A subgroup of which every square is a member is normal. -/
theorem isNormal_of_sq_mem (hH : IsSubgroup H) (sq : ∀ a : α, H (a ⋄ a)) : IsNormal H := by
  sorry

end Subgroup

end Algebra
