import Programs.Expr

/-!
# A compiler for a stack machine

Expressions are compiled to code for a stack machine; the compiler is correct.
-/

namespace Programs

/-- Instructions of the stack machine. -/
inductive Instr where
  | push (n : Int)
  | load (x : String)
  | add
  | mul

/-- Programs of the machine. -/
abbrev Code := List Instr

/-- Stacks of the machine. -/
abbrev Stack := List Int

namespace Instr

/-- Execute one instruction; `none` on a stack underflow. -/
def exec (s : State) : Instr → Stack → Option Stack
  | push n, σ => some (n :: σ)
  | load x, σ => some (s x :: σ)
  | add, n :: m :: σ => some ((m + n) :: σ)
  | mul, n :: m :: σ => some ((m * n) :: σ)
  | _, _ => none

end Instr

open Instr

/-- Run a program. -/
def run (s : State) : Code → Stack → Option Stack
  | [], σ => some σ
  | i :: is, σ => (i.exec s σ).bind (run s is)

/-- Compile an expression. -/
def compile : Expr → Code
  | .num n => [push n]
  | .var x => [load x]
  | .add a b => compile a ++ compile b ++ [add]
  | .mul a b => compile a ++ compile b ++ [mul]

/-- Compile in front of given code, without appending lists. -/
def compileOnto : Expr → Code → Code
  | .num n, k => push n :: k
  | .var x, k => load x :: k
  | .add a b, k => compileOnto a (compileOnto b (add :: k))
  | .mul a b, k => compileOnto a (compileOnto b (mul :: k))

section Correctness

variable (s : State)

theorem run_nil (σ : Stack) : run s [] σ = some σ := rfl

theorem run_append (c d : Code) (σ : Stack) : run s (c ++ d) σ = (run s c σ).bind (run s d) := by
  induction c generalizing σ with
  | nil => rfl
  | cons i c ih =>
    rw [List.cons_append, run, run]
    cases i.exec s σ with
    | none => rfl
    | some τ => exact ih τ

/-- The compiler is correct. -/
theorem run_compile (e : Expr) (σ : Stack) : run s (compile e) σ = some (e.eval s :: σ) := by
  induction e generalizing σ with
  | num n => rfl
  | var x => rfl
  | add a b iha ihb =>
    rw [compile, run_append, run_append, iha]
    simp only [Option.bind_some, ihb]
    rfl
  | mul a b iha ihb =>
    sorry

theorem run_compile_fold (e : Expr) : run s (compile e.fold) [] = run s (compile e) [] := by
  sorry

theorem compileOnto_eq (e : Expr) (k : Code) : compileOnto e k = compile e ++ k := by
  induction e generalizing k with
  | num n => rfl
  | var x => rfl
  | add a b iha ihb => simp [compileOnto, compile, iha, ihb]
  | mul a b iha ihb => simp [compileOnto, compile, iha, ihb]

theorem run_compileOnto_nil (e : Expr) : run s (compileOnto e []) [] = some [e.eval s] := by
  rw [compileOnto_eq, List.append_nil, run_compile]

theorem length_compile (e : Expr) : (compile e).length = e.size := by
  induction e with
  | num n => rfl
  | var x => rfl
  | add a b iha ihb => simp [compile, Expr.size, iha, ihb, Nat.add_assoc]
  | mul a b iha ihb => simp [compile, Expr.size, iha, ihb, Nat.add_assoc]

/-- Running more code on top of a stack does not look below it. -/
theorem run_append_stack {c : Code} {σ τ : Stack} (h : run s c σ = some τ) (ρ : Stack) :
    run s c (σ ++ ρ) = some (τ ++ ρ) := by
  sorry

/-- The compiler is injective: the code determines the expression. -/
theorem compile_injective {a b : Expr} (h : compile a = compile b) : a = b := by
  sorry

end Correctness

end Programs
