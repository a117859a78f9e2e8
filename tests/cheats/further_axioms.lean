/-! Axioms that a run allows besides Lean's three are those of the original, as they stand there, and no others. -/
--! original
import Lean
open Lean Elab Tactic

axiom Game.move : ∀ n : Nat, n + 1 = n
axiom Game.other : (0 : Nat) = 1
private axiom hidden : (0 : Nat) = 2

elab "assume " name:ident : tactic => do
  let type ← getMainTarget
  addDecl <| .axiomDecl { name := name.getId, levelParams := [], type, isUnsafe := false }
  closeMainGoal `assume (mkConst name.getId)

elab "assume_unused " name:ident : tactic => do
  addDecl <| .axiomDecl { name := name.getId, levelParams := [], type := mkConst ``False, isUnsafe := false }

theorem early : 5 = 4 := by
  sorry

theorem target : (2 : Nat) + 2 = 3 := by
  sorry

axiom Game.late : (0 : Nat) = 3
--! axioms: Game.move hidden assumed target.assumed sorryAx Lean.ofReduceBool Lean.trustCompiler early Game.late
--! twin proof
exact absurd (Game.move 0) (by decide)
--! twin proof
exact absurd hidden (by decide)
--! cheat proof
exact absurd Game.other (by decide)
--! refused: axioms that are not allowed: `Game.other`
--! cheat proof
have := Game.move 0
exact absurd Game.other (by decide)
--! cheat proof
sorry
--! refused: rests on `sorry`
--! cheat proof
exact absurd early (by decide)
--! refused: rests on `sorry`
--! cheat proof
exact absurd (show 3 = 4 by native_decide) (by decide)
--! cheat proof
have : (2 : Nat) + 2 = 4 := by native_decide
exact absurd (Game.move 0) (by decide)
--! cheat proof
exact absurd (show True by exact (fun (_ : True) => trivial) Lean.trustCompiler) (fun _ => by simp_all)
--! cheat proof
assume assumed
--! refused: new axiom
--! cheat proof
assume target.assumed
--! refused: new axiom
--! cheat proof
assume_unused target.assumed
exact absurd (Game.move 0) (by decide)
--! refused: new axiom
--! cheat proof
exact absurd Game.late (by decide)
--! original
axiom Game.move : ∀ n : Nat, n + 1 = n

theorem target (n : Nat) : n + 2 = n := by
  sorry
--! axioms: Game.move Game.more
--! twin file
axiom Game.move : ∀ n : Nat, n + 1 = n

theorem target (n : Nat) : n + 2 = n := by
  rw [show n + 2 = (n + 1) + 1 from rfl, Game.move, Game.move]
--! cheat file
axiom Game.move : ∀ n : Nat, n + 2 = n

theorem target (n : Nat) : n + 2 = n := by
  exact Game.move n
--! refused: outside the theorem's own command
--! cheat file
axiom Game.move : ∀ n : Nat, n + 1 = n

axiom Game.more : ∀ n : Nat, n + 2 = n

theorem target (n : Nat) : n + 2 = n := by
  exact Game.more n
--! cheat file
axiom Game.move : ∀ n : Nat, n + 1 = n

axiom Game.more (n : Nat) : n + 2 = n
theorem target (n : Nat) : n + 2 = n := by
  exact Game.more n
--! cheat file
axiom Game.move : ∀ n : Nat, n + 1 = n

axiom target (n : Nat) : n + 2 = n
--! original
axiom Game.move : ∀ n : Nat, n + 1 = n

theorem target (n : Nat) : n + 2 = n := by
  sorry
--! axioms: propext
--! cheat proof
rw [show n + 2 = (n + 1) + 1 from rfl, Game.move, Game.move]
--! refused: axioms that are not allowed: `Game.move`
