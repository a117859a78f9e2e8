import Logic.Set

/-!
# Propositional formulas

The syntax of propositional logic as a datatype, its semantics, substitution, negation normal
form, and a natural deduction calculus.
-/

namespace Logic

/-- Propositional formulas over numbered variables. -/
inductive Formula where
  | var (n : Nat)
  | bot
  | neg (φ : Formula)
  | and (φ ψ : Formula)
  | or (φ ψ : Formula)
  | imp (φ ψ : Formula)
  deriving Repr, DecidableEq

namespace Formula

/-- Negation. -/
scoped prefix:max "∼" => Formula.neg
/-- Conjunction. -/
scoped infixr:69 " ⋏ " => Formula.and
/-- Disjunction. -/
scoped infixr:68 " ⋎ " => Formula.or
/-- Implication. -/
scoped infixr:67 " ⟶ " => Formula.imp

/-- Truth assignments. -/
abbrev Valuation := Nat → Bool

/-- The truth value of a formula. -/
def eval (v : Valuation) : Formula → Bool
  | var n => v n
  | bot => false
  | ∼φ => !eval v φ
  | φ ⋏ ψ => eval v φ && eval v ψ
  | φ ⋎ ψ => eval v φ || eval v ψ
  | φ ⟶ ψ => !eval v φ || eval v ψ

/-- True under every valuation. -/
def Valid (φ : Formula) : Prop := ∀ v, eval v φ = true

/-- True under some valuation. -/
def Sat (φ : Formula) : Prop := ∃ v, eval v φ = true

/-- Equal under every valuation. -/
def Equiv (φ ψ : Formula) : Prop := ∀ v, eval v φ = eval v ψ

@[inherit_doc] scoped infix:50 " ≡ₛ " => Equiv

/-- Substitute a formula for every variable. -/
def subst (σ : Nat → Formula) : Formula → Formula
  | var n => σ n
  | bot => bot
  | ∼φ => ∼(subst σ φ)
  | φ ⋏ ψ => subst σ φ ⋏ subst σ ψ
  | φ ⋎ ψ => subst σ φ ⋎ subst σ ψ
  | φ ⟶ ψ => subst σ φ ⟶ subst σ ψ

/-- The variables of a formula. -/
def vars : Formula → List Nat
  | var n => [n]
  | bot => []
  | ∼φ => vars φ
  | φ ⋏ ψ | φ ⋎ ψ | φ ⟶ ψ => vars φ ++ vars ψ

/-- Negation normal form of a formula (`true`) or of its negation (`false`). -/
def nnf : Bool → Formula → Formula
  | true, var n => var n
  | false, var n => ∼(var n)
  | true, bot => bot
  | false, bot => ∼bot
  | b, ∼φ => nnf (!b) φ
  | true, φ ⋏ ψ => nnf true φ ⋏ nnf true ψ
  | false, φ ⋏ ψ => nnf false φ ⋎ nnf false ψ
  | true, φ ⋎ ψ => nnf true φ ⋎ nnf true ψ
  | false, φ ⋎ ψ => nnf false φ ⋏ nnf false ψ
  | true, φ ⟶ ψ => nnf false φ ⋎ nnf true ψ
  | false, φ ⟶ ψ => nnf true φ ⋏ nnf false ψ

/-! ### Equivalence -/

theorem Equiv.refl (φ : Formula) : φ ≡ₛ φ := fun _ => rfl

theorem Equiv.symm {φ ψ : Formula} (h : φ ≡ₛ ψ) : ψ ≡ₛ φ := fun v => (h v).symm

theorem Equiv.trans {φ ψ χ : Formula} (h₁ : φ ≡ₛ ψ) (h₂ : ψ ≡ₛ χ) : φ ≡ₛ χ :=
  fun v => (h₁ v).trans (h₂ v)

theorem Equiv.and {φ φ' ψ ψ' : Formula} (h₁ : φ ≡ₛ φ') (h₂ : ψ ≡ₛ ψ') : φ ⋏ ψ ≡ₛ φ' ⋏ ψ' := by
  intro v
  rw [eval, eval, h₁ v, h₂ v]

theorem neg_neg_equiv (φ : Formula) : ∼∼φ ≡ₛ φ := by
  intro v
  simp [eval]

theorem de_morgan_equiv (φ ψ : Formula) : ∼(φ ⋏ ψ) ≡ₛ ∼φ ⋎ ∼ψ := by
  intro v
  simp [eval]

