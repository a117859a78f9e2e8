import Logic.Function

/-!
# Relations

Closures, confluence, orders and well-founded relations.
-/

set_option autoImplicit false

namespace Logic

universe u

/-- Binary relations on a type. -/
abbrev Rel (α : Type u) := α → α → Prop

namespace Rel

variable {α : Type u} {R S : Rel α} {a b c : α}

/-- The reflexive transitive closure. -/
inductive Star (R : Rel α) : Rel α
  | refl (a : α) : Star R a a
  | head {a b c : α} (hab : R a b) (hbc : Star R b c) : Star R a c

@[inherit_doc] local postfix:max "⋆" => Star

/-- The converse relation. -/
def conv (R : Rel α) : Rel α := fun a b => R b a

/-- Composition of relations. -/
def comp (R S : Rel α) : Rel α := fun a c => ∃ b, R a b ∧ S b c

local infixr:80 " ⨾ " => comp

/-- `R` is contained in `S`. -/
def Sub (R S : Rel α) : Prop := ∀ a b, R a b → S a b

theorem Star.single (h : R a b) : R⋆ a b :=
  .head h (.refl b)

theorem Star.trans (hab : R⋆ a b) (hbc : R⋆ b c) : R⋆ a c := by
  induction hab with
  | refl _ => exact hbc
  | head h _ ih => exact .head h (ih hbc)

theorem Star.tail (hab : R⋆ a b) (hbc : R b c) : R⋆ a c :=
  hab.trans (.single hbc)

theorem Star.mono (h : Sub R S) (hab : R⋆ a b) : S⋆ a b := by
  sorry

theorem star_star (h : (R⋆)⋆ a b) : R⋆ a b := by
  induction h with
  | refl _ => exact .refl _
  | head hab _ ih => exact hab.trans ih

theorem Star.conv (h : R⋆ a b) : (Rel.conv R)⋆ b a := by
  induction h with
  | refl _ => exact .refl _
  | head hab _ ih => exact ih.tail hab

theorem Star.cases_head (h : R⋆ a c) : a = c ∨ ∃ b, R a b ∧ R⋆ b c := by
  cases h with
  | refl => exact .inl rfl
  | head hab hbc => exact .inr ⟨_, hab, hbc⟩

theorem Star.lift {β : Type u} {T : Rel β} (f : α → β) (hf : ∀ x y, R x y → T (f x) (f y))
    (h : R⋆ a b) : T⋆ (f a) (f b) := by
  induction h with
  | refl _ => exact .refl _
  | head hab _ ih => exact .head (hf _ _ hab) ih

/-- The reflexive transitive closure is the least one. -/
theorem star_least (refl : ∀ a, S a a) (trans : ∀ a b c, S a b → S b c → S a c)
    (h : Sub R S) : Sub R⋆ S := by
  sorry

theorem star_succ_iff_le {m n : Nat} : Star (fun i j => j = i + 1) m n ↔ m ≤ n := by
  constructor
  · intro h
    induction h with
    | refl _ => exact Nat.le_refl _
    | head hab _ ih => omega
  · intro h
    sorry

/-! ### Composition -/

theorem comp_assoc (R S T : Rel α) : (R ⨾ S) ⨾ T = R ⨾ S ⨾ T := by
  funext a d
  apply propext
  constructor
  · rintro ⟨c, ⟨b, hab, hbc⟩, hcd⟩
    exact ⟨b, hab, c, hbc, hcd⟩
  · rintro ⟨b, hab, c, hbc, hcd⟩
    exact ⟨c, ⟨b, hab, hbc⟩, hcd⟩

theorem comp_eq_left (R : Rel α) : Eq ⨾ R = R := by
  funext a b
  apply propext
  constructor
  · rintro ⟨_, rfl, h⟩
    exact h
  · intro h
    exact ⟨a, rfl, h⟩

theorem conv_comp (R S : Rel α) : conv (R ⨾ S) = conv S ⨾ conv R := by
  funext a b
  exact propext ⟨fun ⟨x, h₁, h₂⟩ => ⟨x, h₂, h₁⟩, fun ⟨x, h₁, h₂⟩ => ⟨x, h₂, h₁⟩⟩

