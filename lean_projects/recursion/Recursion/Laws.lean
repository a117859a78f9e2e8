/-!
# Algebra from equations

Structures given by operations and laws as hypotheses, without classes: each statement is a consequence of equations.
-/

namespace Recursion

section Groups

variable {G : Type} (m : G → G → G) (e : G) (i : G → G)

theorem left_cancel (assoc : ∀ a b c, m (m a b) c = m a (m b c)) (one : ∀ a, m e a = a)
    (inv : ∀ a, m (i a) a = e) {a b c : G} (h : m a b = m a c) : b = c := by
  sorry

theorem right_inverse (assoc : ∀ a b c, m (m a b) c = m a (m b c)) (one : ∀ a, m e a = a)
    (inv : ∀ a, m (i a) a = e) (a : G) : m a (i a) = e := by
  sorry

theorem right_unit (assoc : ∀ a b c, m (m a b) c = m a (m b c)) (one : ∀ a, m e a = a)
    (inv : ∀ a, m (i a) a = e) (a : G) : m a e = a := by
  sorry

theorem inv_mul (assoc : ∀ a b c, m (m a b) c = m a (m b c)) (one : ∀ a, m e a = a)
    (one' : ∀ a, m a e = a) (inv : ∀ a, m (i a) a = e) (inv' : ∀ a, m a (i a) = e) (a b : G) :
    i (m a b) = m (i b) (i a) := by
  sorry

theorem commutative_of_squares (assoc : ∀ a b c, m (m a b) c = m a (m b c)) (one : ∀ a, m e a = a)
    (one' : ∀ a, m a e = a) (sq : ∀ a, m a a = e) (a b : G) : m a b = m b a := by
  sorry

end Groups

section Lattices

variable {L : Type} (u n : L → L → L)

theorem absorb_idem (h : ∀ a b, u a (n a b) = a) (h' : ∀ a b, n a (u a b) = a) (a : L) : u a a = a := by
  sorry

theorem meet_eq_of_join_eq (comm : ∀ a b, u a b = u b a) (comm' : ∀ a b, n a b = n b a)
    (h : ∀ a b, u a (n a b) = a) (h' : ∀ a b, n a (u a b) = a) {a b : L} (hab : u a b = b) : n a b = a := by
  sorry

theorem dual_distrib (comm : ∀ a b, u a b = u b a) (comm' : ∀ a b, n a b = n b a)
    (assoc : ∀ a b c, u (u a b) c = u a (u b c)) (h : ∀ a b, u a (n a b) = a)
    (h' : ∀ a b, n a (u a b) = a) (dist : ∀ a b c, n a (u b c) = u (n a b) (n a c)) (a b c : L) :
    u a (n b c) = n (u a b) (u a c) := by
  sorry

end Lattices

section Others

variable {S : Type} (f : S → S → S)

theorem constant_of_left_zero (h : ∀ a b c, f (f a b) c = f a c) (h' : ∀ a, f a a = a)
    (h'' : ∀ a b, f a b = f b a) (a b : S) : a = b := by
  sorry

theorem exists_unit_unique (e e' : S) (h : ∀ a, f e a = a) (h' : ∀ a, f a e' = a) : e = e' := by
  sorry

theorem medial (comm : ∀ a b, f a b = f b a) (assoc : ∀ a b c, f (f a b) c = f a (f b c)) (a b c d : S) :
    f (f a b) (f c d) = f (f a c) (f b d) := by
  sorry

theorem surjective_of_inverse (g : S → S) (h : ∀ a b, f a (f a b) = g b) (h' : ∀ a, g (g a) = a) (a b : S) :
    ∃ x, f a x = b := by
  sorry

theorem steps_commute (s t : S → S) (h : ∀ a, s (t a) = t (s a)) (n : Nat) (a : S) :
    (Nat.repeat s n) (t a) = t (Nat.repeat s n a) := by
  sorry

end Others

end Recursion
