/-!
# Natural numbers

Small functions over `Nat` (factorial, Fibonacci, sums, parity, powers, extrema, divisibility)
and elementary facts about them.
-/

namespace Basics

/-- The factorial function. -/
def fact : Nat → Nat
  | 0 => 1
  | n + 1 => (n + 1) * fact n

@[inherit_doc] scoped notation:10000 n "!" => fact n

/-- The Fibonacci numbers, with `fib 0 = 0` and `fib 1 = 1`. -/
def fib : Nat → Nat
  | 0 => 0
  | 1 => 1
  | n + 2 => fib n + fib (n + 1)

/-- `sumTo n = 0 + 1 + ⋯ + n`. -/
def sumTo : Nat → Nat
  | 0 => 0
  | n + 1 => sumTo n + (n + 1)

/-- The sum of the first `n` odd numbers. -/
def sumOdd : Nat → Nat
  | 0 => 0
  | n + 1 => sumOdd n + (2 * n + 1)

/-- `sumFib n = fib 0 + fib 1 + ⋯ + fib n`. -/
def sumFib : Nat → Nat
  | 0 => 0
  | n + 1 => sumFib n + fib (n + 1)

/-- The sum of the cubes up to `n`. -/
def sumCubes : Nat → Nat
  | 0 => 0
  | n + 1 => sumCubes n + (n + 1) * (n + 1) * (n + 1)

/-- A tail-recursive factorial with an accumulator. -/
def factTR (n : Nat) : Nat :=
  go n 1
where
  /-- The loop of `factTR`. -/
  go : Nat → Nat → Nat
    | 0, acc => acc
    | n + 1, acc => go n ((n + 1) * acc)

/-! ### Factorial -/

theorem fact_zero : 0 ! = 1 := rfl

theorem fact_succ (n : Nat) : (n + 1)! = (n + 1) * n ! := rfl

theorem fact_three : 3 ! = 6 := sorry

theorem fact_pos (n : Nat) : 0 < n ! := by
  induction n with
  | zero => exact Nat.one_pos
  | succ n ih => exact Nat.mul_pos (Nat.succ_pos n) ih

theorem one_le_fact (n : Nat) : 1 ≤ n ! :=
  fact_pos n

theorem self_le_fact (n : Nat) : n ≤ n ! := by
  sorry

theorem fact_le_succ (n : Nat) : n ! ≤ (n + 1)! := by
  rw [fact_succ]
  exact Nat.le_mul_of_pos_left _ (Nat.succ_pos n)

theorem fact_mono {m n : Nat} (h : m ≤ n) : m ! ≤ n ! := by
  induction h with
  | refl => exact Nat.le_refl _
  | step _ ih => exact Nat.le_trans ih (fact_le_succ _)

theorem factTR_go_eq (n acc : Nat) : factTR.go n acc = n ! * acc := by
  induction n generalizing acc with
  | zero => simp [factTR.go, fact]
  | succ n ih =>
    calc factTR.go (n + 1) acc
      _ = n ! * ((n + 1) * acc) := ih _
      _ = (n + 1) * n ! * acc := by rw [← Nat.mul_assoc, Nat.mul_comm (n !)]

theorem factTR_eq_fact (n : Nat) : factTR n = n ! := by
  simp [factTR, factTR_go_eq]

/-! ### Fibonacci -/

theorem fib_add_two (n : Nat) : fib (n + 2) = fib n + fib (n + 1) := by
  rw [fib]

theorem fib_pos (n : Nat) : 0 < fib (n + 1) := by
  induction n with
  | zero => decide
  | succ n ih =>
    rw [fib_add_two]
    omega

theorem fib_le_succ (n : Nat) : fib n ≤ fib (n + 1) := by
  cases n with
  | zero => decide
  | succ n => rw [fib_add_two]; omega

/-- The sum of the first Fibonacci numbers is one less than a Fibonacci number. -/
theorem sumFib_succ (n : Nat) : sumFib n + 1 = fib (n + 2) := by
  induction n with
  | zero => rfl
  | succ n ih => sorry

