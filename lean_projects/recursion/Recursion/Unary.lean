/-!
# Unary numbers

Numbers as zero and successor, with their arithmetic, from scratch. Nothing here uses `Nat`'s lemmas.
-/

namespace Recursion

/-- Unary numbers. -/
inductive N where
  | z
  | s (n : N)

namespace N

/-- Addition, by recursion on the first number. -/
def add : N → N → N
  | z, m => m
  | s n, m => s (add n m)

/-- Addition by moving successors over, with an accumulator. -/
def addAcc : N → N → N
  | z, m => m
  | s n, m => addAcc n (s m)

/-- Multiplication. -/
def mul : N → N → N
  | z, _ => z
  | s n, m => add m (mul n m)

/-- Multiplication with an accumulator. -/
def mulAcc : N → N → N → N
  | z, _, acc => acc
  | s n, m, acc => mulAcc n m (add m acc)

/-- Truncated subtraction. -/
def sub : N → N → N
  | n, z => n
  | z, s _ => z
  | s n, s m => sub n m

/-- Twice a number. -/
def double : N → N
  | z => z
  | s n => s (s (double n))

/-- Half of a number. -/
def half : N → N
  | z => z
  | s z => z
  | s (s n) => s (half n)

/-- Is the number even? -/
def even : N → Bool
  | z => true
  | s z => false
  | s (s n) => even n

/-- Comparison. -/
def le : N → N → Bool
  | z, _ => true
  | s _, z => false
  | s n, s m => le n m

/-- The larger of two numbers. -/
def max : N → N → N
  | z, m => m
  | s n, z => s n
  | s n, s m => s (max n m)

/-- The smaller of two numbers. -/
def min : N → N → N
  | z, _ => z
  | s _, z => z
  | s n, s m => s (min n m)

theorem add_assoc (a b c : N) : add (add a b) c = add a (add b c) := by
  induction a with
  | z => rfl
  | s a ih => rw [add, add, add, ih]

theorem add_comm (a b : N) : add a b = add b a := by
  sorry

theorem addAcc_eq_add (a b : N) : addAcc a b = add a b := by
  sorry

theorem double_eq_add (a : N) : double a = add a a := by
  sorry

theorem mul_z (a : N) : mul a z = z := by
  sorry

theorem mul_comm (a b : N) : mul a b = mul b a := by
  sorry

theorem mulAcc_z (a b : N) : mulAcc a b z = mul a b := by
  sorry

theorem half_double (a : N) : half (double a) = a := by
  sorry

theorem even_add_self (a : N) : even (add a a) = true := by
  sorry

theorem half_add_self (a : N) : half (add a a) = a := by
  sorry

theorem sub_self (a : N) : sub a a = z := by
  sorry

theorem add_sub_cancel (a b : N) : sub (add a b) a = b := by
  sorry

theorem add_sub_cancel_right (a b : N) : sub (add a b) b = a := by
  sorry

theorem sub_sub (a b c : N) : sub (sub a b) c = sub a (add b c) := by
  sorry

theorem le_add (a b : N) : le a (add b a) = true := by
  sorry

theorem le_trans {a b c : N} (h : le a b = true) (h' : le b c = true) : le a c = true := by
  sorry

theorem le_iff_exists (a b : N) : le a b = true ↔ ∃ c, add a c = b := by
  sorry

theorem max_comm (a b : N) : max a b = max b a := by
  sorry

theorem max_assoc (a b c : N) : max (max a b) c = max a (max b c) := by
  sorry

theorem min_max_absorb (a b : N) : min a (max a b) = a := by
  sorry

theorem even_iff_exists (a : N) : even a = true ↔ ∃ b, a = double b := by
  sorry

end N

end Recursion
