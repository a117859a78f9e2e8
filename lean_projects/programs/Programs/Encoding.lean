/-!
# Encodings

Run-length encoding of lists, and binary counters as lists of bits, least significant bit first.
-/

namespace Programs

section RunLength

variable {α : Type} [DecidableEq α]

/-- Put one element in front of a run-length encoded list. -/
def consRun (x : α) : List (Nat × α) → List (Nat × α)
  | [] => [(1, x)]
  | (n, y) :: rs => if x = y then (n + 1, y) :: rs else (1, x) :: (n, y) :: rs

/-- Run-length encoding. -/
def encode : List α → List (Nat × α)
  | [] => []
  | x :: xs => consRun x (encode xs)

omit [DecidableEq α] in
variable (α) in
/-- Run-length decoding. -/
def decode : List (Nat × α) → List α
  | [] => []
  | (n, x) :: rs => List.replicate n x ++ decode rs

omit [DecidableEq α] in
theorem decode_append (rs ts : List (Nat × α)) :
    decode α (rs ++ ts) = decode α rs ++ decode α ts := by
  induction rs with
  | nil => rfl
  | cons r rs ih =>
    obtain ⟨n, x⟩ := r
    rw [List.cons_append, decode, decode, ih, List.append_assoc]

theorem decode_consRun (x : α) (rs : List (Nat × α)) :
    decode α (consRun x rs) = x :: decode α rs := by
  cases rs with
  | nil => rfl
  | cons r rs =>
    obtain ⟨n, y⟩ := r
    rw [consRun]
    split
    case isTrue h =>
      sorry
    case isFalse h => rfl

/-- Decoding undoes encoding. -/
theorem decode_encode (xs : List α) : decode α (encode xs) = xs := by
  sorry

theorem encode_injective {xs ys : List α} (h : encode xs = encode ys) : xs = ys := by
  rw [← decode_encode xs, h, decode_encode]

theorem length_consRun_le (x : α) (rs : List (Nat × α)) :
    (consRun x rs).length ≤ rs.length + 1 := by
  cases rs with
  | nil => exact Nat.le_refl 1
  | cons r rs =>
    obtain ⟨n, y⟩ := r
    rw [consRun]
    split
    · exact Nat.le_succ _
    · exact Nat.le_refl _

theorem length_encode_le (xs : List α) : (encode xs).length ≤ xs.length := by
  induction xs with
  | nil => exact Nat.le_refl 0
  | cons x xs ih => exact Nat.le_trans (length_consRun_le x _) (Nat.succ_le_succ ih)

theorem encode_replicate (x : α) (n : Nat) : encode (List.replicate (n + 1) x) = [(n + 1, x)] := by
  induction n with
  | zero => rfl
  | succ n ih =>
    rw [List.replicate_succ, encode, ih]
    simp [consRun]

/-- Encodings in normal form: no empty runs, and neighbouring runs differ. -/
def Normal : List (Nat × α) → Prop
  | [] => True
  | [(n, _)] => 0 < n
  | (n, x) :: (m, y) :: rs => 0 < n ∧ x ≠ y ∧ Normal ((m, y) :: rs)

theorem normal_consRun {x : α} {rs : List (Nat × α)} (h : Normal rs) :
    Normal (consRun x rs) := by
  match rs, h with
  | [], _ => exact Nat.one_pos
  | [(n, y)], h =>
    rw [consRun]
    split
    · exact Nat.succ_pos n
    · exact ⟨Nat.one_pos, ‹_›, h⟩
  | (n, y) :: (m, z) :: rs, h =>
    rw [consRun]
    split
    · exact ⟨Nat.succ_pos n, h.2⟩
    · exact ⟨Nat.one_pos, ‹_›, h⟩

theorem normal_encode (xs : List α) : Normal (encode xs) := by
  induction xs with
  | nil => trivial
  | cons x xs ih => exact normal_consRun ih

/-- On normal forms, encoding undoes decoding. -/
theorem encode_decode {rs : List (Nat × α)} (h : Normal rs) : encode (decode α rs) = rs := by
  sorry

end RunLength

section Binary

/-- Binary numbers, least significant bit first. -/
abbrev Bits := List Bool

