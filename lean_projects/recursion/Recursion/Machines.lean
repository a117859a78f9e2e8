/-!
# Interpreters and machines

A language of arithmetic, its compiler and optimiser, regular expressions by derivatives, and counters.
-/

namespace Recursion

/-- Expressions with one variable. -/
inductive Term where
  | lit (n : Nat)
  | var
  | plus (a b : Term)
  | times (a b : Term)
  | ifz (c a b : Term)

namespace Term

/-- The value. -/
def eval (v : Nat) : Term → Nat
  | lit n => n
  | var => v
  | plus a b => eval v a + eval v b
  | times a b => eval v a * eval v b
  | ifz c a b => if eval v c = 0 then eval v a else eval v b

/-- A sum that leaves out zeros. -/
def smartPlus : Term → Term → Term
  | lit 0, b => b
  | a, lit 0 => a
  | a, b => plus a b

/-- The expression with zeros left out. -/
def simplified : Term → Term
  | lit n => lit n
  | var => var
  | plus a b => smartPlus (simplified a) (simplified b)
  | times a b => times (simplified a) (simplified b)
  | ifz c a b => ifz (simplified c) (simplified a) (simplified b)

/-- The variable replaced. -/
def subst (t : Term) : Term → Term
  | lit n => lit n
  | var => t
  | plus a b => plus (subst t a) (subst t b)
  | times a b => times (subst t a) (subst t b)
  | ifz c a b => ifz (subst t c) (subst t a) (subst t b)

/-- Does the variable occur? -/
def closed : Term → Bool
  | lit _ => true
  | var => false
  | plus a b => closed a && closed b
  | times a b => closed a && closed b
  | ifz c a b => closed c && closed a && closed b

/-- Instructions of a stack machine. -/
inductive Op where
  | push (n : Nat)
  | arg
  | add
  | mul
  | sel

/-- One instruction. An instruction on too short a stack does nothing. -/
def exec (v : Nat) : Op → List Nat → List Nat
  | .push n, st => n :: st
  | .arg, st => v :: st
  | .add, b :: a :: st => (a + b) :: st
  | .mul, b :: a :: st => (a * b) :: st
  | .sel, b :: a :: c :: st => (if c = 0 then a else b) :: st
  | _, st => st

/-- A program. -/
def runAll (v : Nat) : List Op → List Nat → List Nat
  | [], st => st
  | i :: is, st => runAll v is (exec v i st)

/-- The compiler. -/
def code : Term → List Op
  | lit n => [.push n]
  | var => [.arg]
  | plus a b => code a ++ code b ++ [.add]
  | times a b => code a ++ code b ++ [.mul]
  | ifz c a b => code c ++ code a ++ code b ++ [.sel]

theorem eval_smartPlus (v : Nat) (a b : Term) : eval v (smartPlus a b) = eval v a + eval v b := by
  sorry

theorem eval_simplified (v : Nat) (t : Term) : eval v (simplified t) = eval v t := by
  sorry

theorem eval_subst (v : Nat) (t u : Term) : eval v (subst t u) = eval (eval v t) u := by
  sorry

theorem subst_subst (s t u : Term) : subst s (subst t u) = subst (subst s t) u := by
  sorry

theorem subst_closed {t u : Term} (h : closed u = true) : subst t u = u := by
  sorry

theorem closed_subst {t u : Term} (h : closed t = true) : closed (subst t u) = true := by
  sorry

theorem eval_closed {t : Term} (h : closed t = true) (v w : Nat) : eval v t = eval w t := by
  sorry

theorem runAll_code (v : Nat) (t : Term) : runAll v (code t) [] = [eval v t] := by
  sorry

end Term

/-- Regular expressions over the Booleans. -/
inductive Re where
  | none
  | eps
  | char (b : Bool)
  | alt (r s : Re)
  | cat (r s : Re)

namespace Re

/-- Does it match the empty word? -/
def nullable : Re → Bool
  | none => false
  | eps => true
  | char _ => false
  | alt r s => nullable r || nullable s
  | cat r s => nullable r && nullable s

/-- The derivative by a letter. -/
def deriv (b : Bool) : Re → Re
  | none => none
  | eps => none
  | char c => if b = c then eps else none
  | alt r s => alt (deriv b r) (deriv b s)
  | cat r s => if nullable r then alt (cat (deriv b r) s) (deriv b s) else cat (deriv b r) s

/-- Does it match a word? -/
def recognises : Re → List Bool → Bool
  | r, [] => nullable r
  | r, b :: bs => recognises (deriv b r) bs

theorem recognises_none (bs : List Bool) : recognises none bs = false := by
  sorry

theorem recognises_eps (bs : List Bool) : recognises eps bs = true ↔ bs = [] := by
  sorry

theorem recognises_char (b : Bool) : recognises (char b) [b] = true := by
  sorry

theorem recognises_alt (r s : Re) (bs : List Bool) :
    recognises (alt r s) bs = (recognises r bs || recognises s bs) := by
  sorry

theorem recognises_cat_of {r s : Re} {as bs : List Bool} (hr : recognises r as = true)
    (hs : recognises s bs = true) : recognises (cat r s) (as ++ bs) = true := by
  sorry

end Re

end Recursion
