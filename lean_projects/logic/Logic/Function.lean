import Logic.Quantifier

/-!
# Functions

Injective, surjective and bijective functions, inverses, Cantor's theorem and fixed points.
-/

namespace Logic

universe u v w

variable {α : Type u} {β : Type v} {γ : Type w}

/-- Different arguments have different values. -/
def Injective (f : α → β) : Prop := ∀ ⦃x y⦄, f x = f y → x = y

/-- Every element is a value. -/
def Surjective (f : α → β) : Prop := ∀ y, ∃ x, f x = y

/-- Injective and surjective. -/
def Bijective (f : α → β) : Prop := Injective f ∧ Surjective f

/-- `g` undoes `f`. -/
def LeftInv (g : β → α) (f : α → β) : Prop := ∀ x, g (f x) = x

/-- `f` applied `n` times. -/
def iter (f : α → α) : Nat → α → α
  | 0, x => x
  | n + 1, x => iter f n (f x)

theorem injective_id : Injective (id : α → α) :=
  fun _ _ h => h

theorem surjective_id : Surjective (id : α → α) := sorry

theorem Injective.comp {g : β → γ} {f : α → β} (hg : Injective g) (hf : Injective f) :
    Injective (g ∘ f) :=
  fun _ _ h => hf (hg h)

theorem Surjective.comp {g : β → γ} {f : α → β} (hg : Surjective g) (hf : Surjective f) :
    Surjective (g ∘ f) := by
  intro z
  obtain ⟨y, rfl⟩ := hg z
  obtain ⟨x, rfl⟩ := hf y
  exact ⟨x, rfl⟩

theorem Bijective.comp {g : β → γ} {f : α → β} (hg : Bijective g) (hf : Bijective f) :
    Bijective (g ∘ f) :=
  ⟨hg.1.comp hf.1, hg.2.comp hf.2⟩

theorem Injective.of_comp {g : β → γ} {f : α → β} (h : Injective (g ∘ f)) : Injective f := by
  intro x y hxy
  apply h
  show g (f x) = g (f y)
  rw [hxy]

theorem Surjective.of_comp {g : β → γ} {f : α → β} (h : Surjective (g ∘ f)) : Surjective g := by
  sorry

theorem LeftInv.injective {g : β → α} {f : α → β} (h : LeftInv g f) : Injective f :=
  fun x y hxy =>
    calc x
      _ = g (f x) := (h x).symm
      _ = g (f y) := congrArg g hxy
      _ = y := h y

theorem LeftInv.surjective {g : β → α} {f : α → β} (h : LeftInv g f) : Surjective g :=
  fun x => ⟨f x, h x⟩

theorem LeftInv.comp_eq_id {g : β → α} {f : α → β} (h : LeftInv g f) : g ∘ f = id :=
  funext h

theorem Bijective.existsUnique {f : α → β} (h : Bijective f) (y : β) :
    ∃ x, f x = y ∧ ∀ x', f x' = y → x' = x := by
  sorry

theorem Bijective.exists_inverse {f : α → β} (h : Bijective f) :
    ∃ g : β → α, LeftInv g f ∧ LeftInv f g := by
  obtain ⟨g, hg⟩ := skolem.mp h.2
  exact ⟨g, fun x => h.1 (hg (f x)), hg⟩

theorem Surjective.right_cancel {f : α → β} (hf : Surjective f) {g h : β → γ}
    (e : g ∘ f = h ∘ f) : g = h := by
  funext y
  obtain ⟨x, rfl⟩ := hf y
  exact congrFun e x

/-- Cantor's theorem: no function from a type to its predicates is surjective. -/
theorem cantor (f : α → α → Prop) : ¬Surjective f := by
  intro hf
  obtain ⟨x, hx⟩ := hf fun y => ¬f y y
  have h : f x x ↔ ¬f x x := iff_of_eq (congrFun hx x)
  exact not_iff_not_self h

/-- No function from predicates to the type is injective. -/
theorem cantor_injective (f : (α → Prop) → α) : ¬Injective f := by
  sorry

/-- Lawvere's fixed point theorem. -/
theorem lawvere {f : α → α → β} (hf : Surjective f) (g : β → β) : ∃ y, g y = y := by
  sorry

theorem iter_add (f : α → α) (m n : Nat) (x : α) : iter f (m + n) x = iter f n (iter f m x) := by
  induction m generalizing x with
  | zero => rw [Nat.zero_add, iter]
  | succ m ih => rw [Nat.succ_add, iter, ih, iter]

theorem iter_succ' (f : α → α) (n : Nat) (x : α) : iter f (n + 1) x = f (iter f n x) :=
  iter_add f n 1 x

theorem iter_mul (f : α → α) (m n : Nat) (x : α) : iter f (m * n) x = iter (iter f m) n x := by
  induction n generalizing x with
  | zero => rfl
  | succ n ih => rw [Nat.mul_succ, Nat.add_comm, iter_add, ih, iter]

theorem Injective.iter {f : α → α} (hf : Injective f) (n : Nat) : Injective (iter f n) := by
  induction n with
  | zero => exact injective_id
  | succ n ih =>
    sorry

/-- The Schröder–Bernstein theorem. -/
theorem schroeder_bernstein {f : α → β} {g : β → α} (hf : Injective f) (hg : Injective g) :
    ∃ h : α → β, Bijective h := by
  sorry

end Logic
