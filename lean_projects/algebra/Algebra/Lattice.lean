import Algebra.Ring

/-!
# Lattices

Lattices as algebras, the order of a lattice, distributive lattices and complements.
-/

namespace Algebra

universe u v

/-- Lattices, given by two operations. -/
class Lattice (α : Type u) where
  /-- The greatest lower bound. -/
  meet : α → α → α
  /-- The least upper bound. -/
  join : α → α → α
  meet_comm : ∀ a b, meet a b = meet b a
  join_comm : ∀ a b, join a b = join b a
  meet_assoc : ∀ a b c, meet (meet a b) c = meet a (meet b c)
  join_assoc : ∀ a b c, join (join a b) c = join a (join b c)
  meet_join_self : ∀ a b, meet a (join a b) = a
  join_meet_self : ∀ a b, join a (meet a b) = a

@[inherit_doc] scoped infixl:69 " ⊓ " => Lattice.meet
@[inherit_doc] scoped infixl:68 " ⊔ " => Lattice.join

/-- Distributive lattices. -/
class DistribLattice (α : Type u) extends Lattice α where
  meet_join_distrib : ∀ a b c : α, a ⊓ (b ⊔ c) = (a ⊓ b) ⊔ (a ⊓ c)

namespace Lattice

section Basic

variable {α : Type u} [Lattice α] {a b c d : α}

/-- The order of a lattice. -/
def Le (a b : α) : Prop := a ⊓ b = a

@[inherit_doc] scoped infix:50 " ≼ " => Le

theorem meet_self (a : α) : a ⊓ a = a :=
  calc a ⊓ a
    _ = a ⊓ (a ⊔ (a ⊓ a)) := by rw [join_meet_self]
    _ = a := meet_join_self a _

theorem join_self (a : α) : a ⊔ a = a := by
  calc a ⊔ a
    _ = a ⊔ (a ⊓ (a ⊔ a)) := by rw [meet_join_self]
    _ = a := join_meet_self a _

theorem le_refl (a : α) : a ≼ a := meet_self a

theorem le_trans (hab : a ≼ b) (hbc : b ≼ c) : a ≼ c := by
  unfold Le at *
  rw [← hab, meet_assoc, hbc]

theorem le_antisymm (hab : a ≼ b) (hba : b ≼ a) : a = b := by
  rw [← hab, meet_comm, hba]

theorem meet_le_left (a b : α) : a ⊓ b ≼ a := by
  rw [Le, meet_comm, ← meet_assoc, meet_self]

theorem meet_le_right (a b : α) : a ⊓ b ≼ b := by
  rw [Le, meet_assoc, meet_self]

theorem le_meet (hab : a ≼ b) (hac : a ≼ c) : a ≼ b ⊓ c := by
  unfold Le at *
  rw [← meet_assoc, hab, hac]

theorem le_iff_join_eq : a ≼ b ↔ a ⊔ b = b := by
  constructor
  · intro h
    rw [← h, join_comm, meet_comm, join_meet_self]
  · intro h
    rw [Le, ← h, meet_join_self]

theorem le_join_left (a b : α) : a ≼ a ⊔ b := meet_join_self a b

theorem le_join_right (a b : α) : b ≼ a ⊔ b := by
  rw [join_comm]
  exact le_join_left b a

theorem join_le (hac : a ≼ c) (hbc : b ≼ c) : a ⊔ b ≼ c := by
  rw [le_iff_join_eq] at *
  rw [join_assoc, hbc, hac]

theorem meet_mono (hac : a ≼ c) (hbd : b ≼ d) : a ⊓ b ≼ c ⊓ d :=
  le_meet (le_trans (meet_le_left a b) hac) (le_trans (meet_le_right a b) hbd)

theorem meet_eq_join_iff : a ⊓ b = a ⊔ b ↔ a = b := by
  sorry

/-- One half of the modular law holds in every lattice. -/
theorem modular_le (h : a ≼ c) : a ⊔ (b ⊓ c) ≼ (a ⊔ b) ⊓ c := by
  sorry