theorem transitive_iff_comp_sub : (∀ a b c, R a b → R b c → R a c) ↔ Sub (R ⨾ R) R :=
  ⟨fun h a c ⟨b, hab, hbc⟩ => h a b c hab hbc, fun h a b c hab hbc => h a c ⟨b, hab, hbc⟩⟩

/-! ### Confluence -/

/-- Any two elements reachable from a common one are joinable. -/
def Joinable (R : Rel α) (b c : α) : Prop := ∃ d, R⋆ b d ∧ R⋆ c d

/-- Confluence. -/
def Confluent (R : Rel α) : Prop := ∀ a b c, R⋆ a b → R⋆ a c → Joinable R b c

/-- The one-step diamond property. -/
def Diamond (R : Rel α) : Prop := ∀ a b c, R a b → R a c → ∃ d, R b d ∧ R c d

theorem Joinable.symm (h : Joinable R a b) : Joinable R b a :=
  let ⟨d, had, hbd⟩ := h
  ⟨d, hbd, had⟩

/-- A step can be pushed along a whole reduction. -/
theorem Diamond.strip (hR : Diamond R) (hab : R⋆ a b) (hac : R a c) :
    ∃ d, R b d ∧ R⋆ c d := by
  induction hab generalizing c with
  | refl a => exact ⟨c, hac, .refl c⟩
  | head h _ ih =>
    obtain ⟨d, hbd, hcd⟩ := hR _ _ _ h hac
    obtain ⟨e, hbe, hde⟩ := ih hbd
    exact ⟨e, hbe, .head hcd hde⟩

theorem Diamond.confluent (hR : Diamond R) : Confluent R := by
  sorry

theorem Confluent.normal_unique (hR : Confluent R) (hb : ∀ x, ¬R b x) (hc : ∀ x, ¬R c x)
    (hab : R⋆ a b) (hac : R⋆ a c) : b = c := by
  obtain ⟨d, hbd, hcd⟩ := hR a b c hab hac
  cases hbd with
  | head h _ => exact absurd h (hb _)
  | refl => cases hcd with
    | head h _ => exact absurd h (hc _)
    | refl => rfl

/-- Newman's lemma: a terminating, locally confluent relation is confluent. -/
theorem newman (wf : WellFounded (conv R))
    (lc : ∀ a b c, R a b → R a c → Joinable R b c) : Confluent R := by
  sorry

/-! ### Orders -/

/-- Partial orders. -/
structure IsOrder (R : Rel α) : Prop where
  refl : ∀ a, R a a
  antisymm : ∀ a b, R a b → R b a → a = b
  trans : ∀ a b c, R a b → R b c → R a c

theorem IsOrder.conv (h : IsOrder R) : IsOrder (Rel.conv R) where
  refl := h.refl
  antisymm a b hab hba := h.antisymm a b hba hab
  trans a b c hab hbc := h.trans c b a hbc hab

theorem isOrder_nat_le : IsOrder (α := Nat) (· ≤ ·) where
  refl := Nat.le_refl
  antisymm _ _ := Nat.le_antisymm
  trans _ _ _ := Nat.le_trans

theorem isOrder_dvd : IsOrder (α := Nat) (· ∣ ·) where
  refl := Nat.dvd_refl
  antisymm _ _ := sorry
  trans _ _ _ := sorry

theorem IsOrder.least_unique (h : IsOrder R) (ha : ∀ x, R a x) (hb : ∀ x, R b x) : a = b :=
  h.antisymm a b (ha b) (hb a)

/-- The strict part of an order is irreflexive and transitive. -/
theorem IsOrder.strict_trans (h : IsOrder R) (hab : R a b ∧ a ≠ b) (hbc : R b c ∧ b ≠ c) :
    R a c ∧ a ≠ c := by
  sorry

theorem wf_irrefl (wf : WellFounded R) (a : α) : ¬R a a := by
  sorry

end Rel

end Logic
