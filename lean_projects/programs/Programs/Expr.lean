/-!
# Arithmetic and Boolean expressions

Syntax and evaluation of expressions, substitution, and constant folding.
-/

namespace Programs

/-- Program states: the value of every variable. -/
abbrev State := String → Int

/-- Change the value of one variable. -/
def State.update (s : State) (x : String) (n : Int) : State :=
  fun y => if y = x then n else s y

@[inherit_doc] scoped notation s "[" x " ↦ " n "]" => State.update s x n

/-- Arithmetic expressions. -/
inductive Expr where
  | num (n : Int)
  | var (x : String)
  | add (a b : Expr)
  | mul (a b : Expr)
  deriving Repr, DecidableEq

/-- Boolean expressions. -/
inductive BExpr where
  | const (b : Bool)
  | le (a b : Expr)
  | not (b : BExpr)
  | and (b₁ b₂ : BExpr)

namespace State

variable (s : State) (x y : String) (m n : Int)

theorem update_self : (s[x ↦ n]) x = n := by
  simp [update]

theorem update_of_ne (h : y ≠ x) : (s[x ↦ n]) y = s y :=
  if_neg h

theorem update_update : (s[x ↦ m])[x ↦ n] = s[x ↦ n] := by
  funext z
  by_cases h : z = x
  · simp [update, h]
  · simp [update, h]

theorem update_eq_self : s[x ↦ s x] = s := by
  funext z
  by_cases h : z = x
  · simp [update, h]
  · simp [update, h]

theorem update_comm (h : x ≠ y) : (s[x ↦ m])[y ↦ n] = (s[y ↦ n])[x ↦ m] := by
  funext z
  by_cases hx : z = x
  · subst hx
    simp [update, h]
  · simp [update, hx]

end State

namespace Expr

/-- The value of an expression. -/
def eval (s : State) : Expr → Int
  | num n => n
  | var x => s x
  | add a b => eval s a + eval s b
  | mul a b => eval s a * eval s b

/-- The number of nodes of an expression. -/
def size : Expr → Nat
  | num _ | var _ => 1
  | add a b | mul a b => size a + size b + 1

/-- Does the variable occur? -/
def Occurs (x : String) : Expr → Prop
  | num _ => False
  | var y => x = y
  | add a b | mul a b => Occurs x a ∨ Occurs x b

/-- Replace a variable by an expression. -/
def subst (x : String) (e : Expr) : Expr → Expr
  | num n => num n
  | var y => if y = x then e else var y
  | add a b => add (subst x e a) (subst x e b)
  | mul a b => mul (subst x e a) (subst x e b)

/-- Addition that simplifies constants. -/
def addS : Expr → Expr → Expr
  | num m, num n => num (m + n)
  | num 0, b => b
  | a, num 0 => a
  | a, b => add a b

/-- Multiplication that simplifies constants. -/
def mulS : Expr → Expr → Expr
  | num m, num n => num (m * n)
  | num 0, _ => num 0
  | num 1, b => b
  | a, b => mul a b

/-- Constant folding. -/
def fold : Expr → Expr
  | num n => num n
  | var x => var x
  | add a b => addS (fold a) (fold b)
  | mul a b => mulS (fold a) (fold b)

theorem size_pos (e : Expr) : 0 < size e := by
  cases e <;> simp [size]

theorem eval_add_comm (s : State) (a b : Expr) : eval s (add a b) = eval s (add b a) := sorry

theorem eval_congr {s t : State} {e : Expr} (h : ∀ x, Occurs x e → s x = t x) :
    eval s e = eval t e := by
  induction e with
  | num n => rfl
  | var x => exact h x rfl
  | add a b iha ihb =>
    rw [eval, eval, iha fun x hx => h x (.inl hx), ihb fun x hx => h x (.inr hx)]
  | mul a b iha ihb =>
    rw [eval, eval, iha fun x hx => h x (.inl hx), ihb fun x hx => h x (.inr hx)]

theorem eval_update_of_not_occurs {s : State} {x : String} {n : Int} {e : Expr}
    (h : ¬Occurs x e) : eval (s[x ↦ n]) e = eval s e := by
  sorry

/-- The substitution lemma. -/
theorem eval_subst (s : State) (x : String) (e a : Expr) :
    eval s (subst x e a) = eval (s[x ↦ eval s e]) a := by
  induction a with
  | num n => rfl
  | var y =>
    by_cases h : y = x
    · simp [subst, eval, State.update, h]
    · simp [subst, eval, State.update, h]
  | add a b iha ihb => rw [subst, eval, iha, ihb, eval]
  | mul a b iha ihb => rw [subst, eval, iha, ihb, eval]

theorem subst_of_not_occurs {x : String} {e a : Expr} (h : ¬Occurs x a) : subst x e a = a := by
  induction a with
  | num n => rfl
  | var y =>
    have : y ≠ x := fun hy => h hy.symm
    simp [subst, this]
  | add a b iha ihb => rw [subst, iha fun hx => h (.inl hx), ihb fun hx => h (.inr hx)]
  | mul a b iha ihb => rw [subst, iha fun hx => h (.inl hx), ihb fun hx => h (.inr hx)]

theorem eval_addS (s : State) (a b : Expr) : eval s (addS a b) = eval s a + eval s b := by
  unfold addS
  split <;> simp [eval]

theorem eval_mulS (s : State) (a b : Expr) : eval s (mulS a b) = eval s a * eval s b := by
  unfold mulS
  split <;> simp [eval]

/-- Constant folding preserves the value. -/
theorem eval_fold (s : State) (e : Expr) : eval s (fold e) = eval s e := by
  induction e with
  | num n => rfl
  | var x => rfl
  | add a b iha ihb => rw [fold, eval_addS, iha, ihb, eval]
  | mul a b iha ihb =>
    sorry

theorem size_addS_le (a b : Expr) : size (addS a b) ≤ size a + size b + 1 := by
  unfold addS
  split <;> simp only [size] <;> omega

theorem size_fold_le (e : Expr) : size (fold e) ≤ size e := by
  sorry

/-- An expression without variables folds to its value. -/
theorem fold_of_closed (s : State) {e : Expr} (h : ∀ x, ¬Occurs x e) :
    fold e = num (eval s e) := by
  sorry

/-- Constant folding is idempotent. -/
theorem fold_fold (e : Expr) : fold (fold e) = fold e := by
  sorry

end Expr

namespace BExpr

/-- The value of a Boolean expression. -/
def eval (s : State) : BExpr → Bool
  | const b => b
  | le a b => decide (a.eval s ≤ b.eval s)
  | not b => !eval s b
  | and b₁ b₂ => eval s b₁ && eval s b₂

/-- Disjunction, as an abbreviation. -/
def or (b₁ b₂ : BExpr) : BExpr := not (and (not b₁) (not b₂))

theorem eval_or (s : State) (b₁ b₂ : BExpr) : eval s (or b₁ b₂) = (eval s b₁ || eval s b₂) := by
  sorry

theorem eval_not_not (s : State) (b : BExpr) : eval s (not (not b)) = eval s b := by
  rw [eval, eval, Bool.not_not]

end BExpr

end Programs