/-- One half of distributivity holds in every lattice. -/
theorem distrib_le (a b c : α) : (a ⊓ b) ⊔ (a ⊓ c) ≼ a ⊓ (b ⊔ c) :=
  join_le (meet_mono (le_refl a) (le_join_left b c)) (meet_mono (le_refl a) (le_join_right b c))

/-- The median inequality holds in every lattice. -/
theorem median_le (a b c : α) :
    (a ⊓ b) ⊔ (b ⊓ c) ⊔ (c ⊓ a) ≼ (a ⊔ b) ⊓ (b ⊔ c) ⊓ (c ⊔ a) := by
  sorry

end Basic

section Distributive

variable {α : Type u} [DistribLattice α]

open DistribLattice (meet_join_distrib)

/-- The dual distributive law. -/
theorem join_meet_distrib (a b c : α) : a ⊔ (b ⊓ c) = (a ⊔ b) ⊓ (a ⊔ c) := by
  sorry

/-- Distributive lattices are modular. -/
theorem modular {a b c : α} (h : a ≼ c) : a ⊔ (b ⊓ c) = (a ⊔ b) ⊓ c := by
  rw [join_meet_distrib, le_iff_join_eq.mp h]

/-- Cancellation in distributive lattices. -/
theorem eq_of_meet_of_join {a b c : α} (hm : c ⊓ a = c ⊓ b) (hj : c ⊔ a = c ⊔ b) : a = b := by
  sorry

/-- Complements in a distributive lattice are unique. -/
theorem compl_unique {bot top a b c : α} (hb : a ⊓ b = bot) (hb' : a ⊔ b = top)
    (hc : a ⊓ c = bot) (hc' : a ⊔ c = top) : b = c :=
  eq_of_meet_of_join (hb.trans hc.symm) (hb'.trans hc'.symm)

/-- In a distributive lattice, the two medians agree. -/
theorem median_eq (a b c : α) :
    (a ⊓ b) ⊔ (b ⊓ c) ⊔ (c ⊓ a) = (a ⊔ b) ⊓ (b ⊔ c) ⊓ (c ⊔ a) := by
  sorry

end Distributive

section Instances

instance : DistribLattice Bool where
  meet := and
  join := or
  meet_comm := by decide
  join_comm := by decide
  meet_assoc := by decide
  join_assoc := by decide
  meet_join_self := by decide
  join_meet_self := by decide
  meet_join_distrib := by decide

instance : DistribLattice Nat where
  meet := min
  join := max
  meet_comm := Nat.min_comm
  join_comm := Nat.max_comm
  meet_assoc := Nat.min_assoc
  join_assoc := Nat.max_assoc
  meet_join_self a b := by omega
  join_meet_self a b := by omega
  meet_join_distrib a b c := by omega

/-- Functions into a lattice form a lattice, pointwise. -/
instance (ι : Type v) (α : Type u) [Lattice α] : Lattice (ι → α) where
  meet f g := fun i => f i ⊓ g i
  join f g := fun i => f i ⊔ g i
  meet_comm _ _ := funext fun _ => meet_comm _ _
  join_comm _ _ := funext fun _ => join_comm _ _
  meet_assoc _ _ _ := funext fun _ => meet_assoc _ _ _
  join_assoc _ _ _ := funext fun _ => join_assoc _ _ _
  meet_join_self _ _ := funext fun _ => meet_join_self _ _
  join_meet_self _ _ := funext fun _ => join_meet_self _ _

theorem nat_le_iff {m n : Nat} : m ≼ n ↔ m ≤ n := by
  show min m n = m ↔ m ≤ n
  omega

theorem bool_le_iff {a b : Bool} : a ≼ b ↔ (a = true → b = true) := by
  show (a && b) = a ↔ _
  cases a <;> cases b <;> decide

theorem pointwise_le_iff {ι : Type v} {α : Type u} [Lattice α] {f g : ι → α} :
    f ≼ g ↔ ∀ i, f i ≼ g i := by
  sorry

end Instances

end Lattice

end Algebra
