import Logic.Relation

/-!
# Sets as predicates

Sets over a type are predicates; unions, images and the Knaster–Tarski fixed point theorem.
-/

namespace Logic

universe u v

/-- A set of elements of `α`. -/
def PSet (α : Type u) := α → Prop

namespace PSet

variable {α : Type u} {β : Type v} {s t r : PSet α}

instance : Membership α (PSet α) := ⟨fun s x => s x⟩

instance : HasSubset (PSet α) := ⟨fun s t => ∀ x, x ∈ s → x ∈ t⟩

instance : Union (PSet α) := ⟨fun s t x => x ∈ s ∨ x ∈ t⟩

instance : Inter (PSet α) := ⟨fun s t x => x ∈ s ∧ x ∈ t⟩

instance : EmptyCollection (PSet α) := ⟨fun _ => False⟩

/-- The complement of a set. -/
def compl (s : PSet α) : PSet α := fun x => x ∉ s

/-- The image of a set under a function. -/
def image (f : α → β) (s : PSet α) : PSet β := fun y => ∃ x, x ∈ s ∧ f x = y

/-- The preimage of a set under a function. -/
def preimage (f : α → β) (s : PSet β) : PSet α := fun x => f x ∈ s

local postfix:max "ᶜ" => compl

theorem ext (h : ∀ x, x ∈ s ↔ x ∈ t) : s = t :=
  funext fun x => propext (h x)

theorem mem_union {x : α} : x ∈ s ∪ t ↔ x ∈ s ∨ x ∈ t := Iff.rfl

theorem mem_inter {x : α} : x ∈ s ∩ t ↔ x ∈ s ∧ x ∈ t := Iff.rfl

theorem mem_compl {x : α} : x ∈ sᶜ ↔ x ∉ s := Iff.rfl

/-- Prove a set equation elementwise, by propositional reasoning. -/
local macro "set_tauto" : tactic =>
  `(tactic| (apply PSet.ext; intro x; simp only [mem_union, mem_inter, mem_compl]; grind))

theorem not_mem_empty (x : α) : x ∉ (∅ : PSet α) := id

theorem subset_refl (s : PSet α) : s ⊆ s := fun _ h => h

theorem subset_trans (hst : s ⊆ t) (htr : t ⊆ r) : s ⊆ r := sorry

theorem subset_antisymm (hst : s ⊆ t) (hts : t ⊆ s) : s = t :=
  ext fun x => ⟨hst x, hts x⟩

theorem union_comm (s t : PSet α) : s ∪ t = t ∪ s :=
  ext fun _ => Or.comm

theorem inter_union_distrib (s t r : PSet α) : s ∩ (t ∪ r) = (s ∩ t) ∪ (s ∩ r) :=
  ext fun _ => and_or_distrib

theorem union_empty (s : PSet α) : s ∪ ∅ = s := by
  apply ext
  intro x
  exact ⟨fun h => h.elim id fun h => absurd h (not_mem_empty x), .inl⟩

theorem compl_union (s t : PSet α) : (s ∪ t)ᶜ = sᶜ ∩ tᶜ :=
  ext fun _ => not_or_iff

theorem compl_compl (s : PSet α) : sᶜᶜ = s := by
  set_tauto

theorem union_inter_cancel (s t : PSet α) : s ∪ (s ∩ t) = s := by
  sorry

theorem subset_iff_union_eq : s ⊆ t ↔ s ∪ t = t := by
  constructor
  · intro h
    exact ext fun x => ⟨fun hx => hx.elim (h x) id, .inr⟩
  · intro h x hx
    sorry

theorem image_subset_iff {f : α → β} {t : PSet β} : image f s ⊆ t ↔ s ⊆ preimage f t := by
  constructor
  · intro h x hx
    exact h (f x) ⟨x, hx, rfl⟩
  · rintro h _ ⟨x, hx, rfl⟩
    exact h x hx

theorem image_union (f : α → β) (s t : PSet α) : image f (s ∪ t) = image f s ∪ image f t := by
  apply ext
  intro y
  constructor
  · rintro ⟨x, hx | hx, rfl⟩
    · exact .inl ⟨x, hx, rfl⟩
    · exact .inr ⟨x, hx, rfl⟩
  · rintro (⟨x, hx, rfl⟩ | ⟨x, hx, rfl⟩)
    · exact ⟨x, .inl hx, rfl⟩
    · exact ⟨x, .inr hx, rfl⟩

theorem preimage_inter (f : α → β) (s t : PSet β) :
    preimage f (s ∩ t) = preimage f s ∩ preimage f t := rfl

theorem preimage_image_of_injective {f : α → β} (hf : Injective f) (s : PSet α) :
    preimage f (image f s) = s := by
  sorry

/-- The union of a family of sets. -/
def bigUnion {ι : Type v} (s : ι → PSet α) : PSet α := fun x => ∃ i, x ∈ s i

theorem subset_bigUnion {ι : Type v} (s : ι → PSet α) (i : ι) : s i ⊆ bigUnion s :=
  fun _ hx => ⟨i, hx⟩

theorem bigUnion_subset_iff {ι : Type v} {s : ι → PSet α} {t : PSet α} :
    bigUnion s ⊆ t ↔ ∀ i, s i ⊆ t := by
  sorry

/-- The least pre-fixed point of an operator on sets. -/
def lfp (F : PSet α → PSet α) : PSet α := fun x => ∀ s, F s ⊆ s → x ∈ s

theorem lfp_subset {F : PSet α → PSet α} (h : F s ⊆ s) : lfp F ⊆ s :=
  fun _ hx => hx s h

private theorem apply_lfp_subset {F : PSet α → PSet α} (mono : ∀ s t, s ⊆ t → F s ⊆ F t) :
    F (lfp F) ⊆ lfp F := by
  intro x hx s hs
  exact hs x (mono (lfp F) s (lfp_subset hs) x hx)

/-- Knaster–Tarski: the least pre-fixed point of a monotone operator is a fixed point. -/
theorem knaster_tarski {F : PSet α → PSet α} (mono : ∀ s t, s ⊆ t → F s ⊆ F t) :
    F (lfp F) = lfp F := by
  sorry

end PSet

end Logic