theorem imp_equiv (φ ψ : Formula) : φ ⟶ ψ ≡ₛ ∼φ ⋎ ψ := sorry

theorem contraposition_equiv (φ ψ : Formula) : φ ⟶ ψ ≡ₛ ∼ψ ⟶ ∼φ := by
  intro v
  simp [eval, Bool.or_comm]

theorem valid_peirce (φ ψ : Formula) : Valid (((φ ⟶ ψ) ⟶ φ) ⟶ φ) := by
  sorry

theorem valid_iff_not_sat_neg (φ : Formula) : Valid φ ↔ ¬Sat (∼φ) := by
  constructor
  · rintro h ⟨v, hv⟩
    rw [eval, h v] at hv
    cases hv
  · intro h v
    cases e : eval v φ with
    | true => rfl
    | false => exact absurd ⟨v, by rw [eval, e]; rfl⟩ h

theorem Valid.mp {φ ψ : Formula} (h : Valid (φ ⟶ ψ)) (hφ : Valid φ) : Valid ψ := by
  intro v
  have h' := h v
  rw [eval, hφ v] at h'
  exact h'

/-! ### Substitution and variables -/

theorem eval_subst (v : Valuation) (σ : Nat → Formula) (φ : Formula) :
    eval v (subst σ φ) = eval (fun n => eval v (σ n)) φ := by
  induction φ with
  | var n => rfl
  | bot => rfl
  | neg φ ih => rw [subst, eval, ih, eval]
  | and φ ψ ih₁ ih₂ => rw [subst, eval, ih₁, ih₂, eval]
  | or φ ψ ih₁ ih₂ => rw [subst, eval, ih₁, ih₂, eval]
  | imp φ ψ ih₁ ih₂ => rw [subst, eval, ih₁, ih₂, eval]

theorem Valid.subst {φ : Formula} (h : Valid φ) (σ : Nat → Formula) : Valid (subst σ φ) := by
  intro v
  rw [eval_subst]
  exact h _

theorem subst_var (φ : Formula) : subst var φ = φ := by
  induction φ with
  | var n => rfl
  | bot => rfl
  | neg φ ih => rw [subst, ih]
  | and φ ψ ih₁ ih₂ => rw [subst, ih₁, ih₂]
  | or φ ψ ih₁ ih₂ => rw [subst, ih₁, ih₂]
  | imp φ ψ ih₁ ih₂ => rw [subst, ih₁, ih₂]

theorem subst_subst (σ τ : Nat → Formula) (φ : Formula) :
    subst τ (subst σ φ) = subst (fun n => subst τ (σ n)) φ := by
  induction φ with
  | var n => rfl
  | bot => rfl
  | neg φ ih => simp only [subst, ih]
  | and φ ψ ih₁ ih₂ => simp only [subst, ih₁, ih₂]
  | or φ ψ ih₁ ih₂ => simp only [subst, ih₁, ih₂]
  | imp φ ψ ih₁ ih₂ => simp only [subst, ih₁, ih₂]

/-- The value of a formula depends on its variables only. -/
theorem eval_congr {v w : Valuation} {φ : Formula} (h : ∀ n ∈ vars φ, v n = w n) :
    eval v φ = eval w φ := by
  sorry

/-! ### Negation normal form -/

/-- In negation normal form, negations stand before variables and `bot` only. -/
def IsNNF : Formula → Prop
  | var _ => True
  | bot => True
  | ∼(var _) => True
  | ∼bot => True
  | ∼_ => False
  | φ ⋏ ψ => IsNNF φ ∧ IsNNF ψ
  | φ ⋎ ψ => IsNNF φ ∧ IsNNF ψ
  | _ ⟶ _ => False

theorem isNNF_nnf (b : Bool) (φ : Formula) : IsNNF (nnf b φ) := by
  induction φ generalizing b with
  | var n => cases b <;> trivial
  | bot => cases b <;> trivial
  | neg φ ih => rw [nnf]; exact ih _
  | and φ ψ ih₁ ih₂ => cases b <;> exact ⟨ih₁ _, ih₂ _⟩
  | or φ ψ ih₁ ih₂ => cases b <;> exact ⟨ih₁ _, ih₂ _⟩
  | imp φ ψ ih₁ ih₂ => cases b <;> exact ⟨ih₁ _, ih₂ _⟩

