import Logic.Prop

/-!
# Quantifiers

Laws of predicate logic, bounded quantifiers over `Nat`, and decidability.
-/

namespace Logic

universe u v

section Laws

variable {α : Type u} {β : Type v} {p q : α → Prop} {r : Prop}

theorem forall_and_iff : (∀ x, p x ∧ q x) ↔ (∀ x, p x) ∧ (∀ x, q x) :=
  ⟨fun h => ⟨fun x => (h x).1, fun x => (h x).2⟩, fun h x => ⟨h.1 x, h.2 x⟩⟩

theorem exists_or_iff : (∃ x, p x ∨ q x) ↔ (∃ x, p x) ∨ (∃ x, q x) := by
  constructor
  · rintro ⟨x, hp | hq⟩
    · exact .inl ⟨x, hp⟩
    · exact .inr ⟨x, hq⟩
  · rintro (⟨x, hp⟩ | ⟨x, hq⟩)
    · exact ⟨x, .inl hp⟩
    · exact ⟨x, .inr hq⟩

theorem exists_imp (h : ∀ x, p x → q x) : (∃ x, p x) → ∃ x, q x
  | ⟨x, hx⟩ => ⟨x, h x hx⟩

theorem not_exists_iff : ¬(∃ x, p x) ↔ ∀ x, ¬p x :=
  ⟨fun h x hx => h ⟨x, hx⟩, fun h ⟨x, hx⟩ => h x hx⟩

theorem exists_and_const_iff : (∃ x, p x ∧ r) ↔ (∃ x, p x) ∧ r := by
  constructor
  · rintro ⟨x, hx, hr⟩
    exact ⟨⟨x, hx⟩, hr⟩
  · rintro ⟨⟨x, hx⟩, hr⟩
    exact ⟨x, hx, hr⟩

theorem forall_imp_const_iff : (∀ x, p x → r) ↔ ((∃ x, p x) → r) :=
  ⟨fun h ⟨x, hx⟩ => h x hx, fun h x hx => h ⟨x, hx⟩⟩

theorem exists_forall_swap {R : α → β → Prop} (h : ∃ x, ∀ y, R x y) : ∀ y, ∃ x, R x y := by
  sorry

theorem exists_eq_and_iff {a : α} : (∃ x, x = a ∧ p x) ↔ p a := by
  constructor
  · rintro ⟨x, rfl, hx⟩
    exact hx
  · intro ha
    exact ⟨a, rfl, ha⟩

theorem not_forall_iff : ¬(∀ x, p x) ↔ ∃ x, ¬p x := by
  constructor
  · intro h
    refine Classical.byContradiction fun hne => h fun x => ?_
    exact Classical.byContradiction fun hx => hne ⟨x, hx⟩
  · intro ⟨x, hx⟩ h
    exact hx (h x)

/-- In every pub there is someone such that, if they drink, everyone drinks. -/
theorem drinker [Nonempty α] : ∃ x, p x → ∀ y, p y := by
  sorry

/-- No one shaves exactly those who do not shave themselves. -/
theorem no_barber (shaves : α → α → Prop) : ¬∃ x, ∀ y, shaves x y ↔ ¬shaves y y := by
  rintro ⟨x, hx⟩
  exact not_iff_not_self (hx x)

/-- Skolemisation: a total relation contains a function. -/
theorem skolem {R : α → β → Prop} : (∀ x, ∃ y, R x y) ↔ ∃ f : α → β, ∀ x, R x (f x) := by
  sorry

end Laws

section Bounded

variable {p : Nat → Prop}

theorem forall_lt_succ_iff {n : Nat} : (∀ k, k < n + 1 → p k) ↔ (∀ k, k < n → p k) ∧ p n := by
  constructor
  · intro h
    exact ⟨fun k hk => h k (Nat.lt_succ_of_lt hk), h n (Nat.lt_succ_self n)⟩
  · intro ⟨h, hn⟩ k hk
    cases Nat.lt_succ_iff_lt_or_eq.mp hk with
    | inl hlt => exact h k hlt
    | inr heq => rwa [heq]

theorem exists_lt_succ_iff {n : Nat} : (∃ k, k < n + 1 ∧ p k) ↔ (∃ k, k < n ∧ p k) ∨ p n := by
  constructor
  · rintro ⟨k, hk, hp⟩
    cases Nat.lt_succ_iff_lt_or_eq.mp hk with
    | inl hlt => exact .inl ⟨k, hlt, hp⟩
    | inr heq => exact .inr (heq ▸ hp)
  · rintro (⟨k, hk, hp⟩ | hp)
    · exact ⟨k, Nat.lt_succ_of_lt hk, hp⟩
    · exact ⟨n, Nat.lt_succ_self n, hp⟩

/-- Strong induction, from ordinary induction. -/
theorem strong_induction (h : ∀ n, (∀ k, k < n → p k) → p n) (n : Nat) : p n := by
  suffices key : ∀ m k, k < m → p k from key (n + 1) n (Nat.lt_succ_self n)
  intro m
  induction m with
  | zero => exact fun k hk => absurd hk (Nat.not_lt_zero k)
  | succ m ih => exact forall_lt_succ_iff.mpr ⟨ih, h m ih⟩

/-- Every inhabited predicate on the natural numbers has a least witness. -/
theorem least_witness (h : ∃ n, p n) : ∃ n, p n ∧ ∀ k, k < n → ¬p k := by
  sorry

/-- A descending sequence of natural numbers cannot exist. -/
theorem no_infinite_descent (f : Nat → Nat) : ¬∀ n, f (n + 1) < f n := by
  sorry

end Bounded

section Decidability

/-- Bounded search is decidable. -/
def decidableBounded (p : Nat → Prop) [DecidablePred p] :
    (n : Nat) → Decidable (∀ k, k < n → p k)
  | 0 => isTrue fun k hk => absurd hk (Nat.not_lt_zero k)
  | n + 1 =>
    match decidableBounded p n, (inferInstance : Decidable (p n)) with
    | isTrue h, isTrue hn => isTrue (forall_lt_succ_iff.mpr ⟨h, hn⟩)
    | isFalse h, _ => isFalse fun h' => h (forall_lt_succ_iff.mp h').1
    | _, isFalse hn => isFalse fun h' => hn (forall_lt_succ_iff.mp h').2

theorem decide_and_eq (p q : Prop) [Decidable p] [Decidable q] :
    decide (p ∧ q) = (decide p && decide q) := by
  by_cases hp : p <;> simp [hp]

theorem not_not_of_decidable {p : Prop} [d : Decidable p] (h : ¬¬p) : p :=
  match d with
  | isTrue hp => hp
  | isFalse hnp => absurd hnp h

theorem decide_not_eq (p : Prop) [Decidable p] : decide (¬p) = !decide p := by
  by_cases hp : p <;> simp [hp]

theorem ite_and_eq {α : Type u} (p q : Prop) [Decidable p] [Decidable q] (a b : α) :
    (if p ∧ q then a else b) = if p then (if q then a else b) else b := by
  sorry

end Decidability

end Logic