/-- The addition formula for Fibonacci numbers. -/
theorem fib_add (m n : Nat) :
    fib (m + n + 1) = fib m * fib n + fib (m + 1) * fib (n + 1) := by
  sorry

set_option maxHeartbeats 400000 in
/-- Cassini's identity, stated without subtraction. -/
theorem fib_cassini (n : Nat) :
    fib (2 * n) * fib (2 * n + 2) + 1 = fib (2 * n + 1) * fib (2 * n + 1) := by
  sorry

/-! ### Sums -/

theorem two_mul_sumTo (n : Nat) : 2 * sumTo n = n * (n + 1) := by
  induction n with
  | zero => rfl
  | succ n ih =>
    calc 2 * sumTo (n + 1)
      _ = 2 * sumTo n + 2 * (n + 1) := by rw [sumTo, Nat.mul_add]
      _ = n * (n + 1) + 2 * (n + 1) := by rw [ih]
      _ = (n + 2) * (n + 1) := by rw [← Nat.add_mul]
      _ = (n + 1) * (n + 2) := Nat.mul_comm _ _

theorem sumOdd_eq (n : Nat) : sumOdd n = n * n := by
  sorry

theorem self_le_sumTo (n : Nat) : n ≤ sumTo n := by
  sorry

/-- The sum of the first cubes is the square of the sum. -/
theorem sumCubes_eq (n : Nat) : sumCubes n = sumTo n * sumTo n := by
  sorry

/-! ### Parity -/

mutual

/-- Evenness, by mutual recursion with `isOdd`. -/
def isEven : Nat → Bool
  | 0 => true
  | n + 1 => isOdd n

/-- Oddness, by mutual recursion with `isEven`. -/
def isOdd : Nat → Bool
  | 0 => false
  | n + 1 => isEven n

end

/-- Evenness as an inductive predicate. -/
inductive Even : Nat → Prop
  | zero : Even 0
  | add_two {n : Nat} : Even n → Even (n + 2)

theorem isEven_add_two (n : Nat) : isEven (n + 2) = isEven n := by
  simp [isEven, isOdd]

theorem isOdd_eq_not_isEven (n : Nat) : isOdd n = !isEven n := by
  induction n with
  | zero => simp [isEven, isOdd]
  | succ n ih => simp [isEven, isOdd, ih]

theorem isEven_or_isOdd (n : Nat) : (isEven n || isOdd n) = true := by
  rw [isOdd_eq_not_isEven]
  cases isEven n <;> rfl

theorem Even.isEven {n : Nat} (h : Even n) : isEven n = true := by
  induction h with
  | zero => simp [Basics.isEven]
  | add_two _ ih => rw [isEven_add_two, ih]

theorem even_of_isEven : ∀ n : Nat, isEven n = true → Even n
  | 0, _ => Even.zero
  | 1, h => by simp [isEven, isOdd] at h
  | n + 2, h => Even.add_two (even_of_isEven n (by rwa [isEven_add_two] at h))

theorem even_iff_isEven (n : Nat) : Even n ↔ isEven n = true :=
  ⟨Even.isEven, even_of_isEven n⟩

theorem Even.add {m n : Nat} (hm : Even m) (hn : Even n) : Even (m + n) := by
  induction hm with
  | zero => rwa [Nat.zero_add]
  | @add_two m _ ih =>
    have e : m + 2 + n = m + n + 2 := by omega
    rw [e]
    exact Even.add_two ih

theorem even_double (n : Nat) : Even (n + n) := by
  sorry

theorem not_even_one : ¬ Even 1 := by
  sorry

theorem Even.exists_double {n : Nat} (h : Even n) : ∃ k, n = 2 * k := by
  induction h with
  | zero => exact ⟨0, rfl⟩
  | add_two _ ih =>
    obtain ⟨k, hk⟩ := ih
    exact ⟨k + 1, by omega⟩

theorem even_succ_iff (n : Nat) : Even (n + 1) ↔ ¬ Even n := by
  sorry

theorem even_mul_succ (n : Nat) : Even (n * (n + 1)) := by
  sorry

/-! ### Powers -/