/-- The value of a binary number. -/
def toNat : Bits → Nat
  | [] => 0
  | b :: bs => b.toNat + 2 * toNat bs

/-- Add one. -/
def inc : Bits → Bits
  | [] => [true]
  | false :: bs => true :: bs
  | true :: bs => false :: inc bs

/-- The binary representation of a number, by counting. -/
def ofNat : Nat → Bits
  | 0 => []
  | n + 1 => inc (ofNat n)

/-- Addition with a carry bit. -/
def addCarry : Bool → Bits → Bits → Bits
  | false, [], bs => bs
  | true, [], bs => inc bs
  | false, as, [] => as
  | true, as, [] => inc as
  | c, a :: as, b :: bs =>
    xor (xor a b) c :: addCarry ((a && b) || (c && (a || b))) as bs

/-- No leading zeros: the last bit, if any, is a one. -/
def Canonical : Bits → Prop
  | [] => True
  | [b] => b = true
  | _ :: b :: bs => Canonical (b :: bs)

theorem toNat_inc (bs : Bits) : toNat (inc bs) = toNat bs + 1 := by
  induction bs with
  | nil => rfl
  | cons b bs ih =>
    cases b with
    | false => simp [inc, toNat, Nat.add_comm]
    | true =>
      simp only [inc, toNat, ih, Bool.toNat_true, Bool.toNat_false]
      omega

theorem toNat_ofNat (n : Nat) : toNat (ofNat n) = n := by
  induction n with
  | zero => rfl
  | succ n ih => sorry

theorem ofNat_injective {m n : Nat} (h : ofNat m = ofNat n) : m = n := by
  sorry

theorem toNat_append (as bs : Bits) : toNat (as ++ bs) = toNat as + 2 ^ as.length * toNat bs := by
  sorry

theorem toNat_lt (bs : Bits) : toNat bs < 2 ^ bs.length := by
  induction bs with
  | nil => exact Nat.one_pos
  | cons b bs ih =>
    have hb : b.toNat ≤ 1 := Bool.toNat_le b
    rw [toNat, List.length_cons, Nat.pow_succ]
    omega

theorem length_inc_le (bs : Bits) : (inc bs).length ≤ bs.length + 1 := by
  induction bs with
  | nil => exact Nat.le_refl 1
  | cons b bs ih =>
    cases b with
    | false => exact Nat.le_succ _
    | true => exact Nat.succ_le_succ ih

theorem inc_ne_nil (bs : Bits) : inc bs ≠ [] := by
  match bs with
  | [] => exact nofun
  | false :: bs => exact nofun
  | true :: bs => exact nofun

/-- Addition is correct. -/
theorem toNat_addCarry (c : Bool) (as bs : Bits) :
    toNat (addCarry c as bs) = toNat as + toNat bs + c.toNat := by
  sorry

theorem addCarry_comm (c : Bool) (as bs : Bits) :
    toNat (addCarry c as bs) = toNat (addCarry c bs as) := by
  rw [toNat_addCarry, toNat_addCarry, Nat.add_comm (toNat as)]

theorem canonical_inc {bs : Bits} (h : Canonical bs) : Canonical (inc bs) := by
  induction bs with
  | nil => exact rfl
  | cons b bs ih =>
    have ht : Canonical bs := by
      match bs, h with
      | [], _ => trivial
      | _ :: _, h => exact h
    cases b with
    | false =>
      match bs, h with
      | _ :: _, h => exact h
    | true =>
      have h' := ih ht
      have hn := inc_ne_nil bs
      rw [inc]
      match inc bs, hn, h' with
      | _ :: _, _, h' => exact h'

theorem canonical_ofNat (n : Nat) : Canonical (ofNat n) := by
  induction n with
  | zero => trivial
  | succ n ih => exact canonical_inc ih

/-- Canonical binary numbers are determined by their value. -/
theorem canonical_unique {as bs : Bits} (ha : Canonical as) (hb : Canonical bs)
    (h : toNat as = toNat bs) : as = bs := by
  sorry

theorem ofNat_toNat {bs : Bits} (h : Canonical bs) : ofNat (toNat bs) = bs :=
  canonical_unique (canonical_ofNat _) h (toNat_ofNat _)

end Binary

end Programs
