/-!
# Finite automata

Deterministic automata, their runs and languages, and closure under the Boolean operations.
-/

set_option autoImplicit false

namespace Programs

universe u v w

/-- A deterministic automaton with input letters `α` and states `σ`. -/
structure DFA (α : Type u) (σ : Type v) where
  /-- The initial state. -/
  start : σ
  /-- The transition function. -/
  step : σ → α → σ
  /-- The final states. -/
  final : σ → Bool

namespace DFA

variable {α : Type u} {σ : Type v} {τ : Type w}

/-- The state reached from `q` on reading a word. -/
def run (M : DFA α σ) : σ → List α → σ
  | q, [] => q
  | q, a :: as => run M (M.step q a) as

/-- Does the automaton accept the word? -/
def accepts (M : DFA α σ) (as : List α) : Bool := M.final (M.run M.start as)

/-- The complement automaton. -/
def compl (M : DFA α σ) : DFA α σ := { M with final := fun q => !M.final q }

/-- The product automaton, with a Boolean operation on the final states. -/
def prod (f : Bool → Bool → Bool) (M : DFA α σ) (N : DFA α τ) : DFA α (σ × τ) where
  start := (M.start, N.start)
  step q a := (M.step q.1 a, N.step q.2 a)
  final q := f (M.final q.1) (N.final q.2)

/-- The automaton started in another state. -/
def after (M : DFA α σ) (as : List α) : DFA α σ := { M with start := M.run M.start as }

variable (M : DFA α σ) (N : DFA α τ)

theorem run_nil (q : σ) : M.run q [] = q := rfl

theorem run_append (q : σ) (as bs : List α) : M.run q (as ++ bs) = M.run (M.run q as) bs := by
  induction as generalizing q with
  | nil => rfl
  | cons a as ih => exact ih (M.step q a)

theorem run_concat (q : σ) (as : List α) (a : α) :
    M.run q (as ++ [a]) = M.step (M.run q as) a := by
  rw [run_append]
  rfl

theorem run_eq_foldl (q : σ) (as : List α) : M.run q as = as.foldl M.step q := by
  sorry

theorem run_compl (q : σ) (as : List α) : M.compl.run q as = M.run q as := by
  induction as generalizing q with
  | nil => rfl
  | cons a as ih => exact ih (M.step q a)

theorem accepts_compl (as : List α) : M.compl.accepts as = !M.accepts as := by
  unfold accepts
  rw [run_compl]
  rfl

theorem compl_compl : M.compl.compl = M := by
  sorry

theorem run_prod (f : Bool → Bool → Bool) (q : σ × τ) (as : List α) :
    (prod f M N).run q as = (M.run q.1 as, N.run q.2 as) := by
  induction as generalizing q with
  | nil => rfl
  | cons a as ih => exact ih _

theorem accepts_prod (f : Bool → Bool → Bool) (as : List α) :
    (prod f M N).accepts as = f (M.accepts as) (N.accepts as) := by
  unfold accepts
  rw [run_prod]
  rfl

theorem accepts_inter (as : List α) :
    (prod and M N).accepts as = true ↔ M.accepts as = true ∧ N.accepts as = true := by
  rw [accepts_prod, Bool.and_eq_true]

/-- De Morgan's law, for automata. -/
theorem accepts_union_eq (as : List α) :
    (prod or M N).accepts as = (prod and M.compl N.compl).compl.accepts as := by
  rw [accepts_prod, accepts_compl, accepts_prod, accepts_compl, accepts_compl]
  cases M.accepts as <;> cases N.accepts as <;> rfl

theorem accepts_after (as bs : List α) : (M.after as).accepts bs = M.accepts (as ++ bs) := by
  sorry

/-- Words that lead to the same state cannot be told apart by what follows. -/
theorem accepts_append_congr {as bs : List α} (h : M.run M.start as = M.run M.start bs)
    (cs : List α) : M.accepts (as ++ cs) = M.accepts (bs ++ cs) := by
  unfold accepts
  rw [run_append, h, run_append]

/-- A word repeated. -/
def repeatWord (as : List α) : Nat → List α
  | 0 => []
  | n + 1 => as ++ repeatWord as n

theorem run_repeatWord {q : σ} {as : List α} (h : M.run q as = q) (n : Nat) :
    M.run q (repeatWord as n) = q := by
  induction n with
  | zero => rfl
  | succ n ih => rw [repeatWord, run_append, h, ih]

/-- A loop in a run can be pumped. -/
theorem accepts_pump {xs ys zs : List α} (h : M.run M.start xs = M.run M.start (xs ++ ys))
    (n : Nat) : M.accepts (xs ++ repeatWord ys n ++ zs) = M.accepts (xs ++ ys ++ zs) := by
  have hy : M.run (M.run M.start xs) ys = M.run M.start xs := by rw [← run_append, ← h]
  apply accepts_append_congr
  rw [run_append, run_repeatWord M hy, h]

/-- The pumping lemma. -/
theorem pumping (states : List σ) (all : ∀ q, q ∈ states) {ws : List α}
    (hw : M.accepts ws = true) (hlen : states.length ≤ ws.length) :
    ∃ xs ys zs, ws = xs ++ ys ++ zs ∧ ys ≠ [] ∧
      ∀ n, M.accepts (xs ++ repeatWord ys n ++ zs) = true := by
  sorry

/-! ### An example: parity of the number of ones -/

/-- Accepts the words with an even number of `true`s. -/
def evenOnes : DFA Bool Bool where
  start := true
  step q a := xor q a
  final := id

theorem evenOnes_accepts_nil : evenOnes.accepts [] = true := sorry

theorem evenOnes_run (q : Bool) (as : List Bool) :
    evenOnes.run q as = xor q (as.count true % 2 == 1) := by
  sorry

theorem evenOnes_accepts (as : List Bool) : evenOnes.accepts as = !(as.count true % 2 == 1) := by
  unfold accepts
  rw [evenOnes_run]
  exact Bool.true_xor _

end DFA

end Programs
