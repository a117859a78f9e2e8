/-! A tactic of the file registers an instance while it runs; nothing in this file is touched by it, but files that
import it are. -/
--! original
import Lean
open Lean Meta Elab Tactic

structure Box where
  content : Nat

def odd : LE Box := ⟨fun _ _ => True⟩

elab "tilt" : tactic => do addInstance ``odd .global 10000

theorem target : 1 + 1 = 2 := by
  sorry
--! cheat proof
tilt
rfl
--! refused: other entries in
--! twin proof
rfl
