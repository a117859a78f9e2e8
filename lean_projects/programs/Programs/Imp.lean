import Programs.Expr

/-!
# A small imperative language

Commands with loops, their big-step semantics, program equivalence, and an interpreter with fuel.
-/

namespace Programs

/-- Commands. -/
inductive Com where
  | skip
  | assign (x : String) (e : Expr)
  | seq (c₁ c₂ : Com)
  | ite (b : BExpr) (c₁ c₂ : Com)
  | loop (b : BExpr) (c : Com)

namespace Com

/-- One command after another. -/
scoped infixr:60 ";; " => Com.seq
/-- Assignment. -/
scoped infix:70 " ::= " => Com.assign

/-- Big-step semantics: `BigStep c s t` if `c`, started in `s`, ends in `t`. -/
inductive BigStep : Com → State → State → Prop
  | skip {s} : BigStep skip s s
  | assign {x e s} : BigStep (x ::= e) s (s[x ↦ e.eval s])
  | seq {c₁ c₂ s t u} : BigStep c₁ s t → BigStep c₂ t u → BigStep (c₁;; c₂) s u
  | iteTrue {b c₁ c₂ s t} : b.eval s = true → BigStep c₁ s t → BigStep (ite b c₁ c₂) s t
  | iteFalse {b c₁ c₂ s t} : b.eval s = false → BigStep c₂ s t → BigStep (ite b c₁ c₂) s t
  | loopTrue {b c s t u} : b.eval s = true → BigStep c s t → BigStep (loop b c) t u →
      BigStep (loop b c) s u
  | loopFalse {b c s} : b.eval s = false → BigStep (loop b c) s s

/-- The semantics, as notation. -/
scoped notation:40 "⟪" c ", " s "⟫" " ⇓ " t:41 => BigStep c s t

/-- Two commands are equivalent if they have the same runs. -/
def Equiv (c d : Com) : Prop := ∀ s t, (⟪c, s⟫ ⇓ t) ↔ (⟪d, s⟫ ⇓ t)

@[inherit_doc] scoped infix:50 " ≈ₚ " => Equiv

variable {b : BExpr} {c c₁ c₂ c₃ d d₁ d₂ : Com} {s t u : State} {x : String} {e : Expr}

/-! ### Inversion -/

theorem skip_iff : (⟪skip, s⟫ ⇓ t) ↔ t = s := by
  constructor
  · intro h
    cases h
    rfl
  · rintro rfl
    exact .skip

theorem assign_iff : (⟪x ::= e, s⟫ ⇓ t) ↔ t = s[x ↦ e.eval s] := by
  constructor
  · intro h
    cases h
    rfl
  · rintro rfl
    exact .assign

theorem seq_iff : (⟪c₁;; c₂, s⟫ ⇓ u) ↔ ∃ t, (⟪c₁, s⟫ ⇓ t) ∧ ⟪c₂, t⟫ ⇓ u := by
  constructor
  · intro h
    cases h with
    | seq h₁ h₂ => exact ⟨_, h₁, h₂⟩
  · rintro ⟨t, h₁, h₂⟩
    exact .seq h₁ h₂

theorem ite_iff : (⟪ite b c₁ c₂, s⟫ ⇓ t) ↔ if b.eval s then ⟪c₁, s⟫ ⇓ t else ⟪c₂, s⟫ ⇓ t := by
  constructor
  · intro h
    cases h with
    | iteTrue hb h => rwa [if_pos hb]
    | iteFalse hb h =>
      sorry
  · intro h
    split at h
    case isTrue hb => exact .iteTrue hb h
    case isFalse hb => sorry

/-- The semantics is deterministic. -/
theorem BigStep.det (h₁ : ⟪c, s⟫ ⇓ t) (h₂ : ⟪c, s⟫ ⇓ u) : t = u := by
  sorry

/-! ### Equivalence -/

theorem Equiv.refl (c : Com) : c ≈ₚ c := fun _ _ => Iff.rfl

theorem Equiv.symm (h : c ≈ₚ d) : d ≈ₚ c := fun s t => (h s t).symm

theorem Equiv.trans (h₁ : c₁ ≈ₚ c₂) (h₂ : c₂ ≈ₚ c₃) : c₁ ≈ₚ c₃ :=
  fun s t => (h₁ s t).trans (h₂ s t)

theorem skip_seq : skip;; c ≈ₚ c := by
  intro s t
  constructor
  · intro h
    cases h with
    | seq h₁ h₂ => cases h₁ with
      | skip => exact h₂
  · intro h
    exact .seq .skip h

theorem seq_skip : c;; skip ≈ₚ c := by
  intro s t
  constructor
  · intro h
    cases h with
    | seq h₁ h₂ => cases h₂ with
      | skip => exact h₁
  · intro h
    exact .seq h .skip

