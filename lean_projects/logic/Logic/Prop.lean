/-!
# Propositional logic

Constructive and classical laws for the connectives, and a little Boolean algebra.
-/

namespace Logic

section Constructive

variable {p q r s : Prop}

theorem and_swap (h : p ∧ q) : q ∧ p :=
  ⟨h.2, h.1⟩

theorem or_swap : p ∨ q → q ∨ p
  | .inl hp => .inr hp
  | .inr hq => .inl hq

theorem and_assoc' : (p ∧ q) ∧ r ↔ p ∧ q ∧ r :=
  ⟨fun ⟨⟨hp, hq⟩, hr⟩ => ⟨hp, hq, hr⟩, fun ⟨hp, hq, hr⟩ => ⟨⟨hp, hq⟩, hr⟩⟩

theorem and_or_distrib : p ∧ (q ∨ r) ↔ (p ∧ q) ∨ (p ∧ r) := by
  constructor
  · intro ⟨hp, hqr⟩
    cases hqr with
    | inl hq => exact .inl ⟨hp, hq⟩
    | inr hr => exact .inr ⟨hp, hr⟩
  · intro h
    cases h with
    | inl h => exact ⟨h.1, .inl h.2⟩
    | inr h => exact ⟨h.1, .inr h.2⟩

theorem or_and_distrib : p ∨ (q ∧ r) ↔ (p ∨ q) ∧ (p ∨ r) := by
  constructor
  · rintro (hp | ⟨hq, hr⟩)
    · exact ⟨.inl hp, .inl hp⟩
    · sorry
  · rintro ⟨hp | hq, hp | hr⟩
    · exact .inl hp
    · exact .inl hp
    · exact .inl hp
    · sorry

theorem curry_iff : (p ∧ q → r) ↔ (p → q → r) :=
  ⟨fun h hp hq => h ⟨hp, hq⟩, fun h hpq => h hpq.1 hpq.2⟩

theorem imp_trans (hpq : p → q) (hqr : q → r) : p → r := sorry

theorem not_not_intro' (hp : p) : ¬¬p :=
  fun hnp => hnp hp

theorem contrapose (h : p → q) : ¬q → ¬p :=
  fun hnq hp => hnq (h hp)

theorem not_or_iff : ¬(p ∨ q) ↔ ¬p ∧ ¬q :=
  ⟨fun h => ⟨fun hp => h (.inl hp), fun hq => h (.inr hq)⟩, fun ⟨hnp, hnq⟩ h => h.elim hnp hnq⟩

theorem not_iff_not_self : ¬(p ↔ ¬p) := by
  sorry

theorem not_not_em : ¬¬(p ∨ ¬p) := by
  intro h
  exact h (.inr fun hp => h (.inl hp))

theorem not_not_not : ¬¬¬p ↔ ¬p := by
  sorry

theorem imp_and_iff : (p → q ∧ r) ↔ (p → q) ∧ (p → r) :=
  ⟨fun h => ⟨fun hp => (h hp).1, fun hp => (h hp).2⟩, fun h hp => ⟨h.1 hp, h.2 hp⟩⟩

theorem or_imp_iff : (p ∨ q → r) ↔ (p → r) ∧ (q → r) := by
  exact ⟨fun h => ⟨fun hp => h (.inl hp), fun hq => h (.inr hq)⟩, fun h hpq => hpq.elim h.1 h.2⟩

theorem constructive_dilemma (hpq : p → q) (hrs : r → s) (h : p ∨ r) : q ∨ s :=
  h.elim (fun hp => .inl (hpq hp)) (fun hr => .inr (hrs hr))

theorem not_not_imp (h : ¬¬(p → q)) (hp : ¬¬p) : ¬¬q := by
  intro hnq
  exact hp fun hp => h fun hpq => hnq (hpq hp)

end Constructive

section Classical

open Classical

variable {p q r : Prop}

theorem by_contra (h : ¬¬p) : p :=
  (em p).elim id fun hnp => absurd hnp h

theorem peirce (h : (p → q) → p) : p := by
  cases em p with
  | inl hp => exact hp
  | inr hnp => exact h fun hp => absurd hp hnp

theorem not_and_iff : ¬(p ∧ q) ↔ ¬p ∨ ¬q := by
  constructor
  · intro h
    cases em p with
    | inl hp => exact .inr fun hq => h ⟨hp, hq⟩
    | inr hnp => exact .inl hnp
  · rintro (hnp | hnq) ⟨hp, hq⟩
    · exact hnp hp
    · exact hnq hq

theorem imp_iff_not_or : (p → q) ↔ ¬p ∨ q := by
  constructor
  · intro h
    cases em p with
    | inl hp => exact .inr (h hp)
    | inr hnp => exact .inl hnp
  · rintro (hnp | hq) hp
    · exact absurd hp hnp
    · exact hq

theorem not_imp_iff : ¬(p → q) ↔ p ∧ ¬q := by
  constructor
  · intro h
    refine ⟨by_contra fun hnp => h fun hp => absurd hp hnp, fun hq => h fun _ => hq⟩
  · intro ⟨hp, hnq⟩ h
    exact hnq (h hp)

theorem imp_or_imp : (p → q) ∨ (q → p) := by
  sorry

theorem iff_assoc : ((p ↔ q) ↔ r) ↔ (p ↔ (q ↔ r)) := by
  sorry

end Classical

section Booleans

/-- Majority of three Booleans. -/
def majority (a b c : Bool) : Bool :=
  (a && b) || (b && c) || (a && c)

theorem majority_self (a b : Bool) : majority a a b = a := by
  cases a <;> cases b <;> rfl

theorem majority_comm (a b c : Bool) : majority a b c = majority b a c := by
  sorry

theorem majority_not (a b c : Bool) : majority (!a) (!b) (!c) = !majority a b c := by
  revert a b c
  decide

theorem bool_fun_thrice (f : Bool → Bool) (b : Bool) : f (f (f b)) = f b := by
  sorry

end Booleans

end Logic