/-- Exponentiation by repeated multiplication. -/
def power (b : Nat) : Nat → Nat
  | 0 => 1
  | n + 1 => b * power b n

local infixr:80 " ^ₙ " => power

theorem power_one (b : Nat) : b ^ₙ 1 = b := by
  simp [power]

theorem one_power (n : Nat) : 1 ^ₙ n = 1 := by
  induction n with
  | zero => rfl
  | succ n ih => rw [power, ih]

theorem power_add (b m n : Nat) : b ^ₙ (m + n) = b ^ₙ m * b ^ₙ n := by
  induction m with
  | zero => simp [power]
  | succ m ih => rw [Nat.succ_add, power, ih, power, Nat.mul_assoc]

theorem power_eq_pow (b n : Nat) : b ^ₙ n = b ^ n := by
  induction n with
  | zero => rfl
  | succ n ih => rw [power, ih, Nat.pow_succ, Nat.mul_comm]

theorem mul_power (a b n : Nat) : (a * b) ^ₙ n = a ^ₙ n * b ^ₙ n := by
  sorry

theorem power_mul (b m n : Nat) : b ^ₙ (m * n) = (b ^ₙ m) ^ₙ n := by
  induction n with
  | zero => rfl
  | succ n ih => rw [Nat.mul_succ, Nat.add_comm, power_add, ih, power]

theorem lt_two_power (n : Nat) : n < 2 ^ₙ n := by
  induction n with
  | zero => exact Nat.one_pos
  | succ n ih =>
    sorry

theorem fact_le_power (n : Nat) : n ! ≤ n ^ₙ n := by
  sorry

/-! ### Extrema -/

/-- The larger of two numbers. -/
def maxN (a b : Nat) : Nat := if a ≤ b then b else a

/-- The smaller of two numbers. -/
def minN (a b : Nat) : Nat := if a ≤ b then a else b

theorem maxN_comm (a b : Nat) : maxN a b = maxN b a := by
  unfold maxN
  split <;> split <;> omega

theorem le_maxN_left (a b : Nat) : a ≤ maxN a b := by
  unfold maxN
  split <;> omega

theorem maxN_assoc (a b c : Nat) : maxN (maxN a b) c = maxN a (maxN b c) := by
  unfold maxN
  repeat' split
  all_goals omega

theorem maxN_add_minN (a b : Nat) : maxN a b + minN a b = a + b := by
  sorry

theorem minN_maxN_distrib (a b c : Nat) :
    minN a (maxN b c) = maxN (minN a b) (minN a c) := by
  unfold minN maxN
  sorry

/-! ### Divisibility -/

/-- `Divides a b` says that `b` is a multiple of `a`. -/
def Divides (a b : Nat) : Prop := ∃ k, b = a * k

theorem divides_refl (a : Nat) : Divides a a := ⟨1, (Nat.mul_one a).symm⟩

theorem divides_zero (a : Nat) : Divides a 0 := ⟨0, rfl⟩

theorem one_divides (a : Nat) : Divides 1 a := sorry

theorem Divides.trans {a b c : Nat} (hab : Divides a b) (hbc : Divides b c) : Divides a c := by
  obtain ⟨k, rfl⟩ := hab
  obtain ⟨l, rfl⟩ := hbc
  exact ⟨k * l, Nat.mul_assoc a k l⟩

theorem Divides.add {a b c : Nat} (hb : Divides a b) (hc : Divides a c) : Divides a (b + c) := by
  obtain ⟨k, rfl⟩ := hb
  obtain ⟨l, rfl⟩ := hc
  exact ⟨k + l, (Nat.mul_add a k l).symm⟩

theorem Divides.mul_right {a b : Nat} (h : Divides a b) (c : Nat) : Divides a (b * c) := by
  sorry

theorem divides_iff_dvd (a b : Nat) : Divides a b ↔ a ∣ b := Iff.rfl

theorem Divides.antisymm {a b : Nat} (hab : Divides a b) (hba : Divides b a) : a = b := by
  sorry

theorem divides_fact {k n : Nat} (hk : 0 < k) (hn : k ≤ n) : Divides k (n !) := by
  sorry

end Basics