theorem eval_nnf (v : Valuation) (b : Bool) (φ : Formula) :
    eval v (nnf b φ) = (eval v φ == b) := by
  sorry

theorem nnf_equiv (φ : Formula) : nnf true φ ≡ₛ φ := by
  intro v
  rw [eval_nnf]
  cases eval v φ <;> rfl

/-! ### Natural deduction -/

/-- Classical natural deduction for the fragment with implication, conjunction and falsity. -/
inductive Proof : List Formula → Formula → Prop
  | ax {Γ φ} : φ ∈ Γ → Proof Γ φ
  | impI {Γ φ ψ} : Proof (φ :: Γ) ψ → Proof Γ (φ ⟶ ψ)
  | impE {Γ φ ψ} : Proof Γ (φ ⟶ ψ) → Proof Γ φ → Proof Γ ψ
  | andI {Γ φ ψ} : Proof Γ φ → Proof Γ ψ → Proof Γ (φ ⋏ ψ)
  | andE₁ {Γ φ ψ} : Proof Γ (φ ⋏ ψ) → Proof Γ φ
  | andE₂ {Γ φ ψ} : Proof Γ (φ ⋏ ψ) → Proof Γ ψ
  | raa {Γ φ} : Proof ((φ ⟶ bot) :: Γ) bot → Proof Γ φ

@[inherit_doc] scoped infix:45 " ⊢ₙ " => Proof

theorem Proof.identity (Γ : List Formula) (φ : Formula) : Γ ⊢ₙ φ ⟶ φ :=
  .impI (.ax (.head _))

theorem Proof.weaken {Γ Δ : List Formula} {φ : Formula} (h : Γ ⊢ₙ φ) (sub : ∀ ψ ∈ Γ, ψ ∈ Δ) :
    Δ ⊢ₙ φ := by
  have cons : ∀ {Γ Δ : List Formula} {χ : Formula}, (∀ ψ ∈ Γ, ψ ∈ Δ) →
      ∀ ψ ∈ χ :: Γ, ψ ∈ χ :: Δ := by
    intro Γ Δ χ s ψ hψ
    cases hψ with
    | head => exact .head _
    | tail _ h => exact .tail _ (s ψ h)
  induction h generalizing Δ with
  | ax h => exact .ax (sub _ h)
  | impI _ ih => exact .impI (ih (cons sub))
  | impE _ _ ih₁ ih₂ => exact .impE (ih₁ sub) (ih₂ sub)
  | andI _ _ ih₁ ih₂ => exact .andI (ih₁ sub) (ih₂ sub)
  | andE₁ _ ih => exact .andE₁ (ih sub)
  | andE₂ _ ih => exact .andE₂ (ih sub)
  | raa _ ih => exact .raa (ih (cons sub))

theorem Proof.ex_falso {Γ : List Formula} {φ : Formula} (h : Γ ⊢ₙ bot) : Γ ⊢ₙ φ :=
  .raa (h.weaken fun _ hψ => .tail _ hψ)

theorem Proof.and_comm {Γ : List Formula} {φ ψ : Formula} (h : Γ ⊢ₙ φ ⋏ ψ) : Γ ⊢ₙ ψ ⋏ φ :=
  .andI (.andE₂ h) (.andE₁ h)

theorem Proof.deduction_iff {Γ : List Formula} {φ ψ : Formula} :
    φ :: Γ ⊢ₙ ψ ↔ (Γ ⊢ₙ φ ⟶ ψ) := by
  constructor
  · exact .impI
  · intro h
    sorry

/-- Double negation elimination in the calculus. -/
theorem Proof.dne (Γ : List Formula) (φ : Formula) : Γ ⊢ₙ ((φ ⟶ bot) ⟶ bot) ⟶ φ := by
  sorry

/-- Soundness: what is provable is true in every model of the hypotheses. -/
theorem Proof.sound {Γ : List Formula} {φ : Formula} (h : Γ ⊢ₙ φ) (v : Valuation)
    (hΓ : ∀ ψ ∈ Γ, eval v ψ = true) : eval v φ = true := by
  sorry

/-- The calculus is consistent. -/
theorem Proof.consistent : ¬([] ⊢ₙ bot) := by
  intro h
  have h' := h.sound (fun _ => true) nofun
  cases h'

end Formula

end Logic