theorem seq_assoc : (c₁;; c₂);; c₃ ≈ₚ c₁;; c₂;; c₃ := by
  intro s u
  simp only [seq_iff]
  constructor
  · rintro ⟨t₂, ⟨t₁, h₁, h₂⟩, h₃⟩
    exact ⟨t₁, h₁, t₂, h₂, h₃⟩
  · rintro ⟨t₁, h₁, t₂, h₂, h₃⟩
    exact ⟨t₂, ⟨t₁, h₁, h₂⟩, h₃⟩

theorem Equiv.seq (h₁ : c₁ ≈ₚ d₁) (h₂ : c₂ ≈ₚ d₂) : c₁;; c₂ ≈ₚ d₁;; d₂ := by
  intro s u
  simp only [seq_iff, h₁ s, h₂ _ u]

/-- Unfolding a loop once. -/
theorem loop_unfold : loop b c ≈ₚ ite b (c;; loop b c) skip := by
  intro s t
  constructor
  · intro h
    cases h with
    | loopTrue hb h₁ h₂ => exact .iteTrue hb (.seq h₁ h₂)
    | loopFalse hb => exact .iteFalse hb .skip
  · intro h
    sorry

theorem ite_same : ite b c c ≈ₚ c := by
  intro s t
  rw [ite_iff]
  split <;> exact Iff.rfl

theorem ite_not : ite (.not b) c₁ c₂ ≈ₚ ite b c₂ c₁ := by
  intro s t
  rw [ite_iff, ite_iff, BExpr.eval]
  cases b.eval s <;> exact Iff.rfl

theorem assign_self : x ::= .var x ≈ₚ skip := by
  intro s t
  rw [assign_iff, skip_iff, Expr.eval, State.update_eq_self]

/-- Two assignments to the same variable. -/
theorem assign_assign {e' : Expr} : x ::= e;; x ::= e' ≈ₚ x ::= Expr.subst x e e' := by
  intro s t
  rw [seq_iff, assign_iff, Expr.eval_subst]
  constructor
  · rintro ⟨_, h₁, h₂⟩
    rw [assign_iff] at h₁ h₂
    subst h₁
    rw [h₂, State.update_update]
  · intro h
    refine ⟨_, .assign, ?_⟩
    rw [assign_iff, State.update_update]
    exact h

/-- After a loop, its condition is false. -/
theorem eval_false_of_loop (h : ⟪loop b c, s⟫ ⇓ t) : b.eval t = false := by
  generalize hl : loop b c = l at h
  induction h with
  | loopTrue _ _ _ _ ih => exact ih hl
  | loopFalse hb =>
    cases hl
    exact hb
  | skip | assign | seq | iteTrue | iteFalse => cases hl

theorem not_loop_true : ¬⟪loop (.const true) c, s⟫ ⇓ t := by
  intro h
  have h' := eval_false_of_loop h
  cases h'

/-- Running a loop twice is running it once. -/
theorem loop_loop : loop b c;; loop b c ≈ₚ loop b c := by
  sorry

theorem Equiv.loop (h : c ≈ₚ d) : loop b c ≈ₚ loop b d := by
  sorry

/-! ### An interpreter with fuel -/

/-- Run a command, with a bound on the depth of the computation. -/
def interp : Nat → Com → State → Option State
  | 0, _, _ => none
  | _ + 1, skip, s => some s
  | _ + 1, x ::= e, s => some (s[x ↦ e.eval s])
  | n + 1, c₁;; c₂, s => (interp n c₁ s).bind (interp n c₂)
  | n + 1, ite b c₁ c₂, s => if b.eval s then interp n c₁ s else interp n c₂ s
  | n + 1, loop b c, s =>
    if b.eval s then (interp n c s).bind (interp n (loop b c)) else some s

theorem interp_zero : interp 0 c s = none := rfl

/-- The interpreter is sound. -/
theorem BigStep.of_interp {n : Nat} (h : interp n c s = some t) : ⟪c, s⟫ ⇓ t := by
  induction n generalizing c s t with
  | zero => cases h
  | succ n ih =>
    cases c with
    | skip => cases h; exact .skip
    | assign x e => cases h; exact .assign
    | seq c₁ c₂ =>
      sorry
    | ite b c₁ c₂ =>
      rw [interp] at h
      split at h
      case isTrue hb => exact .iteTrue hb (ih h)
      case isFalse hb => exact .iteFalse (Bool.eq_false_iff.mpr hb) (ih h)
    | loop b c =>
      sorry

/-- More fuel does not change a result. -/
theorem interp_mono {m n : Nat} (hmn : m ≤ n) (h : interp m c s = some t) :
    interp n c s = some t := by
  sorry

/-- The interpreter is complete. -/
theorem BigStep.exists_interp (h : ⟪c, s⟫ ⇓ t) : ∃ n, interp n c s = some t := by
  sorry

end Com

end Programs
