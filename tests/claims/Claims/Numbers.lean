/-!
# Claims about numbers and other data of the library

Those in the namespace `Wrong` are false, those in `Right` are true.
-/

namespace Claims

namespace Wrong

theorem sub_add (a b : Nat) : a - b + b = a := by sorry

theorem sub_comm (a b : Int) : a - b = b - a := by sorry

theorem square_add (a b : Nat) : (a + b) ^ 2 = a ^ 2 + b ^ 2 := by sorry

theorem div_mul (a b : Nat) (h : 0 < b) : a / b * b = a := by sorry

theorem prime_like (n : Nat) (h : 1 < n) (h₃ : n % 2 = 1) : ∀ d, d < n → 1 < d → n % d ≠ 0 := by sorry

theorem neg_le (a : Int) : -a ≤ a := by sorry

theorem xor_or (a b : Bool) : xor a b = (a || b) := by sorry

theorem and_imp_swap (p q : Bool) (h : (p || q) = true) : (p && q) = true := by sorry

theorem add_bits (x y : BitVec 8) : x ||| y = x + y := by sorry

theorem double_ne (x : BitVec 4) (h : x ≠ 0) : x + x ≠ 0 := by sorry

theorem fin_succ (i : Fin 3) : i < i + 1 := by sorry

theorem append_comm (s t : String) : s ++ t = t ++ s := by sorry

theorem lower (c d : Char) (h : c.toLower = d.toLower) : c = d := by sorry

theorem some_none {α : Type} (a : Option α) (h : a = a.or none) : a.isSome = true := by sorry

theorem no_gap (n : Nat) : ∃ m, n < m ∧ m < n + 1 := by sorry

end Wrong

namespace Right

theorem sub_add_of_le (a b : Nat) (h : b ≤ a) : a - b + b = a := by sorry

theorem div_mul_le (a b : Nat) : a / b * b ≤ a := by sorry

theorem max_comm (a b : Int) : max a b = max b a := by sorry

theorem or_self (x : BitVec 8) : x ||| x = x := by sorry

theorem length_append (s t : String) : (s ++ t).length = s.length + t.length := by sorry

theorem exists_larger (n : Nat) : ∃ m, n < m := by sorry

end Right

end Claims
