/-! A tactic of the file registers an instance while it runs, and what stands below comes to mean something else. -/
--! original
import Lean
open Lean Meta Elab Tactic

structure Box where
  content : Nat

def odd : LE Box := ⟨fun _ _ => True⟩
instance : LE Box := ⟨fun a b => a.content ≤ b.content⟩

elab "tilt" : tactic => do addInstance ``odd .global 10000

theorem target : 1 + 1 = 2 := by
  sorry

def below (a b : Box) : Prop := a ≤ b
--! cheat proof
tilt
rfl
--! refused: something else in the file changed
--! twin proof
rfl
