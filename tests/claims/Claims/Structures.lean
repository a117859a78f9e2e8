/-!
# Claims about functions, relations, propositions and structures with laws

Those in the namespace `Wrong` are false, those in `Right` are true.
-/

namespace Claims

def Injective {α β : Type} (f : α → β) : Prop := ∀ x y, f x = f y → x = y

def Surjective {α β : Type} (f : α → β) : Prop := ∀ y, ∃ x, f x = y

def Transitive {α : Type} (r : α → α → Prop) : Prop := ∀ x y z, r x y → r y z → r x z

def Symmetric {α : Type} (r : α → α → Prop) : Prop := ∀ x y, r x y → r y x

universe u

class Mon (α : Type u) where
  mul : α → α → α
  one : α
  mul_assoc : ∀ a b c, mul (mul a b) c = mul a (mul b c)
  one_mul : ∀ a, mul one a = a
  mul_one : ∀ a, mul a one = a

class Grp (α : Type u) extends Mon α where
  inv : α → α
  inv_mul : ∀ a, mul (inv a) a = one

/-- A function that preserves the operation. -/
structure MulHom (α β : Type) [Mon α] [Mon β] where
  apply : α → β
  map_mul : ∀ a b, apply (Mon.mul a b) = Mon.mul (apply a) (apply b)

namespace Wrong

theorem symmetric_transitive_refl {α : Type} (r : α → α → Prop) (hs : Symmetric r) (ht : Transitive r) (x : α) :
    r x x := by sorry

theorem injective_surjective {α β : Type} (f : α → β) (h : Injective f) : Surjective f := by sorry

theorem or_and (p q r : Prop) : p ∨ (q ∧ r) ↔ (p ∨ q) ∧ r := by sorry

theorem forall_or {α : Type} (p q : α → Prop) (h : ∀ x, p x ∨ q x) : (∀ x, p x) ∨ (∀ x, q x) := by sorry

theorem exists_and {α : Type} (p q : α → Prop) (hp : ∃ x, p x) (hq : ∃ x, q x) : ∃ x, p x ∧ q x := by sorry

theorem mon_comm {α : Type u} [Mon α] (a b : α) : Mon.mul a b = Mon.mul b a := by sorry

theorem grp_involution {α : Type u} [Grp α] (a : α) : Mon.mul a a = (Mon.one : α) := by sorry

end Wrong

namespace Right

theorem comp_injective {α β γ : Type} (f : α → β) (g : β → γ) (hf : Injective f) (hg : Injective g) :
    Injective (fun x => g (f x)) := by sorry

theorem not_and (p q : Prop) (h : ¬ p) : ¬ (p ∧ q) := by sorry

theorem exists_or {α : Type} (p q : α → Prop) (h : ∃ x, p x ∨ q x) : (∃ x, p x) ∨ (∃ x, q x) := by sorry

theorem one_unique {α : Type u} [Mon α] (e : α) (h : ∀ a, Mon.mul e a = a) : e = Mon.one := by sorry

theorem inv_one {α : Type u} [Grp α] : Grp.inv (Mon.one : α) = Mon.one := by sorry

end Right

end Claims
